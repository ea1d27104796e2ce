"""Booking what happens to the points of Odoo's cards."""

from odoo import fields, models

from ...tools.own_context import own_value
from ..source.loyalty_card import ADJUSTED
from ..source.loyalty_history import EARNED, EXPIRED, REDEEMED, REVERSED
from ..source.origin import origin_of

KIND_BY_EVENT = {
    EARNED: "earn",
    REDEEMED: "redeem",
    REVERSED: "reverse",
    ADJUSTED: "adjust",
    EXPIRED: "expire",
}


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    retail_entry_count = fields.Integer(
        "Ledger", compute="_compute_retail_entry_count", groups="retail_hub.group_user"
    )

    def _compute_retail_entry_count(self):
        counts = self.env["retail.loyalty.entry"]._read_group(
            [("card_id", "in", self.ids)], ["card_id"], ["__count"]
        )
        by_card = {card.id: count for card, count in counts}
        for card in self:
            card.retail_entry_count = by_card.get(card.id, 0)

    def action_retail_view_entries(self):
        """Open the card's entries in the ledger."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("retail_hub.action_retail_loyalty_entry")
        return {**action, "domain": [("card_id", "=", self.id)], "context": {}}

    def _retail_note_change(self, event_type, points, **details):
        result = super()._retail_note_change(event_type, points, **details)
        order = (details["order_model"], details["order_id"]) if details.get("order_id") else None
        # As the superuser: users book nothing themselves, Odoo checks who may change points.
        entries = self.env["retail.loyalty.entry"].sudo()
        # What is noted at the end of a transaction may have this context, and be no doing of the engine.
        mirrored = origin_of(self.env.cr) and own_value(self.env, "retail_mirrored")
        if mirrored:
            remote = (mirrored["connector_id"], mirrored["remote_id"])
            entries._book(self, mirrored["kind"], points, mirrored["order"], remote)
        else:
            entries._book(self, self._retail_entry_kind(event_type), points, order)
        return result

    def _retail_entry_kind(self, event_type):
        """Hook: return the kind of the entry of a change."""
        return KIND_BY_EVENT[event_type]

    def _retail_set_points(self, points):
        """Set the card to what the ledger says. This changes no points: nothing is booked, and no event is sent."""
        change = points - self.points
        self.with_context(loyalty_no_mail=True, tracking_disable=True).write({"points": points})
        self._retail_count_points(-change)

    def unlink(self):
        """Delete cards, and book that their points are lost."""
        # As the superuser: Odoo deletes the coupons of whoever cancels an order.
        accounts = self.env["retail.loyalty.account"].sudo()
        self.env.flush_all()
        self._retail_forget_points()
        for account in accounts.search([("card_id", "in", self.ids), ("balance", "!=", 0)]):
            account.env["retail.loyalty.entry"]._book(account.card_id, "delete", -account.balance)
        return super().unlink()
