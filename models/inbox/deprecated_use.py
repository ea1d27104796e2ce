"""Who still calls endpoints of the API that will be removed."""

from odoo import api, fields, models, modules
from odoo.tools import SQL


class RetailApiDeprecatedUse(models.Model):
    _name = "retail.api.deprecated.use"
    _description = "Use of a Deprecated Endpoint"
    _inherit = ["retail.checked"]
    _order = "last_at desc, id desc"
    _log_access = False
    _rec_name = "operation"

    client_id = fields.Many2one("retail.api.client", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(related="client_id.company_id", related_sudo=False)
    operation = fields.Char("Endpoint", required=True, readonly=True)
    sunset_at = fields.Date("Removed on", readonly=True)
    count = fields.Integer("Calls", required=True, readonly=True)
    last_at = fields.Datetime("Last Call", required=True, readonly=True)

    _operation_unique = models.UniqueIndex("(client_id, operation)")

    @api.model
    def _count(self, caller, endpoint):
        """Count a call, in a transaction of its own that nobody waits for.

        :param caller: a :class:`~.api_client.Caller`
        :param endpoint: of the API, with its ``operation`` and ``sunset_at``
        """
        with self.env.registry.cursor() as cr:
            if not modules.module.current_test:  # whose transaction has begun already
                cr.execute(SQL("SET TRANSACTION ISOLATION LEVEL READ COMMITTED"))
            cr.execute(
                SQL(
                    """
                    SET LOCAL synchronous_commit = off;
                    INSERT INTO retail_api_deprecated_use AS u (client_id, operation, sunset_at, count, last_at)
                    VALUES (%s, %s, %s, 1, clock_timestamp() AT TIME ZONE 'UTC')
                        ON CONFLICT (client_id, operation) DO UPDATE
                       SET count = u.count + 1, sunset_at = EXCLUDED.sunset_at, last_at = EXCLUDED.last_at
                    """,
                    caller.client_id,
                    f"{endpoint.method} {endpoint.path}",
                    endpoint.sunset_at,
                )
            )


class RetailApiClient(models.Model):
    _inherit = "retail.api.client"

    deprecated_use_ids = fields.One2many("retail.api.deprecated.use", "client_id", "Deprecated Endpoints")
