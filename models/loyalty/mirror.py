"""Entering in the ledger what an engine says: its transactions once each, and what a member has now."""

from datetime import datetime, timedelta
from typing import NamedTuple

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...connectors.loyalty import EngineTransaction, Membership
from ...tools.own_context import with_own
from ..outbox.state_sets import IN_OPEN
from ..source.loyalty_card import ADJUSTED
from ..source.loyalty_history import EARNED, EXPIRED, REDEEMED, REVERSED
from ..source.origin import changes_from

EVENTS = {"earn": EARNED, "redeem": REDEEMED, "reverse": REVERSED, "adjust": ADJUSTED, "expire": EXPIRED}
OF_BUYERS = ("order.paid", "order.cancelled", "refund.issued")
SMALLEST = 1e-6  # points that the ledger keeps


class Reading(NamedTuple):
    """What an engine said of a member.

    :param membership: None if the customer is no member
    :param transactions: since the last one that is final, the oldest first
    :param read_at: when it was asked (UTC, naive)
    :param skew: how far the engine's clock was ahead of ours then
    """

    membership: Membership | None
    transactions: tuple[EngineTransaction, ...]
    read_at: datetime
    skew: timedelta = timedelta()


class RetailLoyaltyAccount(models.Model):
    _inherit = "retail.loyalty.account"

    @api.model
    def _of(self, card):
        """Return the account of a card; it is opened if there is none."""
        self.env.execute_query(
            SQL(
                "INSERT INTO retail_loyalty_account (card_id, program_id, company_id, balance) VALUES (%s, %s, %s, 0)"
                " ON CONFLICT (card_id) DO NOTHING RETURNING id",
                card.id,
                card.program_id.id,
                card.company_id.id or None,
            )
        )
        return self.search([("card_id", "=", card.id)])

    def _enter_reading(self, reading):
        """Enter what an engine said, in the ledger and on the card; return whether it is complete.

        It is read again if the engine owns the points and nothing is new, or if it has not decided all of it. What Odoo
        changed itself was booked there before it counted as delivered.

        :param reading: a :class:`Reading`; one that is older than the last has no effect
        """
        self.ensure_one()
        self._lock()
        if self.read_at and reading.read_at < self.read_at:
            return True
        if reading.membership is None:
            self.write({"read_at": reading.read_at})
            return True
        is_first = not self.read_at
        is_owner = bool(self.program_id._retail_engine())
        certain = self._before_doubt(reading.transactions)
        is_certain = len(certain) == len(reading.transactions)
        if is_first and not is_certain:
            return False  # what the member had before is what remains when all transactions are known
        new = self._not_entered(certain)
        if is_owner:
            with changes_from(self.env.cr, self.program_id.retail_connector_id.id):
                self._enter_transactions(new, reading.skew)
                if is_first:
                    self._enter_opening(reading.membership)
        self._store_reading(reading._replace(transactions=certain))
        is_pending = any(each.state == "pending" for each in certain)
        is_over = bool(new) or not is_owner
        return is_over and not is_pending and is_certain

    def _is_as_read(self, membership):
        """Return whether the member has what was read the last time, and what the ledger has.

        What was earned and what was redeemed meanwhile may be equal.
        """
        now = (float(membership.balance), float(membership.pending))
        if membership.remote_id != self.remote_id or now != (self.remote_balance, self.pending):
            return False
        return abs(self.balance - self._unsent()[0] - self.remote_balance) <= SMALLEST

    def _lock(self):
        self.env.cr.execute(SQL("SELECT id FROM retail_loyalty_account WHERE id = %s FOR UPDATE", self.id))
        self.invalidate_recordset()

    def _store_reading(self, reading):
        """Keep what the member has, and up to where the transactions are final."""
        membership, last = reading.membership, self.last_transaction
        for each in reading.transactions:
            if each.state == "pending":
                break
            last = each.id
        lot = next(iter(membership.expiring), None)
        self.write(
            {
                "remote_id": membership.remote_id,
                "remote_balance": float(membership.balance),
                "pending": float(membership.pending),
                "tier": membership.tier or False,
                "expiring_points": float(lot.points) if lot else 0.0,
                "expiring_on": lot.day if lot else False,
                "read_at": reading.read_at,
                "last_transaction": last,
            }
        )

    # -- transactions ------------------------------------------------------------------------------

    def _not_entered(self, transactions):
        """Return the transactions that are booked at the engine and not in the ledger.

        What Odoo asked for itself was entered then.
        """
        booked = [each for each in transactions if each.state == "booked"]
        own = self._own_keys([each.key for each in booked if each.key])
        ids = [each.id for each in booked]
        known = self._known_ids(ids) | self._own_transactions(ids)
        return [each for each in booked if each.id not in known and each.key not in own]

    def _own_keys(self, keys):
        rows = (
            self.env.execute_query(SQL("SELECT uuid FROM retail_event WHERE uuid = ANY(%s)", keys))
            if keys
            else ()
        )
        return {uuid for (uuid,) in rows}

    def _known_ids(self, ids):
        entries = self.env["retail.loyalty.entry"]
        domain = [("connector_id", "=", self.program_id.retail_connector_id.id), ("remote_id", "in", ids)]
        return set(entries.search(domain).mapped("remote_id")) if ids else set()

    def _enter_transactions(self, transactions, skew):
        orders = self._orders_of(transactions, skew)
        for each in transactions:
            self._enter_change(each.kind, float(each.points), each.id, orders[each.id], each.reason)

    def _enter_opening(self, membership):
        """Enter what the member had before the card was linked."""
        self.invalidate_recordset(["balance"])
        missing = float(membership.balance) + self._unsent()[0] - self.balance
        if abs(missing) > SMALLEST:
            self._enter_change("adjust", missing, None, None, "")

    def _unsent(self):
        """Return (sum of the changes in Odoo that the engine does not have yet, number of them)."""
        [row] = self.env.execute_query(
            SQL(
                """
                SELECT COALESCE(sum((e.payload->>'points')::numeric), 0)::float, count(*)
                  FROM retail_delivery d JOIN retail_event e ON e.id = d.event_id
                 WHERE d.connector_id = %s AND d.res_model = 'loyalty.card' AND d.res_id = %s
                   AND d.state %s AND e.payload ? 'points'
                """,
                self.program_id.retail_connector_id.id,
                self.card_id.id,
                IN_OPEN,
            )
        )
        return row

    def _enter_change(self, kind, points, remote_id, order, reason):
        """Change the points of the card by a transaction of the engine."""
        connector = self.program_id.retail_connector_id
        mirrored = {"connector_id": connector.id, "remote_id": remote_id, "order": order, "kind": kind}
        card = with_own(self.card_id, retail_change=EVENTS[kind], retail_mirrored=mirrored)
        card = card.with_context(loyalty_no_mail=True, tracking_disable=True)
        description = f"{connector.name}: {reason}" if reason else connector.name
        amounts = {"issued": points} if points > 0 else {"used": -points}
        shown = card.env["loyalty.history"]._retail_shown(kind, order)
        card.env["loyalty.history"].create(
            {"card_id": card.id, "description": description, **amounts, **shown}
        )
        card.points += points


