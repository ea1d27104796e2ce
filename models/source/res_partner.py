"""The customer: which changes are events, and its canonical form."""

from collections import defaultdict
from contextlib import suppress

import phonenumbers
import psycopg2

from odoo import api, models
from odoo.exceptions import MissingError
from odoo.fields import Domain

from ...schemas.customer import AddressV1, ConsentV1, CustomerV1, NameV1, PhoneV1
from .partner_merge import MERGING

ADDRESS_TYPES = ("invoice", "delivery", "other")
ADDRESS_FIELDS = ("name", "street", "street2", "city", "zip", "state_id", "country_id", "type")
CUSTOMER_FIELDS = (
    *ADDRESS_FIELDS,
    "active",
    "barcode",
    "category_id",
    "commercial_company_name",
    "company_id",
    "email",
    "function",
    "is_company",
    "lang",
    "parent_id",
    "phone",
    "ref",
    "vat",
    "website",
)
# The last one is for the default filter.
PAYLOAD_FIELDS = (*CUSTOMER_FIELDS, "email_normalized", "partner_share")
SCRIPTS = {"latin": "Latn", "Cyrl": "Cyrl"}


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "retail.capture"]

    _retail_created_event = "customer.created"
    _retail_updated_event = "customer.updated"
    _retail_erased_event = "customer.erased"

    # -- capture -----------------------------------------------------------------------------------

    @api.model
    def _retail_watched_fields(self):
        return frozenset(CUSTOMER_FIELDS)

    @api.model
    def _retail_default_domain(self):
        """Internal users are not customers."""
        return "[('partner_share', '=', True)]"

    @api.model
    def _retail_subject_domain(self):
        return Domain("parent_id", "=", False) | Domain("type", "not in", ADDRESS_TYPES)

    @api.model
    def _retail_changed_domain(self, since):
        """A change of an address is a change of its customer."""
        changed = super()._retail_changed_domain(since)
        return changed | Domain("child_ids", "any", Domain("type", "in", ADDRESS_TYPES) & changed)

    def _retail_subjects(self):
        """An address of a customer is not a customer: its changes are changes of its parent."""
        self.fetch(("company_id", "parent_id", "type"))  # usually in the cache already
        subjects = {}
        for partner in self:
            with suppress(MissingError):
                is_address = partner.type in ADDRESS_TYPES and partner.parent_id
                subject = partner.parent_id if is_address else partner
                subjects[partner.id] = (subject.id, partner.company_id.id or None)
        return subjects

    def _retail_capture_erased(self):
        """Capture erased customers: not their addresses, and not customers merged into another."""
        addresses = self.filtered(lambda partner: partner.type in ADDRESS_TYPES and partner.parent_id)
        addresses.parent_id._retail_capture_state(self._retail_updated_event)
        erased = self.browse() if self.env.context.get("retail_merging") is MERGING else self - addresses
        return super(ResPartner, erased)._retail_capture_erased()

    # -- canonical form ----------------------------------------------------------------------------

    def _retail_existing(self):
        # As the superuser: who previews has been checked for access to the records; drains send what exists.
        found = self.sudo().search_fetch([("id", "in", self.ids)], PAYLOAD_FIELDS, order="id")
        return found.with_env(self.env)

    def _retail_payloads(self):
        # These only: to read a field that is not there yet reads all fields of its model.
        self.fetch(PAYLOAD_FIELDS)
        addresses = self._retail_addresses()
        payloads = {}
        for partner in self:
            try:
                payloads[partner.id] = partner._retail_payload(addresses[partner.id])
            except psycopg2.Error:
                raise
            except Exception as error:  # custom fields and overrides too: one record must not stop the others
                payloads[partner.id] = (error, [])
        return payloads

    def _retail_payload(self, addresses):
        phones, warnings = self._retail_phones()
        customer = CustomerV1(
            id=str(self.id),
            type="company" if self.is_company else "person",
            active=self.active,
            name=self._retail_name(),
            company_name="" if self.is_company else self.commercial_company_name or "",
            company_id=self._retail_company_id(),
            job_title=self.function or "",
            emails=(self.email_normalized,) if self.email_normalized else (),
            phones=phones,
            addresses=tuple(
                address._retail_address() for address in addresses if address._retail_has_address()
            ),
            language=self._retail_language(),
            tax_id=self.vat or "",
            website=self.website or "",
            consent=ConsentV1(email_opt_out=self.is_blacklisted),
            tags=tuple(sorted(self.category_id.mapped("name"))),
            external_ids=self._retail_external_ids(),
        )
        if self.email and not self.email_normalized:
            warnings.append(self.env._("The e-mail address is not valid and was left out."))
        return customer.canonical(), warnings

    def _retail_company_id(self):
        parent = self.parent_id
        return parent._retail_customer_id() if parent.is_company and not self.is_company else ""

    def _retail_customer_id(self):
        """Return the canonical id of the customer, or of the address's customer; empty for an empty recordset."""
        is_address = self.type in ADDRESS_TYPES and self.parent_id
        return str((self.parent_id if is_address else self).id or "")

    def _retail_name(self):
        """Return the canonical name. Odoo has one name: its last word counts as a person's family name."""
        full = (self.name or "").strip()
        if self.is_company:
            return NameV1(full=full)
        given, _space, family = full.rpartition(" ")
        return NameV1(full=full, given=given.strip(), family=family)

    def _retail_phones(self):
        """Return the numbers in E.164 form, and a warning for one that cannot be read."""
        if not self.phone:
            return (), []
        country = self.country_id or self.company_id.country_id or self.env.company.country_id
        try:
            number = phonenumbers.parse(self.phone, country._retail_code() or None)
        except phonenumbers.NumberParseException:
            number = None
        if number is None or not phonenumbers.is_possible_number(number):
            return (), [self.env._("The phone number is not valid and was left out.")]
        return (PhoneV1(number=phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)),), []

    def _retail_addresses(self):
        """Return ``{id: records}``: each record itself, then its children that are addresses.

        Addresses of other companies are left out: a customer may be shared by companies, and have some of each.
        """
        companies = (False, *self.env.company._retail_lineage())
        children = self.env["res.partner"].search_fetch(
            [("parent_id", "in", self.ids), ("type", "in", ADDRESS_TYPES), ("company_id", "in", companies)],
            ADDRESS_FIELDS,
            order="id",
        )
        children_by_parent = defaultdict(self.env["res.partner"].browse)
        for child in children:
            children_by_parent[child.parent_id.id] += child
        return {partner.id: partner + children_by_parent[partner.id] for partner in self}

    def _retail_has_address(self):
        return any(self[name] for name in ("street", "street2", "city", "zip", "country_id"))

    def _retail_address(self):
        is_child = self.type in ADDRESS_TYPES and self.parent_id
        return AddressV1(
            kind=self.type if is_child else "contact",
            name=self.name or "" if is_child else "",
            street=self.street or "",
            street2=self.street2 or "",
            city=self.city or "",
            postal_code=self.zip or "",
            region=self.state_id.code or "",
            country=self.country_id._retail_code() or None,
        )

    def _retail_language(self):
        """Odoo's ``sr@latin``, ``pt_BR`` as BCP 47 tags: ``sr-Latn``, ``pt-BR``."""
        if not self.lang:
            return None
        locale, _at, variant = self.lang.partition("@")
        language, _underscore, territory = locale.partition("_")
        script = SCRIPTS.get(variant, "")
        return "-".join(part for part in (language, script, territory) if part)

    def _retail_external_ids(self):
        identities = {"reference": self.ref, "barcode": self.barcode}
        return {name: value for name, value in identities.items() if value}


class ResPartnerCategory(models.Model):
    _name = "res.partner.category"
    _inherit = ["res.partner.category", "retail.capture.part"]

    _retail_shown_in = {"customer.updated": ("partner_ids", frozenset({"active", "name", "partner_ids"}))}
