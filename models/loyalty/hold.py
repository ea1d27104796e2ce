"""Holds: points that are reserved for a checkout until they are spent, released, or the time is over."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.own_context import with_own
from ..source.loyalty_history import REDEEMED
from .entry import DIGITS

STATES = [("held", "Held"), ("committed", "Spent"), ("released", "Released"), ("expired", "Expired")]


class RetailLoyaltyHold(models.Model):
    _name = "retail.loyalty.hold"
    _description = "Loyalty Hold"
    _inherit = ["retail.checked", "retail.loyalty.card.names"]
    _order = "id desc"
    _rec_name = "external_id"

    connector_id = fields.Many2one("retail.connector", required=True, readonly=True, ondelete="cascade")
    external_id = fields.Char("External ID", required=True, readonly=True)
    reference = fields.Char(readonly=True, help="What the points are for, according to the system.")
    card_id = fields.Many2one("loyalty.card", required=True, readonly=True, ondelete="cascade", index=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    state = fields.Selection(STATES, default="held", required=True, readonly=True)
    points = fields.Float(digits=DIGITS, required=True, readonly=True)
    spent = fields.Float(digits=DIGITS, readonly=True)
    confirmed_points = fields.Float(
        "Confirmed", digits=DIGITS, readonly=True, help="The points that the customer has confirmed."
    )
    held_until = fields.Datetime(required=True, readonly=True)
    ended_at = fields.Datetime("Ended", readonly=True)

    _external_unique = models.UniqueIndex("(connector_id, external_id)")
    _due_idx = models.Index("(held_until) WHERE state = 'held'")

    def action_release(self):
        """Release held points, when a checkout is known to be over. It cannot spend them any more."""
        if not self.env.user.has_group("retail_hub.group_user"):
            raise AccessError(self.env._("Only users of Retail Hub may release points that are held."))
        self.check_access("read")
        # As the superuser: holds are the hub's own; whether the user may release them was checked.
        self.sudo().filtered(lambda hold: hold.state == "held")._end("released")

    @api.model
    def _hold(self, card, points, minutes, **values):
        """Hold points; return the hold, or an empty one if fewer are available.

        :param card: as the superuser
        :param points: text of a number
        """
        self._expire(card)
        if not self.env["retail.loyalty.account"]._reserve(card, points):
            return self.browse()
        until = fields.Datetime.now() + timedelta(minutes=minutes)
        return self.create({"card_id": card.id, "points": float(points), "held_until": until, **values})

    def _commit(self, points=None):
        """Spend held points, all by default. The rest is released.

        :param points: a float, at most those of the hold
        """
        self.ensure_one()
        spent = self.points if points is None else points
        self._end("committed", spent=spent)
        self._spend(
            spent,
            description=self._purpose(),
            retail_shown_kind="redeem",
            retail_shown_reference=self.reference,
        )

    def _spend(self, points, **line):
        """Take points from the card.

        :param line: of the history
        """
        used = {"card_id": self.card_id.id, "used": points, **line}
        with_own(self.env["loyalty.history"], retail_change=REDEEMED).create(used)
        self.card_id.with_context(loyalty_no_mail=True).points -= points

    def _purpose(self):
        name = self.connector_id.name
        return f"{name}: {self.reference}" if self.reference else name

    @api.model
    def _taken_since(self, card, since):
        """Return the holds of a card whose points are held now, or were spent since a time (UTC, naive)."""
        is_held = Domain("state", "=", "held") & Domain("held_until", ">", fields.Datetime.now())
        is_spent = Domain("state", "=", "committed") & Domain("ended_at", ">=", since)
        return self.search(Domain("card_id", "=", card.id) & (is_held | is_spent))

    def _end(self, state, spent=0.0):
        """Free the points of holds."""
        for hold in self:
            self.env["retail.loyalty.account"]._free(hold.card_id, hold.points)
        self.write({"state": state, "spent": spent, "ended_at": fields.Datetime.now()})

    @api.model
    def _expire(self, card=None):
        """End the holds whose time is over, of all cards by default; return their number."""
        domain = [("state", "=", "held"), ("held_until", "<=", fields.Datetime.now())]
        if card is not None:
            domain.append(("card_id", "=", card.id))
        over = self.search(domain, order="card_id, id", limit=1000)
        over._end("expired")
        return len(over)

    @api.model
    def _cron_expire(self):
        """End the holds whose time is over."""
        count = self._expire()
        self.env["ir.cron"]._commit_progress(count, remaining=int(count == 1000))


class RetailLoyaltyAccount(models.Model):
    _inherit = "retail.loyalty.account"

    held = fields.Float(digits=DIGITS, readonly=True, default=0, help="Reserved for checkouts.")

    @api.model
    def _reserve(self, card, points):
        """Reserve points of a card, if so many are available; return whether they were.

        In one conditional statement: of two transactions at once, the second waits, is repeated by Odoo with the new
        values, and finds what the first one left. A lock and a sum of rows would keep its old snapshot.
        """
        return bool(
            self.env.execute_query(
                SQL(
                    """
                    UPDATE retail_loyalty_account SET held = COALESCE(held, 0) + round(%(points)s::numeric, 6)
                     WHERE card_id = %(card)s
                       AND COALESCE(held, 0) + round(%(points)s::numeric, 6) <= balance
                 RETURNING id
                    """,
                    card=card.id,
                    points=points,
                    to_flush=self._fields["held"],
                )
            )
        )

    @api.model
    def _free(self, card, points):
        self.env.execute_query(
            SQL(
                "UPDATE retail_loyalty_account SET held = held - round(%s::numeric, 6) WHERE card_id = %s RETURNING id",
                points,
                card.id,
            )
        )
        self.invalidate_model(["held"])


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    def _retail_held(self):
        """Return ``{card: points that are held now}``, without holds whose time is over."""
        # As the superuser: whoever sells has no rights on holds, but cannot sell what is held.
        holds = self.env["retail.loyalty.hold"].sudo()
        domain = [
            ("card_id", "in", self.ids),
            ("state", "=", "held"),
            ("held_until", ">", fields.Datetime.now()),
        ]
        rows = holds._read_group(domain, ["card_id"], ["points:sum"])
        by_id = {card.id: points for card, points in rows}
        return {card: by_id.get(card.id, 0.0) for card in self}


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _get_real_points_for_coupon(self, coupon, post_confirm=False):
        """Return the points that the order can spend: not those that are held for somebody's checkout."""
        points = super()._get_real_points_for_coupon(coupon, post_confirm=post_confirm)
        return points - coupon._retail_held()[coupon] if coupon.id else points


class PosOrder(models.Model):
    _inherit = "pos.order"

    def validate_coupon_programs(self, point_changes, new_codes):
        """Refuse a sale that would spend points that are held for somebody's checkout."""
        result = super().validate_coupon_programs(point_changes, new_codes)
        if not result["successful"]:
            return result
        changes = {int(card_id): points for card_id, points in point_changes.items()}
        cards = self.env["loyalty.card"].browse(changes)
        available = {card: card.points - held for card, held in cards._retail_held().items() if held}
        short = next((card for card, points in available.items() if points + changes[card.id] < 0), None)
        if short is None:
            return result
        message = self.env._(
            "%(points)g points of the card %(code)s are available: the others are held for a checkout.",
            points=max(available[short], 0),
            code=short.code,
        )
        return {"successful": False, "payload": {"message": message}}
