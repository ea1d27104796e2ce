"""Lots: which points of a card can be spent when, and when they expire.

For programs whose points Odoo owns, if their settings say that points are pending first, or expire. Lots follow the
ledger: each change of the balance puts points into lots, or takes them out. So the lots that can be spent add up to the
balance, and the others to what is pending.

* Points that a purchase earns are a lot. While it is pending, its points are not in the balance: the ledger has an
  entry that takes them out, and one that brings them back on the day.
* What is spent is taken from the lot that expires first.
* A return takes what is pending of its order, then what is left of the order's other points, then as if it was spent.
* A negative balance is a lot, too: of points that are owed. The next points pay for it.
"""

from enum import Enum
from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import SQL, format_date

from ...tools.own_context import own_value, with_own
from ..outbox.names import action_open, record_names
from ..source.loyalty_card import ADJUSTED
from ..source.loyalty_history import EXPIRED, ORDER_MODELS
from .entry import DIGITS

STATES = [
    ("pending", "Pending"),
    ("available", "Available"),
    ("used", "Used Up"),
    ("expired", "Expired"),
    ("owed", "Owed"),
]


class Move(Enum):
    """A change of the balance that lots have caused: the kind of its entry. A client's context cannot have one."""

    PEND = "pending"
    RELEASE = "available"
    EXPIRE = "expire"


class Sources(NamedTuple):
    """What points came with: for which lots a change is meant. A client's context cannot have it.

    :param records: ``((model, id), ...)``
    :param undone: how many of the points that are given were taken back before, by a return that was undone
    """

    records: tuple
    undone: float = 0.0


