"""Providers. A new one is a folder here and one line in ``ADAPTERS``."""

from .hubspot.adapter import HubSpotAdapter
from .webhook.adapter import WebhookAdapter

ADAPTERS = {
    "hubspot": HubSpotAdapter,
    "webhook": WebhookAdapter,
}
