"""API keys: each is shown once, and kept as a hash. Two live keys of a client allow to replace one without a gap."""

import time

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...core import api_key

MAX_LIVE = 2
USE_SECONDS = 60  # how often the last use of a key is written, by each process

_noted = {}  # (database, key id) -> time.monotonic() of the last note of its use


class RetailApiKey(models.Model):
    _name = "retail.api.key"
    _description = "API Key"
    _inherit = ["retail.checked"]
    _order = "id desc"
    _rec_name = "prefix"
    _check_company_auto = True

    client_id = fields.Many2one(
        "retail.api.client", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="client_id.company_id", store=True)
    prefix = fields.Char(
        "Key", required=True, readonly=True, help="The beginning of the key, which names it."
    )
    digest = fields.Char(required=True, readonly=True, groups=fields.NO_ACCESS)
    expires_at = fields.Datetime(help="After this time, the key is refused. Empty: it does not expire.")
    revoked_at = fields.Datetime("Revoked", readonly=True)
    last_used_at = fields.Datetime("Last Used", readonly=True)
    state = fields.Selection(
        [("live", "Live"), ("expired", "Expired"), ("revoked", "Revoked")], compute="_compute_state"
    )

    _prefix_unique = models.UniqueIndex("(prefix)")

    @api.depends("expires_at", "revoked_at")
    def _compute_state(self):
        now = fields.Datetime.now()
        for key in self:
            is_expired = key.expires_at and key.expires_at <= now
            key.state = "revoked" if key.revoked_at else "expired" if is_expired else "live"

    @api.model
    def _issue(self, client):
        """Create a key of a client, and return its text, which is kept nowhere.

        :raise UserError: the client has two live keys
        """
        if len(client.key_ids.filtered(lambda key: key.state == "live")) >= MAX_LIVE:
            raise UserError(
                self.env._(
                    "%(client)s has two live keys. On the Keys tab, revoke the one that is no longer used first.",
                    client=client.name,
                )
            )
        text = api_key.new_key()
        values = {"client_id": client.id, "prefix": api_key.prefix_of(text), "digest": api_key.digest(text)}
        # As the superuser: nobody chooses a key; whoever may change the client was checked by the caller.
        key = self.sudo().create(values)
        client.message_post(body=self.env._("Key created: %s", key.prefix))
        return text

    def action_revoke(self):
        """Refuse the keys from now on."""
        self.check_access("write")
        for key in self.filtered(lambda key: not key.revoked_at):
            key.client_id.message_post(body=self.env._("Key revoked: %s", key.prefix))
            # As the superuser: the time is not for users to choose; access was checked above.
            key.sudo().revoked_at = fields.Datetime.now()

    @api.model
    def _note_use(self, key_id):
        """Write when a key was last used, after the transaction, and once in a minute."""
        noted = (self.env.cr.dbname, key_id)
        if time.monotonic() < _noted.get(noted, float("-inf")) + USE_SECONDS:
            return
        _noted[noted] = time.monotonic()
        registry = self.env.registry

        @self.env.cr.postcommit.add
        def note():
            with registry.cursor() as cr:
                try:
                    cr.execute(
                        SQL(
                            "UPDATE retail_api_key SET last_used_at = clock_timestamp() AT TIME ZONE 'UTC'"
                            " WHERE id = (SELECT id FROM retail_api_key WHERE id = %s FOR UPDATE SKIP LOCKED)",
                            key_id,
                        )
                    )
                except psycopg2.errors.SerializationFailure:  # another process has just written it
                    cr.rollback()
