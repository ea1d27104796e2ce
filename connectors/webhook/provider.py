"""The webhook provider."""

from ...schemas import EVENT_TYPES
from .. import signing
from ..authentication import AuthMethod, Credential
from ..provider import ALL_FLOWS, CRM_FLOWS, Provider, one_call_each
from .adapter import SECRETS, WebhookAdapter, check_secret
from .receiver import StandardWebhooksReceiver

MAX_ANSWER = 1000  # bytes of a response body that are read


def http_options(settings):
    """Return the HTTP options: only the status of a response counts, and no proxy resolves the host name."""
    return {"max_bytes": MAX_ANSWER, "uses_proxy": False, "reads_json": False}


WEBHOOK = Provider(
    code="webhook",
    label="Custom system",
    adapter=WebhookAdapter,
    base_url="https://",  # no default: the admin completes it
    auth_methods=(
        AuthMethod(
            (
                Credential(
                    SECRETS[0],
                    "Signing secret (whsec_…)",
                    check=check_secret,
                    former=SECRETS[1],
                    generate=signing.new_secret,
                ),
                Credential(SECRETS[1], "Former signing secret", required=False, check=check_secret),
            )
        ),
    ),
    batch_size=200,
    event_types=frozenset(EVENT_TYPES),
    optional_event_types=frozenset(
        name for name in EVENT_TYPES if name.startswith(("stock.", "price.", "promotion."))
    ),
    flow_templates=(ALL_FLOWS, CRM_FLOWS),
    http_options=http_options,
    estimate=one_call_each,
    receiver=StandardWebhooksReceiver(),
)
