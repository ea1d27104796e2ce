"""``loyalty.earn``: give points to a card."""

from odoo import api, models

from ...core.problem import Problem
from ...schemas.commands.loyalty import LoyaltyPointsResultV1
from ..source.canonical_values import decimal
from .command import Applied


class LoyaltyEarn(models.AbstractModel):
    _name = "retail.command.loyalty.earn"
    _description = "Retail Hub: Give Points"
    _inherit = ["retail.command"]

    def _lock_keys(self, command, sender):
        return (f"{sender.connector.id}/loyalty_points/{command.external_id}",)

    def _apply(self, command, sender):
        card = self.env["retail.loyalty.member"]._card(sender.connector, command.card)
        points, known = float(command.points), self._known(command.external_id, sender)
        if known:
            if (known.card_id, decimal(known.points)) != (card, decimal(points)):
                detail = "The points with this external_id are of another card, or others."
                raise Problem("conflict", detail)
            return self._applied(known, known, "unchanged")
        self.env["retail.loyalty.member"]._check_points(card, command.points)
        earned = self._points(sender)._earn(
            card,
            points,
            connector_id=sender.connector.id,
            external_id=command.external_id,
            reference=command.reference,
            company_id=self.env.company.id,
        )
        return self._applied(earned, earned, "earned")

    @api.model
    def _points(self, sender):
        # As the superuser: they are the hub's own.
        return sender.connector.env["retail.loyalty.points"].sudo()

    @api.model
    def _known(self, external_id, sender):
        key = [("connector_id", "=", sender.connector.id), ("external_id", "=", external_id)]
        return self._points(sender).search([*key, ("company_id", "=", self.env.company.id)])

    @api.model
    def _applied(self, record, earned, outcome):
        card = record.card_id
        result = LoyaltyPointsResultV1(
            id=str(record.id),
            external_id=record.external_id,
            outcome=outcome,
            card_id=str(card.id),
            points=decimal(record.points),
            short=decimal(record.short),
            left=decimal(earned._left()),
            balance=decimal(card.points),
            available=decimal(card.points - card._retail_held()[card]),
        )
        return Applied(result, record, outcome != "unchanged")
