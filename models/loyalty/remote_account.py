"""What an engine says of a card's balance, and when it is read again."""

from odoo import api, fields, models
from odoo.tools import SQL

from .entry import DIGITS

# Seconds after which a balance is read, and read again as long as nothing has changed: engines book points some seconds
# after they have accepted an order, and do not say if there are none.
STEPS = (0, 1, 2, 5, 15, 60)


class RetailLoyaltyAccount(models.Model):
    _inherit = "retail.loyalty.account"

    remote_id = fields.Char(
        "Engine's ID", readonly=True, help="The ID of the member's balance at the engine."
    )
    is_absent = fields.Boolean(readonly=True, help="The engine does not know the member any more.")
    remote_balance = fields.Float("Balance at the Engine", digits=DIGITS, readonly=True)
    pending = fields.Float(digits=DIGITS, readonly=True, help="Points that cannot be spent yet.")
    tier = fields.Char(readonly=True)
    expiring_points = fields.Float("Next to Expire", digits=DIGITS, readonly=True)
    expiring_on = fields.Date("Expire On", readonly=True)
    read_at = fields.Datetime("Read", readonly=True, help="When the balance was last read from the engine.")
    read_due_at = fields.Datetime("To Read", readonly=True)
    read_step = fields.Integer(readonly=True, default=0)
    last_transaction = fields.Char(
        readonly=True, help="The engine's ID of the last transaction that was entered in the ledger."
    )

    _remote_idx = models.Index("(remote_id) WHERE remote_id IS NOT NULL")
    _read_due_idx = models.Index("(read_due_at) WHERE read_due_at IS NOT NULL")

    @api.model
    def _read_soon(self, cards):
        """Have the balances of cards read from their engines at once, and again for a while; not of erased members."""
        # As the superuser: whoever sells has no rights on accounts, and may have none on programs.
        cards = cards.sudo().filtered(
            lambda card: card.program_id.retail_connector_id and card.partner_id and not card.retail_erased_at
        )
        for card in cards.sorted("id"):
            self.env.execute_query(
                SQL(
                    """
                    INSERT INTO retail_loyalty_account AS a (
                           card_id, program_id, company_id, balance, read_due_at, read_step)
                    VALUES (%s, %s, %s, 0, clock_timestamp() AT TIME ZONE 'UTC', 0)
               ON CONFLICT (card_id) DO UPDATE SET read_due_at = EXCLUDED.read_due_at, read_step = 0
                 RETURNING id
                    """,
                    card.id,
                    card.program_id.id,
                    card.company_id.id or None,
                )
            )
        self.invalidate_model(["read_due_at", "read_step"])
        for connector in cards.program_id.retail_connector_id:
            self.env["retail.loyalty.reader"]._wake(connector.id)

    @api.model
    def _read_all(self):
        """Have all balances read from the engines once: those that are due already go first."""
        self.env.execute_query(
            SQL(
                """
                UPDATE retail_loyalty_account a SET read_due_at = clock_timestamp() AT TIME ZONE 'UTC', read_step = %s
                  FROM loyalty_program p, loyalty_card c
                 WHERE p.id = a.program_id AND p.retail_connector_id IS NOT NULL AND a.read_due_at IS NULL
                   AND c.id = a.card_id AND c.partner_id IS NOT NULL AND c.retail_erased_at IS NULL
             RETURNING a.id
                """,
                len(STEPS) - 1,
            )
        )
        self.invalidate_model(["read_due_at", "read_step"])
        for connector_id in self.env["retail.connector"]._engines():
            self.env["retail.loyalty.reader"]._wake(connector_id)

    @api.model
    def _due(self, connector, limit):
        """Return ``[(account, when its reading was due)]`` of a connector, the longest due first."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT a.id, a.read_due_at FROM retail_loyalty_account a
                  JOIN loyalty_program p ON p.id = a.program_id
                   AND %s IN (p.retail_connector_id, p.retail_code_connector_id)
                 WHERE a.read_due_at <= clock_timestamp() AT TIME ZONE 'UTC'
              ORDER BY a.read_due_at, a.id LIMIT %s
                """,
                connector.id,
                limit,
            )
        )
        return [(self.browse(account_id), due_at) for account_id, due_at in rows]

    @api.model
    def _seconds_to_next(self, connector):
        """Return the seconds until the next reading of a connector is due; None if there is none."""
        [(seconds,)] = self.env.execute_query(
            SQL(
                """
                SELECT extract(epoch FROM min(a.read_due_at) - clock_timestamp() AT TIME ZONE 'UTC')::float
                  FROM retail_loyalty_account a
                  JOIN loyalty_program p ON p.id = a.program_id
                   AND %s IN (p.retail_connector_id, p.retail_code_connector_id)
                 WHERE a.read_due_at IS NOT NULL
                """,
                connector.id,
            )
        )
        return None if seconds is None else max(seconds, 0.0)

    def _set_next_reading(self, due_at, seconds, step):
        """Set when the account is read again, unless something has happened since that makes it due.

        :param due_at: the reading that is done now
        :param seconds: None: not again
        """
        self.ensure_one()
        at = (
            SQL("NULL")
            if seconds is None
            else SQL("clock_timestamp() AT TIME ZONE 'UTC' + make_interval(secs => %s)", float(seconds))
        )
        self.env.execute_query(
            SQL(
                "UPDATE retail_loyalty_account SET read_due_at = %s, read_step = %s"
                " WHERE id = %s AND read_due_at IS NOT DISTINCT FROM %s RETURNING id",
                at,
                step,
                self.id,
                due_at,
            )
        )
        self.invalidate_model(["read_due_at", "read_step"])
