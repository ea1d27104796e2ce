"""What a card and its customer are called, for whoever looks."""

from odoo import api, fields, models

from ..outbox.names import record_names


class RetailLoyaltyCardNames(models.AbstractModel):
    """For models with the field ``card_id``. Without the right to read cards, nobody sees a code."""

    _name = "retail.loyalty.card.names"
    _description = "Names of Loyalty Cards"

    card_name = fields.Char(compute="_compute_card_name")
    customer_name = fields.Char("Customer", compute="_compute_customer_name")

    @api.depends("card_id")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_card_name(self):
        names = record_names(self.env, {("loyalty.card", each.card_id.id) for each in self})
        for each in self:
            each.card_name = names["loyalty.card", each.card_id.id]

    @api.depends("card_id.partner_id")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_customer_name(self):
        # As the superuser: only to find the customer, whose name depends on what the reader may see.
        customers = {each: each.sudo().card_id.exists().partner_id.id for each in self}
        names = record_names(self.env, {("res.partner", id_) for id_ in customers.values() if id_})
        for each, customer_id in customers.items():
            each.customer_name = names.get(("res.partner", customer_id))
