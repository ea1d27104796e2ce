"""Holds of tills: the points of an order's rewards, from the payment until the order has arrived."""

import math
from datetime import UTC, datetime, time, timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..source.canonical_values import decimal

HOLD_MINUTES = 15
FRESH = timedelta(seconds=60)  # for which a balance that was read counts as the engine's
MOST_POINTS = 1e9
MOST_CHARACTERS = 64


class RetailLoyaltyHold(models.Model):
    _inherit = "retail.loyalty.hold"

    order_uuid = fields.Char("Till Order", readonly=True, index="btree_not_null")
    is_offline = fields.Boolean(
        "Offline",
        readonly=True,
        help="Held or spent while the till or the loyalty engine could not be reached.",
    )

    @api.model
    def _held_for_order(self, order_uuid):
        """Return ``{id of a card: points that are held for an order of a till}``."""
        # As the superuser: whoever sells has no rights on holds.
        holds = self.sudo()._of_order(order_uuid) if order_uuid else self.sudo()
        return {hold.card_id.id: hold.points for hold in holds if hold._is_valid()}

    @api.model
    def _of_order(self, order_uuid):
        return self.search([("order_uuid", "=", order_uuid)], order="id")

    @api.model
    def _release_points(self, order_uuid, but=()):
        """Release the points that an order holds. Its codes stay held.

        :param but: cards whose points stay held, too
        """
        self._of_order(order_uuid).filtered(
            lambda hold: (
                hold.state == "held" and hold.card_id not in but and not hold.card_id._retail_code_engine()
            )
        )._end("released")

    def _is_valid(self):
        return self.state == "held" and self.held_until > fields.Datetime.now()

    @api.model
    def _key_of(self, order_uuid, card):
        """Return what identifies a redemption of a till."""
        return {
            "connector_id": (card.program_id._retail_engine() or card._retail_code_engine()).id,
            "external_id": f"till/{order_uuid}/{card.id}",
        }

    @api.model
    def _of_redemption(self, order_uuid, card):
        key = self._key_of(order_uuid, card)
        return self.search([(name, "=", value) for name, value in key.items()])

    @api.model
    def _hold_for_till(self, order_uuid, card, points, **values):
        """Have an order of a till hold so many points of a card; return whether they are available.

        A hold that the order has already is replaced. Points that are spent stay so.

        :param card: as the superuser
        :param points: a float
        """
        hold = self._of_redemption(order_uuid, card)
        if hold.state == "committed":
            return True
        if hold.state == "held":
            hold._end("released")
        self._expire(card)
        if not self.env["retail.loyalty.account"]._reserve(card, decimal(points)):
            return False
        values |= {
            "state": "held",
            "points": points,
            "held_until": fields.Datetime.now() + timedelta(minutes=HOLD_MINUTES),
            "ended_at": False,
        }
        if hold:
            hold.write(values)
        else:
            self.create(
                {**self._key_of(order_uuid, card), "order_uuid": order_uuid, "card_id": card.id, **values}
            )
        return True

    @api.model
    def _offline_left(self, card, own=None):
        """Return how many points other orders leave for a customer to redeem offline today.

        :param own: the hold of the order that asks, if it has one
        """
        others = self._taken_since(card, self._start_of_day()) - (own or self.browse())
        used = sum(hold.spent or hold.points for hold in others if hold.is_offline)
        return card.program_id.retail_offline_limit - used

    @api.model
    def _start_of_day(self):
        zone = self.env.tz
        midnight = datetime.combine(datetime.now(zone), time.min, zone)
        return midnight.astimezone(UTC).replace(tzinfo=None)


class RetailLoyaltyAccount(models.Model):
    _inherit = "retail.loyalty.account"

    def _is_fresh(self):
        """Return whether the balance is what the engine said a moment ago."""
        return bool(self.read_at) and fields.Datetime.now() - self.read_at <= FRESH


