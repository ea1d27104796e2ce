"""The story of a process on the screen, Resync of facts, masked content, and flows by template."""

import json
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged

from odoo.addons.retail_hub.connectors.hubspot.provider import HUBSPOT
from odoo.addons.retail_hub.connectors.provider import ALL_FLOWS, CRM_FLOWS
from odoo.addons.retail_hub.schemas import EVENT_TYPES

from ..common import EventCase, RetailCase, ShopCase


class OrderCase(ShopCase, EventCase):
    wanted = ("order.placed", "order.updated", "order.cancelled")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = new_test_user(
            cls.env,
            "clerk",
            "sales_team.group_sale_manager,account.group_account_invoice,retail_hub.group_user",
        )

    def _placed(self):
        order = self._order(1)
        self._commit()
        return order

    def _finish(self, deliveries, state, **values):
        """Have deliveries ended, as a drain would; the sandbox takes no orders."""
        deliveries.write({"state": state, "finished_at": "2026-01-01", "attempts": 1, **values})
        deliveries.flush_recordset()

    def _only(self, *event_types):
        """Have only these flows be on."""
        for flow in self.connector.with_context(active_test=False).flow_ids:
            flow.active = flow.event_type in event_types

    def _states(self, record):
        return self._deliveries(record).mapped(lambda each: (each.event_type, each.state))


