"""Undoing a merge of loyalty cards."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.outbox.names import action_dialog, action_open


class RetailLoyaltyUnmerge(models.TransientModel):
    _name = "retail.loyalty.unmerge"
    _description = "Undo a Merge of Cards"
    _inherit = ["retail.checked"]

    card_id = fields.Many2one(
        "loyalty.card", "Remaining Card", required=True, readonly=True, ondelete="cascade"
    )
    merged_id = fields.Many2one(
        "loyalty.card",
        "Card to Restore",
        ondelete="cascade",
        domain="[('retail_merged_into_id', '=', card_id), ('retail_is_unmerged', '=', False),"
        " ('active', 'in', (True, False))]",
        compute="_compute_merged_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    effect = fields.Char("Points", compute="_compute_effect")
    partner_id = fields.Many2one(
        "res.partner", "Customer", ondelete="cascade", help="Who gets the card. Empty: a new customer."
    )
    name = fields.Char()

    @api.depends("card_id")
    def _compute_merged_id(self):
        for wizard in self:
            merged = wizard.card_id.retail_merged_ids.filtered(lambda card: not card.retail_is_unmerged)
            wizard.merged_id = merged if len(merged) == 1 else False

    @api.depends("merged_id")
    def _compute_effect(self):
        for wizard in self:
            # As the superuser: the ledger is read only to say what will happen to the card.
            wizard.effect = wizard.merged_id and wizard._effect(wizard.sudo().merged_id._retail_return())

    def _effect(self, returned):
        if returned.points < returned.moved:
            return self.env._(
                "%(moved)g were moved, and %(points)g are left: only those are moved back.",
                **returned._asdict(),
            )
        return self.env._("%(points)g are moved back.", points=returned.points)

    def action_unmerge(self):
        """Restore the card, and open it."""
        self.ensure_one()
        self.card_id.check_access("write")
        self.partner_id.check_access("write")  # a client may have chosen it
        if not self.merged_id or self.merged_id.retail_merged_into_id != self.card_id:
            raise UserError(self.env._("Choose the card to restore."))
        if not self.partner_id and not self.name:
            raise UserError(self.env._("Choose a customer, or enter the name of a new one."))
        customer = self.partner_id or self.env["res.partner"].create({"name": self.name})
        # As the superuser: accounts are the hub's own; who may undo a merge is checked.
        card = self.sudo().merged_id._retail_unmerge(customer.sudo())
        return action_open(self.env, card._name, card.id)


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    def action_retail_unmerge(self):
        """Open the dialog to undo a merge."""
        self.ensure_one()
        self.check_access("write")
        wizards = self.env["retail.loyalty.unmerge"]
        wizards.check_access("create")
        # As the superuser: the card is read-only for users.
        wizard = wizards.sudo().create({"card_id": self.id}).with_env(self.env)
        return action_dialog(wizard, self.env._("Undo Merge"), "medium")
