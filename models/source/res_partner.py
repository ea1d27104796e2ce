"""The customer: which changes are events, and its canonical form."""

from collections import defaultdict
from contextlib import suppress

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import MissingError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.mail import email_split

from ...core.email_address import is_as_typed, is_email_address
from ...core.person_name import person_name
from ...core.phone_number import read_phone
from ...schemas.customer import AddressV1, ConsentV1, CustomerV1, NameV1, PhoneV1
from ...tools.own_context import own_value
from .capture_part import Shown
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
FILTER_FIELDS = ("commercial_partner_id", "customer_rank", "partner_share", "supplier_rank")
PAYLOAD_FIELDS = (*CUSTOMER_FIELDS, *FILTER_FIELDS, "email_normalized")
# Documents that name a customer or an address: (event type, model, path)
DOCUMENTS = (
    ("order.updated", "sale.order", "partner_id"),
    ("order.updated", "sale.order", "partner_shipping_id"),
    ("order.updated", "pos.order", "partner_id"),
    ("invoice.updated", "account.move", "partner_id"),
    ("shipment.updated", "stock.picking", "partner_id"),
    ("shipment.updated", "stock.picking", "sale_id.partner_id"),
    ("shipment.updated", "stock.picking", "pos_order_id.partner_id"),
    ("return.updated", "stock.picking", "partner_id"),
    ("return.updated", "stock.picking", "sale_id.partner_id"),
    ("return.updated", "stock.picking", "pos_order_id.partner_id"),
)
SCRIPTS = {"latin": "Latn", "Cyrl": "Cyrl"}


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "retail.capture"]

    _retail_created_event = "customer.created"
    _retail_updated_event = "customer.updated"
    _retail_erased_event = "customer.erased"
    _retail_is_used_by_branches = True
    _retail_may_share = True

    retail_erased_at = fields.Datetime("Erased", readonly=True, copy=False)

    # -- capture -----------------------------------------------------------------------------------

    @api.model
    def _retail_watched_fields(self):
        return frozenset(CUSTOMER_FIELDS)

    @api.model
    def _retail_default_domain(self):
        """Internal users are not customers, and neither are vendors, unless they have bought something."""
        return "[('retail_is_customer', '=', True)]"

    @api.model
    def _retail_subject_domain(self):
        customers = Domain("parent_id", "=", False) | Domain("type", "not in", ADDRESS_TYPES)
        return customers & Domain("retail_erased_at", "=", False)

    @api.model
    def _retail_changed_domain(self, since):
        """A change of an address is a change of its customer."""
        changed = super()._retail_changed_domain(since)
        return changed | Domain("child_ids", "any", Domain("type", "in", ADDRESS_TYPES) & changed)

    def write(self, vals):
        """Capture the customers who lose an address, too: it becomes another customer's, or a contact."""
        # With full access: who moves an address may not read the customer who had it.
        partners = self.sudo()
        addresses = partners._retail_moving(vals)
        losing = addresses.mapped(lambda address: address._retail_customer())
        result = super().write(vals)
        losing._retail_capture_state(self._retail_updated_event)
        (addresses | partners._retail_moving(vals))._retail_capture_documents()
        if not {"is_company", "parent_id", "type"}.isdisjoint(vals):
            partners._retail_capture_staff()
        return result

    def _retail_moving(self, vals):
        """Return the addresses among the partners, if this write may give them to other customers or companies."""
        if {"company_id", "parent_id", "type"}.isdisjoint(vals):
            return self.browse()
        return self.filtered(lambda partner: partner._retail_is_address())

    def _retail_capture_staff(self):
        """Capture the persons whose company these are: each event of a person names it."""
        if self._retail_wants(self._retail_updated_event):
            persons = self.child_ids.filtered(lambda partner: not partner._retail_is_address())
            persons._retail_capture_state(self._retail_updated_event)

    def _retail_capture_documents(self):
        """Capture the documents of addresses, and of theirs: they are another customer's now."""
        for event_type, model, path in DOCUMENTS if self else ():
            # With full access: who moves an address may not read the documents that name it.
            documents = self.env[model].sudo().with_context(active_test=False)
            if documents._retail_wants(event_type):
                documents.search([(path, "child_of", self.ids)])._retail_capture_state(event_type)

    def unlink(self):
        """Capture the customers of deleted addresses."""
        if self._retail_wants(self._retail_updated_event):
            # With full access: who deletes an address may not read its customer.
            addresses = self.sudo().filtered(lambda partner: partner._retail_is_address())
            addresses.parent_id._retail_capture_state(self._retail_updated_event)
        return super().unlink()

    def _retail_capture_state(self, event_type, company_id=None):
        """A new address is a change of its customer, not a new customer."""
        addresses = self.browse()
        if event_type == self._retail_created_event:
            addresses = self.filtered(lambda partner: partner._retail_is_address())
            super(ResPartner, addresses)._retail_capture_state(self._retail_updated_event, company_id)
        return super(ResPartner, self - addresses)._retail_capture_state(event_type, company_id)

    def _retail_subjects(self):
        """An address of a customer is not a customer: its changes are changes of the customer.

        Of an erased customer, nothing is sent any more.
        """
        self.fetch(("company_id", "parent_id", "retail_erased_at", "type"))  # usually in the cache already
        subjects = {}
        for partner in self:
            with suppress(MissingError):
                customer = partner._retail_customer()
                if customer.retail_erased_at:
                    continue
                company = customer.company_id or partner.company_id
                subjects[partner.id] = (customer.id, company.id or None)
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
        erased = self.browse() if own_value(self.env, "retail_merging") else self - addresses
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
        """Return the canonical name. Odoo has one name."""
        if self.is_company:
            return NameV1(full=(self.name or "").strip())
        return NameV1(**person_name(self.name or "")._asdict())

    def _retail_emails(self):
        """Return the email address, and remarks about what is not sent."""
        if not self.email:
            return (), []
        address = self.email_normalized or ""
        if not is_email_address(address) or not is_as_typed(address, self.email):
            return (), [Remark(self.env._("The email address is not valid and was left out."), "emails")]
        # To parse the field takes long, and most have one address.
        if self.email.count("@") < 2 or len({each.lower() for each in email_split(self.email)}) < 2:
            return (address,), []
        text = self.env._("The email field has several addresses. Only the first one was sent.")
        return (address,), [Remark(text, "emails", is_unreadable=False)]

    def _retail_tax_id(self):
        """Return the tax ID. Those who have none get ``/``, ``N/A``, ``0`` or the like in Odoo.

        Each real one has a digit that is not zero.
        """
        tax_id = (self.vat or "").strip()
        return tax_id if any(char.isdigit() and char != "0" for char in tax_id) else ""

    def _retail_phones(self):
        """Return the number in E.164 form, and remarks about what is not sent."""
        if not self.phone:
            return (), []
        country = self.country_id or self.company_id.country_id or self.env.company.country_id
        found = read_phone(self.phone, country._retail_code() or None)
        if found is None:
            return (), [Remark(self.env._("The phone number is not valid and was left out."), "phones")]
        texts = []
        if found.has_others:
            texts.append(self.env._("The phone field has several numbers. Only the first one was sent."))
        if found.has_extension:
            texts.append(self.env._("The phone number was sent without its extension."))
        return (PhoneV1(number=found.number),), [
            Remark(text, "phones", is_unreadable=False) for text in texts
        ]

    def _retail_addresses(self):
        """Return ``{id: records}``: each record itself, then its addresses, and theirs.

        Addresses of other companies are left out: a customer may be shared by companies, and have some of each.
        """
        companies = (False, *self.env.company._retail_usable_ids())
        found, parents = self.env["res.partner"], self
        while parents._retail_may_have_addresses():
            parents = self.env["res.partner"].search(
                [
                    ("parent_id", "in", parents.ids),
                    ("type", "in", ADDRESS_TYPES),
                    ("company_id", "in", companies),
                ],
                order="id",
            )
            parents.fetch(ADDRESS_FIELDS)  # not by the search: most customers have no address
            found += parents
        addresses = defaultdict(self.env["res.partner"].browse)
        for address in found:
            addresses[address._retail_customer().id] += address
        return {partner.id: partner + addresses[partner.id] for partner in self}

    def _retail_may_have_addresses(self):
        """Return whether there are addresses of these records, perhaps archived ones or those of other companies."""
        if not self:
            return False
        self.flush_model(["parent_id", "type"])
        # In SQL: it is asked for each change that is sent, and most customers have none.
        [(is_any,)] = self.env.execute_query(
            SQL(
                "SELECT EXISTS (SELECT FROM res_partner WHERE parent_id = ANY(%s) AND type = ANY(%s))",
                self.ids,
                list(ADDRESS_TYPES),
            )
        )
        return is_any

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

    @api.model
    def _retail_shown_in(self):
        shown = Shown("customer.updated", frozenset({"active", "name", "partner_ids"}), "partner_ids")
        return [*super()._retail_shown_in(), shown]
