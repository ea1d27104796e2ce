"""Promise 1: a committed change has its event, a rolled-back one has none; promise 10: companies stay apart."""

from unittest.mock import patch

from odoo.sql_db import Cursor
from odoo.tests import tagged

from ..common import RetailCase


class Stop(Exception):
    """Ends a savepoint."""


@tagged("post_install", "-at_install")
class TestCapture(RetailCase):
    def _event_types(self, record=None):
        self._commit()
        domain = [("res_model", "=", "res.partner")]
        if record is not None:
            domain += [("res_id", "=", record.id)]
        return self.env["retail.event"].search(domain, order="id").mapped("event_type")

    def _drop_events(self):
        self._commit()
        self.env["retail.delivery"].search([]).unlink()
        self.env["retail.event"].search([]).unlink()

    def test_create(self):
        """What is written in the transaction of the creation belongs to the one event."""
        partner = self._partner()
        partner.phone = "+32470123456"
        self.assertEqual(self._event_types(partner), ["customer.created"])
        [delivery] = self._deliveries(partner)
        self.assertEqual(
            (delivery.connector_id, delivery.state, delivery.kind, delivery.lane, delivery.attempts),
            (self.connector, "pending", "state", "realtime", 0),
        )
        self.assertEqual(delivery.event_id.user_id, self.env.user)

    def test_flow_that_is_not_there(self):
        """The cache may know a flow that was never committed: it stops no user, and gets no delivery."""
        flows = self.env.registry["retail.flow"]
        [route] = self.env["retail.flow"]._routes()["customer.created"]
        routes = {"customer.created": (route, route._replace(flow_id=0))}
        with patch.object(flows, "_routes", lambda self: routes):
            partner = self._partner()
            self._commit()
        self.assertEqual(self._deliveries(partner).flow_id.ids, [route.flow_id])
        self.assertEqual(len(self._deliveries(partner)), 1)

    def test_write_of_a_customer_field(self):
        partner = self._partner()
        self._drop_events()
        partner.write({"city": "Ghent", "zip": "9000"})
        partner.phone = "+32470123456"
        self.assertEqual(self._event_types(), ["customer.updated"])

    def test_write_that_changes_nothing_for_others(self):
        partner = self._partner()
        self._drop_events()
        partner.write({"comment": "<p>tall</p>", "color": 3})
        partner.name = partner.name
        self.assertEqual(self._event_types(), [])

    def test_partner_tags(self):
        """A many2many has no column of its own: it is captured where it is written."""
        tag = self.env["res.partner.category"].create({"name": "VIP"})
        partner = self._partner()
        self._drop_events()
        partner.category_id = [(4, tag.id)]
        self.assertEqual(self._event_types(), ["customer.updated"])

    def test_recomputed_fields(self):
        """The contacts of a company carry its name, which Odoo recomputes without a write on them."""
        company = self._partner("Acme", "info@acme.com", is_company=True)
        contact = self._partner("Bo", "bo@acme.com", parent_id=company.id)
        self._drop_events()
        company.name = "Acme Ltd"
        self.assertEqual(self._event_types(company), ["customer.updated"])
        self.assertEqual(self._event_types(contact), ["customer.updated"])

    def test_archive(self):
        partner = self._partner()
        self._drop_events()
        partner.action_archive()
        self.assertEqual(self._event_types(partner), ["customer.updated"])

    def test_unlink(self):
        partner = self._partner()
        partner_id = partner.id
        self._drop_events()
        partner.unlink()
        self._commit()
        event = self.env["retail.event"].search([])
        self.assertEqual(
            (event.event_type, event.kind, event.res_id), ("customer.erased", "fact", partner_id)
        )
        self.assertEqual(event.payload, {"id": str(partner_id)})

    def test_merge(self):
        """A merge is one event of the survivor; the others are not reported as erased."""
        survivor, merged = self._partner(), self._partner("Ann L.")
        merged_id = merged.id
        self._drop_events()
        self.env["base.partner.merge.automatic.wizard"]._merge((survivor + merged).ids, survivor)
        self._commit()
        facts = self.env["retail.event"].search([("kind", "=", "fact")])
        self.assertEqual(facts.mapped("event_type"), ["customer.merged"])
        self.assertEqual(facts.payload, {"id": str(survivor.id), "merged_ids": [str(merged_id)]})

    def test_address_of_a_customer(self):
        """A delivery address is not a customer: its changes are those of the customer."""
        customer = self._partner()
        self._drop_events()
        address = self._partner("Dock 4", False, parent_id=customer.id, type="delivery", city="Ghent")
        self.assertEqual(self._event_types(address), [])
        self.assertEqual(self._deliveries(customer).mapped("state"), ["pending"])
        self._drop_events()
        address.city = "Bruges"
        self.assertEqual(self._event_types(customer), ["customer.updated"])
        self._drop_events()
        address.unlink()
        self.assertEqual(self._event_types(customer), ["customer.updated"])
        self.assertEqual(self._event_types(), ["customer.updated"])

    def test_blacklist_is_consent(self):
        partner = self._partner()
        self._drop_events()
        self.env["mail.blacklist"]._add("ann@example.com")
        self.assertEqual(self._event_types(partner), ["customer.updated"])
        self._drop_events()
        self.env["mail.blacklist"]._remove("ann@example.com")
        self.assertEqual(self._event_types(partner), ["customer.updated"])

    def test_import(self):
        result = self.env["res.partner"].load(
            ["name", "email"], [[f"N{i}", f"n{i}@example.com"] for i in range(50)]
        )
        self.assertEqual(len(self._event_types()), 50)
        self.assertEqual(self.env["retail.event"].search([]).mapped("res_id")[::-1], result["ids"])

    def test_rollback(self):
        with self.assertRaises(Stop), self.env.cr.savepoint():
            self._partner()
            self._commit()
            raise Stop
        self.assertEqual(self._event_types(), [])

    def test_one_of_two_savepoints_is_rolled_back(self):
        with self.env.cr.savepoint():
            kept = self._partner("Kept", "kept@example.com")
        with self.assertRaises(Stop), self.env.cr.savepoint():
            self._partner("Gone", "gone@example.com")
            raise Stop
        self._commit()
        self.assertEqual(self.env["retail.event"].search([]).mapped("res_id"), kept.ids)

    def _statements(self, function):
        self._commit()
        before = self.env.cr.sql_log_count
        function()
        self._commit()
        return self.env.cr.sql_log_count - before

    def _statements_of_the_hub(self, function):
        seen = []
        execute = Cursor.execute

        def record(cursor, query, *args, **kwargs):
            seen.append(str(getattr(query, "code", query)))
            return execute(cursor, query, *args, **kwargs)

        with patch.object(Cursor, "execute", record):
            self._statements(function)
        self.assertTrue(seen)
        return [query for query in seen if "retail_" in query]

    def test_number_of_statements(self):
        """At most 3 more with a flow, however many records; none at all without."""
        partners = self.env["res.partner"].create([{"name": f"P{i}"} for i in range(400)])
        partners.write({"city": "Start"})
        self._statements(lambda: partners.write({"city": "Warm up"}))
        cities = iter("ABCDEF")
        with_flow = [
            self._statements(lambda n=n: partners[:n].write({"city": next(cities)})) for n in (1, 400)
        ]
        self.connector.flow_ids.active = False
        self._statements(lambda: partners.write({"city": "Warm up again"}))
        without = [self._statements(lambda n=n: partners[:n].write({"city": next(cities)})) for n in (1, 400)]
        more = [a - b for a, b in zip(with_flow, without, strict=True)]
        self.assertEqual(more, [1, 1])
        self.assertEqual(self._statements_of_the_hub(lambda: partners.write({"city": "G"})), [])

    def test_no_network_in_the_transaction(self):
        """What a user does never waits for a remote system."""
        self._partner().city = "Ghent"
        self._commit()
        self.assertEqual(self.sandbox.request_count(), 0)

    def test_no_active_flow(self):
        for values in ({"state": "draft"}, {"active": False}):
            self.connector.write({"state": "active", "active": True, **values})
            self._partner()
            self.assertEqual(self._event_types(), [], values)

    def test_paused_connector_keeps_work(self):
        self.connector.action_pause()
        partner = self._partner()
        self.assertEqual(self._drain(), 0)
        self.assertEqual(self._deliveries(partner).state, "pending")
        self.connector.action_activate()
        self.assertEqual(self._drain(), 1)
        self.assertEqual(self._deliveries(partner).state, "delivered")

    def test_window_and_lane_of_the_flow(self):
        flow = self.connector.flow_ids.filtered(lambda flow: flow.event_type == "customer.created")
        flow.write({"mode": "micro_batch", "lane": "bulk"})
        self.assertEqual(flow.window_seconds, 60)
        delivery = self._deliveries(self._partner())
        self.assertEqual(delivery.lane, "bulk")
        self.assertEqual(round((delivery.next_attempt_at - delivery.queued_at).total_seconds()), 60)

    def test_companies_stay_apart(self):
        """A customer of one company is nothing to another's connector; a shared one is an event of each."""
        other = self.env["res.company"].create({"name": "Other"})
        connector = self._create_connector("HubSpot of Other", company_id=other.id)
        ours = self._partner("Ours", "ours@example.com", company_id=self.env.company.id)
        theirs = self._partner("Theirs", "theirs@example.com", company_id=other.id)
        shared = self._partner("Shared", "shared@example.com")
        self.assertEqual(self._deliveries(ours).connector_id, self.connector)
        self.assertEqual(self._deliveries(theirs).connector_id, connector)
        self.assertEqual(self._deliveries(shared).connector_id, self.connector + connector)
        events = self.env["retail.event"].search([("res_id", "=", shared.id)])
        self.assertEqual(events.company_id, self.env.company + other)
        self.assertEqual(len(set(events.mapped("uuid"))), 2)

    def test_addresses_of_companies(self):
        """The company of the customer counts; of a shared customer, a change of its own is for all companies."""
        other = self.env["res.company"].create({"name": "Other"})
        connector = self._create_connector("HubSpot of Other", company_id=other.id)
        ours, shared = (
            self._partner(company_id=self.env.company.id),
            self._partner("Shared", "shared@example.com"),
        )
        dock = {"name": "Dock", "email": False, "type": "delivery"}
        address = self._partner(**dock, parent_id=ours.id, company_id=False)
        theirs = self._partner(**dock, parent_id=shared.id, company_id=other.id)
        self._drop_events()
        address.city = "Ghent"
        self.assertEqual(self._deliveries(ours).connector_id, self.connector)
        theirs.city = "Ghent"
        self.assertEqual(self._deliveries(shared).connector_id, connector)
        self._drop_events()
        theirs.city = "Bruges"
        self.env.flush_all()
        shared.city = "Bruges"
        self.assertEqual(self._deliveries(shared).mapped("connector_id"), self.connector + connector)
        self.assertEqual(len(self._deliveries(shared)), 2)
