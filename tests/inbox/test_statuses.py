"""Every endpoint answers what its description says, and nothing else."""

from collections import defaultdict, deque

from odoo.tests import tagged

from ...controllers.api.endpoints import ENDPOINTS
from ...controllers.api.openapi import description
from ...models.inbox import limits
from .orders import OrderCase

# What the tests of each command show: they need a record in a certain state.
SHOWN_ELSEWHERE = {"200", "201", "202", "404", "409"}
# What no call can bring about: an error of ours (TestApi), and PostgreSQL that is down (system/test_api).
TROUBLE = {"500", "503"}
UNKNOWN = {"{external_id}": "nobody", "{id}": "00000000-0000-4000-8000-000000000000"}


@tagged("-at_install", "post_install")
class TestStatuses(OrderCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        scopes = cls.env["retail.api.scope"].search([]).mapped("name")
        issue = cls.env["retail.api.key"]._issue
        cls.everything = issue(cls.new_client("All", cls.system, scopes, calls_per_minute=0))
        cls.nothing = issue(cls.new_client("None", cls.system, (), calls_per_minute=0))
        cls.elsewhere = issue(cls.new_client("Elsewhere", cls.system, (), ip_ranges="203.0.113.0/24"))
        cls.slow = issue(cls.new_client("Slow", cls.system, scopes, calls_per_minute=1))

    def ask(self, endpoint, content=None, key=None, path=None, **options):
        path = path or endpoint.path
        for name, value in UNKNOWN.items():
            path = path.replace(name, value)
        key = self.everything if key is None else key
        return self.call(endpoint.method, path, content, key=key, **options).status_code

    def statuses(self, endpoint):
        """Yield the statuses of calls that go wrong in each way, and of what is there."""
        example = endpoint.example if endpoint.content else None
        self.patch(limits, "_guesses", defaultdict(deque))
        yield self.ask(endpoint, example, key="wrong")
        yield self.ask(endpoint, example, key=self.slow)
        yield self.ask(endpoint, example, key=self.nothing if endpoint.scope else self.elsewhere)
        if endpoint.query:
            yield self.ask(endpoint, path=f"{endpoint.path}?limit=many")
        if endpoint.content:
            yield self.ask(endpoint, body=b"{")
            yield self.ask(endpoint, body=b"{}", headers={"Content-Type": "text/plain"})
            yield self.ask(endpoint, body=b" " * (endpoint.max_bytes + 1))
            yield self.ask(endpoint, {"bogus": True})
        if endpoint.method == "GET":
            response = self.call("GET", self.found[endpoint.path], key=self.everything)
            yield response.status_code
            etag = {"If-None-Match": response.headers["ETag"]}
            yield self.call("GET", self.found[endpoint.path], key=self.everything, headers=etag).status_code
            yield self.ask(endpoint) if endpoint.parameters else response.status_code

    def test_documented(self):
        message = self.post(
            "/customers", {"external_id": "C-1", "name": {"full": "Ann"}}, key=self.everything
        )
        self.post("/orders", self.order(), key=self.everything)
        self.found = {
            "/customers": "/customers?external_id=C-1",
            "/customers/{external_id}": "/customers/C-1",
            "/events": "/events",
            "/inventory": "/inventory?sku=MUG",
            "/loyalty/members/{external_id}": "/loyalty/members/C-1",
            "/messages/{id}": f"/messages/{message.headers['Retail-Trace-Id']}",
            "/orders/{external_id}": "/orders/W-1001",
            "/orders/{external_id}/process": "/orders/W-1001/process",
            "/prices": "/prices?sku=MUG",
        }
        self.call("GET", "/prices", key=self.slow)  # the only call that it has in this minute
        paths = description()["paths"]
        self.assertEqual(len(ENDPOINTS), sum(map(len, paths.values())))
        for endpoint in ENDPOINTS:
            with self.subTest(endpoint.operation):
                documented = set(paths[endpoint.path][endpoint.method.lower()]["responses"])
                seen = set(map(str, self.statuses(endpoint)))
                self.assertEqual(seen - documented, set())
                shown = SHOWN_ELSEWHERE if endpoint.method != "GET" else {"409"}
                self.assertEqual(documented - seen - shown, TROUBLE)
