"""The remote systems that the sandbox can be. A new one is a new module and one line here.

A provider is a class with

- ``PREFIXES``: the beginnings of the URL paths that it answers,
- ``settings``: a dict of what ``POST /_sandbox/settings?provider=<name>`` may change, and ``configure(changes)``,
- ``actions``: a dict of functions that ``POST /_sandbox/actions?provider=<name>`` may call by name,
- ``limit_reached(which, retry_after) -> Response`` for the fault ``limit``,
- ``handle(request) -> Response`` (called by many threads at once),
- ``reset()``, ``summary() -> dict`` and ``records(kind) -> list of dict``.
"""

from hubspot.portal import Portal
from webhook.receiver import Receiver

PROVIDERS = {
    "hubspot": Portal,
    "webhook": Receiver,
}
