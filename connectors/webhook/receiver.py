"""Receives webhooks of custom systems, signed as Standard Webhooks defines. README.md describes what to send."""

from ...core.problem import Problem
from ...core.strict_json import read_json
from .. import signing, standard_webhooks
from ..authentication import Credential
from ..receiver import ReceivedCommand, Receiver
from .adapter import check_secret

SECRETS = ("inbound_secret", "former_inbound_secret")  # both verify while a secret is being replaced
MAX_TYPE = 100
ID = "webhook-id"


class StandardWebhooksReceiver(Receiver):
    """The body is a command, ``{"type": …, "data": {…}, "timestamp": …}``, or a list of them."""

    secret_names = SECRETS
    credentials = (
        Credential(
            SECRETS[0],
            "Secret of incoming webhooks (whsec_…)",
            required=False,
            check=check_secret,
            former=SECRETS[1],
            generate=signing.new_secret,
        ),
        Credential(SECRETS[1], "Former secret of incoming webhooks", required=False, check=check_secret),
    )

    def verify(self, request, secrets):
        """Check the headers ``webhook-id``, ``webhook-timestamp`` and ``webhook-signature``."""
        standard_webhooks.verify(request.headers, request.body, [secrets.get(name, "") for name in SECRETS])

    def commands(self, request):
        content = read_json(request.body)
        items = content if isinstance(content, list) else [content]
        if not 1 <= len(items) <= self.MAX_ITEMS:
            raise Problem("invalid-request", f"Send 1 to {self.MAX_ITEMS} commands.")
        message_id = request.headers[ID]
        if not isinstance(content, list):
            return [_command(message_id, content)]
        return [_command(f"{message_id}/{number}", item) for number, item in enumerate(items)]


def _command(item_id, item):
    """
    :raise Problem: it is no command
    """
    is_command = isinstance(item, dict) and isinstance(item.get("data"), dict)
    name = item.get("type") if is_command else None
    if not isinstance(name, str) or not 0 < len(name) <= MAX_TYPE:
        raise Problem(
            "invalid-request", "A command has a type, which is a text, and data, which is an object."
        )
    return ReceivedCommand(item_id, name, item["data"])
