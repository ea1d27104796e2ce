"""The receiver in doc/webhooks.rst works as it is printed."""

import base64
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from samples import closed_port, make_item, wait_until

from odoo.addons.retail_hub.connectors.connection import Connection
from odoo.addons.retail_hub.connectors.provider import Settings
from odoo.addons.retail_hub.connectors.webhook.provider import WEBHOOK
from odoo.addons.retail_hub.core.errors import AuthError, RemoteError

ROOT = Path(__file__).parents[3]
SECRET, OTHER = ("whsec_" + base64.b64encode(letter * 32).decode() for letter in (b"n", b"o"))


@pytest.fixture
def receiver(tmp_path):
    """The URL of the document's receiver, and the lines that it has printed."""
    text = (ROOT / "doc/webhooks.rst").read_text()
    [code] = re.findall(r"\.\. code-block:: python\n\n((?:    .*\n|\n)+)", text)
    port = closed_port()
    script = tmp_path / "receiver.py"
    script.write_text(textwrap.dedent(code).replace("8000", str(port)))
    output = tmp_path / "output"
    with output.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, script],
            env={**os.environ, "SIGNING_SECRET": SECRET},
            stdout=file,
            stderr=subprocess.DEVNULL,
        )
    try:
        yield f"http://127.0.0.1:{port}", lambda: output.read_text().splitlines()
    finally:
        process.terminate()
        process.wait(10)


def make_adapter(url, secret=SECRET):
    return Connection(
        WEBHOOK,
        Settings(
            url,
            "v1",
            {"signing_secret": secret},
            source="https://shop.example.com",
            allowed_hosts=["127.0.0.1"],
        ),
    )


def is_up(adapter):
    try:
        return bool(adapter.test_connection())
    except RemoteError:
        return False


def test_receiver(receiver):
    url, lines = receiver
    with make_adapter(url) as adapter:
        wait_until(lambda: is_up(adapter))
        assert lines() == []
        item = adapter.prepare(make_item(1, subject="customer/1"))
        assert [o.error for o in adapter.send([item, item])] == [None, None]
    assert lines() == ["retail.customer.updated.v1 customer/1"]
    with make_adapter(url, OTHER) as adapter:
        [outcome] = adapter.send([adapter.prepare(make_item(2))])
    assert (type(outcome.error), outcome.error.http_status) == (AuthError, 401)
    assert len(lines()) == 1
