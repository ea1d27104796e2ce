"""Erasing a customer, in Odoo and in all systems that have them."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..models.outbox.names import action_dialog


class RetailErasure(models.TransientModel):
    _name = "retail.erasure"
    _description = "Erase a Customer"
    _inherit = ["retail.checked"]

    partner_id = fields.Many2one("res.partner", "Customer", required=True, readonly=True, ondelete="cascade")
    systems = fields.Char(
        "Erased In", compute="_compute_effects", help="Each of these systems is asked to erase the customer."
    )
    points = fields.Char("Points Lost", compute="_compute_effects")
    reason = fields.Char(help="The reason stays on the customer. Enter no personal data.")

    @api.depends("partner_id")
    def _compute_effects(self):
        for erasure in self:
            # As the superuser: which systems have the customer depends on no right of the manager.
            partner = erasure.sudo().partner_id
            bindings = partner.env["retail.binding"].search(
                [("res_model", "=", partner._name), ("res_id", "=", partner.id)]
            )
            erasure.systems = ", ".join(bindings.connector_id.mapped("name"))
            cards = partner._retail_loyalty_cards()
            erasure.points = ", ".join(card._retail_balance_text() for card in cards if card.points)

    def action_erase(self):
        """Erase the customer.

        :raise UserError: it is no customer, or was erased before
        """
        self.ensure_one()
        self.partner_id.check_access("write")
        self.partner_id._retail_check_may_erase()
        # As the superuser: all that names the customer is erased, whatever the manager may see of it.
        customer = self.partner_id.sudo().with_context(active_test=True, tracking_disable=True)
        customer._retail_erase()
        customer.message_post(body=self.env._("Erased: %(reason)s", reason=self.reason or ""))
        return {"type": "ir.actions.client", "tag": "soft_reload"}


class ResPartner(models.Model):
    _inherit = "res.partner"

    def action_retail_erase(self):
        """Open the dialog to erase the customer."""
        self.ensure_one()
        self.check_access("write")
        self._retail_check_may_erase()
        # As the superuser: the customer is read-only for users.
        erasure = self.env["retail.erasure"].sudo().create({"partner_id": self.id}).with_env(self.env)
        return action_dialog(erasure, self.env._("Erase Customer"), "medium")

    def _retail_check_may_erase(self):
        """
        :raise AccessError: the user is no manager
        :raise UserError: it is no customer, or was erased before
        """
        if not self.env.user.has_group("retail_hub.group_manager"):
            raise AccessError(self.env._("Only managers of Retail Hub may erase customers."))
        if self.retail_erased_at:
            raise UserError(self.env._("The customer was erased before."))
        if self._retail_is_address() or self._retail_is_insider():
            raise UserError(
                self.env._("%(name)s is a user, an own company or an address.", name=self.display_name)
            )
