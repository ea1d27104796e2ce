"""Loyalty cards as callers name and read them."""

from decimal import Decimal

from odoo import api, fields, models
from odoo.fields import Domain

from ...core.problem import Problem
from ...schemas.loyalty_member import LoyaltyBalanceV1, LoyaltyMemberV1
from ..source.canonical_values import decimal


class RetailLoyaltyMember(models.AbstractModel):
    _name = "retail.loyalty.member"
    _description = "Retail Hub: Loyalty Cards of Remote Systems"

    @api.model
    def _member(self, connector, external_id):
        """Return the :class:`LoyaltyMemberV1` of the customer whom the caller knows by this external id.

        :raise Problem: there is none, or it belongs to another company
        """
        customer = self._customer(connector, external_id, "/external_id")
        cards = self._cards(connector, Domain("partner_id", "=", customer.id))
        held = cards._retail_held()
        return LoyaltyMemberV1(
            external_id=external_id,
            customer_id=str(customer.id),
            cards=tuple(self._balance(card, held[card]) for card in cards),
        )

    def _balance(self, card, held):
        return LoyaltyBalanceV1(
            card_id=str(card.id),
            code=card.code,
            program_id=str(card.program_id.id),
            program=card.program_id.name,
            program_type=card.program_id.program_type,
            unit=card.program_id.portal_point_name or "",
            balance=decimal(card.points),
            held=decimal(held),
            available=decimal(card.points - held),
            pending=decimal(card.retail_pending),
            expiring=decimal(card.retail_expiring_points),
            expiring_on=card.retail_expiring_on.isoformat() if card.retail_expiring_on else None,
            expires_on=card.expiration_date.isoformat() if card.expiration_date else None,
        )

    def _customer(self, connector, external_id, pointer):
        customer = self.env["retail.received.customer"]._known(connector, external_id, pointer)
        if not customer:
            raise Problem("not-found", "There is no customer with this external_id.")
        return customer

    def _cards(self, connector, domain):
        """Return the cards (as the superuser) of the company that can be used today, the oldest first."""
        # As the superuser: the right to read cards would come with that to read all sales.
        cards = connector.env["loyalty.card"].sudo()
        today = fields.Date.context_today(self)
        return cards.search(
            domain
            & Domain("program_id", "in", connector.env["loyalty.program"]._retail_keeping_points().ids)
            & Domain("program_id.active", "=", True)
            & Domain("company_id", "in", (False, *self.env.company.parent_ids.ids))
            & (Domain("expiration_date", "=", False) | Domain("expiration_date", ">=", today)),
            order="id",
        )

    @api.model
    def _card(self, connector, wanted):
        """Return the card that a caller names.

        :param wanted: a :class:`~...schemas.commands.loyalty.LoyaltyCardRefV1`
        :raise Problem: there is none, or several
        """
        if wanted.code:
            found, pointer = self._cards(connector, Domain("code", "=", wanted.code)), "/card/code"
        else:
            pointer = "/card/customer_external_id"
            customer = self._customer(connector, wanted.customer_external_id, pointer)
            found = self._cards(connector, Domain("partner_id", "=", customer.id))
        if wanted.program_id:
            found = found.filtered(lambda card: card.program_id.id == int(wanted.program_id))
        if len(found) == 1:
            return found
        detail = "There is no such card, or it has expired."
        if found:
            detail, pointer = "The customer has several cards: name the program.", "/card/program_id"
        raise Problem("invalid-request", detail, errors=[{"pointer": pointer, "detail": detail}])

    @api.model
    def _check_points(self, card, points):
        """
        :param points: text of a number; None: all of them
        :raise Problem: they have a fraction, and the loyalty engine of the card has whole points only
        """
        if points is None or not Decimal(points) % 1 or card._retail_takes_fractions():
            return
        detail = "Points of this card are whole numbers."
        raise Problem("invalid-request", detail, errors=[{"pointer": "/points", "detail": detail}])
