"""``loyalty.reverse``: take back points that were earned."""

from odoo import api, models

from ...core.problem import Problem
from ..source.canonical_values import decimal
from .early import Early


class LoyaltyReverse(models.AbstractModel):
    _name = "retail.command.loyalty.reverse"
    _description = "Retail Hub: Take Back Points"
    _inherit = ["retail.command.loyalty.earn"]

    def _lock_keys(self, command, sender):
        return (
            *super()._lock_keys(command, sender),
            f"{sender.connector.id}/loyalty_points/{command.reversal_id}",
        )

    def _apply(self, command, sender):
        earned = self._earned(command, sender)
        known = self._known(command.reversal_id, sender)
        if known:
            self._check_same(known, earned, command)
            return self._applied(known, earned, "unchanged")
        self.env["retail.loyalty.member"]._check_points(earned.card_id, command.points)
        left = earned._left()
        points = left if command.points is None else float(command.points)
        if points > left:
            raise self._too_many(left)
        taken = self._taken(earned, points, sender.client)
        reversal = earned._reverse(
            taken,
            points - taken,
            connector_id=sender.connector.id,
            external_id=command.reversal_id,
            reference=command.reference,
        )
        return self._applied(reversal, earned, "reversed")

    @api.model
    def _earned(self, command, sender):
        """Return the points that the command is about.

        :raise Early: they have not come
        """
        earned = self._known(command.external_id, sender)
        if not earned or earned.earned_id:
            detail = "There are no earned points with this external_id."
            raise Early(f"loyalty_points/{command.external_id}", detail)
        return earned

    @api.model
    def _check_same(self, reversal, earned, command):
        """
        :raise Problem: the reversal with this identifier is another one
        """
        points = decimal(reversal.short - reversal.points)
        if reversal.earned_id != earned or command.points not in (None, points):
            raise Problem("conflict", "The reversal with this reversal_id is of other points.")

    @api.model
    def _taken(self, earned, points, client):
        """Return how many points are taken from the card, by what the client's policy is if some were spent.

        Those of them that are pending are there in any case.

        :raise Problem: they were spent, and the client wants no other
        """
        card = earned.card_id
        available = max(card.points - card._retail_held()[card], 0) + earned._still_pending()
        if points <= available or client.spent_points == "negative":
            return points
        if client.spent_points == "refuse":
            raise self._too_many(available)
        return available

    @api.model
    def _too_many(self, available):
        detail = f"{decimal(available)} points can be taken back."
        errors = [{"pointer": "/points", "detail": detail, "available": decimal(available)}]
        return Problem("amount-exceeded", detail, errors=errors)
