"""Proving that the balances of cards are what the ledger says."""

from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL


class Difference(NamedTuple):
    """A card whose balance is not proved.

    :param points: of the card, rounded as the ledger is
    :param balance: the sum of the ledger's entries; if lots differ, with what is pending, and ``points`` is of the lots
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
        that of the account and of the card. For programs that keep lots, those that can be spent add up to that
        balance, and those that are pending to what the ledger took out for them.

        :param cards: only these; all cards of programs that keep points by default
        """
        self.env.cr.flush()  # also books what this transaction has changed
        # As the superuser: the comparison is of all cards; users see the differences of their companies.
        programs = self.env["loyalty.program"].sudo()._retail_keeping_points()
        rows = self.env.execute_query(
            SQL(
                """
                WITH entry AS (
                    SELECT e.card_id, e.points, e.balance, e.kind IN ('pending', 'available') AS is_move,
                           e.balance - lag(e.balance, 1, 0) OVER (PARTITION BY e.card_id ORDER BY e.id) AS step
                      FROM retail_loyalty_entry e WHERE %(is_entry)s
                ), ledger AS (
                    SELECT card_id, sum(points) AS total, bool_or(step != points) AS is_broken,
                           -COALESCE(sum(points) FILTER (WHERE is_move), 0) AS pending
                      FROM entry GROUP BY card_id
                ), lot AS (
                    SELECT card_id, sum("left") AS total,
                           COALESCE(sum("left") FILTER (WHERE state = 'pending'), 0) AS pending
                      FROM retail_loyalty_lot GROUP BY card_id
                ), compared AS (
                    SELECT c.id, round(c.points::numeric, 6) AS points, COALESCE(l.total, 0) AS total,
                           COALESCE(l.pending, 0) AS pending, l.card_id IS NULL AS is_unknown,
                           COALESCE(l.is_broken, FALSE) OR COALESCE(l.total, 0) != COALESCE(a.balance, 0) AS is_broken,
                           COALESCE(lot.total, 0) AS in_lots,
                           p.retail_has_lots
                               AND (COALESCE(lot.total, 0) != COALESCE(l.total, 0) + COALESCE(l.pending, 0)
                                    OR COALESCE(lot.pending, 0) != COALESCE(l.pending, 0)) AS has_other_lots
                      FROM loyalty_card c JOIN loyalty_program p ON p.id = c.program_id
                 LEFT JOIN ledger l ON l.card_id = c.id
                 LEFT JOIN lot ON lot.card_id = c.id
                 LEFT JOIN retail_loyalty_account a ON a.card_id = c.id
                     WHERE c.program_id = ANY(%(programs)s) AND %(is_card)s
                )
                SELECT id,
                       CASE WHEN is_broken OR points != total THEN points ELSE in_lots END::float,
                       CASE WHEN is_broken OR points != total THEN total ELSE total + pending END::float,
                       CASE WHEN is_broken THEN 'ledger'
                            WHEN points = total THEN 'lots'
                            WHEN is_unknown THEN 'unknown'
                            ELSE 'card' END
                  FROM compared
                 WHERE is_broken OR points != total OR has_other_lots
              ORDER BY id
                """,
                programs=programs.ids,
                is_entry=SQL("TRUE") if cards is None else SQL("e.card_id = ANY(%s)", cards.ids),
                is_card=SQL("TRUE") if cards is None else SQL("c.id = ANY(%s)", cards.ids),
            )
        )
        return [Difference(*row) for row in rows]