class PosConfig(models.Model):
    _inherit = "pos.config"

    def retail_hold_points(self, order_uuid, wanted, codes=None):
        """Hold exactly these points for an order of this till, and release what it held before.

        The same points cannot be held twice. While the engine cannot be reached, no more than the program's limit.

        :param wanted: ``{id of a card: points}``; empty to release all
        :param codes: ``{id of a card: a code}``: with it, the customer confirms a large redemption
        :return: ``{"held": {id of a card: {"points", "is_offline"}}, "refused": None}``, or what was refused as
            ``{"card_id", "available", "message"}``; then nothing is held. If the customer has to confirm it, there are
            ``ways`` to send a code, too: ``[(channel, masked address)]``.
        """
        self._retail_check_till()
        order_uuid, wanted = self._retail_checked_wish(order_uuid, wanted)
        codes = self._retail_checked_codes(codes)
        # As the superuser: a cashier has no rights on holds; each card is one that the cashier may see.
        holds = self.env["retail.loyalty.hold"].sudo()
        cards = {card: points for card, points in self._retail_wanted_cards(wanted)}
        holds._release_points(order_uuid, but=cards)
        held = {}
        for card, points in cards.items():
            refusal, is_offline = self._retail_hold_card(holds, order_uuid, card, points, codes.get(card.id))
            if refusal:
                holds._release_points(order_uuid)
                return {"held": {}, "refused": refusal}
            held[card.id] = {"points": points, "is_offline": is_offline}
        return {"held": held, "refused": None}

    def _retail_release(self, order_uuid):
        # As the superuser: see above.
        holds = self.env["retail.loyalty.hold"].sudo()._of_order(order_uuid)
        holds.filtered(lambda hold: hold.state == "held")._end("released")

    def _retail_hold_card(self, holds, order_uuid, card, points, code):
        """Return ``(None or the refusal, whether the engine was away)``."""
        account = holds.env["retail.loyalty.account"].search([("card_id", "=", card.id)])
        is_offline = not account._is_fresh()
        own = holds._of_redemption(order_uuid, card)
        left = holds._offline_left(card, own) if is_offline else math.inf
        values = {"is_offline": is_offline, "reference": self.name, "company_id": self.company_id.id}
        if points <= left and holds._hold_for_till(order_uuid, card, points, **values):
            return self._retail_unconfirmed(holds._of_redemption(order_uuid, card), code), is_offline
        held = card._retail_held()[card] - holds._held_for_order(order_uuid).get(card.id, 0.0)
        available = max(min(card.points - held, left), 0.0)
        message = self._retail_refusal(card, available, held, is_offline and points > left)
        return {"card_id": card.id, "available": available, "message": message}, is_offline

    def _retail_refusal(self, card, available, held, is_limited):
        unit = card.program_id.portal_point_name or self.env._("points")
        if is_limited and not available:
            return self.env._(
                "%(program)s cannot be reached. No %(unit)s can be redeemed now.",
                program=card.program_id._retail_engine().name,
                unit=unit,
            )
        if is_limited:
            return self.env._(
                "%(program)s cannot be reached. At most %(available)g %(unit)s can be redeemed now.",
                program=card.program_id._retail_engine().name,
                available=available,
                unit=unit,
            )
        if held > 0:
            return self.env._(
                "%(available)g %(unit)s are available: %(held)g are being redeemed at another checkout.",
                available=available,
                held=held,
                unit=unit,
            )
        return self.env._("%(available)g %(unit)s are available.", available=available, unit=unit)

    @api.model
    def _retail_checked_wish(self, order_uuid, wanted):
        """Return the UUID and ``{id of a card: points}``, as they should be.

        :raise ValidationError: a till would not send this
        """
        try:
            checked = {int(card_id): float(points) for card_id, points in dict(wanted).items()}
        except (TypeError, ValueError):
            checked = {0: 0.0}
        is_uuid = isinstance(order_uuid, str) and 0 < len(order_uuid) <= MOST_CHARACTERS
        if not is_uuid or any(not 0 < points <= MOST_POINTS for points in checked.values()):
            raise ValidationError(self.env._("The points to redeem are not valid."))
        return order_uuid, checked

    def _retail_wanted_cards(self, wanted):
        """Return ``[(card (superuser), points)]``, in one order for all tills.

        :raise ValidationError: a card is not one of this till's engines, or the user may not see it
        """
        domain = [("id", "in", list(wanted)), ("program_id", "in", self._retail_engine_programs().ids)]
        cards = self.env["loyalty.card"].search(domain, order="id")
        if len(cards) != len(wanted):
            raise ValidationError(self.env._("The points of this card cannot be redeemed here."))
        # As the superuser: their search was the user's own.
        return [(card, wanted[card.id]) for card in cards.sudo()]
