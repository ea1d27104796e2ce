"""The customer: which changes are events, and its canonical form."""

import unicodedata
from collections import defaultdict
from contextlib import suppress

import phonenumbers
import psycopg2

from odoo import api, models
from odoo.exceptions import MissingError
from odoo.fields import Domain
from odoo.tools.mail import email_split

from ...schemas.customer import AddressV1, ConsentV1, CustomerV1, NameV1, PhoneV1
from .partner_merge import MERGING
from .remark import Remark

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
FILTER_FIELDS = ("customer_rank", "partner_share", "supplier_rank")  # of the default filter
PAYLOAD_FIELDS = (*CUSTOMER_FIELDS, *FILTER_FIELDS, "email_normalized")
NO_TAX_ID = ("", "/")
SCRIPTS = {"latin": "Latn", "Cyrl": "Cyrl"}


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "retail.capture"]

    _retail_created_event = "customer.created"
    _retail_updated_event = "customer.updated"
    _retail_erased_event = "customer.erased"
    _retail_is_used_by_branches = True
    _retail_may_share = True

    # -- capture -----------------------------------------------------------------------------------

    @api.model
    def _retail_watched_fields(self):
        return frozenset(CUSTOMER_FIELDS)

    @api.model
    def _retail_default_domain(self):
        """Internal users are not customers, and neither are vendors who have never bought."""
        return "[('partner_share', '=', True), '|', ('supplier_rank', '=', 0), ('customer_rank', '!=', 0)]"

    @api.model
    def _retail_subject_domain(self):
        return Domain("parent_id", "=", False) | Domain("type", "not in", ADDRESS_TYPES)

    @api.model
    def _retail_changed_domain(self, since):
        """A change of an address is a change of its customer."""
        changed = super()._retail_changed_domain(since)
        return changed | Domain("child_ids", "any", Domain("type", "in", ADDRESS_TYPES) & changed)

    def write(self, vals):
        """Capture the customers who lose an address, too: it becomes another customer's, or a contact."""
        losing = self.browse()
        if not {"parent_id", "type"}.isdisjoint(vals) and self._retail_wants(self._retail_updated_event):
            # With full access: who moves an address may not read the customer who had it.
            losing = self.sudo().filtered(lambda partner: partner._retail_is_address()).parent_id
        result = super().write(vals)
        losing._retail_capture_state(self._retail_updated_event)
        return result

    def _retail_capture_state(self, event_type, company_id=None):
        """A new address is a change of its customer, not a new customer."""
        addresses = self.browse()
        if event_type == self._retail_created_event:
            addresses = self.filtered(lambda partner: partner._retail_is_address())
            super(ResPartner, addresses)._retail_capture_state(self._retail_updated_event, company_id)
        return super(ResPartner, self - addresses)._retail_capture_state(event_type, company_id)

    def _retail_subjects(self):
        """An address of a customer is not a customer: its changes are changes of the customer."""
        self.fetch(("company_id", "parent_id", "type"))  # usually in the cache already
        subjects = {}
        for partner in self:
            with suppress(MissingError):
                subjects[partner.id] = (partner._retail_customer().id, partner.company_id.id or None)
        return subjects

    def _retail_is_address(self):
        return bool(self.type in ADDRESS_TYPES and self.parent_id)

    def _retail_customer(self):
        """Return the customer: of an address, its customer's, even if the address belongs to another address."""
        customer = self
        while customer._retail_is_address():
            customer = customer.parent_id
        return customer

    def _retail_capture_erased(self):
        """Capture erased customers: not their addresses, and not customers merged into another."""
        addresses = self.filtered(lambda partner: partner._retail_is_address())
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

    @api.model
    def _retail_without_key(self, payload):
        return {**payload, "emails": [], "website": ""}

    def _retail_payload(self, addresses):
        phones, phone_remarks = self._retail_phones()
        emails, email_remarks = self._retail_emails()
        customer = CustomerV1(
            id=str(self.id),
            type="company" if self.is_company else "person",
            active=self.active,
            name=self._retail_name(),
            company_name="" if self.is_company else self.commercial_company_name or "",
            company_id=self._retail_company_id(),
            job_title=self.function or "",
            emails=emails,
            phones=phones,
            addresses=tuple(
                address._retail_address() for address in addresses if address._retail_has_address()
            ),
            language=self._retail_language(),
            tax_id=self._retail_tax_id(),
            website=self.website or "",
            consent=ConsentV1(email_opt_out=self.is_blacklisted),
            tags=tuple(sorted(self.category_id.mapped("name"))),
            external_ids=self._retail_external_ids(),
        )
        return customer.canonical(), [*phone_remarks, *email_remarks]

    def _retail_company_id(self):
        parent = self.parent_id
        return parent._retail_customer_id() if parent.is_company and not self.is_company else ""

    def _retail_customer_id(self):
        """Return the canonical id of the customer, or of the address's customer; empty for an empty recordset."""
        return str(self._retail_customer().id or "")

    def _retail_name(self):
        """Return the canonical name.

        Odoo has one name: a person's family name is what comes before a comma, or else the last word.
        """
        full = (self.name or "").strip()
        if self.is_company:
            return NameV1(full=full)
        family, comma, given = (part.strip() for part in full.partition(","))
        if comma and family and given and "," not in given:
            return NameV1(full=f"{given} {family}", given=given, family=family)
        given, _space, family = full.rpartition(" ")
        return NameV1(full=full, given=given.strip(), family=family)

    def _retail_emails(self):
        """Return the e-mail address, and remarks about what is not sent."""
        if not self.email:
            return (), []
        address = self.email_normalized
        if not address or address.endswith(".") or not _is_visible(self.email):
            return (), [Remark(self.env._("The e-mail address is not valid and was left out."), "emails")]
        if len(set(email_split(self.email))) < 2:
            return (address,), []
        text = self.env._("The e-mail field has several addresses. Only the first one was sent.")
        return (address,), [Remark(text, "emails", is_unreadable=False)]

    def _retail_tax_id(self):
        """Return the tax ID. Odoo lets users enter ``/`` for customers who have none."""
        return "" if (self.vat or "").strip() in NO_TAX_ID else self.vat

    def _retail_phones(self):
        """Return the numbers in E.164 form, and a remark about one that is not valid."""
        if not self.phone:
            return (), []
        country = self.country_id or self.company_id.country_id or self.env.company.country_id
        try:
            number = phonenumbers.parse(self.phone, country._retail_code() or None)
        except phonenumbers.NumberParseException:
            number = None
        if number is None or not phonenumbers.is_valid_number(number):
            return (), [Remark(self.env._("The phone number is not valid and was left out."), "phones")]
        return (PhoneV1(number=phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)),), []

    def _retail_addresses(self):
        """Return ``{id: records}``: each record itself, then its addresses, and theirs.

        Addresses of other companies are left out: a customer may be shared by companies, and have some of each.
        """
        companies = (False, *self.env.company._retail_lineage())
        found, parents = self.env["res.partner"], self
        while parents:
            parents = self.env["res.partner"].search_fetch(
                [
                    ("parent_id", "in", parents.ids),
                    ("type", "in", ADDRESS_TYPES),
                    ("company_id", "in", companies),
                ],
                ADDRESS_FIELDS,
                order="id",
            )
            found += parents
        addresses = defaultdict(self.env["res.partner"].browse)
        for address in found:
            addresses[address._retail_customer().id] += address
        return {partner.id: partner + addresses[partner.id] for partner in self}

    def _retail_has_address(self):
        return any(self[name] for name in ("street", "street2", "city", "zip", "country_id"))

    def _retail_address(self):
        is_child = self._retail_is_address()
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


def _is_visible(text):
    """Return whether a text has no invisible characters, such as zero-width spaces, inside."""
    return not any(unicodedata.category(each) in ("Cc", "Cf") for each in text.strip())
