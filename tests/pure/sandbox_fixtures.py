"""Fixtures of plain tests: the sandbox process, its control API and a plain HTTP client.

dev/lib/pytest_retail_hub.py loads them for all tests, those of other addons too.
"""

import contextlib
import http.client
import importlib.util
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

CLIENT = Path(__file__).parents[1] / "sandbox" / "client.py"


def load_client():
    """The sandbox's client module, by its path: tests/ cannot be imported as a package without Odoo."""
    spec = importlib.util.spec_from_file_location("sandbox_client", CLIENT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Api:
    """HTTP to the sandbox, one new connection a request. Answers have ``status``, ``headers``, ``text``, ``data``."""

    def __init__(self, url, token="sandbox-token"):
        self.host, self.token = url.split("//")[1], token

    def __call__(self, method, path, data=None, headers=None, timeout=10):
        """``data``: JSON data, or bytes that are sent as they are."""
        body = data if data is None or isinstance(data, bytes) else json.dumps(data).encode()
        every = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            **(headers or {}),
        }
        connection = http.client.HTTPConnection(self.host, timeout=timeout)
        try:
            connection.request(method, path, body, {name: value for name, value in every.items() if value})
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        is_json = "json" in answer.headers.get("Content-Type", "") and text
        return SimpleNamespace(
            status=answer.status,
            headers=answer.headers,
            text=text,
            data=json.loads(text) if is_json else None,
        )


@pytest.fixture
def sandbox_providers():
    """Stand-ins besides the sandbox's own: {name: place}, see tests/sandbox/providers.py. An addon overrides this."""
    return {}


@pytest.fixture(scope="session")
def start_sandbox():
    """Return the client of a sandbox that has these stand-ins too; one process for all tests that want the same."""
    clients = {}
    with contextlib.ExitStack() as stack:

        def start(providers):
            key = tuple(sorted(providers.items()))
            if key not in clients:
                clients[key] = stack.enter_context(load_client().SandboxProcess(providers=providers))
            return clients[key]

        yield start


@pytest.fixture
def sandbox(start_sandbox, sandbox_providers):
    """The sandbox as new; steer it with the methods of SandboxClient."""
    client = start_sandbox(sandbox_providers)
    client.reset()
    return client


@pytest.fixture
def api(sandbox):
    return Api(sandbox.url)