@tagged("post_install", "-at_install")
class TestTimeline(OrderCase):
    def _story(self, record):
        action = record.with_user(self.clerk).action_retail_timeline()
        events = self.env["retail.event"].with_user(self.clerk).with_context(**action["context"])
        return events.search(action["domain"], order="occurred_at, id")

    def test_story_of_an_order(self):
        """All that belongs to the process is shown, from each of its records, and nothing of another order."""
        order = self._placed()
        order._action_cancel()
        self._placed()
        story = self._story(order)
        self.assertEqual(story.mapped("event_type"), ["order.placed", "order.cancelled"])
        self.assertEqual(order.retail_event_count, 2)
        placed, cancelled = story
        self.assertEqual((cancelled.caused_by_id, placed.caused_ids), (placed, cancelled))
        self.assertEqual((placed.caused_by_id, cancelled.caused_ids), (self.env["retail.event"],) * 2)
        self.assertEqual(set(story.mapped("process_name")), {order.name})
        self.assertEqual(set(story.mapped("record_name")), {order.name})

    def test_what_happened_within_a_second(self):
        """A business time without fractions of a second does not come before the cause that has them."""
        order = self._placed()
        order._action_cancel()
        placed, cancelled = self._events(order)
        placed.occurred_at, cancelled.occurred_at = "2026-01-01 10:00:00", "2026-01-01 10:00:00"
        placed.flush_recordset()
        self.env.cr.execute(
            "UPDATE retail_event SET occurred_at = '2026-01-01 10:00:00.5' WHERE id = %s", [placed.id]
        )
        self.assertEqual(self._story(order).mapped("event_type"), ["order.placed", "order.cancelled"])
        cancelled.occurred_at = "2026-01-01 09:00:00"
        self.assertEqual(self._story(order).mapped("event_type"), ["order.cancelled", "order.placed"])

    def test_a_record_in_the_middle_shows_the_whole_process(self):
        order = self._placed()
        invoice = order._create_invoices()
        event = self._events(order)
        event.copy({"uuid": "of-invoice", "res_model": "account.move", "res_id": invoice.id})
        self.assertEqual(self._story(invoice).mapped("res_model"), ["sale.order", "account.move"])
        self.assertEqual(self._story(order), self._story(invoice))

    def test_standing(self):
        """Of several connectors the worst counts, and of several deliveries to one connector the last."""
        other = self._create_connector("Other")
        other.flow_ids.create({"connector_id": other.id, "event_type": "order.placed"})
        order = self._placed()
        event = self._events(order)
        to_hubspot, to_other = self._deliveries(order).sorted(lambda each: each.connector_id == other)
        self.assertEqual(event.standing, "waiting")
        self._finish(to_hubspot, "delivered")
        self._finish(to_other, "dead", error_message="No such shop.")
        event.invalidate_recordset()
        self.assertEqual((event.standing, event.problem), ("failed", "Other: No such shop."))
        shown = [(each["connector"], each["state"], each["error"]) for each in event.delivery_badges]
        self.assertEqual(shown, [("HubSpot", "delivered", ""), ("Other", "dead", "No such shop.")])
        self.assertEqual(event.delivery_badges[1]["since"], "2026-01-01 00:00:00")
        again = self.env["retail.delivery"]._queue_again(event.ids, to_other.flow_id.ids)
        self._finish(again, "delivered")
        event.invalidate_recordset()
        self.assertEqual((event.standing, event.problem, len(event.delivery_badges)), ("delivered", False, 2))

    def test_problem_without_delivery(self):
        event = self._events(self._placed())
        event.payload_error = "number: Field required"
        self.assertEqual(event.problem, "The content could not be read: number: Field required")

    def test_costs_a_till_nothing(self):
        """A till reads all fields of an order with every sale; how it stands with others is not looked up then."""
        config = self.env["pos.config"].create({"name": "Till"})
        session = self.env["pos.session"].create({"config_id": config.id, "user_id": self.env.uid})
        totals = {"amount_total": 0, "amount_tax": 0, "amount_paid": 0, "amount_return": 0}
        order = self.env["pos.order"].create({"session_id": session.id, **totals})
        with (
            patch.object(type(self.env["retail.sync.state"]), "_worst_by_record") as sync_state,
            patch.object(type(self.env["retail.event"]), "search_count") as event_count,
        ):
            [data] = self.env["pos.order"]._load_pos_data_read(order, config)
        self.assertEqual((data["id"], data["retail_event_count"]), (order.id, 0))
        self.assertFalse(sync_state.called or event_count.called)

    def test_a_record_that_was_deleted(self):
        order = self._placed()
        event = self._events(order)
        event.res_id = event.res_id + 100000
        self.assertEqual(event.record_name, f"Sales Order #{event.res_id}")
        self.assertEqual(event.process_name, order.name)

    def test_search_by_process(self):
        order, other = self._placed(), self._placed()
        events = self.env["retail.event"].with_user(self.clerk)
        self.assertEqual(events.search([("process_name", "ilike", order.name)]).res_id, order.id)
        self.assertEqual(
            events.search([("delivery_ids.connector_id.name", "ilike", "hubs")], order="id").mapped("res_id"),
            [order.id, other.id],
        )

    def test_search_by_record(self):
        order, _other = self._placed(), self._placed()
        for model in ("retail.event", "retail.delivery"):
            found = self.env[model].with_user(self.clerk).search([("record_name", "ilike", order.name)])
            self.assertEqual(found.mapped("res_id"), [order.id])
            self.assertFalse(self.env[model].search([("record_name", "ilike", "no such order")]))

    def test_companies(self):
        """Nobody sees the story of another company's order."""
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "stranger",
            "retail_hub.group_user",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        order = self._placed()
        domain = order.action_retail_timeline()["domain"]
        self.assertEqual(self.env["retail.event"].search_count(domain), 1)
        self.assertEqual(self.env["retail.event"].with_user(stranger).search_count(domain), 0)


