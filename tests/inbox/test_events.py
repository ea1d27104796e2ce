"""``GET /events``: the feed of events of the caller's system."""

from unittest.mock import patch
from urllib.parse import quote

from odoo import Command
from odoo.tests import tagged

from odoo.addons.retail_hub.core.const import State
from odoo.addons.retail_hub.models.outbox.wake import RetailWake

from .common import ApiCase


class FeedCase(ApiCase):
    """Has a system without webhooks, that reads its events itself."""

    scopes = ("events:read", "customers:write")
    pulled = ("customer.created", "customer.updated", "customer.erased", "order.placed")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.flows = cls.pull(cls.system, cls.pulled)
        cls.read_all = "/events?limit=500"

    @classmethod
    def pull(cls, system, event_types):
        """Have a draft connector's events noted for whoever reads them; return its flows."""
        flows = system.flow_ids
        flows.active = False
        missing = set(event_types) - set(flows.mapped("event_type"))
        flows += flows.create([{"connector_id": system.id, "event_type": name} for name in sorted(missing)])
        wanted = flows.filtered(lambda flow: flow.event_type in event_types)
        wanted.write({"active": True, "mode": "pull"})
        return wanted

    def commit(self):
        self.env.flush_all()
        self.env.cr.flush()

    def partner(self, name, **values):
        found = self.env["res.partner"].create({"name": name, "email": f"{name}@example.com", **values})
        self.commit()
        return found

    def feed(self, query="", key=None):
        self.commit()
        response = self.call("GET", f"/events{query}", key=key)
        self.assertEqual(response.status_code, 200, response.text)
        return response.json()

    def names(self, page):
        return [(each["type"], each["data"].get("name", {}).get("full")) for each in page["items"]]


