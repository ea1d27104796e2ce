"""Odoo's JSON-RPC, as a user of it."""

from __future__ import annotations

import requests

from stack import OdooError


class Session:
    """The web session of one user."""

    def __init__(self, url: str, database: str, login: str, password: str):
        self.url = url
        self._http = requests.Session()
        credentials = {"db": database, "login": login, "password": password}
        self._post("/web/session/authenticate", credentials)

    def call(self, model: str, method: str, *args, **kwargs):
        """Return what `model.method(*args, **kwargs)` returns. Raise OdooError."""
        parameters = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        return self._post(f"/web/dataset/call_kw/{model}/{method}", parameters)

    def _post(self, path, parameters):
        body = {"jsonrpc": "2.0", "method": "call", "params": parameters}
        answer = self._http.post(self.url + path, json=body, timeout=300)
        answer.raise_for_status()
        if "error" in answer.json():
            raise OdooError(answer.json()["error"])
        return answer.json().get("result")
