"""``customer.erase``: remove a customer's personal data, and keep the documents. The identifiers cannot come back."""

from odoo import fields, models
from odoo.tools import SQL

from ...core.problem import Problem
from ...schemas.commands.erasure import CustomerErasedResultV1
from .command import Applied

PERSONAL_FIELDS = (
    "barcode",
    "category_id",
    "comment",
    "company_name",
    "email",
    "function",
    "image_1920",
    "partner_latitude",
    "partner_longitude",
    "phone",
    "ref",
    "state_id",
    "street",
    "street2",
    "vat",
    "website",
    "zip",
    "city",
)


class CustomerErase(models.AbstractModel):
    _name = "retail.command.customer.erase"
    _description = "Retail Hub: Erase a Customer"
    _inherit = ["retail.command"]

    def _lock_keys(self, command, sender):
        return (f"{sender.connector.id}/customer/{command.external_id}",)

    def _apply(self, command, sender):
        # As the superuser: tombstones are the hub's own.
        tombstones = sender.connector.env["retail.tombstone"]
        buried_id = tombstones._buried(sender.connector, "res.partner", command.external_id)
        if buried_id:
            return self._applied(command, self.env["res.partner"].browse(buried_id).exists(), "unchanged")
        customer = self.env["retail.received.customer"]._known(sender.connector, command.external_id)
        if not customer:
            raise Problem("not-found", "There is no customer with this external_id.")
        self._check(customer)
        # As the superuser: all that names the customer is erased, whatever the client's user may see of it.
        customer.sudo().with_context(active_test=True, tracking_disable=True)._retail_erase()
        domain = [("connector_id", "=", sender.connector.id), ("res_model", "=", "res.partner")]
        sender.connector.env["retail.binding"].search([*domain, ("res_id", "=", customer.id)]).unlink()
        return self._applied(command, customer, "erased")

    def _applied(self, command, customer, outcome):
        result = CustomerErasedResultV1(
            id=str(customer.id or ""), external_id=command.external_id, outcome=outcome
        )
        return Applied(result, customer)

    def _check(self, customer):
        """
        :raise Problem: it is a contact that no system changes
        """
        if customer._retail_is_insider():
            detail = "This is a user of Odoo or a company of your own. A person in Odoo has to erase it."
            raise Problem("conflict", detail)


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _retail_is_insider(self):
        """Return whether it is a user of Odoo or a company of our own, and no customer."""
        return bool(self.filtered_domain(self.env["retail.received.customer"]._insiders()))

    def _retail_erase(self):
        """Erase a customer's personal data, and tell the systems that have it; as the superuser.

        What stays are documents, which name the customer only by number, and what the law wants to be kept of them.
        """
        self.ensure_one()
        self._retail_erase_memberships()
        self._retail_capture_erased()
        self.env["retail.tombstone"]._bury(self)
        # As the superuser, see above: also what is archived.
        everything = self.with_context(active_test=False)
        addresses = everything.search([("id", "child_of", self.id)]).filtered(
            lambda each: each != self and each._retail_customer() == self
        )
        addresses = addresses.with_context(active_test=True)
        both = self + addresses
        both._retail_erase_around()
        nothing = {name: False for name in PERSONAL_FIELDS if name in self._fields}
        nothing |= {"active": False, "category_id": [(5, 0, 0)], "retail_erased_at": fields.Datetime.now()}
        users = self.env["res.users"].with_context(active_test=False)
        users.search([("partner_id", "in", both.ids)])._retail_close()
        addresses.write({**nothing, "name": False})
        self.write({**nothing, "name": self.env._("Erased customer")})

    def _retail_erase_around(self):
        """Erase what is kept beside the fields of these partners: messages, files, plans, and requests of systems."""
        records = [("model", "=", self._name), ("res_id", "in", self.ids)]
        self.env["mail.message"].search(records).unlink()
        self.env["mail.message"].search([("author_id", "in", self.ids)]).write({"email_from": False})
        of_records = [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        self.env["mail.activity"].with_context(active_test=False).search(of_records).unlink()
        self.env["ir.attachment"].search([*of_records, ("res_field", "=", False)]).unlink()
        orders = self.env["sale.order"].search([("partner_id", "in", self.ids)])
        for model, ids in ((self._name, self.ids), ("sale.order", orders.ids)):
            self.env.execute_query(
                SQL(
                    "UPDATE retail_message SET content = '{}', reason = NULL"
                    " WHERE res_model = %s AND res_id = ANY(%s) RETURNING id",
                    model,
                    ids,
                )
            )
        self.env["retail.message"].invalidate_model(["content", "reason"])


class ResUsers(models.Model):
    _inherit = "res.users"

    def _retail_close(self):
        """Close accounts of the portal, whose login is an email address."""
        for user in self:
            user.write({"active": False, "login": f"erased-{user.id}"})
