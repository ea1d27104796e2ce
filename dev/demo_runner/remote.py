"""The shop's HubSpot account, seen from outside: through the sandbox's control API (tests/sandbox)."""

from __future__ import annotations

import sys
from pathlib import Path

from database import setting

sys.path.append(str(Path(setting("RETAIL_HUB_ROOT"), "tests", "sandbox")))

from client import SandboxClient


class Unexpected(Exception):
    """The remote, or a delivery, is not as it should be."""


def expect(actual, expected, what: str) -> None:
    """Raise Unexpected unless the two are equal."""
    if actual != expected:
        raise Unexpected(f"{what} is {actual!r}, not {expected!r}")


class HubSpot(SandboxClient):
    """What the shop's HubSpot account holds, seen from outside."""

    def living(self, **properties: str) -> list[dict]:
        """Return the contacts that are not archived and have these property values."""
        return [
            contact
            for contact in self.contacts()
            if not contact["archived"]
            and all(contact["properties"].get(name, "") == value for name, value in properties.items())
        ]

    def the_contact(self, **properties: str) -> dict:
        """Return the one contact with these property values. Raise Unexpected for none or several."""
        found = self.living(**properties)
        if len(found) != 1:
            wanted = ", ".join(f"{name} {value!r}" for name, value in properties.items())
            raise Unexpected(f"{len(found)} contacts with {wanted}, not one")
        return found[0]

    def calls(self, since: int = 0) -> list[dict]:
        """Return the requests about contacts after number `since`."""
        return [request for request in self.requests(since) if "/contacts" in request["path"]]

    def call_count(self) -> int:
        return len(self.calls())
