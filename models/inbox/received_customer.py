"""Customers as remote systems describe them: whom they mean, and what is known of them."""

from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools.mail import email_normalize

from ...core.problem import Problem
from .foreign import check_own
from .moments import sortable

ADDRESS_KINDS = ("invoice", "delivery", "other")
# Of the command -> of the customer.
TEXT_FIELDS = {
    "company_name": "company_name",
    "job_title": "function",
    "email": "email",
    "tax_id": "vat",
    "website": "website",
}


class ResPartner(models.Model):
    _inherit = "res.partner"

    # Odoo has no index for them, and reads each partner of a large database instead.
    _retail_email_idx = models.Index("(email_normalized) WHERE email_normalized IS NOT NULL")
    _retail_phone_idx = models.Index("(phone_sanitized) WHERE phone_sanitized IS NOT NULL")


class RetailReceivedCustomer(models.AbstractModel):
    _name = "retail.received.customer"
    _description = "Retail Hub: Customers of Remote Systems"

    @api.model
    def _lock_keys(self, sender, customer):
        """Return what nobody else may look up or create at the same time, as texts.

        :param sender: a :class:`~.command.Sender`
        :param customer: a :class:`~...schemas.commands.customer.CustomerInputV1`, which may have an ``external_id``
        """
        email = email_normalize(customer.email) or ""
        phone = customer.phone.number if customer.phone else ""
        scope = f"{self.env.company.id}/customer"
        return tuple(
            text
            for known, text in (
                (customer.external_id, f"{sender.connector.id}/customer/{customer.external_id}"),
                (email, f"{scope}/{email}"),
                (phone, f"{scope}/{phone}"),
            )
            if known
        )

    @api.model
    def _customers(self):
        return self.env["res.partner"].with_context(active_test=False, tracking_disable=True)

    # -- who it is ---------------------------------------------------------------------------------

    @api.model
    def _known(self, connector, external_id, pointer="/external_id"):
        """Return the customer whom the caller knows by this external id; empty if there is none, or it was deleted.

        :param pointer: JSON pointer of the external id in the request
        :raise Problem: it belongs to another company, or was erased
        """
        # As the superuser: links to remote records are the hub's own; the customer is read as the client's user.
        if connector.env["retail.tombstone"]._buried(connector, "res.partner", external_id):
            detail = "The customer with this external_id was erased."
            raise Problem("conflict", detail, errors=[{"pointer": pointer, "detail": detail}])
        bindings = connector.env["retail.binding"]
        ids = bindings._records_of(connector, "res.partner", external_id)
        return check_own(self._customers().browse(ids).exists()[:1], "customer", pointer)

    @api.model
    def _unlinked(self, connector, customer):
        """Return the only customer with the email address, unless the caller has another external id for it."""
        found = self._with("email_normalized", email_normalize(customer.email) or "")
        if len(found) != 1 or self._linked(connector, found):
            return found.browse()  # who it is, is for a person to decide: see Possible Duplicates
        return found

    @api.model
    def _guest(self, connector, customer):
        """Return the customer that a guest is: with the same email address, or else the same telephone and name.

        Among several, the one whom the caller knows, or else the oldest.
        """
        found = self._with("email_normalized", email_normalize(customer.email) or "")
        if not customer.email and customer.phone and customer.name:
            name = customer.name.text.casefold()
            found = self._with("phone_sanitized", customer.phone.number)
            found = found.filtered(lambda each: (each.name or "").casefold() == name)
        linked = self._linked(connector, found)
        return found.sorted(lambda each: (each.id not in linked, each.id))[:1]

    @api.model
    def _with_email(self, connector, email):
        """Return the customer with an email address: of several, the one whom the caller knows, or else the oldest."""
        found = self._with("email_normalized", email_normalize(email) or "")
        linked = self._linked(connector, found)
        return found.sorted(lambda each: (each.id not in linked, each.id))[:1]

    def _with(self, field, value):
        if not value:
            return self._customers()
        return self._customers().search(
            [
                (field, "=", value),
                ("company_id", "in", (False, self.env.company.id)),
                ("active", "=", True),
                *~self._insiders(),
                *self._customers()._retail_subject_domain(),
            ],
            order="id",
        )

    @api.model
    def _search(self, email, phone, ids, after, limit):
        """Return (customers who match all that is given, whether there are more), in the order of their ids.

        :param phone: in E.164 form
        :param ids: of customers; None for all
        :param after: id of the last customer of the page before
        """
        domain = [
            ("id", ">", after),
            ("company_id", "in", (False, *self.env.company.parent_ids.ids)),
            *~self._insiders(),
            *self._customers()._retail_subject_domain(),
        ]
        if email:
            domain.append(("email_normalized", "=", email_normalize(email)))
        if phone:
            domain.append(("phone_sanitized", "=", phone))
        if ids is not None:
            domain.append(("id", "in", ids))
        found = self.env["res.partner"].search(domain, order="id", limit=limit + 1)
        return found[:limit], len(found) > limit

    @api.model
    def _insiders(self):
        """Return the domain of partners that no system changes: those of internal users and of our own companies."""
        # As the superuser: which companies there are is not for the client's user to read.
        companies = self.env["res.company"].sudo().search([("partner_id", "!=", False)])
        return Domain("partner_share", "=", False) | Domain("id", "in", companies.partner_id.ids)

    def _linked(self, connector, customers):
        """Return the ids of those whom the caller knows by an external id."""
        # As the superuser: links to remote records are the hub's own.
        bindings = connector.env["retail.binding"]._of_records(connector, "res.partner", customers.ids)
        return set(bindings.mapped("res_id"))

    @api.model
    def _link(self, sender, record, external_id):
        """Note that the caller knows a record by this external id."""
        self._link_all(sender, [(record, external_id, None)])

    @api.model
    def _link_all(self, sender, links):
        """Note that the caller knows records by external ids.

        :param links: (record, external id, when its state came about, None if that was not said) of each
        """
        # As the superuser: links to remote records are the hub's own.
        sender.connector.env["retail.binding"].create(
            [
                {
                    "connector_id": sender.connector.id,
                    "res_model": record._name,
                    "res_id": record.id,
                    "remote_id": external_id,
                    "state_of": sortable(moment) or False,
                }
                for record, external_id, moment in links
            ]
        )

    # -- what is known of it -----------------------------------------------------------------------

    @api.model
    def _create(self, values, pointer=""):
        """Create a customer.

        :param pointer: JSON pointer of the customer in the request
        :raise Problem: it has no name
        """
        if not values.get("name"):
            raise Problem(
                "invalid-request",
                "There is no customer with this external_id, and a new one needs a name.",
                errors=[{"pointer": f"{pointer}/name", "detail": "Missing."}],
            )
        return self._customers().create(self._new_values(values))

    @api.model
    def _new_values(self, values):
        return {**values, "company_id": self.env.company.id, "customer_rank": 1}

    @api.model
    def _values(self, customer):
        """Return ``({field: value}, warnings)`` of what is given, without addresses and consent."""
        values, warnings = self._given_values(customer)
        if self._is_of_insider(email_normalize(customer.email)):
            warnings.insert(0, self.env._("A user of Odoo has this email address, and is not changed."))
        return values, warnings

    @api.model
    def _given_values(self, customer):
        """As :meth:`_values`, whoever else has the email address."""
        given, warnings = customer.model_fields_set, []
        values = {
            TEXT_FIELDS[name]: getattr(customer, name) or False for name in TEXT_FIELDS if name in given
        }
        if "type" in given:
            values["is_company"] = customer.type == "company"
        if customer.name is not None:
            values["name"] = customer.name.text
        if "phone" in given:
            values["phone"] = customer.phone.number if customer.phone else False
        if customer.language:
            lang = self._lang(customer.language)
            if lang:
                values["lang"] = lang
            else:
                warnings.append(self.env._("The language %s is not installed.", customer.language))
        return values, warnings

    @api.model
    def _as_kept(self, values, customer, pointer=""):
        """Return values as Odoo keeps them, to be compared with those that it has.

        :param customer: whose values they are; empty for a new one
        :param pointer: JSON pointer of the customer in the request
        :raise Problem: the tax ID is not valid
        """
        kept = dict(values)
        if kept.get("website"):
            kept["website"] = customer._clean_website(kept["website"])
        if kept.get("vat") and kept["vat"] != customer.vat:
            kept["vat"] = self._tax_id(kept, customer, pointer)
        return kept

    def _tax_id(self, values, customer, pointer):
        head = customer.parent_id and customer.commercial_partner_id
        country = head.country_id if head else customer.country_id
        if values.get("country_id") and not head:
            country = country.browse(values["country_id"])
        try:
            return customer._run_vat_checks(country, values["vat"])[0]
        except ValidationError as error:
            detail = f"The tax ID is not valid in {country.code}."
            errors = [{"pointer": f"{pointer}/tax_id", "detail": detail}]
            raise Problem("invalid-request", detail, errors=errors, reason=str(error)) from error

    def _is_of_insider(self, email):
        # As the superuser: internal users are not for the client's user to read.
        partners = self.env["res.partner"].sudo()
        domain = Domain("email_normalized", "=", email) & self._insiders()
        return bool(email and partners.search_count(domain, limit=1))

    @api.model
    def _drop_kept(self, customer, changed):
        """Take out of what changes what a system may not change; return warnings.

        Whoever can change the email address of a portal user can reset the password.
        """
        # As the superuser: users are not for the client's user to read.
        is_user = customer.sudo().with_context(active_test=False).user_ids
        email = changed.get("email", customer.email)
        if not is_user or email_normalize(email or "") == customer.email_normalized:
            return []
        del changed["email"]
        return [self.env._("The customer has a portal account in Odoo: the email address was not changed.")]

    def _lang(self, tag):
        """Return the installed language of a BCP 47 tag: that of the country, else of the language; "" if none is."""
        wanted = tag.replace("-", "_")
        codes = [code for code, _name in self.env["res.lang"].get_installed()]
        alike = [code for code in codes if code.partition("_")[0] == wanted.partition("_")[0]]
        return wanted if wanted in codes else next(iter(alike), "")

    @api.model
    def _set_consent(self, partner, consent):
        """Put the email address on the blacklist, or take it off; return whether that changed it."""
        wants = consent and consent.email_opt_out
        if wants is None or not partner.email_normalized or partner.is_blacklisted == wants:
            return False
        # As the superuser: users without the rights of marketing may record what a customer allows, too.
        blacklist = self.env["mail.blacklist"].sudo()
        if wants:
            blacklist._add(partner.email_normalized)
        else:
            blacklist._remove(partner.email_normalized)
        return True


def changed_values(record, values):
    """Return those of the values that the record has not."""
    kept = {name: record[name].id if record._fields[name].relational else record[name] for name in values}
    return {name: value for name, value in values.items() if kept[name] != value}
