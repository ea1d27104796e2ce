"""Confirmations at tills: customers confirm large redemptions with a code that they get, or with their card."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import consteq

from .confirmation import CHANNELS
from .till_hold import HOLD_MINUTES, MOST_CHARACTERS


class RetailLoyaltyHold(models.Model):
    _inherit = "retail.loyalty.hold"

    confirmed_until = fields.Datetime(readonly=True, help="Empty: the confirmation does not expire.")

    def _reason_not_confirmed(self, code):
        """Have the customer confirm the points that an order holds.

        :param code: the one that the customer got, or that of their card; empty if none was entered
        :return: why they are not confirmed, in words; empty if they are, or need not be
        """
        # As the superuser: they are the hub's own.
        confirmations, card = self.env["retail.loyalty.confirmation"].sudo(), self.card_id
        if not confirmations._is_needed(card, self.points, self.company_id, self) or self._is_confirmed():
            return ""
        # Wrong codes for a card, whatever they were meant to be: its own code can be guessed, too.
        guesses, guesser = self.env["retail.code.guess"], f"card/{card.id}"
        if code and not guesses._has_some(guesser):
            return self.env._("Too many wrong codes were entered. Try again in a few minutes.")
        reason = self._reason_wrong(confirmations, code)
        if reason and code:
            guesses._count(guesser)
        if not reason:
            until = fields.Datetime.now() + timedelta(minutes=HOLD_MINUTES)
            self.write({"confirmed_points": self.points, "confirmed_until": until})
        return reason

    def _is_confirmed(self):
        """Return whether the customer has confirmed so many points for this order, and that still counts."""
        is_enough = self.points <= self.confirmed_points
        return is_enough and (not self.confirmed_until or self.confirmed_until > fields.Datetime.now())

    def _reason_wrong(self, confirmations, code):
        """Return why a code confirms nothing, in words; empty if it does."""
        if code and consteq(code.encode(), (self.card_id.code or "").encode()):
            return ""
        sent = confirmations._newest(self.connector_id, self.external_id)
        if code and not sent:
            return self.env._(
                "This is not the code of the customer's card. Scan it again, or have a code sent."
            )
        reason, wrong = sent._confirm(self.card_id, self.points, code)
        if wrong:
            wrong.attempts += 1
        return reason


class PosConfig(models.Model):
    _inherit = "pos.config"

    retail_confirm_above = fields.Float(related="company_id.retail_confirm_above")

    def retail_send_confirmation(self, order_uuid, card_id, points, channel):
        """Send the customer of a card a code, with which they confirm a redemption of an order of this till.

        :return: ``{"sent_to": where to, masked}``
        :raise UserError: no code can be sent now
        """
        self._retail_check_till()
        order_uuid, wanted = self._retail_checked_wish(order_uuid, {card_id: points})
        if channel not in dict(CHANNELS):
            raise ValidationError(self.env._("The points to redeem are not valid."))
        [(card, points)] = self._retail_wanted_cards(wanted)
        key = card.env["retail.loyalty.hold"]._key_of(order_uuid, card)
        confirmations = card.env["retail.loyalty.confirmation"]
        sent_to = confirmations._send_to_customer(card, points, channel, company_id=self.company_id.id, **key)
        return {"sent_to": sent_to}

    def _retail_unconfirmed(self, hold, code):
        """Return what is refused because the customer has not confirmed it; None if they have, or need not.

        :param hold: of an order of this till (superuser)
        """
        reason = hold._reason_not_confirmed(code) if hold.state == "held" else ""
        if not reason:
            return None
        ways = self.env["retail.loyalty.confirmation"]._ways(hold.card_id)
        limit = self.retail_confirm_above
        return {"card_id": hold.card_id.id, "available": limit, "message": reason, "ways": ways}

    @api.model
    def _retail_checked_codes(self, codes):
        """Return ``{id of a card: the code that was entered}``, as it should be.

        :raise ValidationError: a till would not send this
        """
        try:
            checked = {int(card_id): str(code).strip() for card_id, code in dict(codes or {}).items()}
        except (TypeError, ValueError):
            checked = {0: " " * MOST_CHARACTERS}
        if 0 in checked or any(len(code) > MOST_CHARACTERS for code in checked.values()):
            raise ValidationError(self.env._("The code is not valid."))
        return checked
