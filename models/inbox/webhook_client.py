"""As whom webhooks are carried out: an API client of the connector, with the scopes that the admin chooses."""

from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ...connectors import signing
from ...connectors.receiver import Receiver, SignatureError
from ...connectors.webhook.receiver import StandardWebhooksReceiver
from ...tools import encryption
from .authentication import may_call_from

# Webhooks come by the hundred in a second: what they are checked and stored with is read by one statement.
HOOK = """
    SELECT n.id, n.provider, n.public_url, c.ip_ranges,
           (SELECT jsonb_object_agg(k.name, k.encrypted_value) FROM retail_credential k
             WHERE k.connector_id = n.id AND k.encrypted_value IS NOT NULL),
           c.id, c.company_id, COALESCE(c.is_test, FALSE)
      FROM retail_connector n JOIN retail_api_client c ON c.id = n.webhook_client_id
     WHERE n.webhook_token = %s AND n.active AND c.active
       AND (c.expires_at IS NULL OR c.expires_at > clock_timestamp() AT TIME ZONE 'UTC')
"""


class Hook(NamedTuple):
    """A URL for webhooks: who verifies what comes there, and as whom it is carried out.

    :param public_url: of Odoo, as the system reaches it
    :param secrets: the encrypted credentials of the system, ``{name: token}``
    """

    connector_id: int
    public_url: str
    receiver: Receiver
    secrets: dict[str, str]
    client_id: int
    company_id: int
    is_test: bool

    def commands(self, request):
        """Return what a webhook asks for, as :meth:`Receiver.commands`.

        :raise SignatureError: it is not genuine
        """
        names = self.receiver.secret_names
        tokens = {name: self.secrets.get(name, "") for name in names}
        secrets = {name: token and encryption.decrypt(token) for name, token in tokens.items()}
        self.receiver.verify(request, secrets)
        return self.receiver.commands(request)


def refuse(request):
    """Refuse what comes to a URL that is not one of ours; it takes as long as to verify a signature.

    :raise SignatureError: always
    """
    names = StandardWebhooksReceiver.secret_names
    StandardWebhooksReceiver().verify(request, {name: signing.new_secret() for name in names})
    raise SignatureError("There is no such URL.")


class RetailConnector(models.Model):
    _inherit = "retail.connector"

    webhook_client_id = fields.Many2one(
        "retail.api.client",
        "Act As",
        domain="[('connector_id', '=', id)]",
        copy=False,
        ondelete="restrict",
        help="What webhooks ask for is carried out as this API client: with its scopes, policies and user.",
    )

    @api.constrains("webhook_client_id")
    def _check_webhook_client(self):
        for connector in self:
            client = connector.webhook_client_id
            if client and client.connector_id != connector:
                raise ValidationError(
                    self.env._(
                        "%(client)s is an API client of another system than %(connector)s.",
                        client=client.name,
                        connector=connector.name,
                    )
                )

    def action_receive_webhooks(self):
        """Make the URL, and a client without keys as which webhooks are carried out."""
        result = super().action_receive_webhooks()
        for connector in self.filtered(lambda connector: not connector.webhook_client_id):
            name = self.env._("Webhooks of %(system)s", system=connector.name)
            connector.webhook_client_id = self.env["retail.api.client"].create(
                {"name": name, "connector_id": connector.id}
            )
        return result

    @api.model
    def _hook(self, token, address):
        """Return the :class:`Hook` with this token, if it receives webhooks from an IP address now; else None."""
        for connector_id, provider_code, public_url, ip_ranges, secrets, *client in self.env.execute_query(
            SQL(HOOK, token)
        ):
            provider = self._providers().get(provider_code)
            if provider and provider.receiver and may_call_from(address, ip_ranges):
                url = (public_url or self.get_base_url()).rstrip("/")
                return Hook(connector_id, url, provider.receiver, secrets or {}, *client)
        return None


class RetailApiClient(models.Model):
    _inherit = "retail.api.client"

    def _is_of_webhooks(self):
        """Return whether webhooks are carried out as the client."""
        self.ensure_one()
        # As the superuser: it only says whether there is such a connector.
        return self.connector_id.sudo().webhook_client_id == self