@tagged("post_install", "-at_install")
class TestPersonalData(OrderCase):
    def _content(self, user):
        event = self.env["retail.event"].search([("event_type", "=", "order.placed")], limit=1)
        return event.with_user(user), json.loads(event.with_user(user).shown_payload)

    def test_masked(self):
        self.customer.write({"city": "Ghent", "user_id": self.clerk.id})
        self._placed()
        _event, payload = self._content(self.clerk)
        self.assertEqual((payload["delivery_address"]["city"], payload["salesperson"]), ("G***", "c***"))
        self.assertEqual((payload["total"], payload["lines"][0]["sku"]), (self._total(), "LAMP"))
        self.assertEqual(list(payload)[:3], ["id", "number", "channel"])

    def _total(self):
        return f"{self.env['sale.order'].search([], limit=1).amount_total:.2f}"

    def test_who_may_see_it(self):
        """Not even a manager does, unless the right was given."""
        self.customer.city = "Ghent"
        self._placed()
        manager = new_test_user(self.env, "manager", "retail_hub.group_manager")
        event, payload = self._content(manager)
        self.assertEqual((event.is_masked, payload["delivery_address"]["city"]), (True, "G***"))
        for field in ("payload", "details"):
            with self.assertRaises(AccessError):
                event.read([field])
        manager.group_ids += self.env.ref("retail_hub.group_personal_data")
        event, payload = self._content(manager)
        self.assertEqual((event.is_masked, payload["delivery_address"]["city"]), (False, "Ghent"))

    def test_nobody_has_it_by_itself(self):
        group = self.env.ref("retail_hub.group_personal_data")
        self.assertFalse(group.user_ids)
        self.assertEqual(group.all_implied_by_ids, group)


@tagged("post_install", "-at_install")
class TestResync(OrderCase):
    def test_state(self):
        """An order's present state goes out, in one delivery."""
        order = self._placed()
        self._finish(self._deliveries(order), "delivered")
        self.assertEqual(order.with_user(self.clerk).retail_sync_state, "in_sync")
        order.with_user(self.clerk).action_retail_resync()
        self.assertEqual(self._states(order), [("order.placed", "delivered"), ("order.updated", "pending")])
        order.invalidate_recordset(["retail_sync_state"])
        self.assertEqual(order.with_user(self.clerk).retail_sync_state, "waiting")
        self.assertEqual(self._deliveries(order, event_type="order.updated").is_manual, True)

    def test_dead_fact_first(self):
        """What could not be sent goes again, before the state: else it would stay failed."""
        order = self._placed()
        self._finish(self._deliveries(order), "dead")
        self.assertEqual(order.with_user(self.clerk).retail_sync_state, "failed")
        order.with_user(self.clerk).action_retail_resync()
        self.assertEqual(self._states(order), [("order.placed", "pending"), ("order.updated", "pending")])
        self._commit()
        claims = self.env["retail.delivery"]._claim(self.connector, "realtime", 10, 60)
        self.assertEqual([claim.event_type for claim in claims], ["order.placed"])

    def test_newest_fact(self):
        """A connector that takes no states gets the newest fact again, under its own event."""
        self._only("order.placed", "order.cancelled")
        order = self._placed()
        order._action_cancel()
        self._finish(self._deliveries(order), "delivered")
        order.with_user(self.clerk).action_retail_resync()
        sent = ["order.placed", "order.cancelled", "order.cancelled"]
        self.assertEqual(self._deliveries(order).mapped("event_type"), sent)
        _placed, cancelled, again = self._deliveries(order)
        self.assertEqual(
            (again.event_id, again.state, again.is_manual), (cancelled.event_id, "pending", True)
        )
        self.assertEqual(len(self._events(order)), 2)
        # Pressed once more, it does not pile up.
        order.with_user(self.clerk).action_retail_resync()
        self.assertEqual(len(self._deliveries(order)), 3)

    def test_order_of_facts_is_kept(self):
        """A dead fact that is older than the newest goes first, and the newest after it."""
        self._only("order.placed", "order.cancelled")
        order = self._placed()
        order._action_cancel()
        placed, cancelled = self._deliveries(order)
        self._finish(placed, "dead")
        self._finish(cancelled, "delivered")
        order.with_user(self.clerk).action_retail_resync()
        waiting = self._deliveries(order, state="pending")
        self.assertEqual(waiting.mapped("event_type"), ["order.placed", "order.cancelled"])

    def test_each_connector_what_it_takes(self):
        """One takes states, the other facts only; what waits for one of them is not sent twice."""
        other = self._create_connector("Other")
        other.flow_ids.create(
            [{"connector_id": other.id, "event_type": name} for name in ("order.placed", "order.cancelled")]
        )
        first, second = self._placed(), self._placed()
        self._finish(self._deliveries(first), "delivered")
        to_hubspot, to_other = self._deliveries(second).sorted(lambda each: each.connector_id == other)
        self._finish(to_hubspot, "delivered")
        (first + second).with_user(self.clerk).action_retail_resync()
        waiting = self._deliveries(state="pending").mapped(
            lambda each: (each.connector_id.name, each.event_type, each.res_id)
        )
        self.assertEqual(
            sorted(waiting),
            [
                ("HubSpot", "order.updated", first.id),
                ("HubSpot", "order.updated", second.id),
                ("Other", "order.placed", first.id),
                ("Other", "order.placed", second.id),
            ],
        )
        self.assertEqual(self._deliveries(second, connector_id=other.id), to_other)

    def test_a_quotation_has_nothing_to_send(self):
        quotation = self._placed().copy()
        with self.assertRaisesRegex(UserError, "There is nothing to send"):
            quotation.with_user(self.clerk).action_retail_resync()
        self.assertEqual(self._states(quotation), [])

    def test_no_flow(self):
        self._only()
        invoice = self._placed()._create_invoices()
        with self.assertRaisesRegex(UserError, "No active connector has a flow"):
            invoice.with_user(self.clerk).action_retail_resync()

    def test_one_connector(self):
        """Resync in the list of connectors sends to that one only."""
        other = self._create_connector("Other")
        other.flow_ids.create({"connector_id": other.id, "event_type": "order.placed"})
        order = self._placed()
        self._finish(self._deliveries(order), "delivered")
        states = self.env["retail.sync.state"].with_user(self.clerk).search([("res_id", "=", order.id)])
        states.filtered(lambda each: each.connector_id == other).action_resync()
        [waiting] = self._deliveries(order, state="pending")
        self.assertEqual((waiting.connector_id, waiting.event_type), (other, "order.placed"))

    def test_others_are_not_touched(self):
        """Who may not read the order cannot have it sent."""
        order = self._placed()
        stranger = new_test_user(self.env, "stranger", "retail_hub.group_user")
        with self.assertRaises(AccessError):
            order.with_user(stranger).action_retail_resync()