@tagged("-at_install", "post_install")
class TestApiEvents(FeedCase):
    def test_envelope(self):
        """The event is the CloudEvent that a webhook would get."""
        start = self.feed()["next"]
        partner = self.partner("Ann")
        page = self.feed(f"?after={start}")
        [event] = page["items"]
        delivery = self.env["retail.delivery"].search([("connector_id", "=", self.system.id)], limit=1)
        base_url = self.system.get_base_url()
        self.assertEqual(event.pop("data"), partner._retail_payloads()[partner.id][0])
        self.assertTrue(event.pop("time").endswith("Z"))
        self.assertEqual(
            event,
            {
                "specversion": "1.0",
                "id": delivery.event_id.uuid,
                "source": base_url,
                "type": "retail.customer.created.v1",
                "subject": f"customer/{partner.id}",
                "datacontenttype": "application/json",
                "dataschema": f"{base_url}/retail_hub/schemas/CustomerV1.json",
                "correlationid": f"res.partner,{partner.id}",
            },
        )
        self.assertEqual((page["has_more"], page["unreadable"]), (False, []))
        self.assertEqual(self.feed(f"?after={page['next']}")["items"], [])

    def test_nothing_is_sent(self):
        with patch.object(RetailWake, "_wake_at_commit") as wake:
            self.partner("Ann")
        wake.assert_not_called()
        delivery = self.env["retail.delivery"].search([("connector_id", "=", self.system.id)])
        self.assertEqual((delivery.state, bool(delivery.finished_at)), (State.PUBLISHED, True))
        self.assertFalse(self.env["retail.delivery"]._claim(self.system, "realtime", 100, 60))
        self.assertEqual(self.system.state, "draft")

    def test_pages(self):
        start = self.feed()["next"]
        for name in ("Ann", "Ben", "Cas", "Dee", "Eva"):
            self.partner(name)
        found, after, sizes = [], start, []
        while True:
            page = self.feed(f"?limit=2&after={after}")
            found += self.names(page)
            sizes.append((len(page["items"]), page["has_more"]))
            after = page["next"]
            if not page["has_more"]:
                break
        created = "retail.customer.created.v1"
        self.assertEqual(found, [(created, name) for name in ("Ann", "Ben", "Cas", "Dee", "Eva")])
        self.assertEqual(sizes, [(2, True), (2, True), (1, False)])
        self.assertEqual(self.feed(f"?after={start}&limit=500")["next"], after)

    def test_states_are_read_when_read_and_once(self):
        partner = self.partner("Ann")
        start = self.feed()["next"]
        partner.name = "Anna"
        self.commit()
        partner.name = "Annabel"
        self.commit()
        self.assertEqual(
            self.names(self.feed(f"?after={start}")), [("retail.customer.updated.v1", "Annabel")]
        )

    def test_facts_stay_as_they_were(self):
        partner = self.partner("Ann")
        product = self.env["product.product"].create({"name": "Lamp", "list_price": 10})
        order = self.env["sale.order"].create(
            {"partner_id": partner.id, "order_line": [Command.create({"product_id": product.id})]}
        )
        start = self.feed()["next"]
        order.action_confirm()
        self.commit()
        product.name = "Torch"
        [event] = self.feed(f"?after={start}&type=order.placed")["items"]
        self.assertIn("Lamp", event["data"]["lines"][0]["name"])

    def test_types(self):
        start = self.feed()["next"]
        partner = self.partner("Ann")
        partner.name = "Anna"
        self.commit()
        both = self.feed(f"?after={start}")["items"]
        self.assertEqual(
            [each["type"] for each in both], ["retail.customer.created.v1", "retail.customer.updated.v1"]
        )
        page = self.feed(f"?after={start}&type=customer.updated")
        self.assertEqual([each["id"] for each in page["items"]], [both[1]["id"]])
        none = self.feed(f"?after={start}&type=order.placed")
        self.assertEqual((none["items"], none["next"]), ([], page["next"]))

    def test_own_changes(self):
        """What the system caused is not in its feed, unless the flow says so; but in that of others."""
        other = self.env["retail.connector"].create(
            {"name": "Other", "provider": "webhook", "base_url": "https://other.example.com"}
        )
        self.pull(other, self.pulled)
        client = self.new_client("Reader", other, ("events:read",))
        key = self.env["retail.api.key"]._issue(client)
        start, other_start = self.feed()["next"], self.feed(key=key)["next"]
        self.post("/customers", {"external_id": "C-1", "name": {"full": "Ann"}})
        self.assertEqual(self.feed(f"?after={start}")["items"], [])
        self.assertEqual(
            self.names(self.feed(f"?after={other_start}", key=key)), [("retail.customer.created.v1", "Ann")]
        )
        self.flows.sends_own = True
        self.post("/customers", {"external_id": "C-2", "name": {"full": "Ben"}})
        self.assertEqual(self.names(self.feed(f"?after={start}")), [("retail.customer.created.v1", "Ben")])

    def test_filter_of_the_flow(self):
        created = self.flows.filtered(lambda flow: flow.event_type == "customer.created")
        created.domain = "[('name', '!=', 'Ann')]"
        start = self.feed()["next"]
        self.partner("Ann")
        self.partner("Ben")
        self.assertEqual(self.names(self.feed(f"?after={start}")), [("retail.customer.created.v1", "Ben")])

    def test_deleted_before_it_was_read(self):
        start = self.feed()["next"]
        partner = self.partner("Ann")
        partner_id = partner.id
        partner.unlink()
        page = self.feed(f"?after={start}")
        self.assertEqual(
            [(each["type"], each["data"]) for each in page["items"]],
            [("retail.customer.erased.v1", {"id": str(partner_id)})],
        )

    def test_another_company(self):
        company = self.env["res.company"].create({"name": "Other Company"})
        start = self.feed()["next"]
        self.partner("Theirs", company_id=company.id)
        self.partner("Ours", company_id=self.env.company.id)
        self.assertEqual(self.names(self.feed(f"?after={start}")), [("retail.customer.created.v1", "Ours")])

    def test_webhooks_again(self):
        """The feed of a system with webhooks has what was sent, for a replay."""
        flows = self.flows.filtered(lambda flow: flow.event_type == "customer.created")
        flows.mode = "realtime"
        self.system.state = "active"
        start = self.feed()["next"]
        self.partner("Ann")
        delivery = self.env["retail.delivery"].search([("connector_id", "=", self.system.id)], limit=1)
        self.assertEqual(delivery.state, "pending")
        delivery.write({"state": "delivered"})
        self.assertEqual(self.names(self.feed(f"?after={start}")), [("retail.customer.created.v1", "Ann")])

    def test_queries_that_do_not_fit(self):
        for query, at in (
            ("limit=0", "/limit"),
            ("limit=501", "/limit"),
            ("after=x", "/after"),
            ("after=1-2-3", "/after"),
            (f"after={quote('٢-٢')}", "/after"),
            ("type=customer", "/type/0"),
        ):
            with self.subTest(query=query):
                self.assertProblem(self.call("GET", f"/events?{query}"), "invalid-request", 422, [at])

    def test_scope(self):
        client = self.new_client("Writer", self.system, ("customers:write",))
        key = self.env["retail.api.key"]._issue(client)
        self.assertProblem(self.call("GET", "/events", key=key), "forbidden", 403)

    def test_a_record_that_cannot_be_read(self):
        """It is named, the others are returned, and the reader goes on."""
        start = self.feed()["next"]
        broken, _fine = self.partner("Ann"), self.partner("Ben")
        self.env.cr.execute("UPDATE res_partner SET lang = 'not a tag' WHERE id = %s", [broken.id])
        self.env.invalidate_all()
        page = self.feed(f"?after={start}")
        self.assertEqual(self.names(page), [("retail.customer.created.v1", "Ben")])
        [unreadable] = page["unreadable"]
        self.assertEqual(
            (unreadable["type"], unreadable["subject"]), ("customer.created", f"customer/{broken.id}")
        )
        self.assertTrue(unreadable["reason"])

    def test_restored_to_a_server_that_counts_from_the_beginning(self):
        """New events come after those of the database that was restored, so that no cursor misses them."""
        self.partner("Ann")
        self.env.cr.execute(
            "UPDATE retail_delivery SET feed_position = feed_position + 1000000 WHERE connector_id = %s",
            [self.system.id],
        )
        before, base = self._newest(), self._base()
        self.addCleanup(self.env.cr.execute, "SELECT setval('retail_feed_base', %s)", [base])
        self.env["retail.delivery"]._register_hook()
        self.partner("Ben")
        self.assertGreater(self._newest(), before)

    def _base(self):
        self.env.cr.execute("SELECT last_value FROM retail_feed_base")
        return self.env.cr.fetchone()[0]

    def _newest(self):
        self.env.cr.execute(
            "SELECT feed_position FROM retail_delivery WHERE connector_id = %s ORDER BY id DESC LIMIT 1",
            [self.system.id],
        )
        return self.env.cr.fetchone()[0]
