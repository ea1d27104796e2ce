"""The schemas that events name are there to be read, and events keep to them."""

import jsonschema

from odoo.tests import HttpCase, tagged

from ...schemas import EVENT_TYPES, SCHEMAS
from ..common import RetailCase
from ..connector.test_webhook_connector import WebhookCase

PATH = "/retail_hub/schemas"


@tagged("post_install", "-at_install")
class TestPublishedSchemas(RetailCase, HttpCase):
    def test_schema(self):
        answer = self.url_open(f"{PATH}/OrderV1.json")
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.headers["Content-Type"], "application/schema+json")
        schema = answer.json()
        self.assertEqual(schema.pop("$id"), f"{self.base_url()}{PATH}/OrderV1.json")
        self.assertEqual(schema.pop("$schema"), "https://json-schema.org/draft/2020-12/schema")
        self.assertEqual(schema, SCHEMAS["OrderV1"].model_json_schema())

    def test_every_event_type_has_a_schema_that_is_one(self):
        answer = self.url_open(PATH)
        self.assertEqual((answer.status_code, answer.headers["Content-Type"]), (200, "application/json"))
        listed = {row["name"]: row for row in answer.json()["event_types"]}
        self.assertEqual(list(listed), list(EVENT_TYPES))
        self.assertEqual(
            listed["order.updated"],
            {
                "name": "order.updated",
                "type": "retail.order.updated.v1",
                "kind": "state",
                "label": EVENT_TYPES["order.updated"].label,
                "schema": f"{self.base_url()}{PATH}/OrderV1.json",
            },
        )
        for url in {row["schema"] for row in listed.values()}:
            jsonschema.Draft202012Validator.check_schema(self.url_open(url).json())

    def test_caches_keep_it(self):
        """Nothing in it belongs to anybody, so that all may share it; nobody is given a session."""
        for path, max_age in ((f"{PATH}/OrderV1.json", 2592000), (PATH, 3600)):
            answer = self.url_open(path)
            self.assertEqual(answer.headers["Cache-Control"], f"public, max-age={max_age}")
            self.assertNotIn("Set-Cookie", answer.headers)
            again = self.url_open(path, headers={"If-None-Match": answer.headers["ETag"]})
            self.assertEqual((again.status_code, again.content), (304, b""))
            self.assertEqual(again.headers["ETag"], answer.headers["ETag"])
            self.assertEqual(self.url_open(path, headers={"If-None-Match": '"another"'}).status_code, 200)

    def test_no_such_schema(self):
        for name in ("OrderV2.json", "OrderV1", "..", "Canonical.json", "é%0d%0a<b>.json"):
            answer = self.url_open(f"{PATH}/{name}" if name != ".." else f"{PATH}/%2e%2e.json")
            self.assertEqual(answer.status_code, 404, name)
            self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
            self.assertEqual(
                answer.json(),
                {
                    "type": "about:blank",
                    "title": "Not Found",
                    "status": 404,
                    "detail": "There is no such schema. GET /retail_hub/schemas lists them.",
                },
            )

    def test_it_is_for_reading_only(self):
        self.assertEqual(self.url_open(f"{PATH}/OrderV1.json", data={"a": "b"}).status_code, 405)


@tagged("post_install", "-at_install")
class TestEventsKeepToTheirSchemas(WebhookCase, HttpCase):
    def test_events(self):
        """What was delivered passes the schema that it names; what was not said there does not."""
        self.env["ir.config_parameter"].set_param("web.base.url", self.base_url())
        order = self._order()
        order.action_confirm()
        self._partner()
        self._drain(self.webhook)
        events = {kept["event"]["type"]: kept["event"] for kept in self._received()}
        self.assertLessEqual({"retail.order.placed.v1", "retail.customer.created.v1"}, events.keys())
        for event in events.values():
            validator = jsonschema.Draft202012Validator(self.url_open(event["dataschema"]).json())
            self.assertEqual([error.message for error in validator.iter_errors(event["data"])], [])
            self.assertFalse(validator.is_valid({**event["data"], "shoe_size": 44}))
