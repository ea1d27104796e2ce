"""Erasing members: what names them goes, their entries stay, and nothing makes them members again."""

import json

from odoo import fields, models
from odoo.exceptions import UserError

from ...core.errors import TransientError
from ...tools.own_context import own_value
from ..source.capture import CapturedEvent
from .lot import Move

ERASED = "customer.erased"


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    retail_erased_at = fields.Datetime("Member Erased", readonly=True, copy=False)

    def write(self, vals):
        if vals.get("active") and any(card.retail_erased_at for card in self):
            raise UserError(self.env._("The member was erased: the card cannot be used again."))
        return super().write(vals)

    def _retail_erase_members(self):
        """Erase the members of these loyalty cards (as the superuser). Their points are lost, and the entries stay."""
        self.env.cr.flush()  # books what was changed just now
        held = self.env["retail.loyalty.hold"].search([("card_id", "in", self.ids), ("state", "=", "held")])
        held._end("released")
        for card in self:
            card._retail_end_points()
            messages = [("model", "=", self._name), ("res_id", "=", card.id)]
            self.env["mail.message"].search(messages).unlink()
            card.with_context(tracking_disable=True).write(
                {
                    "active": False,
                    "code": self._generate_code(),
                    "retail_former_code": False,
                    "retail_consented_at": False,
                    "retail_consent_source": False,
                    "retail_erased_at": fields.Datetime.now(),
                }
            )
            card.message_post(body=self.env._("The member was erased. The entries of the ledger stay."))
        accounts = self.env["retail.loyalty.account"].search([("card_id", "in", self.ids)])
        accounts.write({"read_due_at": False, "tier": False, "expiring_points": 0, "expiring_on": False})

    def _retail_end_points(self):
        """Book that the points are lost, also the pending ones. No event is sent: each system erases the member."""
        for lot in self.env["retail.loyalty.lot"].search(
            [("card_id", "=", self.id), ("state", "=", "pending")]
        ):
            lot.state = "available"
            self._retail_move(Move.RELEASE, lot.left, lot._source(), self.env._("No longer pending"))
        self.env.cr.flush()
        points = round(self.points, 6)
        if points:
            self.env["retail.loyalty.entry"]._book(self, "erase", -points)
            self._retail_set_points(0)
            self.env.cr.flush()


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _retail_erase_memberships(self):
        """Erase the customers as members of all loyalty programs; as the superuser.

        At an engine that could not merge members, also those that were merged into them in Odoo.
        """
        cards = self.env["loyalty.card"].with_context(active_test=False)
        cards = cards.search(
            [
                ("partner_id", "in", self.ids),
                ("program_id.program_type", "=", "loyalty"),
                ("retail_erased_at", "=", False),
            ],
            order="id",
        ).with_context(active_test=True)
        merged = cards.filtered("retail_member_of")
        for connector, of_connector in merged.grouped(
            lambda card: card.program_id.retail_connector_id
        ).items():
            for customer_id in sorted(set(of_connector.mapped("retail_member_of"))):
                connector._erase_merged(customer_id)
        cards._retail_erase_members()

    def unlink(self):
        """Erase the members of deleted customers: a card of nobody would keep their points."""
        if not own_value(self.env, "retail_merging"):
            # As the superuser: whoever deletes a customer may have no rights on cards.
            linked = self.sudo()._retail_with_engine_cards()
            linked._retail_erase_memberships()
        return super().unlink()

    def _retail_with_engine_cards(self):
        """Return those with a card of a program that is linked to a loyalty engine."""
        cards = self.env["loyalty.card"].search(
            [("partner_id", "in", self.ids), ("program_id.retail_connector_id", "!=", False)]
        )
        return cards.partner_id


class RetailConnector(models.Model):
    _inherit = "retail.connector"

    def _hold_back(self, deliveries):
        """Send nothing more of erased customers to an engine: it would make them customers again.

        What is on its way arrives first, and is then erased.
        """
        result = super()._hold_back(deliveries)
        if not self._is_engine():
            return result
        own = {each: _customer_of(each) for each in deliveries if each.payload is not None}
        erased = self._erased_ids({customer_id for customer_id in own.values() if customer_id})
        for each, customer_id in own.items():
            if customer_id not in erased or each.claim.event_type.startswith("customer."):
                continue
            each.cancel(
                self.env._(
                    "The customer was erased, and is not sent to %(engine)s any more.", engine=self.name
                )
            )
        for each in deliveries:
            if each.claim.event_type == ERASED and self._is_in_progress(each.claim.res_id):
                each.decide(TransientError(self.env._("Waiting for earlier events of the customer.")))
        return result

    def _erased_ids(self, customer_ids):
        """Return those of these canonical customers whose erasure was sent to the system."""
        domain = [("connector_id", "=", self.id), ("event_type", "=", ERASED), ("state", "!=", "cancelled")]
        domain += [("res_model", "=", "res.partner"), ("res_id", "in", [int(each) for each in customer_ids])]
        found = self.env["retail.delivery"].search(domain) if customer_ids else ()
        return {str(each.res_id) for each in found}

    def _erase_merged(self, customer_id):
        """Have the engine erase a customer who was merged into another one in Odoo, but not there."""
        captured = CapturedEvent(
            ERASED, int(customer_id), is_fact=True, payload=json.dumps({"id": customer_id})
        )
        self.env["retail.event"]._insert("res.partner", [captured], connectors=self, is_manual=True)


def _customer_of(delivery):
    """Return the canonical id of the customer whom a delivery names; empty if it names none."""
    return delivery.payload.get("customer_id") or ""
