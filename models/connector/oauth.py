"""OAuth: the consent, and the renewal of access tokens by one worker at a time."""

import contextlib
import hashlib
import hmac
import logging
import secrets
from dataclasses import replace
from urllib.parse import urljoin

import psycopg2

from odoo import SUPERUSER_ID, api, fields, models, modules
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ...connectors import oauth
from ...connectors.guard import Guard
from ...connectors.http_client import HttpClient
from ...connectors.provider import Settings
from ...core.errors import RemoteError, TransientError
from ...tools import server_options

_logger = logging.getLogger(__name__)

CALLBACK = "/retail_hub/oauth/callback"
CONSENT_MINUTES = 10
RENEW_SECONDS = 120  # a token that expires sooner is renewed before a drain starts
FRESH_SECONDS = 60  # if a token this new is refused, renewing it does not help
OAUTH_LOCK = (
    1919247458  # the first key of the advisory locks: held to renew a token, and to change the address
)
MOVING = "retail_hub.moving"
LOCK_SECONDS = 10  # to wait for the lock longer than the call may take that its holder makes


class RetailConnector(models.Model):
    _inherit = "retail.connector"

    auth_method = fields.Selection(
        "_selection_auth_method",
        "Authentication",
        compute="_compute_auth_method",
        precompute=True,
        store=True,
        readonly=False,
        required=True,
        help="Access Token: you create a token in the remote system and enter it here. OAuth: you give your consent in"
        " the remote system, and the access tokens are renewed automatically.",
    )
    auth_method_choices = fields.Json(compute="_compute_auth_method_choices")
    has_auth_method_choice = fields.Boolean(compute="_compute_auth_method_choices")
    # As the superuser: it depends on a value that is nobody's to read, and only says whether there is one.
    is_connected = fields.Boolean(compute="_compute_is_connected", compute_sudo=True)
    oauth_callback = fields.Char(
        "Redirect URL",
        compute="_compute_oauth_callback",
        help="Enter it in the settings of your app in the remote system.",
    )
    token_given_at = fields.Datetime(readonly=True, copy=False)
    token_ends_at = fields.Datetime("Token Expires", readonly=True, copy=False)
    consent_hash = fields.Char(groups=fields.NO_ACCESS, copy=False)
    consent_user_id = fields.Many2one("res.users", groups=fields.NO_ACCESS, copy=False)
    consent_until = fields.Datetime(groups=fields.NO_ACCESS, copy=False)

    @api.model
    def _selection_auth_method(self):
        labels = {}
        for provider in self._providers().values():
            for method in provider.auth_methods:
                labels.setdefault(method.code, method.label)
        return list(labels.items())

    @api.depends("provider")
    def _compute_auth_method(self):
        for connector in self:
            provider = connector._get_provider()
            connector.auth_method = (
                provider.auth_method(connector.auth_method).code if provider else connector.auth_method
            )

    @api.depends("provider")
    def _compute_auth_method_choices(self):
        for connector in self:
            provider = connector._get_provider()
            codes = [method.code for method in provider.auth_methods] if provider else []
            connector.auth_method_choices = codes
            connector.has_auth_method_choice = len(codes) > 1

    @api.depends("auth_method", "credential_ids.encrypted_value")
    def _compute_is_connected(self):
        for connector in self:
            connector.is_connected = (
                connector.auth_method == "oauth" and connector._credential("refresh_token").is_set
            )

    def _compute_oauth_callback(self):
        for connector in self:
            connector.oauth_callback = urljoin(connector.get_base_url(), CALLBACK)

    # -- consent -----------------------------------------------------------------------------------

    def action_connect(self):
        """Open the remote's consent page."""
        self.ensure_one()
        self.check_access("write")
        if self.auth_method != "oauth":
            raise UserError(self.env._("%(name)s does not use OAuth.", name=self.name))
        client_id = self._credential("client_id")._get_secret()
        if not client_id or not self._credential("client_secret").is_set:
            raise UserError(
                self.env._("First enter the client ID and the client secret on the Credentials tab.")
            )
        state = secrets.token_urlsafe(32)
        # As the superuser: the consent is read-only for users; access was checked above.
        self.sudo().write(
            {
                "consent_hash": _hash(state),
                "consent_user_id": self.env.uid,
                "consent_until": fields.Datetime.add(fields.Datetime.now(), minutes=CONSENT_MINUTES),
            }
        )
        url = oauth.authorization_url(self._oauth(), client_id, self.oauth_callback, state)
        return {"type": "ir.actions.act_url", "url": url, "target": "self"}

    @api.model
    def _consume_consent(self, state):
        """Return the connector for which this user opened the consent page with this state, and end the consent.

        :raise AccessError: there is none, or the consent has expired
        """
        now = fields.Datetime.now()
        # As the superuser: the consent is nobody's to read; only this user's own are searched.
        waiting = self.sudo().search([("consent_user_id", "=", self.env.uid), ("consent_until", ">=", now)])
        for connector in waiting:
            if hmac.compare_digest(connector.consent_hash or "", _hash(state)):
                connector._end_consent()
                return connector.with_env(self.env)
        raise AccessError(
            self.env._("This consent has expired, or another user started it. Click Connect again.")
        )

    def _end_consent(self):
        # As the superuser: the consent is read-only for users.
        self.sudo().write({"consent_hash": False, "consent_user_id": False, "consent_until": False})

    def _before_move(self):
        """Wait for renewals in progress. Otherwise they would store tokens of the old address under the new one."""
        for connector in self.sorted("id"):
            connector._lock_tokens()
        self._moving().update(self.ids)
        return super()._before_move()

    def _forget_credentials(self):
        """Also end a consent that is pending: its code must not be sent to the new address."""
        self._end_consent()
        # As the superuser: read-only for users.
        self.sudo().write({"token_given_at": False, "token_ends_at": False})
        return super()._forget_credentials()

    def _finish_consent(self, code):
        """Exchange an authorization code for tokens, and test the connection. The form shows the result."""
        self.check_access("write")
        try:
            with self._token_client() as http:
                token = oauth.exchange(http, self._oauth(), self._secrets(), code, self.oauth_callback)
        except (RemoteError, UserError) as error:
            self._store_test_result(False, str(error), 0.0)
            return
        self._store_token(token)
        self.action_test_connection()

    def _refuse_consent(self):
        self.check_access("write")
        self._store_test_result(False, self.env._("The consent was not given. Click Connect again."), 0.0)

    # -- renewal -----------------------------------------------------------------------------------

    def _adapter_settings(self):
        """Return the settings with an access token that does not expire soon.

        :raise RemoteError: the token cannot be renewed
        """
        settings = super()._adapter_settings()
        if self.auth_method != "oauth" or not self.is_connected or self._token_seconds() >= RENEW_SECONDS:
            return settings
        token = self._renewed_token(settings.credentials.get("access_token"))
        return replace(settings, credentials={**settings.credentials, "access_token": token})

    def _has_other_token(self, refused):
        """Return whether another access token than the refused one is available, after renewing it if necessary."""
        if self.auth_method != "oauth" or not self.is_connected:
            return False
        try:
            return self._renewed_token(refused, is_refused=True) != refused
        except RemoteError as error:
            _logger.warning("Connector %s could not renew its token: %s", self.id, error.code)
            return False

    def _renewed_token(self, used, is_refused=False):
        """Return an access token other than ``used``; or ``used`` itself if it is too new to be replaced.

        One worker renews the token, in a separate transaction. Workers that wait for it use the same new token.

        :param used: the token to replace
        :param is_refused: the remote refused it
        :raise RemoteError: the token cannot be renewed
        """
        if self.id in self._moving():  # it would wait for this transaction
            raise self._not_now()
        with self._own_transaction() as connector:
            connector._wait_for_tokens()
            if connector._destination() != self._destination():
                # The caller would send the token of the new address to the old one.
                message = self.env._("The address of the connector has changed.")
                raise TransientError(message, code="ADDRESS_CHANGED").not_sent()
            present = connector._credential("access_token")._get_secret()
            if present != used or (is_refused and connector._token_age() < FRESH_SECONDS):
                return present
            with connector._token_client() as http:
                token = oauth.refresh(http, connector._oauth(), connector._secrets())
            connector._store_token(token)
            return token.access_token

    def _moving(self):
        """Return the set of the ids of the connectors whose address this transaction changes."""
        cr = self.env.cr
        if MOVING not in cr.cache:
            cr.cache[MOVING] = set()
            cr.postcommit.add(lambda: cr.cache.pop(MOVING, None))
            cr.postrollback.add(lambda: cr.cache.pop(MOVING, None))
        return cr.cache[MOVING]

    def _lock_tokens(self):
        """Be the only transaction that renews the token or changes the address."""
        self.env.cr.execute(SQL("SELECT pg_advisory_xact_lock(%s, %s)", OAUTH_LOCK, self.id))

    def _wait_for_tokens(self):
        """Lock the tokens to renew them.

        :raise TransientError: the lock was not released in time
        """
        seconds = self.connect_timeout + self.read_timeout + LOCK_SECONDS
        self.env.cr.execute(SQL("SELECT set_config('lock_timeout', %s, true)", f"{seconds}s"))
        try:
            self._lock_tokens()
            self._check_row_is_free()
        except psycopg2.errors.LockNotAvailable as error:
            raise self._not_now() from error

    def _check_row_is_free(self):
        """Wait until nobody else is changing the row: a token that has been issued must be stored."""
        savepoint = self.env.cr.savepoint(flush=False)
        self.env.cr.execute(SQL("SELECT FROM retail_connector WHERE id = %s FOR NO KEY UPDATE", self.id))
        savepoint.close(rollback=True)  # the remote may take its time, and others change the row, too

    def _not_now(self):
        message = self.env._(
            "The access token is being renewed, or the connector is being changed. Try again."
        )
        return TransientError(message, code="TOKEN_LOCKED").not_sent()

    @contextlib.contextmanager
    def _own_transaction(self):
        """Yield the connector in a READ COMMITTED transaction: after waiting for a lock, it sees what was stored."""
        if modules.module.current_test:
            # As the superuser: in tests instead of the transaction below, which is the superuser's.
            yield self.sudo()
            return
        with self.env.registry.cursor() as cr:
            cr.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
            # As the superuser: tokens are read-only for users, and any drain may have to renew one.
            yield self.with_env(api.Environment(cr, SUPERUSER_ID, {}))

    def _store_token(self, token):
        self._credential("access_token").value = token.access_token
        if token.refresh_token:
            self._credential("refresh_token").value = token.refresh_token
        [(now, ends_at)] = self.env.execute_query(
            SQL(
                "SELECT t, t + make_interval(secs => %s)"
                "  FROM (SELECT date_trunc('second', clock_timestamp() AT TIME ZONE 'UTC') t) now",
                token.expires_in,
            )
        )
        # As the superuser: read-only for users; the token comes from the remote.
        self.sudo().write({"token_given_at": now, "token_ends_at": ends_at})

    def _token_seconds(self):
        return self._seconds_from_now(self.token_ends_at) if self.token_ends_at else 0.0

    def _token_age(self):
        return -self._seconds_from_now(self.token_given_at) if self.token_given_at else FRESH_SECONDS

    def _seconds_from_now(self, moment):
        [(seconds,)] = self.env.execute_query(
            SQL("SELECT extract(epoch FROM %s - clock_timestamp() AT TIME ZONE 'UTC')::float", moment)
        )
        return seconds

    # -- parts -------------------------------------------------------------------------------------

    def _oauth(self):
        return self._get_auth_method().endpoints(self.base_url.rstrip("/"), self.api_version or "")

    def _credential(self, name):
        return self.credential_ids.filtered(lambda credential: credential.name == name)

    def _secrets(self):
        return {credential.name: credential._get_secret() for credential in self.credential_ids}

    def _token_client(self):
        self._check_not_neutralized()
        settings = Settings(
            self.base_url.rstrip("/"),
            self.api_version or "",
            connect_timeout=self.connect_timeout,
            read_timeout=self.read_timeout,
        )
        return HttpClient(settings, guard=Guard(server_options.allowed_hosts()))


def _hash(state):
    return hashlib.sha256(state.encode()).hexdigest()
