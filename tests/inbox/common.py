"""What the tests of the API share: a system with an API client, and calls over HTTP."""

import json
import uuid

from odoo.tests import HttpCase

BASE = "/retail/v1"


class ApiCase(HttpCase):
    """Has a system with a client that may read and write customers."""

    scopes = ("customers:read", "customers:write")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.system = cls.env["retail.connector"].create(
            {"name": "Web Shop", "provider": "webhook", "base_url": "https://shop.example.com"}
        )
        cls.client = cls.new_client("Storefront", cls.system, cls.scopes)
        cls.key = cls.env["retail.api.key"]._issue(cls.client)

    @classmethod
    def new_client(cls, name, connector, scopes, **values):
        found = cls.env["retail.api.scope"].search([("name", "in", scopes)])
        assert len(found) == len(scopes)
        values = {"name": name, "connector_id": connector.id, "scope_ids": found.ids, **values}
        return cls.env["retail.api.client"].create(values)

    def call(self, method, path, content=None, *, key=None, idempotency_key=None, headers=None, body=None):
        """Make a call; return the response of ``requests``."""
        sent = {"Authorization": f"Bearer {self.key if key is None else key}"}
        if content is not None or body is not None:
            sent["Content-Type"] = "application/json"
        if idempotency_key:
            sent["Idempotency-Key"] = idempotency_key
        data = json.dumps(content).encode() if content is not None else body
        return self.opener.request(
            method,
            self.base_url() + BASE + path,
            data=data,
            headers={**sent, **(headers or {})},
            timeout=60,
            allow_redirects=False,
        )

    def post(self, path, content, **options):
        return self.call("POST", path, content, **{"idempotency_key": str(uuid.uuid4()), **options})

    def assertProblem(self, response, kind, status, pointers=()):
        """Check that a response is this problem, and that its trace id is that of its header."""
        self.assertEqual(response.status_code, status, response.text)
        self.assertEqual(response.headers["Content-Type"], "application/problem+json")
        problem = response.json()
        self.assertEqual(problem["type"].rpartition("/")[2], kind, problem)
        self.assertEqual(problem["status"], status)
        self.assertEqual(problem["trace_id"], response.headers["Retail-Trace-Id"])
        self.assertEqual([each["pointer"] for each in problem.get("errors", ())], list(pointers))
        return problem

    def messages(self, **values):
        self.env["retail.message"].invalidate_model()
        domain = [
            ("connector_id", "=", self.system.id),
            *((name, "=", value) for name, value in values.items()),
        ]
        return self.env["retail.message"].search(domain, order="id")
