"""Credentials: the secrets of a connector, which users can replace but never read."""

import logging

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from ...core.errors import AuthError
from ...tools import encryption

_logger = logging.getLogger(__name__)


class RetailCredential(models.Model):
    _name = "retail.credential"
    _description = "Connector Credential"
    _inherit = ["retail.checked"]
    _order = "connector_id, id"
    _check_company_auto = True

    connector_id = fields.Many2one("retail.connector", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="connector_id.company_id", store=True)
    name = fields.Char("Technical Name", required=True, readonly=True)
    label = fields.Char("Credential", compute="_compute_label")
    required = fields.Boolean(compute="_compute_label")
    is_obtained = fields.Boolean(
        compute="_compute_label", help="Issued by the remote system when you click Connect."
    )
    can_generate = fields.Boolean(compute="_compute_label", help="Odoo can generate this secret.")
    value = fields.Char(
        "New Value",
        compute="_compute_value",
        inverse="_inverse_value",
        help="Enter a value to set or replace the secret. It is stored encrypted and never shown again.",
    )
    encrypted_value = fields.Char(groups=fields.NO_ACCESS, copy=False)
    # As the superuser: encrypted values are nobody's to read; this only says whether there is one.
    is_set = fields.Boolean("Set", compute="_compute_is_set", compute_sudo=True)
    changed_at = fields.Datetime("Last Changed", readonly=True, copy=False)

    _name_unique = models.UniqueIndex("(connector_id, name)")

    @api.depends("name", "connector_id.provider", "connector_id.auth_method")
    def _compute_label(self):
        for credential in self:
            spec = credential._get_spec()
            credential.label = spec.label if spec else credential.name
            credential.required = bool(spec and spec.required)
            credential.is_obtained = bool(spec and spec.is_obtained)
            credential.can_generate = bool(spec and spec.generate)

    @api.depends("encrypted_value")
    def _compute_is_set(self):
        for credential in self:
            credential.is_set = bool(credential.encrypted_value)

    def _compute_value(self):
        self.value = False

    def _inverse_value(self):
        for credential in self.filtered("value"):
            credential._check_value(credential.value.strip())
            credential._store_former()
            try:
                token = encryption.encrypt(credential.value.strip())
            except encryption.SecretKeyError as error:
                raise UserError(self._secret_key_message(error)) from error
            # As the superuser: encrypted values are nobody's to write; the user may write the credential.
            credential.sudo().write({"encrypted_value": token, "changed_at": fields.Datetime.now()})
            credential.invalidate_recordset(["value"])

    def _check_value(self, value):
        spec = self._get_spec()
        if not spec or not spec.check:
            return
        try:
            spec.check(value)
        except AuthError as error:
            raise ValidationError(error.message) from error

    def _store_former(self):
        """Copy the secret that is about to be replaced to the credential for the former one, if there is one."""
        spec = self._get_spec()
        # As the superuser: encrypted values are nobody's to read or write.
        token = self.sudo().encrypted_value
        if spec and spec.former and token:
            former = self.connector_id.credential_ids.filtered(lambda other: other.name == spec.former)
            # As the superuser: it is of the same connector as the secret that the user may write.
            former.sudo().write({"encrypted_value": token, "changed_at": fields.Datetime.now()})

    def action_generate(self):
        """Set a new random secret, and show it this once, to be entered in the remote system."""
        self.ensure_one()
        self.check_access("write")
        spec = self._get_spec()
        if not spec or not spec.generate:
            raise UserError(self.env._("The remote system issues this credential: enter it here."))
        secret, note = spec.generate(), self._replaced_note(spec)
        self.value = secret
        return {
            "type": "ir.actions.client",
            "tag": "retail_hub.new_secret",
            "params": {"secret": secret, "label": self.label, "note": note},
        }

    def _replaced_note(self, spec):
        """Return what becomes of the secret that a new one replaces; "" if there is none."""
        if not (spec.former and self.is_set):
            return ""
        return self.env._("The previous secret is now the former one. Both are valid until you remove it.")

    def action_remove(self):
        """Remove the secrets of optional credentials."""
        self.check_access("write")
        if any(credential.required for credential in self):
            raise UserError(self.env._("This credential is required. To replace it, enter a new value."))
        # As the superuser: encrypted values are nobody's to write; access was checked above.
        self.sudo().write({"encrypted_value": False, "changed_at": False})

    def _get_spec(self):
        connector = self.connector_id
        specs = connector._credential_specs() if connector._get_provider() else ()
        return next((spec for spec in specs if spec.name == self.name), None)

    @api.model
    def _secrets_of(self, connector):
        """Return ``{name: clear text}`` of a connector's credentials; an empty text for one that is not set.

        :raise UserError: as :meth:`_get_secret`
        """
        self.flush_model()
        # In SQL: each drain asks for them, before it sends anything.
        rows = self.env.execute_query(
            SQL(
                "SELECT id, name, encrypted_value FROM retail_credential WHERE connector_id = %s ORDER BY id",
                connector.id,
            )
        )
        return {name: self.browse(credential_id)._clear_text(token) for credential_id, name, token in rows}

    def _get_secret(self):
        """Return the clear text, or an empty text if the credential is not set.

        :raise UserError: no key decrypts it
        """
        self.ensure_one()
        # As the superuser: encrypted values are nobody's to read; the caller uses the secret for calls.
        return self._clear_text(self.sudo().encrypted_value)

    def _clear_text(self, token):
        """As :meth:`_get_secret`.

        :param token: the credential's encrypted value
        """
        if not token:
            return ""
        try:
            return encryption.decrypt(token)
        except encryption.SecretKeyError as error:
            raise UserError(self._secret_key_message(error)) from error

    def _secret_key_message(self, error):
        if error.reason == "malformed":
            return self.env._(
                "The encryption key of Retail Hub is not a valid Fernet key. Correct secret_keys in the section"
                " [retail_hub] of odoo.conf (or RETAIL_HUB_SECRET_KEYS) and restart Odoo."
            )
        return self.env._(
            "The credential “%(name)s” was encrypted with another key. Append the former key to secret_keys (or"
            " RETAIL_HUB_SECRET_KEYS) and restart Odoo, or enter the credential again.",
            name=self.sudo().label,  # As the superuser: whoever sends needs no right to read credentials.
        )

    @api.model
    def _other_secrets(self):
        """Hook: return ``[(record, field name)]`` of encrypted secrets that are no credentials of connectors."""
        return []

    @api.model
    def _rotate_all(self):
        """Re-encrypt every secret with the newest key.

        :return: the number of secrets
        :raise UserError: a secret cannot be decrypted, which the message names; then none is changed
        """
        # As the superuser: all companies share the key; no secret leaves this method.
        credentials = self.sudo().search([("encrypted_value", "!=", False)])
        for credential in credentials:
            try:
                credential.encrypted_value = encryption.rotate(credential.encrypted_value)
            except encryption.SecretKeyError as error:
                raise UserError(credential._secret_key_message(error)) from error
        _logger.info("Re-encrypted %d credentials with the newest key", len(credentials))
        return len(credentials)
