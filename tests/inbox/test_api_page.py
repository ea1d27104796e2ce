"""The description of the API, and the page that shows it."""

import re

from odoo.tests import HttpCase, tagged

from ...controllers.api.endpoints import ENDPOINTS
from ...controllers.api.openapi import description
from ...schemas.commands import COMMAND_TYPES
from ...schemas.examples.commands import COMMAND_EXAMPLES
from .common import BASE, ApiCase


@tagged("-at_install", "post_install")
class TestApiPage(HttpCase):
    def page(self, path="", **options):
        return self.opener.get(f"{self.base_url()}{BASE}/docs{path}", timeout=60, **options)

    def test_anybody_may_read_it(self):
        response = self.page()
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.headers["Content-Type"], "text/html; charset=utf-8")
        self.assertNotIn("Set-Cookie", response.headers)

    def test_its_files_come_from_here(self):
        found = re.findall(r'(?:src|href)="([^"]+)"', self.page().text)
        self.assertEqual(
            found,
            [
                "docs/swagger-ui.css",
                "docs/docs.css",
                "openapi.json",
                "docs/swagger-ui-bundle.js",
                "docs/docs.js",
            ],
        )
        for path in found:
            response = self.opener.get(f"{self.base_url()}{BASE}/{path}", timeout=60)
            self.assertEqual(response.status_code, 200, path)

    def test_a_strict_policy(self):
        policy = self.page().headers["Content-Security-Policy"]
        rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
        self.assertEqual(rules["default-src"], "'none'")
        self.assertEqual((rules["script-src"], rules["connect-src"]), ("'self'", "'self'"))
        self.assertEqual(rules["frame-ancestors"], "'none'")
        self.assertNotRegex(self.page().text, r"<script>|\son\w+=|style=")

    def test_files_are_cached(self):
        first = self.page("/swagger-ui-bundle.js")
        self.assertEqual(first.headers["Content-Type"], "text/javascript; charset=utf-8")
        self.assertEqual(first.headers["Cache-Control"], "public, max-age=3600")
        second = self.page("/swagger-ui-bundle.js", headers={"If-None-Match": first.headers["ETag"]})
        self.assertEqual((second.status_code, second.content), (304, b""))

    def test_no_other_files(self):
        for name in ("index.html", "swagger-ui.js", "..%2Fdocs.css", "docs.css%2F..%2Fdocs.js"):
            self.assertEqual(self.page("/" + name).status_code, 404, name)
        self.assertEqual(self.opener.post(f"{self.base_url()}{BASE}/docs", timeout=60).status_code, 405)


@tagged("-at_install", "post_install")
class TestDescription(ApiCase):
    def test_each_command_has_an_example(self):
        self.assertEqual(set(COMMAND_EXAMPLES), set(COMMAND_TYPES))
        for name, command_type in COMMAND_TYPES.items():
            command_type.schema.model_validate(COMMAND_EXAMPLES[name])
        for endpoint in ENDPOINTS:
            if endpoint.body:
                endpoint.body.model_validate(endpoint.example)

    def test_examples_are_in_the_description(self):
        paths = description()["paths"]
        body = paths["/orders/{external_id}/cancel"]["post"]["requestBody"]["content"]["application/json"]
        self.assertEqual(body["example"], {"reason": "The customer changed their mind."})
        self.assertEqual(list(body["schema"]["properties"]), ["lines", "cancel_id", "reason"])
        self.assertNotIn("required", body["schema"])
        body = paths["/orders"]["post"]["requestBody"]["content"]["application/json"]
        self.assertEqual(body["example"], COMMAND_EXAMPLES["order.place"])

    def test_ways_to_authenticate(self):
        found = description()
        schemes = found["components"]["securitySchemes"]
        self.assertEqual(
            {name: each["type"] for name, each in schemes.items()},
            {"key": "http", "oauth": "oauth2", "signature": "apiKey"},
        )
        flow = schemes["oauth"]["flows"]["clientCredentials"]
        self.assertEqual(flow["tokenUrl"], "/retail/oauth/token")
        self.assertEqual(set(flow["scopes"]), set(self.env["retail.api.scope"].search([]).mapped("name")))
        self.assertEqual(
            found["paths"]["/orders"]["post"]["security"],
            [
                {"key": []},
                {"oauth": ["orders:write"]},
                {"key": [], "signature": []},
                {"oauth": ["orders:write"], "signature": []},
            ],
        )

    def test_parameters_of_the_query_are_not_null(self):
        for methods in description()["paths"].values():
            for operation in methods.values():
                for parameter in operation["parameters"]:
                    self.assertNotIn("null", str(parameter["schema"]), parameter)

    def test_content_that_contradicts_the_path(self):
        for external_id, status in (("C-1", 404), ("C-2", 422)):
            response = self.post("/customers/C-1/erase", {"external_id": external_id})
            self.assertEqual(response.status_code, status, response.text)
        self.assertProblem(response, "invalid-request", 422, ["/external_id"])