@tagged("post_install", "-at_install")
class TestTemplates(RetailCase):
    def _flows(self):
        return {
            flow.event_type: flow.active for flow in self.connector.with_context(active_test=False).flow_ids
        }

    def _add_flows(self, template):
        self.connector.flow_template = f"hubspot.{template}"
        return self.connector.action_add_flows()

    def test_which_events(self):
        names = set(CRM_FLOWS.names())
        self.assertLessEqual(
            {"customer.created", "customer.erased", "order.placed", "order.cancelled"}, names
        )
        self.assertEqual(
            {name.partition(".")[0] for name in names} - {"invoice", "refund", "shipment"},
            {"customer", "order"},
        )
        self.assertEqual(ALL_FLOWS.names(), list(EVENT_TYPES))

    def test_only_what_the_provider_takes(self):
        with self._patched_provider(event_types=frozenset({"customer.created", "order.placed"})):
            self.connector.flow_ids.active = False
            action = self._add_flows("crm")
        flows = self._flows()
        self.assertEqual(
            {name for name, active in flows.items() if active}, {"customer.created", "order.placed"}
        )
        message = action["params"]["message"]
        self.assertIn("Added: Order placed. Switched on: Customer created.", message)
        self.assertIn("HubSpot does not accept: Customer updated", message)

    def test_again(self):
        """Pressed again, it changes nothing and says so; what a person has set stays."""
        with self._patched_provider(event_types=frozenset(EVENT_TYPES)):
            self._add_flows("all")
            flows = self.connector.flow_ids
            self.assertEqual(set(flows.mapped("event_type")), set(EVENT_TYPES))
            flows[0].window_seconds = 77
            action = self._add_flows("all")
        self.assertEqual(
            action["params"]["message"], f"Nothing to add: all {len(EVENT_TYPES)} flows are already on."
        )
        self.assertEqual((self.connector.flow_ids, flows[0].window_seconds), (flows, 77))

    def test_what_is_many_is_left_off(self):
        """Only a person switches on what is optional for the provider; what one has switched on stays."""
        optional = frozenset({"stock.level_changed", "price.changed"})
        self.enterContext(self._patched_provider(optional_event_types=optional, initial_event_types=None))
        with self._patched_provider(event_types=frozenset({"order.placed", "stock.level_changed"})):
            self.connector = self.env["retail.connector"].create(
                {"name": "New", "base_url": self.sandbox.url}
            )
        self.assertEqual(self._flows(), {"order.placed": True, "stock.level_changed": False})
        self.connector.flow_ids.active = False
        taken = frozenset({"order.placed", "loyalty.earned", *optional})
        self.enterContext(self._patched_provider(event_types=taken))
        action = self._add_flows("all")
        expected = {
            "order.placed": True,
            "loyalty.earned": True,
            "stock.level_changed": False,
            "price.changed": False,
        }
        self.assertEqual(self._flows(), expected)
        self.assertIn(
            "Added: Loyalty points earned. Switched on: Order placed."
            " Left off, because they are very frequent: Price changed, Stock level changed.",
            action["params"]["message"],
        )
        flows = self.connector.with_context(active_test=False).flow_ids
        flows.filtered(lambda flow: flow.event_type == "price.changed").active = True
        action = self._add_flows("all")
        self.assertEqual(self._flows(), {**expected, "price.changed": True})
        self.assertIn(
            "Nothing to add: all 3 flows are already on."
            " Left off, because they are very frequent: Stock level changed.",
            action["params"]["message"],
        )

    def test_who_may(self):
        clerk = new_test_user(self.env, "clerk", "retail_hub.group_user")
        with self.assertRaises(AccessError):
            self.connector.with_user(clerk).action_add_flows()