class RetailDelivery(models.Model):
    _inherit = "retail.delivery"

    @api.model
    def _after_arrival(self, connector, deliveries):
        """Have the balances read that an engine changes because of what it got."""
        result = super()._after_arrival(connector, deliveries)
        programs = connector._linked_programs()
        if programs:
            self.env["retail.loyalty.account"]._read_soon(self._cards_changed_by(programs, deliveries))
        return result

    @api.model
    def _cards_changed_by(self, programs, deliveries):
        """Return the cards that an engine may change; also those that were merged: it has their members."""
        cards = self.env["loyalty.card"]
        changed = [each.claim.res_id for each in deliveries if each.claim.res_model == cards._name]
        buyers = {
            int(each.payload["customer_id"])
            for each in deliveries
            if each.claim.event_type in OF_BUYERS and each.payload.get("customer_id")
        }
        if not changed and not buyers:
            return cards
        is_active, is_merged = Domain("active", "=", True), Domain("retail_merged_into_id", "!=", False)
        domain = Domain("program_id", "in", programs.ids) & (
            is_active & Domain("partner_id", "in", list(buyers))
            | is_merged & Domain("retail_member_of", "in", [str(buyer) for buyer in buyers])
            | (is_active | is_merged) & Domain("id", "in", changed)
        )
        return cards.with_context(active_test=False).search(domain).with_context(active_test=True)
