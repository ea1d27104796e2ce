"""Confirmations for quotations and carts: by a code or the card, or by being signed in as the member."""

from odoo import models


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    def _retail_is_of_user(self):
        """Return whether the member is signed in."""
        user = self.env.user
        return bool(self.partner_id) and user.partner_id == self.partner_id and not user._is_public()


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _retail_must_confirm(self, card, points):
        """Return whether the customer still has to confirm that the order redeems points.

        :param card: as the superuser
        """
        if not points or not card.program_id._retail_engine() or card._retail_is_of_user():
            return False
        hold = card.env["retail.loyalty.hold"]._of_sale(self, card)
        if points <= hold.confirmed_points:
            return False
        return card.env["retail.loyalty.confirmation"]._is_needed(card, points, self.company_id, hold)

    def _retail_unconfirmed_points(self, hold, code):
        """Have the customer confirm what the order holds; return why they have not, in words. Then it is released.

        :param hold: superuser
        :param code: None if nobody can enter one here
        """
        if hold.card_id._retail_is_of_user():
            hold.confirmed_points = hold.points
        reason = hold._reason_not_confirmed(code or "")
        if not reason:
            hold.confirmed_until = False  # the order may be confirmed days later
            return ""
        hold._end("released")
        return reason if code is not None else self._retail_how_to_confirm(hold)

    def _retail_how_to_confirm(self, hold):
        card = hold.card_id
        values = {"points": card._retail_points_text(hold.points), "program": card.program_id.name}
        if not self.env.user._is_internal():
            return self.env._("Sign in as the member to redeem %(points)s of %(program)s.", **values)
        return self.env._(
            "The customer has not confirmed that %(order)s redeems %(points)s of %(program)s. Remove the reward, and"
            " add it again with Reward: there you can send the customer a code.",
            order=self.name,
            **values,
        )

    def _retail_send_confirmation(self, card, points, channel):
        """Send the customer of a card a code, with which they confirm that the order redeems points.

        :param card: as the superuser
        :return: where to, masked
        :raise UserError: no code can be sent now
        """
        key = card.env["retail.loyalty.hold"]._key_of_sale(self, card)
        confirmations = card.env["retail.loyalty.confirmation"]
        return confirmations._send_to_customer(card, points, channel, company_id=self.company_id.id, **key)