@tagged("post_install", "-at_install")
class TestTimelineScreens(OrderCase, HttpCase):
    browser_size = "1440x900"

    def test_clerk_follows_an_order(self):
        """From the order to its timeline, the delivery that failed, the event and its masked content; then Resync."""
        order = self._placed()
        order._action_cancel()
        placed, cancelled = self._deliveries(order)
        self._finish(placed, "delivered")
        self._finish(cancelled, "dead", error_message="No such order.")
        self.start_tour(f"/odoo/sale.order/{order.id}", "retail_hub_timeline", login="clerk")
        self.assertEqual(
            self._states(order),
            [("order.placed", "delivered"), ("order.cancelled", "pending")],
        )

    def test_event_browser(self):
        """An order's events are found by its number, and by how they stand."""
        self._finish(self._deliveries(self._placed()), "delivered")
        order = self._placed()
        self._finish(self._deliveries(order), "dead", error_message="No such shop.")
        url = f"/odoo/action-retail_hub.action_retail_event?order={order.name}"
        self.start_tour(url, "retail_hub_events", login="admin")

    def test_flows_by_template(self):
        self.connector.flow_ids.active = False
        url = f"/odoo/action-retail_hub.action_retail_connector/{self.connector.id}"
        self.start_tour(url, "retail_hub_flow_template", login="admin")
        active = set(self.connector.flow_ids.mapped("event_type"))
        self.assertEqual(active & set(HUBSPOT.event_types), set(HUBSPOT.event_types))
