"""``POST /campaign-responses``: what customers did with campaigns."""

from datetime import datetime

from odoo.tests import tagged

from odoo.addons.queue_job.tests.common import trap_jobs

from .common import ApiCase


@tagged("-at_install", "post_install")
class TestApiCampaignResponses(ApiCase):
    scopes = ("campaigns:write", "customers:write")

    def setUp(self):
        super().setUp()
        self.post("/customers", {"external_id": "C-1", "name": {"full": "Ann"}, "email": "ann@example.com"})
        self.customer = self.env["res.partner"].search([("email", "=", "ann@example.com")])

    def content(self, number=1, **values):
        return {
            "external_id": f"R-{number}",
            "campaign": {"external_id": "K-1", "name": "Autumn"},
            "customer": {"external_id": "C-1"},
            "response": "opened",
            "occurred_at": "2026-11-20T10:00:00.5Z",
            **values,
        }

    def report(self, number=1, status=201, **values):
        response = self.post("/campaign-responses", self.content(number, **values))
        self.assertEqual(response.status_code, status, response.text)
        return response.json()

    def responses(self):
        found = self.env["retail.campaign.response"].search([], order="id")
        found.invalidate_recordset()
        return found

    def test_noted(self):
        answer = self.report()
        found = self.responses()
        self.assertEqual(
            answer,
            {
                "id": str(found.id),
                "external_id": "R-1",
                "outcome": "created",
                "campaign_id": str(found.campaign_id.id),
                "customer_id": str(self.customer.id),
            },
        )
        self.assertEqual(
            (found.response, found.occurred_at, found.partner_id, found.connector_id, found.company_id),
            ("opened", datetime(2026, 11, 20, 10), self.customer, self.system, self.env.company),
        )
        self.assertEqual((found.campaign_id.title, found.campaign_external_id), ("Autumn", "K-1"))

    def test_once(self):
        first = self.report()
        again = self.report(status=200, response="clicked")
        self.assertEqual(again, {**first, "outcome": "unchanged"})
        self.assertEqual(self.responses().mapped("response"), ["opened"])

    def test_campaigns(self):
        """Found by the identifier of earlier responses, else by name; else created."""
        there = self.env["utm.campaign"].create({"title": "Winter"})
        first = self.report(1)
        renamed = self.report(2, campaign={"external_id": "K-1", "name": "Autumn 2026"})
        by_id = self.report(3, campaign={"external_id": "K-1"})
        by_name = self.report(4, campaign={"name": "Autumn"})
        self.assertEqual(
            {each["campaign_id"] for each in (first, renamed, by_id, by_name)}, {first["campaign_id"]}
        )
        self.assertEqual(self.report(5, campaign={"name": "Winter"})["campaign_id"], str(there.id))
        problem = self.post("/campaign-responses", self.content(6, campaign={"external_id": "K-9"}))
        self.assertProblem(problem, "invalid-request", 422, ["/campaign/name"])
        self.assertEqual(len(self.responses()), 5)

    def test_customers(self):
        self.assertEqual(
            self.report(1, customer={"email": "ANN@example.com"})["customer_id"], str(self.customer.id)
        )
        unknown = {"external_id": "C-9", "email": "ann@example.com"}
        self.assertEqual(self.report(2, customer=unknown)["customer_id"], str(self.customer.id))
        self.assertEqual(self.report(3, customer={"email": "nobody@example.com"})["customer_id"], "")
        self.client.patience_minutes = 0
        problem = self.post("/campaign-responses", self.content(4, customer={"external_id": "C-9"}))
        self.assertProblem(problem, "not-found", 404)

    def test_before_its_customer(self):
        """It waits; also for a customer who comes in a batch, with others."""
        self.report(1, status=202, customer={"external_id": "C-9"})
        item = {"command": "customer.upsert", "data": {"external_id": "C-8", "name": {"full": "Ben"}}}
        new = {**item, "idempotency_key": "b", "data": {**item["data"], "external_id": "C-9"}}
        with trap_jobs() as jobs:
            self.call("POST", "/batch", {"commands": [{**item, "idempotency_key": "a"}, new]})
            jobs.assert_jobs_count(1, only=self.env["retail.message"]._retry_waiting)
        self.env["retail.message"]._retry_waiting(self.system.id, "customer/C-9")  # the job
        self.assertEqual(self.responses().partner_id.name, "Ben")

    def test_unsubscribed(self):
        self.assertFalse(self.customer.is_blacklisted)
        self.report(1, response="unsubscribed")
        self.customer.invalidate_recordset()
        self.assertTrue(self.customer.is_blacklisted)
        self.report(2, response="unsubscribed", customer={"email": "nobody@example.com"})
        self.assertEqual(self.env["mail.blacklist"].search_count([("email", "=", "nobody@example.com")]), 1)
        self.report(3, response="bounced", customer={"email": "other@example.com"})
        self.assertFalse(self.env["mail.blacklist"].search_count([("email", "=", "other@example.com")]))

    def test_in_a_batch(self):
        items = [
            {
                "command": "campaign.respond",
                "idempotency_key": f"key-{number}",
                "data": self.content(number, response="clicked" if number % 2 else "opened"),
            }
            for number in range(60)
        ]
        results = self.call("POST", "/batch", {"commands": items}).json()["results"]
        self.assertEqual({each["status"] for each in results}, {201})
        groups = self.env["retail.campaign.response"]._read_group([], ["response"], ["__count"])
        self.assertEqual(sorted(groups), [("clicked", 30), ("opened", 30)])
        self.assertEqual(self.env["utm.campaign"].search_count([("title", "=", "Autumn")]), 1)

    def test_not_valid(self):
        for values, at in (
            ({"campaign": {}}, "/campaign"),
            ({"customer": {}}, "/customer"),
            ({"response": "seen"}, "/response"),
            ({"occurred_at": "yesterday"}, "/occurred_at"),
        ):
            response = self.post("/campaign-responses", self.content(**values))
            self.assertProblem(response, "invalid-request", 422, [at])

    def test_scope(self):
        client = self.new_client("Customers", self.system, ("customers:write",))
        key = self.env["retail.api.key"]._issue(client)
        response = self.post("/campaign-responses", self.content(), key=key)
        self.assertProblem(response, "forbidden", 403)
