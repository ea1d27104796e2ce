"""What the Odoo tests share: a connector to a real sandbox process, and the steps of a delivery's way."""

import tempfile
from contextlib import closing, contextmanager
from dataclasses import replace
from unittest.mock import patch
from urllib.parse import urlsplit

from odoo import Command
from odoo.sql_db import db_connect
from odoo.tests import HOST, TransactionCase
from odoo.tests.common import _super_send

from ..connectors.hubspot import association_limit
from ..models.outbox.wake import JOB_RUNNER_LOCK
from ..tools import server_options
from .sandbox.client import SandboxProcess

TOKEN = "sandbox-token"
FALLBACK_KEY = "odoo_customer_id"
UNREADABLE = "The record could not be read (ZeroDivisionError). See the server log for details."


@contextmanager
def options(text):
    """Have odoo.conf say this in our section."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(f"[retail_hub]\n{text}\n")
        file.flush()
        with patch.object(server_options, "config_files", lambda: [file.name]):
            yield


class RetailCase(TransactionCase):
    """Starts each test with an empty sandbox and an active connector whose flows have no window.

    ``sandbox_providers`` are stand-ins besides the sandbox's own: ``{name: place}``, see sandbox/providers.py.
    """

    sandbox_providers = {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.enterClassContext(options("allow_hosts = 127.0.0.1"))
        cls.sandbox = cls.enterClassContext(SandboxProcess(providers=cls.sandbox_providers))
        cls.connector = cls._create_connector("HubSpot")

    def setUp(self):
        super().setUp()
        self.sandbox.reset()
        self.patch(association_limit, "_by_account", {})  # calls of the test before were to another account

    @classmethod
    def _request_handler(cls, session, request, /, **kwargs):
        """Let calls to the sandbox through as they are: Odoo's own handler knows no pair of time-outs."""
        if urlsplit(request.url).hostname == HOST:
            return _super_send(session, request, **kwargs)
        return super()._request_handler(session, request, **kwargs)

    @classmethod
    def _create_connector(cls, name, **values):
        admin = cls.env.ref("base.user_admin")
        if "company_id" not in values and cls.env.company in admin.company_ids:
            values = {"responsible_id": admin.id, **values}
        connector = cls.env["retail.connector"].create({"name": name, "base_url": cls.sandbox.url, **values})
        connector.flow_ids.filtered(lambda flow: not flow.active).unlink()
        connector.flow_ids.window_seconds = 0
        connector.credential_ids.value = TOKEN
        connector.action_activate()
        return connector

    def _choose_object(self, subject, name, connector=None):
        """Have records of a subject become another object."""
        self._choice(subject, connector).object_name = f"hubspot.{name}"

    def _choice(self, subject, connector=None):
        rows = (connector or self.connector).object_ids
        return rows.filtered(lambda row: row.subject == subject)

    def _patched_provider(self, code="hubspot", **changes):
        """Return the patch by which a provider is another one, for a while."""
        providers = self.env["retail.connector"]._providers()
        changed = {**providers, code: replace(providers[code], **changes)}
        return patch.object(type(self.env["retail.connector"]), "_providers", lambda _self: changed)

    def _commit(self):
        """Do what a commit does before it writes: flush, and run the precommit hooks."""
        self.env.cr.flush()

    def _drain(self, connector=None, lane="realtime"):
        """Run what a wake-up job would run, and return how many deliveries it handled."""
        self._commit()
        return self.env["retail.drain"]._run((connector or self.connector).id, lane)

    def _run_job_runner(self):
        """Have a job runner run, as far as others can see: its lock on the database is held until the test ends."""
        cr = self.enterContext(closing(db_connect(self.env.cr.dbname).cursor()))
        cr.execute("SELECT pg_advisory_lock(%s)", [JOB_RUNNER_LOCK])
        self.addCleanup(cr.execute, "SELECT pg_advisory_unlock(%s)", [JOB_RUNNER_LOCK])

    def _deliveries(self, record=None, **values):
        self._commit()
        domain = [(name, "=", value) for name, value in values.items()]
        if record is not None:
            domain += [("res_model", "=", record._name), ("res_id", "=", record.id)]
        return self.env["retail.delivery"].search(domain, order="id")

    def _make_due(self, deliveries):
        deliveries.sudo().next_attempt_at = "2020-01-01"
        deliveries.flush_recordset()

    def _partner(self, name="Ann Lee", email="ann@example.com", **values):
        return self.env["res.partner"].create({"name": name, "email": email, **values})

    def _contacts(self):
        """Return the contacts that the sandbox holds, by email (or by name where there is none)."""
        living = [contact["properties"] for contact in self.sandbox.contacts() if not contact["archived"]]
        return {properties.get("email") or properties.get("lastname"): properties for properties in living}

    def _calls(self):
        """Return the paths of the calls to contacts that the sandbox saw, in order."""
        return [request["path"] for request in self.sandbox.requests() if "/contacts/" in request["path"]]


class ShopCase(RetailCase):
    """A shop: a customer, a lamp with 21 % of tax, and a warehouse."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls.env["res.partner"].create(
            {"name": "Ann Lee", "email": "ann@example.com", "street": "Kaai 7", "city": "Ghent"}
        )
        cls.tax = cls.env["account.tax"].create({"name": "21 %", "amount": 21, "type_tax_use": "sale"})
        cls.product = cls._product(
            "Lamp", "LAMP", list_price=19.99, taxes_id=cls.tax.ids, invoice_policy="order"
        )
        cls.warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.env.company.id)], limit=1)

    @classmethod
    def _product(cls, name, sku, **values):
        return cls.env["product.product"].create({"name": name, "default_code": sku, **values})

    def _quotation(self, quantity=3, line=(), **values):
        """Return a draft order of the customer with one line, of lamps."""
        line = {"product_id": self.product.id, "product_uom_qty": quantity, **dict(line)}
        return self.env["sale.order"].create(
            {"partner_id": self.customer.id, "order_line": [Command.create(line)], **values}
        )

    def _order(self, *args, **values):
        """Return a confirmed order, see :meth:`_quotation`."""
        order = self._quotation(*args, **values)
        order.action_confirm()
        return order


class EventCase(RetailCase):
    """A connector that wants certain events, and what it was sent."""

    wanted = ()  # event types

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        flows = cls.connector.flow_ids
        flows.active = False
        there = flows.filtered(lambda flow: flow.event_type in cls.wanted)
        there.active = True
        missing = set(cls.wanted) - set(there.mapped("event_type"))
        there += flows.create(
            [{"connector_id": cls.connector.id, "event_type": name} for name in sorted(missing)]
        )
        there.window_seconds = 0

    def _events(self, record=None, event_type=None):
        """Return the events of a record (None: of all), oldest first."""
        self._commit()
        domain = [("res_model", "=", record._name), ("res_id", "=", record.id)] if record else []
        domain += [("event_type", "=", event_type)] if event_type else []
        return self.env["retail.event"].sudo().search(domain, order="id")

    def _sent(self, record=None):
        return self._events(record).mapped("event_type")

    def _state(self, record):
        """Return the canonical form of a record as it is sent now."""
        payload, _warnings = record._retail_payloads()[record.id]
        return payload

    def _forget_events(self):
        """Have the past not count."""
        self._events()
        self.env["retail.delivery"].sudo().search([]).unlink()
        self.env["retail.event"].sudo().search([]).unlink()
