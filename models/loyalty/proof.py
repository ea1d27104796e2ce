"""Proving that the balances of cards are what the ledger says."""

from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL


class Difference(NamedTuple):
    """A card whose balance is not proved.

    :param points: of the card, rounded as the ledger is
    :param balance: the sum of the ledger's entries
    :param cause: of ``difference.CAUSES``
    """

    card_id: int
    points: float
    balance: float
    cause: str


class RetailLoyaltyProof(models.AbstractModel):
    _name = "retail.loyalty.proof"
    _description = "Proof of Loyalty Balances"

    @api.model
    def _differences(self, cards=None):
        """Return a list of :class:`Difference`, by card.

        In one pass over the ledger: each entry's balance is that of the one before plus its points, and the last one is
        that of the account and of the card.

        :param cards: only these; all cards of programs that keep points by default
        """
        self.env.cr.flush()  # also books what this transaction has changed
        # As the superuser: the comparison is of all cards; users see the differences of their companies.
        programs = self.env["loyalty.program"].sudo()._retail_keeping_points()
        rows = self.env.execute_query(
            SQL(
                """
                WITH entry AS (
                    SELECT e.card_id, e.points, e.balance,
                           e.balance - lag(e.balance, 1, 0) OVER (PARTITION BY e.card_id ORDER BY e.id) AS step
                      FROM retail_loyalty_entry e WHERE %(is_entry)s
                ), ledger AS (
                    SELECT card_id, sum(points) AS total, bool_or(step != points) AS is_broken
                      FROM entry GROUP BY card_id
                ), card AS (
                    SELECT c.id, round(c.points::numeric, 6) AS points FROM loyalty_card c
                     WHERE c.program_id = ANY(%(programs)s) AND %(is_card)s
                )
                SELECT c.id, c.points::float, COALESCE(l.total, 0)::float,
                       CASE WHEN l.is_broken OR COALESCE(l.total, 0) != COALESCE(a.balance, 0) THEN 'ledger'
                            WHEN l.card_id IS NULL THEN 'unknown'
                            ELSE 'card' END
                  FROM card c
             LEFT JOIN ledger l ON l.card_id = c.id
             LEFT JOIN retail_loyalty_account a ON a.card_id = c.id
                 WHERE c.points != COALESCE(l.total, 0) OR COALESCE(l.total, 0) != COALESCE(a.balance, 0)
                    OR l.is_broken
              ORDER BY c.id
                """,
                programs=programs.ids,
                is_entry=SQL("TRUE") if cards is None else SQL("e.card_id = ANY(%s)", cards.ids),
                is_card=SQL("TRUE") if cards is None else SQL("c.id = ANY(%s)", cards.ids),
            )
        )
        return [Difference(*row) for row in rows]
