"""Webhooks, signed requests and access tokens under concurrency: real processes, connections and jobs."""

import json
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import requests
from caller import find_scopes, new_client, new_system
from standardwebhooks import Webhook

from stack import wait_until

PATIENCE = 60


@pytest.fixture(scope="module")
def shop(start_odoo):
    return Shop(start_odoo("webhooks", workers=4))


class Shop:
    """A system that sends webhooks to a running Odoo, and calls its API."""

    def __init__(self, odoo):
        self.odoo = odoo
        self.id = new_system(odoo)
        odoo.call("retail.connector", "action_receive_webhooks", [self.id])
        fields = ["webhook_url", "webhook_client_id"]
        [found] = odoo.call("retail.connector", "read", [self.id], fields)
        self.url = f"{odoo.url}/retail/webhooks/{found['webhook_url'].rpartition('/')[2]}"
        scopes = find_scopes(odoo, "customers:")
        client = found["webhook_client_id"][0]
        odoo.call("retail.api.client", "write", [client], {"scope_ids": [(6, 0, scopes)]})
        domain = [("connector_id", "=", self.id), ("name", "=", "inbound_secret")]
        secrets = odoo.call("retail.credential", "search", domain)
        self.secret = odoo.call("retail.credential", "action_generate", secrets)["params"]["secret"]

    def new_client(self, name, **values):
        """Return (id, key) of a client without limits."""
        return new_client(self.odoo, self.id, "customers:", name=name, **values)

    def hook(self, message_id, data):
        """Send a webhook; return (status, seconds)."""
        body = json.dumps({"type": "customer.upsert", "data": data})
        started = time.monotonic()
        response = requests.post(
            self.url, body.encode(), headers=signed(self.secret, body, message_id), timeout=60
        )
        return response.status_code, time.monotonic() - started

    def states(self):
        return Counter(
            state
            for (state,) in self.odoo.db.query(
                "SELECT state FROM retail_message WHERE connector_id = %s", self.id
            )
        )


def signed(secret, content, message_id):
    now = datetime.now(UTC)
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, now, content),
    }


def together(count, function):
    """Call a function at the same time with numbers; return the results."""
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(function, range(count)))


def test_duplicates_at_once(shop):
    """Of one webhook that comes twelve times at once, all are acknowledged, and one is carried out."""
    found = together(
        12, lambda _number: shop.hook("one", {"external_id": "D-1", "name": {"full": "Doubled"}})
    )
    assert Counter(status for status, _seconds in found) == {204: 12}
    wait_until(lambda: shop.states() == {"done": 1}, PATIENCE, "one message")
    assert shop.odoo.db.query("SELECT count(*) FROM res_partner WHERE name = 'Doubled'") == [(1,)]


def test_many_in_order(shop):
    """Changes of five customers, thirty of each: the job carries them out in the order of their arrival."""

    def send(number):
        for change in range(30):
            data = {
                "external_id": f"O-{number}",
                "name": {"full": f"Ordered {number}"},
                "job_title": str(change),
            }
            assert shop.hook(str(uuid.uuid4()), data)[0] == 204

    before = shop.states()["done"]
    together(5, send)
    wait_until(lambda: shop.states() == {"done": before + 150}, PATIENCE, "all messages")
    rows = shop.odoo.db.query("SELECT function FROM res_partner WHERE name LIKE 'Ordered %%'")
    assert rows == [("29",)] * 5
    jobs = shop.odoo.db.query(
        "SELECT state FROM queue_job WHERE method_name = '_carry_out_received' AND state NOT IN ('done', 'pending')"
    )
    assert {state for (state,) in jobs} <= {"enqueued", "started"}


def test_one_signature_at_once(shop):
    """A signed request that is sent eight times at once is carried out once."""
    client_id, key = shop.new_client("Signing", requires_signature=True)
    secret = shop.odoo.call("retail.api.client", "action_new_signing_secret", [client_id])["params"]["secret"]
    body = json.dumps({"external_id": "S-1", "name": {"full": "Signed"}})
    headers = signed(secret, f"POST /retail/v1/customers\n{body}", "once")
    headers["Authorization"] = f"Bearer {key}"
    url = f"{shop.odoo.url}/retail/v1/customers"
    found = together(
        8, lambda _number: requests.post(url, body.encode(), headers=headers, timeout=60).status_code
    )
    assert Counter(found) == {201: 1, 401: 7}


def test_a_token_of_a_revoked_key_is_refused_by_all_workers(shop):
    _client_id, key = shop.new_client("Tokens")
    form = {"grant_type": "client_credentials", "client_id": key[:16], "client_secret": key}
    answers = together(
        8, lambda _number: requests.post(f"{shop.odoo.url}/retail/oauth/token", form, timeout=60)
    )
    assert Counter(answer.status_code for answer in answers) == {200: 8}
    tokens = [answer.json()["access_token"] for answer in answers]

    def read(number):
        headers = {"Authorization": f"Bearer {tokens[number]}"}
        return requests.get(
            f"{shop.odoo.url}/retail/v1/messages/none", headers=headers, timeout=60
        ).status_code

    assert Counter(together(8, read)) == {404: 8}
    [key_id] = shop.odoo.call("retail.api.key", "search", [("prefix", "=", key[:16])])
    shop.odoo.call("retail.api.key", "action_revoke", [key_id])
    assert Counter(together(8, read)) == {401: 8}
