"""How much of a client may wait to be carried out: more is refused until some of it is done."""

from odoo import api, fields, models
from odoo.tools import SQL

from ...core.problem import Problem
from ...core.rate_limit import exhausted

RETRY_SECONDS = 60


class RetailApiClient(models.Model):
    _inherit = "retail.api.client"

    max_backlog = fields.Integer(
        "Waiting Requests",
        default=10_000,
        tracking=True,
        help="How many webhooks and requests may wait to be carried out. Further ones are refused, with a time to wait."
        " 0: no limit.",
    )

    _backlog_not_negative = models.Constraint("CHECK (max_backlog >= 0)", "A limit cannot be negative.")


class RetailMessage(models.Model):
    _inherit = "retail.message"

    _backlog_idx = models.Index(
        "(client_id) WHERE state IN ('received', 'waiting', 'incomplete', 'undecided')"
    )

    @api.model
    def _check_backlog(self, client):
        """Refuse what would have to wait, if enough of the client waits already.

        :raise Problem: ``rate-limited``
        """
        if not client.max_backlog:
            return
        rows = self.env.execute_query(
            SQL(
                """
                SELECT 1 FROM retail_message
                 WHERE client_id = %s AND state IN ('received', 'waiting', 'incomplete', 'undecided')
                OFFSET %s LIMIT 1
                """,
                client.id,
                client.max_backlog - 1,
            )
        )
        if rows:
            detail = (
                f"{client.max_backlog} requests of the client wait to be carried out. Nothing was stored."
            )
            headers = exhausted("waiting", client.max_backlog, RETRY_SECONDS)
            raise Problem("rate-limited", detail, headers=headers)
