"""Signed requests: a client can have to sign what it sends, and each signature counts once."""

import hashlib

from odoo import api, fields, models, modules
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...connectors import signing, standard_webhooks
from ...connectors.receiver import SignatureError
from ...core.problem import Problem
from ...tools import encryption

KEPT_MINUTES = 15  # longer than a signature is accepted
REFUSAL = "The signature is missing, not valid, older than five minutes, or was used before. Sign each request anew."


class RetailApiSignature(models.Model):
    _name = "retail.api.signature"
    _description = "Used Signature"
    _inherit = ["retail.checked"]
    _log_access = False

    client_id = fields.Many2one("retail.api.client", required=True, readonly=True, ondelete="cascade")
    digest = fields.Char(required=True, readonly=True, groups=fields.NO_ACCESS)
    trace_id = fields.Char(required=True, readonly=True)
    used_at = fields.Datetime(required=True, readonly=True)

    _used_unique = models.UniqueIndex("(client_id, digest)")
    _age_idx = models.Index("(used_at)")

    @api.model
    def _use(self, client_id, unique, trace_id):
        """Note that a signature was used, in a transaction of its own; return whether that is the first time.

        :param unique: a text that no other signature of the client has
        :param trace_id: of the request, which Odoo may handle several times
        """
        digest = hashlib.sha256(unique.encode()).hexdigest()
        with self.env.registry.cursor() as cr:
            if not modules.module.current_test:  # whose transaction has begun already
                cr.execute(SQL("SET TRANSACTION ISOLATION LEVEL READ COMMITTED"))
            cr.execute(
                SQL(
                    """
                    INSERT INTO retail_api_signature AS s (client_id, digest, trace_id, used_at)
                    VALUES (%s, %s, %s, clock_timestamp() AT TIME ZONE 'UTC')
                        ON CONFLICT (client_id, digest) DO UPDATE SET used_at = s.used_at
                     WHERE s.trace_id = EXCLUDED.trace_id
                 RETURNING id
                    """,
                    client_id,
                    digest,
                    trace_id,
                )
            )
            return bool(cr.fetchone())

    @api.autovacuum
    def _gc(self):
        """Drop what would not be accepted any more for its age."""
        limit = fields.Datetime.subtract(fields.Datetime.now(), minutes=KEPT_MINUTES)
        self.env.execute_query(SQL("DELETE FROM retail_api_signature WHERE used_at < %s RETURNING id", limit))


class RetailApiClient(models.Model):
    _inherit = "retail.api.client"

    requires_signature = fields.Boolean(
        "Signed Requests",
        tracking=True,
        help="Each request must be signed with the signing secret, besides its key. Others are refused.",
    )
    encrypted_signing_secret = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)
    encrypted_former_signing_secret = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)
    # As the superuser: encrypted values are nobody's to read; these only say whether there is one.
    has_signing_secret = fields.Boolean(compute="_compute_has_signing_secret", compute_sudo=True)
    # As the superuser: as above.
    has_former_signing_secret = fields.Boolean(compute="_compute_has_signing_secret", compute_sudo=True)

    @api.depends("encrypted_signing_secret", "encrypted_former_signing_secret")
    def _compute_has_signing_secret(self):
        for client in self:
            client.has_signing_secret = bool(client.encrypted_signing_secret)
            client.has_former_signing_secret = bool(client.encrypted_former_signing_secret)

    def action_new_signing_secret(self):
        """Make a signing secret, and show it once. The one that it replaces is valid until it is removed."""
        self.ensure_one()
        self.check_access("write")
        secret = signing.new_secret()
        # As the superuser: encrypted values are nobody's to read or write; access was checked above.
        client = self.sudo()
        note = ""
        if client.encrypted_signing_secret:
            note = self.env._(
                "The previous secret is now the former one. Both are valid until you remove it."
            )
        try:
            encrypted = encryption.encrypt(secret)
        except encryption.SecretKeyError as error:
            raise UserError(
                self.env._("The encryption key of Retail Hub is not valid. See Setup Check.")
            ) from error
        client.write(
            {
                "encrypted_former_signing_secret": client.encrypted_signing_secret,
                "encrypted_signing_secret": encrypted,
            }
        )
        self.message_post(body=self.env._("Signing secret created"))
        params = {"secret": secret, "label": self.env._("Signing Secret"), "note": note}
        return {"type": "ir.actions.client", "tag": "retail_hub.new_secret", "params": params}

    def action_remove_former_signing_secret(self):
        """Refuse requests that are signed with the former secret from now on."""
        self.check_access("write")
        # As the superuser: encrypted values are nobody's to write; access was checked above.
        self.sudo().encrypted_former_signing_secret = False
        self.message_post(body=self.env._("Former signing secret removed"))

    def _check_signature(self, headers, content, trace_id):
        """Check the signature of a request.

        :param headers: with lower-case names
        :param content: bytes that are signed, besides the id and the time
        :raise Problem: ``invalid-signature``
        """
        # As the superuser: encrypted values are nobody's to read; nothing of them leaves this method.
        client = self.sudo()
        tokens = client.encrypted_signing_secret, client.encrypted_former_signing_secret
        try:
            secrets = [encryption.decrypt(token) for token in tokens if token]
            unique = standard_webhooks.verify(headers, content, secrets)
        except (SignatureError, encryption.SecretKeyError) as error:
            raise Problem("invalid-signature", REFUSAL) from error
        if not self.env["retail.api.signature"]._use(self.id, unique, trace_id):
            raise Problem("invalid-signature", REFUSAL)
