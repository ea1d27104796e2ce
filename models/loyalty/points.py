"""Points that another system gives to cards, and takes back: once for each of its identifiers."""

from odoo import api, fields, models

from ...tools.own_context import with_own
from ..source.loyalty_history import EARNED, REVERSED
from .entry import DIGITS


class RetailLoyaltyPoints(models.Model):
    """Earned points, or, with ``earned_id``, a reversal of a part of them."""

    _name = "retail.loyalty.points"
    _description = "Loyalty Points of a System"
    _inherit = ["retail.checked", "retail.loyalty.card.names"]
    _order = "id desc"
    _rec_name = "external_id"

    connector_id = fields.Many2one("retail.connector", required=True, readonly=True, ondelete="cascade")
    external_id = fields.Char("External ID", required=True, readonly=True)
    reference = fields.Char(readonly=True, help="What the points are for, according to the system.")
    card_id = fields.Many2one("loyalty.card", required=True, readonly=True, ondelete="cascade", index=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    earned_id = fields.Many2one(
        "retail.loyalty.points", "Reversal Of", readonly=True, ondelete="cascade", index="btree_not_null"
    )
    reversal_ids = fields.One2many("retail.loyalty.points", "earned_id", readonly=True)
    points = fields.Float(
        digits=DIGITS, required=True, readonly=True, help="Negative if they were taken back."
    )
    short = fields.Float(
        digits=DIGITS, readonly=True, help="Spent already, so that they could not be taken back."
    )

    _external_unique = models.UniqueIndex("(connector_id, external_id)")

    @api.model
    def _earn(self, card, points, **values):
        """Give points to a card; return the record.

        :param points: a float
        """
        earned = self.create({"card_id": card.id, "points": points, **values})
        earned._book(EARNED, {"issued": points})
        return earned

    def _left(self):
        """Return how many of the earned points were not reversed."""
        self.ensure_one()
        return self.points + sum(each.points - each.short for each in self.reversal_ids)

    def _reverse(self, points, short, **values):
        """Take earned points back; return the reversal.

        :param points: a float, how many are taken from the card
        :param short: how many are not, since they were spent
        """
        self.ensure_one()
        values = {
            "card_id": self.card_id.id,
            "company_id": self.company_id.id,
            "earned_id": self.id,
            **values,
        }
        reversal = self.create({**values, "points": -points, "short": short})
        reversal._book(REVERSED, {"used": points})
        return reversal

    def _book(self, event_type, values):
        if not self.points:
            return
        name = self.connector_id.name
        description = f"{name}: {self.reference}" if self.reference else name
        history = with_own(self.env["loyalty.history"], retail_change=event_type)
        line = {
            "card_id": self.card_id.id,
            "description": description,
            "retail_shown_kind": "earn" if event_type == EARNED else "reverse",
            "retail_shown_reference": self.reference,
        }
        history.create({**line, **values})
        self.card_id.with_context(loyalty_no_mail=True).points += self.points
