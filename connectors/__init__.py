"""The built-in providers. To add one, create a folder here and list its :class:`Provider` in ``PROVIDERS``."""

from .hubspot.provider import HUBSPOT
from .talon_one.provider import TALON_ONE
from .voucherify.provider import VOUCHERIFY
from .webhook.provider import WEBHOOK

PROVIDERS = {provider.code: provider for provider in (HUBSPOT, TALON_ONE, VOUCHERIFY, WEBHOOK)}
