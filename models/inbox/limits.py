"""How often, and how often at once, a client may call."""

import time
from collections import defaultdict, deque

from odoo import api, fields, models, modules
from odoo.tools import SQL

from ...core.problem import Problem
from ...core.rate_limit import PERIOD, exhausted, rate, retry_after

MAX_GUESSES = 20  # keys that are not valid, from one address in a minute, seen by one process
GUESS_SECONDS = 60
MAX_ADDRESSES = 10_000

_guesses = defaultdict(deque)  # address -> time.monotonic() of its last keys that are not valid


class RetailApiRate(models.Model):
    _name = "retail.api.rate"
    _description = "Rate of an API Client"
    _inherit = ["retail.checked"]
    _log_access = False

    client_id = fields.Many2one("retail.api.client", required=True, readonly=True, ondelete="cascade")
    full_at = fields.Float(
        required=True,
        readonly=True,
        digits=False,
        help="When the client may make a minute's calls at once again.",
    )

    _client_unique = models.UniqueIndex("(client_id)")

    def init(self):
        """Keep the table out of the write-ahead log: after a crash, each client begins with a full minute."""
        self.env.cr.execute(SQL("ALTER TABLE retail_api_rate SET UNLOGGED"))

    @api.model
    def _count(self, caller):
        """Count a call; return the :class:`~...core.rate_limit.Rate`, None if the client has no limit.

        All processes count together, in a transaction of its own that nobody waits for.

        :raise Problem: ``rate-limited``
        """
        limit = caller.calls_per_minute
        if not limit:
            return None
        with self.env.registry.cursor() as cr:
            if not modules.module.current_test:  # whose transaction has begun already
                cr.execute(SQL("SET TRANSACTION ISOLATION LEVEL READ COMMITTED"))
            cr.execute(
                SQL(
                    """
                    SET LOCAL synchronous_commit = off;
                    INSERT INTO retail_api_rate AS r (client_id, full_at)
                    VALUES (%(client)s, extract(epoch FROM clock_timestamp()) + %(step)s)
                        ON CONFLICT (client_id) DO UPDATE
                       SET full_at = GREATEST(r.full_at, extract(epoch FROM clock_timestamp())) + %(step)s
                     WHERE r.full_at + %(step)s <= extract(epoch FROM clock_timestamp()) + %(period)s
                 RETURNING full_at - extract(epoch FROM clock_timestamp())
                    """,
                    client=caller.client_id,
                    step=PERIOD / limit,
                    period=PERIOD,
                )
            )
            counted = cr.fetchone()
            if counted:
                return rate(limit, float(counted[0]))
            cr.execute(
                SQL(
                    "SELECT full_at - extract(epoch FROM clock_timestamp()) FROM retail_api_rate WHERE client_id = %s",
                    caller.client_id,
                )
            )
            [(full_in,)] = cr.fetchall()
        headers = {"Retry-After": str(retry_after(limit, full_in)), **rate(limit, full_in).headers}
        raise Problem("rate-limited", f"The client may make {limit} calls per minute.", headers=headers)


def check_guesses(address):
    """Refuse an address that has sent many keys that are not valid. Valid keys are answered from there, too.

    :raise Problem: ``rate-limited``
    """
    now = time.monotonic()
    if len(_guesses) > MAX_ADDRESSES:
        _guesses.clear()
    guesses = _guesses[address]
    while guesses and guesses[0] < now - GUESS_SECONDS:
        guesses.popleft()
    if len(guesses) >= MAX_GUESSES:
        seconds = int(guesses[0] + GUESS_SECONDS - now) + 1
        headers = exhausted("guesses", MAX_GUESSES, seconds, GUESS_SECONDS)
        raise Problem("rate-limited", "Too many keys were not valid.", headers=headers)
    guesses.append(now)