class RetailLoyaltyLot(models.Model):
    _name = "retail.loyalty.lot"
    _description = "Loyalty Lot"
    _inherit = ["retail.checked", "retail.loyalty.card.names"]
    _order = "expires_on, id"
    _rec_name = "card_id"

    card_id = fields.Many2one("loyalty.card", required=True, readonly=True, ondelete="cascade")
    program_id = fields.Many2one("loyalty.program", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(
        "res.company", readonly=True, ondelete="cascade", help="Empty: the program is for all companies."
    )
    state = fields.Selection(STATES, required=True, readonly=True)
    points = fields.Float(digits=DIGITS, required=True, readonly=True)
    left = fields.Float(digits=DIGITS, required=True, readonly=True, help="Negative if points are owed.")
    earned_on = fields.Date("Since", required=True, readonly=True)
    available_on = fields.Date("Available", required=True, readonly=True)
    expires_on = fields.Date("Expires", readonly=True, help="The last day on which the points can be spent.")
    source_model = fields.Char("Document Model", readonly=True)
    source_id = fields.Many2oneReference("Document ID", model_field="source_model", readonly=True)
    order_name = fields.Char("Document", compute="_compute_order_name")

    _card_idx = models.Index("(card_id, expires_on, id)")
    _program_idx = models.Index("(program_id) WHERE state = 'pending'")
    _pending_idx = models.Index("(available_on) WHERE state = 'pending'")
    _expiry_idx = models.Index("(expires_on) WHERE state = 'available' AND expires_on IS NOT NULL")

    @api.depends("source_model", "source_id")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_order_name(self):
        of_orders = self.filtered(lambda lot: lot.source_model in ORDER_MODELS)
        names = record_names(self.env, {(lot.source_model, lot.source_id) for lot in of_orders})
        for lot in self:
            lot.order_name = names.get((lot.source_model, lot.source_id))

    def action_open_order(self):
        """Open the order with which the points came."""
        self.ensure_one()
        return action_open(self.env, self.source_model, self.source_id)

    # -- following the ledger ----------------------------------------------------------------------

    @api.model
    def _begin(self, program):
        """Put what cards have into lots that never expire, when a program begins to keep lots."""
        self.env.execute_query(
            SQL(
                """
                INSERT INTO retail_loyalty_lot (
                       card_id, program_id, company_id, state, points, "left", earned_on, available_on)
                SELECT a.card_id, a.program_id, a.company_id,
                       CASE WHEN a.balance < 0 THEN 'owed' ELSE 'available' END, GREATEST(a.balance, 0), a.balance,
                       %(today)s, %(today)s
                  FROM retail_loyalty_account a JOIN loyalty_card c ON c.id = a.card_id
                 WHERE a.program_id = %(program)s AND a.balance != 0
             RETURNING id
                """,
                today=fields.Date.context_today(self),
                program=program.id,
            )
        )
        self.invalidate_model()

    @api.model
    def _follow_entry(self, card, kind, points, sources):
        """Have the lots of a card follow a change of its balance.

        :param card: as the superuser
        :param kind: of the entry
        :param sources: a :class:`Sources`
        """
        if points < 0:
            self._take(card, -points, sources.records if kind == "reverse" else ())
        elif kind == "earn":
            self._earn(card, points, sources.records[:1])
        elif kind == "reverse":
            self._give_back(card, points, sources)
        else:
            self._put(card, points)
        self._forget_figures()

    @api.model
    def _earn(self, card, points, source):
        days = card.program_id.retail_pending_days
        if not days:
            self._put(card, points, source)
            return
        self._new(card, points, "pending", self._day(days), source)
        card._retail_move(Move.PEND, -points, source, self._pending_text(self._day(days)))

    @api.model
    def _day(self, days):
        return fields.Date.add(fields.Date.context_today(self), days=days)

    @api.model
    def _put(self, card, points, source=()):
        """Add points that can be spent at once: first, they pay for what is owed."""
        points = self._pay(card, points)
        if points > 0:
            self._new(card, points, "available", fields.Date.context_today(self), source)

    @api.model
    def _new(self, card, points, state, available_on, source=()):
        [(source_model, source_id)] = source or [(False, False)]
        return self.create(
            {
                "card_id": card.id,
                "program_id": card.program_id.id,
                "company_id": card.company_id.id,
                "state": state,
                "points": points,
                "left": points,
                "earned_on": fields.Date.context_today(self),
                "available_on": available_on,
                "expires_on": card.program_id._retail_expiry(available_on),
                "source_model": source_model,
                "source_id": source_id,
            }
        )

    @api.model
    def _pay(self, card, points):
        """Pay for points that are owed; return what is left."""
        for lot in self.search([("card_id", "=", card.id), ("state", "=", "owed")]):
            paid = min(points, -lot.left)
            lot._change_left(paid)
            points = round(points - paid, 6)
        return points

    @api.model
    def _give_back(self, card, points, sources):
        """Give points back: those of an undone return are as they were, others go to where they were spent from."""
        today = fields.Date.context_today(self)
        points = round(points - self._pend_again(card, min(points, sources.undone), sources, today), 6)
        points = self._pay(card, points)
        spent = self.search([("card_id", "=", card.id), ("state", "in", ("available", "used"))])
        lasting = spent.filtered(
            lambda lot: lot.available_on <= today and (not lot.expires_on or lot.expires_on >= today)
        )
        for lot in lasting[::-1]:  # those that expire last were spent last
            back = max(min(points, lot.points - lot.left), 0)
            lot._change_left(back)
            points = round(points - back, 6)
        if points > 0:
            self._new(card, points, "available", today)

    @api.model
    def _pend_again(self, card, points, sources, today):
        """Have points pend again whose return was undone; return how many."""
        again = 0.0
        for lot in self._of_sources(card, sources.records, ("pending", "used")):
            back = max(min(round(points - again, 6), lot.points - lot.left), 0)
            if back and lot.available_on > today:
                lot._change_left(back, "pending")
                card._retail_move(Move.PEND, -back, lot._source(), self._pending_text(lot.available_on))
                again = round(again + back, 6)
        return again

    @api.model
    def _take(self, card, points, records=()):
        """Take points: what is pending of these records first, then what they gave else, then what expires first."""
        for lot in self._of_sources(card, records, ("pending",)):
            taken = min(points, lot.left)
            lot._change_left(-taken)
            points = round(points - taken, 6)
            if taken:
                card._retail_move(Move.RELEASE, taken, lot._source(), self.env._("No longer pending"))
        available = self._of_sources(card, records, ("available",))
        for lot in available | self.search([("card_id", "=", card.id), ("state", "=", "available")]):
            taken = min(points, lot.left)
            lot._change_left(-taken)
            points = round(points - taken, 6)
        if points > 0:
            self._owe(card, points)

    @api.model
    def _owe(self, card, points):
        owed = self.search([("card_id", "=", card.id), ("state", "=", "owed")], limit=1)
        if not owed:
            owed = self._new(card, 0, "owed", fields.Date.context_today(self))
            owed.expires_on = False
        owed._change_left(-points)

    @api.model
    def _of_sources(self, card, records, states):
        """Return the lots of a card that came with these records, by expiry."""
        lots = self.search([("card_id", "=", card.id), ("state", "in", states)]) if records else self
        return lots.filtered(lambda lot: (lot.source_model, lot.source_id) in records)

    @api.model
    def _pending_of(self, card, records):
        """Return how many points of a card are pending that came with these records."""
        return sum(self._of_sources(card, records, ("pending",)).mapped("left"))

    @api.model
    def _pend(self, card, points, available_on, source):
        """Have available points pend until a day."""
        self._take(card, points)
        self._new(card, points, "pending", available_on, source)
        card._retail_move(Move.PEND, -points, source, self._pending_text(available_on))

    def _release_to_merge(self):
        """End that the lot is pending; return what to have pend on another card, see :meth:`_pend`."""
        points, source = self.left, self._source()
        self.state = "available"
        self.card_id._retail_move(Move.RELEASE, points, source, self.env._("Merged with another card"))
        return self.program_id, points, self.available_on, source

    @api.model
    def _match(self, card):
        """Have the lots of a card add up to what the ledger says, if they were changed in the database."""
        account = self.env["retail.loyalty.account"]._of(card)
        entries = self.env["retail.loyalty.entry"]
        moves = [("card_id", "=", card.id), ("kind", "in", (Move.PEND.value, Move.RELEASE.value))]
        pending = -sum(entries.search(moves).mapped("points"))
        lots = self.search([("card_id", "=", card.id), ("left", "!=", 0)])
        waiting = lots.filtered(lambda lot: lot.state == "pending")
        more = round(pending - sum(waiting.mapped("left")), 6)
        if more > 0:
            self._new(card, more, "pending", self._day(card.program_id.retail_pending_days))
        for lot in waiting[::-1]:
            taken = max(min(lot.left, -more), 0)
            lot._change_left(-taken)
            more = round(more + taken, 6)
        more = round(account.balance - sum((lots - waiting).mapped("left")), 6)
        if more > 0:
            self._put(card, more)
        elif more < 0:
            self._take(card, -more)
        self._forget_figures()

    def _source(self):
        return ((self.source_model, self.source_id),) if self.source_id else ()

    def _change_left(self, points, state=None):
        """Put points into the lot, negative to take them out."""
        if not points:
            return
        left = round(self.left + points, 6)
        if left <= 0:
            state = "owed" if left else "used"
        elif not state:
            state = "pending" if self.state == "pending" else "available"
        self.write({"left": left, "state": state})

    @api.model
    def _pending_text(self, day):
        return self.env._("Pending until %(day)s", day=format_date(self.env, day))

    @api.model
    def _forget_figures(self):
        """Have cards show what their lots say now."""
        self.env["loyalty.card"].invalidate_model(
            ["retail_pending", "retail_expiring_points", "retail_expiring_on"]
        )


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    def _retail_move(self, move, points, source, description, sends_mail=False):
        """Change the points of the card because its lots have changed.

        :param move: a :class:`Move`
        :param source: ``((model, id),)`` of an order, or empty
        :param sends_mail: whether the customer gets the mail of a balance that is reached
        """
        document = next((each for each in source if each[0] in ORDER_MODELS), None)
        card = with_own(
            self,
            retail_lot_move=move,
            retail_lot_sources=None,
            retail_document=document,
            retail_change=EXPIRED if move is Move.EXPIRE else ADJUSTED,
        ).with_context(loyalty_no_mail=not sends_mail, tracking_disable=True)
        amounts = {"issued": points} if points > 0 else {"used": -points}
        card.env["loyalty.history"].create({"card_id": self.id, "description": description, **amounts})
        card.points += points

    @api.model
    def _retail_capture_points(self):
        """What is noted at the end of a transaction is no move: its context is that of whoever came first."""
        plain = with_own(self, retail_lot_move=None, retail_lot_sources=None)
        return super(LoyaltyCard, plain)._retail_capture_points()

    def _retail_entry_kind(self, event_type):
        move = own_value(self.env, "retail_lot_move")
        return move.value if move else super()._retail_entry_kind(event_type)

    def _send_points_reach_communication(self, points_changes):
        """Of points that are pending first, customers are notified when they can spend them."""
        move = own_value(self.env, "retail_lot_move")
        notified = self if move else self.filtered(lambda card: not card._retail_pends())
        return super(LoyaltyCard, notified)._send_points_reach_communication(points_changes)

    def _retail_pends(self):
        """Return whether points of a purchase cannot be spent at once."""
        # As the superuser: whoever sells may have no rights on programs.
        program = self.sudo().program_id
        return program.retail_has_lots and program.retail_pending_days > 0


class RetailLoyaltyEntry(models.Model):
    _inherit = "retail.loyalty.entry"

    @api.model
    def _book(self, card, kind, points, order=None, remote=(None, None)):
        """Also have the lots of the card follow, if its program keeps any.

        Before points are taken, so that what is pending of a returned order is back in the balance first.
        """
        is_followed = card.program_id.retail_has_lots and kind != "delete"
        if not is_followed or own_value(card.env, "retail_lot_move"):
            return super()._book(card, kind, points, order, remote)
        sources = own_value(card.env, "retail_lot_sources") or Sources((order,) if order else ())
        lots = self.env["retail.loyalty.lot"]
        if points < 0:
            lots._follow_entry(card, kind, points, sources)
        result = super()._book(card, kind, points, order, remote)
        if points > 0:
            lots._follow_entry(card, kind, points, sources)
        return result
