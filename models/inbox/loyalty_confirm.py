"""``loyalty.confirm``: send a code with which the customer confirms a redemption."""

from odoo import api, models

from ...core.problem import Problem
from ...schemas.commands.loyalty import LoyaltyConfirmResultV1
from ..source.canonical_values import timestamp
from .command import Applied


class NotConfirmed(Problem):
    """The customer has not confirmed the redemption.

    :param wrong: the confirmation (superuser) for which a wrong code was given, or an empty one
    """

    def __init__(self, detail, wrong):
        errors = [{"pointer": "/passcode", "detail": detail}]
        super().__init__("confirmation-required", detail, errors=errors)
        self.wrong = wrong


class LoyaltyConfirm(models.AbstractModel):
    _name = "retail.command.loyalty.confirm"
    _description = "Retail Hub: Have a Redemption Confirmed"
    _inherit = ["retail.command"]

    def _lock_keys(self, command, sender):
        return (f"{sender.connector.id}/loyalty_hold/{command.external_id}",)

    def _apply(self, command, sender):
        card = self.env["retail.loyalty.member"]._card(sender.connector, command.card)
        confirmations = self._confirmations(sender)
        reason = confirmations._reason_not_to_send(card, command.channel)
        if reason:
            raise Problem("conflict", reason)
        seconds = confirmations._seconds_to_next(card)
        if seconds:
            detail = "Too many codes were sent for this card. Wait, or scan the card."
            raise Problem("rate-limited", detail, headers={"Retry-After": str(seconds)})
        confirmation = confirmations._send(
            card,
            float(command.points),
            command.channel,
            connector_id=sender.connector.id,
            external_id=command.external_id,
            company_id=self.env.company.id,
        )
        result = LoyaltyConfirmResultV1(
            external_id=confirmation.external_id,
            outcome="sent",
            card_id=str(card.id),
            channel=confirmation.channel,
            sent_to=confirmation._masked(card, confirmation.channel),
            valid_until=timestamp(confirmation.valid_until),
        )
        return Applied(result, confirmation, True)

    @api.model
    def _confirmations(self, sender):
        # As the superuser: they are the hub's own.
        return sender.connector.env["retail.loyalty.confirmation"].sudo()


class LoyaltyHold(models.AbstractModel):
    _inherit = "retail.command.loyalty.hold"

    @api.model
    def _check_confirmed(self, card, command, sender):
        """Have large redemptions confirmed: by the code that the customer got, or by the card whose code was scanned.

        :return: the points that were confirmed: all, or 0 if that was not necessary
        :raise NotConfirmed: this one is not
        """
        # As the superuser: they are the hub's own.
        confirmations = sender.connector.env["retail.loyalty.confirmation"].sudo()
        points = float(command.points)
        if command.card.code:
            return points
        if not confirmations._is_needed(card, points, self.env.company):
            return 0.0
        newest = confirmations._newest(sender.connector, command.external_id)
        reason, wrong = newest._confirm(card, points, command.passcode)
        if reason:
            raise NotConfirmed(reason, wrong)
        return points

    def _note_refusal(self, problem, sender):
        """Count wrong codes: what the command did was undone."""
        result = super()._note_refusal(problem, sender)
        if isinstance(problem, NotConfirmed) and problem.wrong:
            problem.wrong.attempts += 1
        return result
