"""Endpoints that will be removed: callers are told, and counted."""

from datetime import date
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.retail_hub.controllers.api import openapi, reading
from odoo.addons.retail_hub.controllers.api.endpoint import Endpoint
from odoo.addons.retail_hub.core.problem import Problem
from odoo.addons.retail_hub.schemas.message import MessageV1

from .common import ApiCase


def read(call):
    if call.path["id"] == "none":
        raise Problem("not-found", "Nothing is there.")
    return MessageV1(id=call.path["id"], command="old", state="done", received_at="2026-11-01T00:00:00Z")


OLD = Endpoint(
    "GET",
    "/old/{id}",
    "getOld",
    "Read what is old",
    "",
    MessageV1,
    read,
    deprecated_at=date(2026, 11, 1),
    sunset_at=date(2027, 5, 1),
)


@tagged("-at_install", "post_install")
class TestApiDeprecation(ApiCase):
    def setUp(self):
        super().setUp()
        self.enterContext(patch.object(reading, "ENDPOINTS", (*reading.ENDPOINTS, OLD)))

    def uses(self):
        self.env["retail.api.deprecated.use"].invalidate_model()
        return [
            (each.client_id, each.operation, each.sunset_at, each.count)
            for each in self.env["retail.api.deprecated.use"].search([], order="id")
        ]

    def test_headers(self):
        """RFC 9745 and RFC 8594, whatever comes of the call."""
        missing = self.call("GET", "/old/none")
        self.assertProblem(missing, "not-found", 404)
        for response in (self.call("GET", "/old/7"), missing):
            self.assertEqual(response.headers["Deprecation"], "@1793491200")
            self.assertEqual(response.headers["Sunset"], "Sat, 01 May 2027 00:00:00 GMT")

    def test_counted_by_client(self):
        other = self.new_client("Till", self.system, ("customers:read",))
        key = self.env["retail.api.key"]._issue(other)
        self.call("GET", "/old/7")
        self.call("GET", "/old/8")
        self.call("GET", "/old/7", key=key)
        sunset = date(2027, 5, 1)
        self.assertEqual(
            self.uses(), [(self.client, "GET /old/{id}", sunset, 2), (other, "GET /old/{id}", sunset, 1)]
        )
        self.client.invalidate_recordset()
        self.assertEqual(self.client.deprecated_use_ids.count, 2)

    def test_others_are_not(self):
        response = self.call("GET", "/messages/none")
        self.assertNotIn("Deprecation", response.headers)
        self.assertNotIn("Sunset", response.headers)
        self.assertEqual(self.uses(), [])

    def test_description(self):
        self.assertIs(openapi._operation(OLD)["deprecated"], True)
        paths = openapi.description()["paths"]
        operations = [each for path in paths.values() for each in path.values() if isinstance(each, dict)]
        self.assertGreater(len(operations), 10)
        self.assertFalse([each["operationId"] for each in operations if each.get("deprecated")])
