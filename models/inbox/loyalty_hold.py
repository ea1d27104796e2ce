"""``loyalty.hold``: hold points of a card for a checkout."""

from odoo import api, fields, models

from ...core.problem import Problem
from ...schemas.commands.loyalty import LoyaltyHoldResultV1
from ..source.canonical_values import decimal, timestamp
from .command import Applied
from .early import Early


class LoyaltyHold(models.AbstractModel):
    _name = "retail.command.loyalty.hold"
    _description = "Retail Hub: Hold Points"
    _inherit = ["retail.command"]

    def _lock_keys(self, command, sender):
        return (f"{sender.connector.id}/loyalty_hold/{command.external_id}",)

    def _apply(self, command, sender):
        card = self.env["retail.loyalty.member"]._card(sender.connector, command.card)
        known = self._known(command, sender)
        if known:
            self._check_same(known, card, command)
            return self._applied(known, "unchanged")
        self.env["retail.loyalty.member"]._check_points(card, command.points)
        is_offline = self._check_engine(card, command)
        confirmed = self._check_confirmed(card, command, sender)
        hold = self._holds(sender)._hold(
            card,
            command.points,
            command.minutes,
            connector_id=sender.connector.id,
            external_id=command.external_id,
            reference=command.reference,
            company_id=self.env.company.id,
            confirmed_points=confirmed,
            is_offline=is_offline,
        )
        if not hold:
            raise self._too_many(max(card.points - card._retail_held()[card], 0), "/points")
        return self._applied(hold, "held")

    @api.model
    def _check_engine(self, card, command):
        """Read the balance from the loyalty engine that owns it, if it is not known; return whether that is away.

        The transaction has begun before. If others have changed the balance since, Odoo repeats it.

        :raise Problem: it is away, and the program's limit for that is reached
        """
        if not card._retail_is_offline():
            return False
        left = max(card.env["retail.loyalty.hold"]._offline_left(card), 0.0)
        if float(command.points) > left:
            detail = (
                f"The loyalty engine cannot be reached. At most {decimal(left)} points can be redeemed now."
            )
            raise self._too_many(left, "/points", detail)
        return True

    @api.model
    def _too_many(self, available, pointer, detail=""):
        detail = detail or f"{decimal(available)} points are available."
        errors = [{"pointer": pointer, "detail": detail, "available": decimal(available)}]
        return Problem("amount-exceeded", detail, errors=errors)

    @api.model
    def _check_same(self, hold, card, command):
        """
        :raise Problem: the hold with this external id is another one
        """
        if (hold.card_id, decimal(hold.points)) != (card, decimal(float(command.points))):
            raise Problem("conflict", "The hold with this external_id is of another card or of other points.")

    @api.model
    def _holds(self, sender):
        # As the superuser: holds are the hub's own.
        return sender.connector.env["retail.loyalty.hold"].sudo()

    @api.model
    def _known(self, command, sender):
        key = [("connector_id", "=", sender.connector.id), ("external_id", "=", command.external_id)]
        return self._holds(sender).search([*key, ("company_id", "=", self.env.company.id)])

    @api.model
    def _hold_of(self, command, sender):
        """Return the hold that the command is about.

        :raise Early: it has not come
        """
        hold = self._known(command, sender)
        if not hold:
            raise Early(f"loyalty_hold/{command.external_id}", "There is no hold with this external_id.")
        return hold

    @api.model
    def _check_held(self, hold):
        """
        :raise Problem: it has ended
        """
        if hold.state == "held" and hold.held_until > fields.Datetime.now():
            return
        if hold.state in ("held", "expired"):
            until = timestamp(hold.held_until)
            raise Problem("conflict", f"The hold expired at {until}. Hold the points again.")
        state = {"committed": "spent", "released": "released"}[hold.state]
        raise Problem("conflict", f"The points are {state}.")

    @api.model
    def _applied(self, hold, outcome):
        card = hold.card_id
        result = LoyaltyHoldResultV1(
            id=str(hold.id),
            external_id=hold.external_id,
            outcome=outcome,
            state=hold.state,
            card_id=str(card.id),
            points=decimal(hold.points),
            spent=decimal(hold.spent),
            held_until=timestamp(hold.held_until),
            balance=decimal(card.points),
            available=decimal(card.points - card._retail_held()[card]),
        )
        return Applied(result, hold, outcome == "held")
