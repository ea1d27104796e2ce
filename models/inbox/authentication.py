"""Who calls the API: by a key, by an access token of our own, or by one of an outside issuer."""

import ipaddress

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ...connectors.guard import Guard
from ...core import access_token, api_key
from ...core.access_token import InvalidToken
from ...core.errors import RemoteError
from ...core.problem import Problem
from ...tools import encryption, server_options
from .api_client import Caller
from .limits import check_guesses

# Compared with the key of a caller whose prefix nobody has, so that it takes as long.
NO_DIGEST = api_key.digest("")
UNAUTHORIZED = "The API key or access token is missing, not valid, expired or revoked."
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="retail_hub"'}
MAX_CANDIDATES = 50  # clients that trust one issuer
MAX_CLAIM = 255
LIVE_KEY = SQL(
    "k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp() AT TIME ZONE 'UTC')"
)
CLIENTS = SQL("retail_api_client c")
KEYS = SQL("retail_api_key k JOIN retail_api_client c ON c.id = k.client_id")
NO_KEY = SQL("0")


class RetailApiClient(models.Model):
    _inherit = "retail.api.client"

    issuer = fields.Char(
        "Token Issuer",
        tracking=True,
        help="The “iss” of the access tokens that another system issues for this client, such as"
        " https://login.example.com/. Empty: the client calls with its keys only.",
    )
    jwks_url = fields.Char(
        "Keys of the Issuer",
        tracking=True,
        help="The URL at which the issuer publishes its public keys (JWKS), such as"
        " https://login.example.com/.well-known/jwks.json.",
    )
    audience = fields.Char(tracking=True, help="The “aud” that tokens for this Odoo have.")
    claim_name = fields.Char(
        "Claim", default="sub", tracking=True, help="The claim that says which client a token is for."
    )
    claim_value = fields.Char("Value", tracking=True, help="What the claim says for this client.")
    scope_claim = fields.Char(
        tracking=True,
        help="The claim with the scopes of a token, such as “scope”. The client may do what both the token and the"
        " scopes here allow. Empty: all of the scopes here.",
    )
    issuer_status = fields.Char(compute="_compute_issuer_status")

    _token_unique = models.UniqueIndex(
        "(issuer, jwks_url, audience, claim_name, claim_value) WHERE issuer IS NOT NULL",
        "Another client has the same issuer, audience and claim: a token would be for both.",
    )

    @api.constrains("issuer", "jwks_url", "audience", "claim_name", "claim_value")
    def _check_issuer(self):
        for client in self.filtered("issuer"):
            if not all([client.jwks_url, client.audience, client.claim_name, client.claim_value]):
                raise ValidationError(
                    self.env._("Enter the keys, the audience, the claim and its value, too, or no issuer.")
                )
            if not client.issuer.startswith("https://"):
                raise ValidationError(self.env._("The issuer is a URL that begins with https://."))
            try:
                Guard(server_options.allowed_hosts()).check_url(client.jwks_url)
            except (RemoteError, ValueError) as error:
                text = str(error) if isinstance(error, RemoteError) else self.env._("That is not a URL.")
                raise ValidationError(text) from error

    @api.depends("jwks_url")
    def _compute_issuer_status(self):
        for client in self:
            # As the superuser: the keys are of all companies; only whether they were read is shown.
            found = self.env["retail.jwks"].sudo().search([("url", "=", client.jwks_url or "")], limit=1)
            if found.problem:
                client.issuer_status = found.problem
            elif found.read_at:
                client.issuer_status = self.env._("%s keys were read.", len(found.key_set or ()))
            else:
                client.issuer_status = self.env._("The keys were not read yet.")

    def action_read_issuer_keys(self):
        """Read the keys of the issuer now, unless that was tried in the last minute. The form shows what came of it."""
        self.ensure_one()
        self.check_access("write")
        if self.jwks_url:
            self.env["retail.jwks"]._read(self.jwks_url)
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    # -- who calls ---------------------------------------------------------------------------------

    @api.model
    def _authenticate(self, text, address):
        """Return the :class:`Caller` with this API key or access token.

        :param text: what stands after ``Bearer``; "" if there is nothing
        :param address: the caller's IP address
        :raise Problem: it is not valid (``unauthorized``; ``rate-limited`` after many such), or the client may not call
            from there (``forbidden``)
        """
        found = self._by_token(text) if access_token.is_one(text) else self._by_key(text)
        if not found:
            check_guesses(address)
            raise Problem("unauthorized", UNAUTHORIZED, headers=CHALLENGE)
        caller, ip_ranges = found
        if not may_call_from(address, ip_ranges):
            raise Problem("forbidden", "The client may not call from this IP address.")
        return caller

    def _by_key(self, key):
        """Return ``(caller, IP ranges)`` of an API key; None if it is not valid."""
        condition = SQL("k.prefix = %s AND %s", api_key.prefix_of(key), LIVE_KEY)
        rows = self._callers(SQL("k.digest"), SQL("k.id"), KEYS, condition)
        digest, caller, ip_ranges = rows[0] if rows else (NO_DIGEST, None, "")
        is_right = api_key.matches(key, digest)
        return (caller, ip_ranges) if is_right and caller else None

    def _by_token(self, token):
        """Return ``(caller, IP ranges)`` of an access token; None if it is not valid."""
        try:
            header = access_token.read_header(token)
            if header.issuer == access_token.ISSUER:
                return self._by_own_token(token, header)
            return self._by_outside_token(token, header)
        except (InvalidToken, encryption.SecretKeyError):
            return None

    def _by_own_token(self, token, header):
        key = self.env["retail.token.key"]._find(header.key_id)
        if not key:
            return None
        claims = access_token.own_claims(token, key)
        # Of a key that was revoked since, no token is valid.
        condition = SQL("k.id = %s AND c.id = %s AND %s", claims["key"], int(claims["sub"]), LIVE_KEY)
        return _narrowed(self._callers(NO_KEY, SQL("k.id"), KEYS, condition), claims.get("scope", ""))

    def _by_outside_token(self, token, header):
        candidates = self.env.execute_query(
            SQL(
                "SELECT id, jwks_url, audience, claim_name, claim_value, scope_claim FROM retail_api_client"
                " WHERE issuer = %s AND active ORDER BY id LIMIT %s",
                header.issuer,
                MAX_CANDIDATES,
            )
        )
        for client_id, jwks_url, audience, name, value, scope_claim in candidates:
            claims = self._claims(token, header, jwks_url, audience)
            if claims and claims.get(name) == value:
                rows = self._callers(NO_KEY, NO_KEY, CLIENTS, SQL("c.id = %s", client_id))
                return _narrowed(rows, claims.get(scope_claim, "") if scope_claim else None)
        return None

    def _claims(self, token, header, jwks_url, audience):
        key = self.env["retail.jwks"]._key(jwks_url, header.key_id)
        try:
            return key and access_token.outside_claims(token, key, header.issuer, audience)
        except InvalidToken:
            return None  # another client may trust another key of an issuer with this name

    def _callers(self, digest, key_id, tables, condition):
        """Return ``[(digest, caller, IP ranges)]`` of the clients that may call now and meet a condition.

        :param digest: SQL of what the first element is
        :param key_id: SQL of the id of the key
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT %s, c.ip_ranges, %s, c.id, c.user_id, c.connector_id, c.company_id,
                       COALESCE(c.is_test, FALSE), COALESCE(c.calls_per_minute, 0), COALESCE(c.max_parallel, 0),
                       ARRAY(SELECT s.name FROM retail_api_scope s
                               JOIN retail_api_client_retail_api_scope_rel r ON r.retail_api_scope_id = s.id
                              WHERE r.retail_api_client_id = c.id),
                       COALESCE(c.requires_signature, FALSE)
                  FROM %s JOIN retail_connector n ON n.id = c.connector_id
                 WHERE %s AND c.active AND n.active
                   AND (c.expires_at IS NULL OR c.expires_at > clock_timestamp() AT TIME ZONE 'UTC')
                """,
                digest,
                key_id,
                tables,
                condition,
            )
        )
        return [
            (first, Caller(*identity, frozenset(scopes), is_signed), ip_ranges)
            for first, ip_ranges, *identity, scopes, is_signed in rows
        ]


def _narrowed(rows, scope_claim):
    """Return ``(caller, IP ranges)`` with those of its scopes that a token has; None if there is none.

    :param scope_claim: None if the token does not say
    """
    if not rows:
        return None
    [(_digest, caller, ip_ranges)] = rows
    if scope_claim is None:
        return caller, ip_ranges
    return caller._replace(scopes=caller.scopes & access_token.scopes(scope_claim)), ip_ranges


def may_call_from(address, ip_ranges):
    """Return whether an IP address is in one of the ranges.

    :param ip_ranges: one to a line; empty for all addresses
    """
    networks = [ipaddress.ip_network(line.strip()) for line in (ip_ranges or "").splitlines() if line.strip()]
    return not networks or any(ipaddress.ip_address(address) in network for network in networks)
