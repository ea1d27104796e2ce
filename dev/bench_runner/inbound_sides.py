"""Who stores what external systems send: the hub, and what it is compared with.

Each side has a database and a server of its own with the same workers. What is stored is not carried out meanwhile, on
either side: the bench itself holds the lock of the job runner, so that jobs are made and wait.
"""

import base64
import contextlib
import hashlib
import hmac
import json
import uuid
from datetime import UTC, datetime

import odoo_here
from customers import customers
from load import raw_request
from standardwebhooks import Webhook

from odoo.modules import get_module_path

from stack import JOB_RUNNER_LOCK, OdooServer

WORKERS = 4
SHOPIFY = "shopify_connector"
SCOPES = ("customers:read", "customers:write")
SHOPIFY_SECRET = "bench-secret"  # noqa: S105 known to the bench only


class Hub:
    """A database with the hub, and a connector whose system sends webhooks and calls the API."""

    def __init__(self, bench, label, is_busy=True, **server_options):
        self.database = bench.database(label, "retail_hub")
        with odoo_here.environment(self.database) as env:
            self._connect(env)
            env.cr.commit()
        if is_busy:
            bench.enter(busy_job_runner(self.database))
        self.server = bench.start(start_options(self.database, **server_options))

    def _connect(self, env):
        connector = env["retail.connector"].create(
            {"name": "Shop", "provider": "webhook", "base_url": "https://shop.example.com"}
        )
        connector.action_receive_webhooks()
        scopes = env["retail.api.scope"].search([("name", "in", SCOPES)])
        connector.webhook_client_id.scope_ids = scopes
        values = {"name": "Shop", "connector_id": connector.id, "scope_ids": scopes.ids}
        client = env["retail.api.client"].create({**values, "calls_per_minute": 0, "max_parallel": 0})
        self.key = env["retail.api.key"]._issue(client)
        secret = connector.credential_ids.filtered(lambda each: each.name == "inbound_secret")
        self.secret = secret.action_generate()["params"]["secret"]
        self.path = f"/retail/webhooks/{connector.webhook_token}"

    def webhook(self):
        """Return the request of a webhook about a new customer, signed now."""
        body = json.dumps({"type": "customer.upsert", "data": new_customer()})
        message_id, now = str(uuid.uuid4()), datetime.now(UTC)
        headers = {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(self.secret).sign(message_id, now, body),
        }
        return raw_request(self.path, headers, body.encode())

    def batch(self, commands):
        """Return the request of a batch of ``customer.upsert`` with this data."""
        items = [
            {"command": "customer.upsert", "idempotency_key": str(uuid.uuid4()), "data": each}
            for each in commands
        ]
        body = json.dumps({"commands": items}).encode()
        return raw_request("/retail/v1/batch", {"Authorization": f"Bearer {self.key}"}, body)

    def count_stored(self):
        return self.database.query("SELECT count(*) FROM retail_message")[0][0]


class Peers:
    """A database without the hub: JSON-2, a bare route, and the Shopify connector's webhooks, if it is here."""

    def __init__(self, bench):
        self.has_shopify = bool(get_module_path(SHOPIFY, display_warning=False)) and not bench.is_smoke
        modules = ("retail_bench_route", *([SHOPIFY] if self.has_shopify else []))
        self.database = bench.database("inbound_peers", *modules)
        with odoo_here.environment(self.database) as env:
            self.json2_key = env["res.users.apikeys"]._generate("rpc", "bench", None)
            self._values = customers(env, 1, "peer")[0]
            self._shopify_id = self._make_shop(env) if self.has_shopify else None
            env.cr.commit()
        bench.enter(busy_job_runner(self.database))
        self.server = bench.start(start_options(self.database))

    def _make_shop(self, env):
        values = {"name": "Shop", "shop_url": "bench.myshopify.com", "webhook_secret": SHOPIFY_SECRET}
        return env["shopify.instance"].create(values).id

    def create(self):
        """Return the request by JSON-2 that creates a customer."""
        values = {**self._values, "email": f"json2.{_new_number()}@example.com"}
        body = json.dumps({"vals_list": [values]}).encode()
        return raw_request("/json/2/res.partner/create", {"Authorization": f"Bearer {self.json2_key}"}, body)

    def bare(self):
        body = json.dumps({"type": "customer.upsert", "data": new_customer()}).encode()
        return raw_request("/bench/requests", {}, body)

    def shopify(self):
        """Return the request of a webhook of Shopify, signed as it does."""
        body = json.dumps(new_customer()).encode()
        digest = hmac.new(SHOPIFY_SECRET.encode(), body, hashlib.sha256).digest()
        headers = {
            "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
            "X-Shopify-Webhook-Id": str(uuid.uuid4()),
            "X-Shopify-Topic": "customers/create",
        }
        return raw_request(f"/shopify/webhook/{self._shopify_id}", headers, body)

    def count(self, table):
        [(count,)] = self.database.query(f"SELECT count(*) FROM {table}")  # noqa: S608 the bench names it
        return count


def start_options(database, **options):
    """Return an OdooServer that runs neither jobs nor scheduled actions, unless the options say so."""
    config = {
        "options": {"dbfilter": ""}
    }  # Odoo need not ask for the list of databases, see doc/inbound_host.rst
    settings = {"workers": WORKERS, "jobrunner": False, "cron_threads": 0, "config_extra": config}
    return OdooServer(database, **settings | options)


@contextlib.contextmanager
def busy_job_runner(database):
    """Hold the lock of the job runner, as one does that has no worker free."""
    with contextlib.closing(database.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [JOB_RUNNER_LOCK])
        yield


def _new_number():
    return uuid.uuid4().int % 10**9


def new_customer(**values):
    """Return the data of a ``customer.upsert`` of somebody whom nobody knows yet."""
    number = _new_number()
    return {
        "external_id": f"B-{number}",
        "name": {"full": f"Ann Peeters {number}"},
        "email": f"customer.{number}@example.com",
        "phone": {"number": f"+32{number:09}"},
        "job_title": "Buyer",
        "addresses": [
            {
                "kind": "contact",
                "street": f"Meir {number % 200}",
                "postal_code": "2000",
                "city": "Antwerpen",
                "country": "BE",
            }
        ],
        **values,
    }
