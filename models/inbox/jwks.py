"""The keys of outside issuers of access tokens, as last read. They are read again when a token names another one."""

import json
import logging

from odoo import api, fields, models, modules
from odoo.tools import SQL

from ...connectors import jwks
from ...connectors.guard import Guard
from ...connectors.http_client import HttpClient
from ...connectors.provider import Settings
from ...core import access_token
from ...core.errors import RemoteError
from ...tools import server_options

MAX_BYTES = 200_000
CONNECT_SECONDS, READ_SECONDS = 3.0, 5.0
RETRY_SECONDS = 60  # between two attempts, whoever asks
MAX_AGE_SECONDS = 3600  # after which keys are read again: the issuer may have withdrawn one

_logger = logging.getLogger(__name__)


class RetailJwks(models.Model):
    _name = "retail.jwks"
    _description = "Keys of an Issuer"
    _inherit = ["retail.checked"]
    _log_access = False
    _rec_name = "url"

    url = fields.Char(required=True, readonly=True)
    key_set = fields.Json(readonly=True)
    read_at = fields.Datetime(readonly=True)
    tried_at = fields.Datetime(readonly=True)
    problem = fields.Char(readonly=True)

    _url_unique = models.UniqueIndex("(url)")

    @api.model
    def _key(self, url, key_id):
        """Return the key with an id that is published at a URL, as a dict; None if there is none.

        :param key_id: "" for the only one
        """
        keys, is_fresh = self._known(url)
        found = access_token.find_key(keys, key_id)
        if (found and is_fresh) or not self._read(url):
            return found
        keys, _is_fresh = self._known(url)
        return access_token.find_key(keys, key_id)

    def _known(self, url):
        """Return (the keys as last read, whether that was not long ago)."""
        with self.env.registry.cursor() as cr:  # also what another worker has just read
            cr.execute(
                SQL(
                    "SELECT COALESCE(key_set, '[]'), COALESCE(read_at > %s, FALSE) FROM retail_jwks WHERE url = %s",
                    fields.Datetime.subtract(fields.Datetime.now(), seconds=MAX_AGE_SECONDS),
                    url,
                )
            )
            return cr.fetchone() or ([], False)

    @api.model
    def _read(self, url):
        """Read the keys, unless somebody did so in the last minute; return whether they were read.

        The keys that are known stay valid if they cannot be read.
        """
        if not self._claim(url):
            return False
        try:
            keys = self._fetch(url)
        except RemoteError as error:
            _logger.warning("The keys of an issuer cannot be read: %s", error.code)
            self._store(url, SQL("problem = %s", str(error)))
            return False
        stored = SQL(
            "key_set = %s::jsonb, read_at = %s, problem = NULL", json.dumps(keys), fields.Datetime.now()
        )
        self._store(url, stored)
        return True

    def _claim(self, url):
        """Return whether this worker is the one to read the keys now."""
        now = fields.Datetime.now()
        with self.env.registry.cursor() as cr:
            if not modules.module.current_test:  # whose transaction has begun already
                cr.execute(SQL("SET TRANSACTION ISOLATION LEVEL READ COMMITTED"))
            cr.execute(
                SQL(
                    """
                    INSERT INTO retail_jwks AS j (url, tried_at) VALUES (%s, %s)
                        ON CONFLICT (url) DO UPDATE SET tried_at = EXCLUDED.tried_at
                     WHERE j.tried_at IS NULL OR j.tried_at <= %s
                 RETURNING id
                    """,
                    url,
                    now,
                    fields.Datetime.subtract(now, seconds=RETRY_SECONDS),
                )
            )
            return bool(cr.fetchone())

    def _store(self, url, values):
        with self.env.registry.cursor() as cr:
            cr.execute(SQL("UPDATE retail_jwks SET %s WHERE url = %s", values, url))
        self.invalidate_model()

    def _fetch(self, url):
        settings = Settings(url, "", connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS)
        guard = Guard(server_options.allowed_hosts())
        with HttpClient(settings, max_bytes=MAX_BYTES, guard=guard, uses_proxy=False) as http:
            return jwks.fetch(http)
