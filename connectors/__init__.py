"""The built-in providers. To add one, create a folder here and list its :class:`Provider` in ``PROVIDERS``."""

from .hubspot.provider import HUBSPOT
from .voucherify.provider import VOUCHERIFY
from .webhook.provider import WEBHOOK

PROVIDERS = {provider.code: provider for provider in (HUBSPOT, VOUCHERIFY, WEBHOOK)}
