"""The loyalty card: who got one, and the changes of its points."""

from collections import Counter

from odoo import api, models
from odoo.exceptions import MissingError

from ...schemas.loyalty import LoyaltyCardV1, LoyaltyChangeV1
from ...tools.own_context import own_value
from .canonical_values import decimal
from .capture import Transition
from .pending import pending, take_pending

ADJUSTED = "loyalty.adjusted"
ENROLLED = "loyalty.enrolled"
POINTS = "retail_hub.points"
CAUSES = {
    "loyalty.earned": ("order.placed",),
    "loyalty.redeemed": ("order.placed",),
    "loyalty.reversed": ("order.cancelled", "order.placed"),
}


def _is_given(old, new):
    """Return whether a card without an owner got one."""
    return bool(new) and not old


class LoyaltyCard(models.Model):
    """Changes of points are facts about the card, not about the history line that records them: so they are delivered
    in order per card. A coupon that is created or deleted changes its program's figures.

    The points of all events add up to the balance. A change without a history line, such as when customers are merged
    or a confirmed order gets more products, is an adjustment at the end of its transaction.
    """

    _name = "loyalty.card"
    _inherit = ["loyalty.card", "retail.capture"]

    _retail_created_event = "promotion.changed"
    _retail_updated_event = "promotion.changed"
    _retail_subject_field = "program_id"
    _retail_transitions = (Transition(ENROLLED, "partner_id", _is_given),)
    _retail_process_paths = ("order_id", "source_pos_order_id")
    _retail_causes = {
        ENROLLED: (("order_id", ("order.placed",)), ("source_pos_order_id", ("order.placed",))),
    }

    @api.model_create_multi
    def create(self, vals_list):
        cards = super().create(vals_list)
        for card in cards:
            card._retail_count_points(card.points)
        return cards

    def write(self, vals):
        before = [(card, card.points) for card in self] if "points" in vals else []
        result = super().write(vals)
        for card, points in before:
            card._retail_count_points(card.points - points)
        return result

    def _retail_with_fact(self, event_type):
        return self.filtered(lambda card: card.program_id.program_type == "loyalty")

    def _retail_capture_state(self, event_type):
        """Capture a promotion, whose figures count its coupons. Loyalty cards are left out."""
        is_wanted = self._retail_wants(event_type)
        # As the superuser: whoever sells may have no rights on programs.
        coupons = self.sudo().filtered(lambda card: is_wanted and card.program_id._retail_has_coupons())
        return super(LoyaltyCard, coupons)._retail_capture_state(event_type)

    def _retail_capture_transition(self, transition, old, new):
        # As the superuser: whoever sells may have no rights on programs.
        for card in self.sudo()._retail_with_fact(transition.event_type):
            card._retail_capture_fact(transition.event_type, details={"card": card._retail_identity()})

    # -- points ------------------------------------------------------------------------------------

    def _retail_count_points(self, points):
        """Add up, until precommit, the points that the card got; negative for those that a history line explains."""
        if not points:
            return
        # As the superuser: whoever sells may have no rights on cards, and nobody creates events.
        insert = self.env(su=True, context={})["loyalty.card"]._retail_capture_points
        pending(self.env.cr, POINTS, Counter, insert)[self.id] += points

    def _retail_forget_points(self):
        """Forget what was counted for cards that are about to be deleted."""
        counted = self.env.cr.precommit.data.get(POINTS)
        for card_id in self.ids if counted else ():
            counted.captured.pop(card_id, None)

    @api.model
    def _retail_capture_points(self):
        """Precommit hook: note changes of points that have no history line. May run several times."""
        counted = take_pending(self.env.cr, POINTS) or {}
        for card in self.browse(counted).exists():
            # Rounded: a balance is a float, which gets 4.1 points as 4.100000000000001.
            card._retail_change_points(ADJUSTED, round(counted[card.id], 6))

    def _retail_change_points(self, event_type, points, **details):
        """Note a change of points, unless the program's points live only within an order.

        :param points: negative if the card lost points
        :param details: from the history line: ``transaction_id``, ``reason``, ``order_model``, ``order_id``
        """
        if decimal(points) != "0" and self.program_id._retail_keeps_points():
            self._retail_note_change(event_type, points, **details)

    def _retail_note_change(self, event_type, points, **details):
        """Hook: a card's points have changed, see :meth:`_retail_change_points`. Here: capture the event."""
        if self._retail_wants(event_type):
            change = {"card": self._retail_identity(), "points": decimal(points), **details}
            self._retail_capture_fact(event_type, details=change)

    def _retail_process(self):
        """Return the order of a change of points; for a refund, the refunded order."""
        details = own_value(self.env, "retail_details") or {}
        if "points" not in details:
            return super()._retail_process()
        order = self._retail_order(details)
        refunded = order.refunded_order_id if order and order._name == "pos.order" else None
        begin = refunded or order
        return begin and begin._retail_origin()

    def _retail_cause(self, event_type):
        if event_type not in CAUSES:
            return super()._retail_cause(event_type)
        order = self._retail_order(own_value(self.env, "retail_details") or {})
        return order._retail_newest_event(CAUSES[event_type]) if order else None

    def _retail_order(self, details):
        return self.env["loyalty.history"]._retail_order_of(
            details.get("order_model"), details.get("order_id")
        )

    def _retail_identity(self):
        """Return what identifies the card (a dict of JSON values): it may be deleted before its event is inserted."""
        # As the superuser: whoever sells may have no rights on programs; the texts are the same for all.
        card = self.with_env(self.env(su=True, context={}))
        program = card.program_id
        return {
            "id": str(card.id),
            "code": card.code,
            "program_id": str(program.id),
            "program": program.name,
            "program_type": program.program_type,
            "customer_id": card._retail_known_customer(),
            "unit": program.portal_point_name or "",
            "expires_on": card.expiration_date.isoformat() if card.expiration_date else None,
        }

    def _retail_known_customer(self):
        """Return the canonical id of the customer as whom remote systems know the member."""
        return self.partner_id._retail_customer_id()

    def _retail_balance(self):
        try:
            return decimal(self.points)
        except MissingError:  # Odoo deletes an order's coupon when the order is cancelled
            return None

    def _retail_canonical(self, event_type, details):
        card = {**details["card"], "balance": self._retail_balance()}
        if event_type == ENROLLED:
            return LoyaltyCardV1(**card)
        order = self._retail_order(details)
        return LoyaltyChangeV1(
            **card,
            transaction_id=details.get("transaction_id", ""),
            points=details["points"],
            reason=details.get("reason", ""),
            channel=_channel(order) if order else "",
            order_id=str(order.id) if order else "",
            order_number=order.name if order else "",
        )


def _channel(order):
    return "pos" if order._name == "pos.order" else order._retail_channel()
