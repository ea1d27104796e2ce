"""Wrong guesses of codes: whoever guesses that of a gift card, or confirms what a customer did not want, would steal.

A guesser is the address of a visitor of the web shop, or a loyalty card at a till.
"""

from odoo import api, fields, models, modules
from odoo.tools import SQL, hmac

MOST = 10  # wrong guesses that are possible at once
SECONDS = 600  # until all of them are there again


class RetailCodeGuess(models.Model):
    """As in ``retail.api.rate``, a time is kept: when all guesses of a guesser will be there again."""

    _name = "retail.code.guess"
    _description = "Wrong Guesses of Codes"
    _inherit = ["retail.checked"]
    _log_access = False

    guesser = fields.Char(required=True, readonly=True, help="A hash of who guesses.")
    full_at = fields.Float(required=True, readonly=True, digits=False)

    _guesser_unique = models.UniqueIndex("(guesser)")

    def init(self):
        """Keep the table out of the write-ahead log: after a crash, each guesser begins with all guesses."""
        self.env.cr.execute(SQL("ALTER TABLE retail_code_guess SET UNLOGGED"))

    @api.model
    def _has_some(self, guesser):
        """Return whether a guesser has a guess left."""
        now = SQL("extract(epoch FROM clock_timestamp())")
        query = SQL(
            "SELECT 1 FROM retail_code_guess WHERE guesser = %s AND full_at - %s > %s",
            self._digest(guesser),
            now,
            SECONDS - SECONDS / MOST,
        )
        return not self._alone(query)

    @api.model
    def _count(self, guesser):
        """Count a wrong guess of a guesser, in all processes and whatever becomes of the request."""
        query = SQL(
            """
            WITH past AS (DELETE FROM retail_code_guess
                           WHERE full_at < extract(epoch FROM clock_timestamp()) AND guesser != %(guesser)s)
            INSERT INTO retail_code_guess AS g (guesser, full_at)
            VALUES (%(guesser)s, extract(epoch FROM clock_timestamp()) + %(step)s)
                ON CONFLICT (guesser) DO UPDATE
               SET full_at = GREATEST(g.full_at, extract(epoch FROM clock_timestamp())) + %(step)s
            """,
            guesser=self._digest(guesser),
            step=SECONDS / MOST,
        )
        self._alone(query)

    @api.model
    def _digest(self, guesser):
        return hmac(
            self.sudo().env, "retail_hub.code_guess", guesser
        )  # as the superuser: it reads the secret

    @api.model
    def _alone(self, query):
        """Run a query in a transaction of its own that nobody waits for; return the rows that it selects."""
        with self.env.registry.cursor() as cr:
            if not modules.module.current_test:  # whose transaction has begun already
                cr.execute(SQL("SET TRANSACTION ISOLATION LEVEL READ COMMITTED"))
            cr.execute(SQL("SET LOCAL synchronous_commit = off"))
            cr.execute(query)
            return cr.fetchall() if cr.description else []
