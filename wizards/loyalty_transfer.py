"""Transferring points from one card to another of the same program."""

from odoo import fields, models
from odoo.exceptions import UserError

from ..models.outbox.names import action_dialog


class RetailLoyaltyTransfer(models.TransientModel):
    _name = "retail.loyalty.transfer"
    _description = "Transfer Points"
    _inherit = ["retail.checked"]

    card_id = fields.Many2one("loyalty.card", "From", required=True, readonly=True, ondelete="cascade")
    program_id = fields.Many2one("loyalty.program", compute="_compute_available")
    available = fields.Float(compute="_compute_available", digits=(16, 2))
    target_id = fields.Many2one(
        "loyalty.card",
        "To",
        ondelete="cascade",
        domain="[('program_id', '=', program_id), ('id', '!=', card_id), ('partner_id', '!=', False)]",
    )
    points = fields.Float(digits=(16, 2))
    reason = fields.Char()

    def _compute_available(self):
        for transfer in self:
            card = transfer.card_id
            transfer.program_id = card.program_id
            transfer.available = max(card.points - card._retail_held()[card], 0)

    def action_transfer(self):
        """Move the points, and show the card that they came from."""
        self.ensure_one()
        self.card_id.check_access("write")
        self.target_id.check_access("write")
        if self.points <= 0 or not self.target_id or not self.reason:
            raise UserError(self.env._("Enter the card, how many points to transfer, and why."))
        if self.points > self.available:
            raise UserError(
                self.env._(
                    "%(card)s has %(points)g points that can be transferred.",
                    card=self.card_id.display_name,
                    points=self.available,
                )
            )
        self.card_id._retail_transfer(self.target_id, self.points, self.reason)
        return {"type": "ir.actions.client", "tag": "soft_reload"}


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    def action_retail_transfer(self):
        """Open the dialog to move points to another card."""
        self.ensure_one()
        self.check_access("write")
        transfers = self.env["retail.loyalty.transfer"]
        transfers.check_access("create")
        # As the superuser: the card is read-only for users.
        transfer = transfers.sudo().create({"card_id": self.id}).with_env(self.env)
        return action_dialog(transfer, self.env._("Transfer Points"), "medium")
