"""Receiving webhooks: the URL that the remote system calls, and the secrets that prove who does."""

import secrets
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

WEBHOOKS = "/retail/webhooks"
MANAGER = "retail_hub.group_manager"


class RetailConnector(models.Model):
    _inherit = "retail.connector"

    can_receive = fields.Boolean(compute="_compute_can_receive")
    # As it is: whoever knows it still needs the secret to be believed.
    webhook_token = fields.Char(readonly=True, copy=False, groups=MANAGER)
    webhook_url = fields.Char(
        "Webhook URL",
        compute="_compute_webhook_url",
        groups=MANAGER,
        help="Enter it in the remote system, as the URL to which it sends webhooks.",
    )
    public_url = fields.Char(
        "Public URL of Odoo",
        copy=False,
        help="How the remote system reaches this Odoo, such as https://odoo.example.com. Some systems sign the URL that"
        " they call. Empty: Odoo's own URL.",
    )
    # As the superuser: the secrets are closed to users, whether there is one is not.
    has_webhook_secret = fields.Boolean(compute="_compute_has_webhook_secret", compute_sudo=True)

    _webhook_token_unique = models.UniqueIndex("(webhook_token) WHERE webhook_token IS NOT NULL")

    @api.constrains("public_url")
    def _check_public_url(self):
        for connector in self.filtered("public_url"):
            if not _is_origin(connector.public_url):
                raise ValidationError(
                    self.env._(
                        "“%(url)s” is not the URL of an Odoo. Enter one like https://odoo.example.com.",
                        url=connector.public_url,
                    )
                )

    @api.depends("provider")
    def _compute_can_receive(self):
        for connector in self:
            connector.can_receive = bool(connector._receiver())

    @api.depends("webhook_token", "public_url")
    def _compute_webhook_url(self):
        for connector in self:
            token = connector.webhook_token
            connector.webhook_url = token and f"{connector._public_url()}{WEBHOOKS}/{token}"

    @api.depends("webhook_token", "credential_ids.encrypted_value")
    def _compute_has_webhook_secret(self):
        for connector in self:
            names = connector._webhook_secret_names()
            connector.has_webhook_secret = any(
                each.is_set for each in connector.credential_ids if each.name in names
            )

    def _receiver(self):
        """Return the :class:`~...connectors.receiver.Receiver`; None if the system sends no webhooks."""
        provider = self._get_provider()
        return provider.receiver if provider else None

    def _public_url(self):
        return (self.public_url or self.get_base_url()).rstrip("/")

    def _webhook_secret_names(self):
        receiver = self._receiver()
        return receiver.secret_names if receiver else ()

    def _credential_specs(self):
        """Return also what verifies webhooks, once the connector receives some."""
        specs = super()._credential_specs()
        # As the superuser: the token is for managers only, and leaves this method with nobody.
        is_receiving = self.sudo().webhook_token and self._receiver()
        return (*specs, *self._receiver().credentials) if is_receiving else specs

    def action_receive_webhooks(self):
        """Make the URL that the remote system calls, or a new one; the former one ends at once."""
        for connector in self:
            connector.check_access("write")
            if not connector._receiver():
                raise UserError(self.env._("%(name)s sends no webhooks.", name=connector.name))
            # As the superuser: the token is read-only for users; access was checked above.
            connector.sudo().webhook_token = secrets.token_urlsafe(32)
        self._sync_credentials()
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_stop_webhooks(self):
        """End the URL, and forget the secrets of incoming webhooks."""
        self.check_access("write")
        # As the superuser: the token is read-only for users; access was checked above.
        self.sudo().webhook_token = False
        self._sync_credentials()
        return {"type": "ir.actions.client", "tag": "soft_reload"}


def _is_origin(text):
    try:
        url = urlsplit(text)
        is_plain = url.port is None or url.port > 0
    except ValueError:
        return False
    is_http = url.scheme in ("http", "https") and bool(url.hostname) and is_plain
    return is_http and text.isascii() and text.isprintable() and not set("@#?\\ ") & set(text)
