"""Changes of points that Odoo asked an engine for: which of its transactions they are, where their key does not say so.

An adapter says it in ``Outcome.response``, as ``transaction``.
"""

from odoo import models
from odoo.tools import SQL

from ..outbox.state_sets import IN_PROGRESS


class RetailLoyaltyAccount(models.Model):
    _inherit = "retail.loyalty.account"

    def _own_transactions(self, ids):
        """Return the ids of those that deliveries of the card have booked."""
        rows = (
            self.env.execute_query(
                SQL(
                    """
                    SELECT a.response::jsonb->>'transaction'
                      FROM retail_delivery d JOIN retail_delivery_attempt a ON a.delivery_id = d.id
                     WHERE d.connector_id = %(connector)s AND d.res_model = 'loyalty.card' AND d.res_id = %(card)s
                       AND a.state = 'succeeded' AND a.response::jsonb->>'transaction' = ANY(%(ids)s)
                    """,
                    connector=self.program_id.retail_connector_id.id,
                    card=self.card_id.id,
                    ids=ids,
                )
            )
            if ids
            else ()
        )
        return {transaction for (transaction,) in rows}

    def _before_doubt(self, transactions):
        """Return the transactions up to the first one that may be of a delivery whose outcome is not known yet.

        What follows is entered when it is known.

        :param transactions: the oldest first
        """
        booked = [each for each in transactions if each.state == "booked"]
        doubtful = self._maybe_own(booked) | self._maybe_of_order_in_progress(booked)
        first = next((number for number, each in enumerate(transactions) if each.id in doubtful), None)
        return transactions[:first]

    def _maybe_own(self, booked):
        """Return the ids of the transactions that Odoo may have asked for."""
        nameless = [each for each in booked if not each.key and not each.group]
        in_progress = self._points_in_progress() if nameless else set()
        own = self._own_transactions([each.id for each in nameless]) if in_progress else set()
        return {each.id for each in nameless if float(each.points) in in_progress} - own

    def _maybe_of_order_in_progress(self, booked):
        """Return the ids of the transactions that an order may have earned whose arrival is not recorded yet."""
        nameless = {each.id for each in booked if each.kind == "earn" and not each.order}
        if not nameless:
            return set()
        customer_id = self.card_id._retail_known_customer()
        is_in_progress = self.program_id.retail_connector_id._is_in_progress(customer_id, ["order.paid"])
        return nameless if is_in_progress else set()

    def _points_in_progress(self):
        """Return the points of the card's deliveries that may be booked without that the outcome was recorded."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT (e.payload->>'points')::float
                  FROM retail_delivery d JOIN retail_event e ON e.id = d.event_id
                 WHERE d.connector_id = %s AND d.res_model = 'loyalty.card' AND d.res_id = %s
                   AND d.state %s AND e.payload ? 'points'
                """,
                self.program_id.retail_connector_id.id,
                self.card_id.id,
                IN_PROGRESS,
            )
        )
        return {points for (points,) in rows}


class RetailConnector(models.Model):
    _inherit = "retail.connector"

    def _is_in_progress(self, customer_id, event_types=None):
        """Return whether deliveries that name a customer are on their way, or their outcome is not known.

        :param customer_id: as payloads name it
        :param event_types: of the deliveries; all without it
        """
        # OFFSET 0 has PostgreSQL begin with the few events of the customer, also while a backlog is on its way.
        query = SQL(
            """
            SELECT FROM retail_event e
             WHERE e.payload->>'customer_id' = %s AND %s
               AND EXISTS (SELECT FROM retail_delivery d WHERE d.event_id = e.id AND d.connector_id = %s
                              AND d.state %s OFFSET 0)
             LIMIT 1
            """,
            str(customer_id),
            SQL("e.event_type = ANY(%s)", event_types) if event_types else SQL("TRUE"),
            self.id,
            IN_PROGRESS,
        )
        return bool(self.env.execute_query(query))
