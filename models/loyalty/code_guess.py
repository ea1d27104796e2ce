"""How many wrong guesses of codes visitors of a web shop have: whoever guesses those of gift cards would steal."""

from odoo import api, fields, models, modules
from odoo.tools import SQL, hmac

MOST = 10  # wrong guesses that are possible at once
SECONDS = 600  # until all of them are there again


class RetailCodeGuess(models.Model):
    """As in ``retail.api.rate``, a time is kept: when all guesses of a visitor will be there again."""

    _name = "retail.code.guess"
    _description = "Wrong Guesses of Codes"
    _inherit = ["retail.checked"]
    _log_access = False

    visitor = fields.Char(required=True, readonly=True, help="A hash of the visitor's address.")
    full_at = fields.Float(required=True, readonly=True, digits=False)

    _visitor_unique = models.UniqueIndex("(visitor)")

    def init(self):
        """Keep the table out of the write-ahead log: after a crash, each visitor begins with all guesses."""
        self.env.cr.execute(SQL("ALTER TABLE retail_code_guess SET UNLOGGED"))

    @api.model
    def _has_some(self, address):
        """Return whether a visitor has a guess left."""
        now = SQL("extract(epoch FROM clock_timestamp())")
        query = SQL(
            "SELECT 1 FROM retail_code_guess WHERE visitor = %s AND full_at - %s > %s",
            self._visitor(address),
            now,
            SECONDS - SECONDS / MOST,
        )
        return not self._alone(query)

    @api.model
    def _count(self, address):
        """Count a wrong guess of a visitor, in all processes and whatever becomes of the request."""
        query = SQL(
            """
            WITH past AS (DELETE FROM retail_code_guess
                           WHERE full_at < extract(epoch FROM clock_timestamp()) AND visitor != %(visitor)s)
            INSERT INTO retail_code_guess AS g (visitor, full_at)
            VALUES (%(visitor)s, extract(epoch FROM clock_timestamp()) + %(step)s)
                ON CONFLICT (visitor) DO UPDATE
               SET full_at = GREATEST(g.full_at, extract(epoch FROM clock_timestamp())) + %(step)s
            """,
            visitor=self._visitor(address),
            step=SECONDS / MOST,
        )
        self._alone(query)

    @api.model
    def _visitor(self, address):
        return hmac(
            self.sudo().env, "retail_hub.code_guess", address
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
