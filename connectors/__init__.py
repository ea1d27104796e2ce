"""Providers. A new one is a folder here and its name in ``PROVIDERS``."""

from .hubspot.provider import HUBSPOT
from .webhook.provider import WEBHOOK

PROVIDERS = {provider.code: provider for provider in (HUBSPOT, WEBHOOK)}
