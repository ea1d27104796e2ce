"""Odoo's JSON-RPC, as a user of it, and as a visitor."""

from __future__ import annotations

import requests

from stack import OdooError


class Visitor:
    """The browser session of somebody who is not logged in."""

    def __init__(self, url: str):
        self.url = url
        self._http = requests.Session()

    def post(self, path: str, **parameters):
        """Return what a JSON-RPC route answers. Raise OdooError, or RequestException."""
        body = {"jsonrpc": "2.0", "method": "call", "params": parameters}
        answer = self._http.post(self.url + path, json=body, timeout=300)
        answer.raise_for_status()
        if "error" in answer.json():
            raise OdooError(answer.json()["error"])
        return answer.json().get("result")


class Session(Visitor):
    """The web session of one user."""

    def __init__(self, url: str, database: str, login: str, password: str):
        super().__init__(url)
        self.post("/web/session/authenticate", db=database, login=login, password=password)

    def call(self, model: str, method: str, *args, **kwargs):
        """Return what `model.method(*args, **kwargs)` returns. Raise OdooError."""
        return self.post(
            f"/web/dataset/call_kw/{model}/{method}", model=model, method=method, args=args, kwargs=kwargs
        )
