"""An external system that calls the hub's API: it notes what it has reported, for the account at the end of the day."""

from __future__ import annotations

import uuid
from collections import defaultdict

import requests
from remote import Unexpected
from shop import Shop

SCOPES = ("customers:%", "orders:%", "payments:%", "fulfilment:%", "inventory:%", "loyalty:%")


class ApiClient:
    """A client of the API with a key of its own.

    ``reported`` is what Odoo has taken, by kind: ``{external id: content}``.
    """

    def __init__(self, shop: Shop, connector: int, name: str, **values):
        domain = ["|"] * (len(SCOPES) - 1) + [("name", "=like", scope) for scope in SCOPES]
        scopes = shop.call("retail.api.scope", "search", domain)
        limits = {"calls_per_minute": 0, "max_parallel": 0}
        values = {"name": name, "connector_id": connector, "scope_ids": scopes, **limits, **values}
        [self.id] = shop.call("retail.api.client", "create", [values])
        secret = shop.call("retail.api.client", "action_new_key", [self.id])["params"]["secret"]
        self.url = f"{shop.odoo.url}/retail/v1"
        self.headers = {"Authorization": f"Bearer {secret}"}
        self.reported: dict[str, dict[str, object]] = defaultdict(dict)
        self.statuses: list[int] = []

    def post(self, path: str, content: dict, *, key: str = "", timeout: float = 120) -> requests.Response:
        """Send a command; the same ``key`` again is the same request."""
        headers = {**self.headers, "Idempotency-Key": key or str(uuid.uuid4())}
        response = requests.post(self.url + path, json=content, headers=headers, timeout=timeout)
        self.statuses.append(response.status_code)
        return response

    def report(self, kind: str, name: str, content: object, path: str, body: dict, *, key: str = "") -> dict:
        """Send a command that has to be taken, and note it; return the answer. Raise Unexpected if it is refused."""
        response = self.post(path, body, key=key)
        if response.status_code not in (200, 201, 202):
            raise Unexpected(f"POST {path} is answered with {response.status_code}: {response.text}")
        self.reported[kind][name] = content
        return response.json()

    def get(self, path: str) -> dict:
        """Return what the API answers. Raise HTTPError."""
        response = requests.get(self.url + path, headers=self.headers, timeout=60)
        response.raise_for_status()
        return response.json()
