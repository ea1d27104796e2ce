"""To Resolve: failed events and requests that were not carried out, in one list."""

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from ..inbox.orders import OrderCase


@tagged("-at_install", "post_install")
class TestDeadLetters(OrderCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = new_test_user(cls.env, "resolves_clerk", "base.group_user,retail_hub.group_user")
        cls.env["retail.flow"].search([("connector_id", "=", cls.system.id)]).active = False
        flow = {"connector_id": cls.system.id, "event_type": "customer.updated", "active": True}
        flows = cls.env["retail.flow"].with_context(active_test=False)
        found = flows.search([(name, "=", flow[name]) for name in ("connector_id", "event_type")])
        found.active = True
        cls.flow = found or flows.create(flow)

    def letters(self, **values):
        self.env.flush_all()
        self.env.invalidate_all()
        domain = [
            ("connector_id", "=", self.system.id),
            *((name, "=", each) for name, each in values.items()),
        ]
        return self.env["retail.dead.letter"].with_user(self.clerk).search(domain, order="id")

    def failed(self, name="Anna Failed"):
        """Return a delivery that has failed."""
        partner = self.env["res.partner"].create({"name": name})
        event = self.env["retail.event"].create(
            {
                "event_type": "customer.updated",
                "res_model": "res.partner",
                "res_id": partner.id,
                "company_id": self.company.id,
                "kind": "state",
                "occurred_at": "2026-11-28 10:00:00",
                "uuid": name,
            }
        )
        return self.env["retail.delivery"].create(
            {
                "event_id": event.id,
                "flow_id": self.flow.id,
                "connector_id": self.system.id,
                "company_id": self.company.id,
                "event_type": "customer.updated",
                "kind": "state",
                "lane": "realtime",
                "res_model": "res.partner",
                "res_id": partner.id,
                "state": "dead",
                "attempts": 1,
                "queued_at": "2026-11-28 10:00:00",
                "finished_at": "2026-11-28 10:00:00",
                "error_class": "validation",
                "error_message": "zip is missing",
            }
        )

    def unknown(self, external_id="W-1001", **values):
        """Ask for an order of a product that Odoo does not know; return the response."""
        return self.post(
            "/orders", self.order(self.line("CUP", "1"), total="12.10", external_id=external_id), **values
        )

    def map_cup(self):
        lines = self.env["retail.code.map"].search(
            [("connector_id", "=", self.system.id), ("code", "=", "CUP")]
        )
        lines.product_id = self.mug
        self.env.flush_all()

    def test_both_directions(self):
        delivery = self.failed()
        self.unknown()
        out, incoming = self.letters(direction="out"), self.letters(direction="in")
        self.assertEqual(
            (out.delivery_id, out.state, out.next_action_by, out.record_name, out.what, out.problem),
            (
                delivery,
                "failed",
                "clerk",
                "Anna Failed",
                delivery._fields["event_type"].convert_to_export(delivery.event_type, delivery),
                "zip is missing",
            ),
        )
        self.assertEqual(
            (
                incoming.message_id,
                incoming.state,
                incoming.next_action_by,
                incoming.record_name,
                incoming.what,
            ),
            (self.messages(), "refused", "manager", "order/W-1001", "Capture an order"),
        )
        self.assertEqual(incoming.problem, "Odoo does not know: product CUP.")
        self.assertEqual((out.user_id, incoming.user_id), (self.system.responsible_id,) * 2)
        self.assertEqual(out.action_open()["res_model"], "retail.delivery")
        self.assertEqual(incoming.action_open()["res_id"], self.messages().id)

    def test_next_action_by(self):
        self.post("/orders", self.order(self.line("PLATE", "6"), total="72.60"))
        self.post("/orders/W-2/cancel", {})
        self.client.keeps_incomplete = True
        self.unknown("W-3")
        found = [
            (letter.subject, letter.state, letter.next_action_by, letter.user_id) for letter in self.letters()
        ]
        self.assertEqual(
            found,
            [
                ("order/W-1001", "refused", "sender", self.system.responsible_id),
                ("order/W-2", "waiting", "sender", self.env["res.users"]),
                ("order/W-3", "incomplete", "manager", self.system.responsible_id),
            ],
        )

    def test_what_is_resolved_is_not_listed(self):
        self.post("/orders", self.order(self.line("PLATE", "6"), total="72.60"))
        self.assertEqual(len(self.letters()), 1)
        self.place()  # the sender orders less, under the same number
        self.assertFalse(self.letters())
        self.client.is_test = True
        self.unknown("W-5")
        self.assertFalse(self.letters(), "tests are nobody's to resolve")

    def test_several_at_once(self):
        delivery = self.failed()
        self.client.keeps_incomplete = True
        self.unknown("W-1"), self.unknown("W-2"), self.post("/orders/W-9/cancel", {})
        self.map_cup()
        letters = self.letters()
        self.assertEqual(len(letters), 4)
        report = letters.action_retry()["params"]
        self.assertEqual(report["type"], "warning")
        self.assertIn(
            "Done: 2 of 3. Not completed: There is no order with this external_id.", report["message"]
        )
        self.env.invalidate_all()
        self.assertEqual(self.messages().mapped("state"), ["done", "done", "waiting"])
        self.assertIn(delivery.state, ("pending", "dead"))
        self.assertEqual(
            self.env["sale.order"].search_count([("order_line.product_id", "=", self.mug.id)]), 2
        )

    def test_dismissed(self):
        self.unknown()
        self.post("/orders/W-9/cancel", {})
        refused, waiting = self.letters(state="refused"), self.letters(state="waiting")
        with self.assertRaisesRegex(UserError, "Only refused messages can be dismissed"):
            (refused + waiting).action_dismiss()
        refused.action_dismiss()
        self.assertEqual(self.letters(), waiting)
        message = self.messages(state="refused")
        self.assertEqual(message.dismissed_by_id, self.clerk)

    def test_searching_by_record(self):
        self.failed("Zoe Unique"), self.unknown("W-77")
        for name, direction in (("Zoe Uni", "out"), ("W-77", "in")):
            letters = self.env["retail.dead.letter"].with_user(self.env.user)
            found = letters.search([("connector_id", "=", self.system.id), ("record_name", "ilike", name)])
            self.assertEqual(found.mapped("direction"), [direction])

    def test_other_companies(self):
        self.unknown()
        other = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = new_test_user(
            self.env,
            "resolves_elsewhere",
            "base.group_user,retail_hub.group_user",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        self.env.flush_all()
        self.assertFalse(self.env["retail.dead.letter"].with_user(stranger).search([]))

    def test_messages_retry_in_bulk(self):
        self.unknown("W-1"), self.unknown("W-2")
        self.map_cup()
        self.env.flush_all()
        report = self.messages().with_user(self.clerk).action_retry()["params"]
        self.assertEqual((report["type"], report["message"]), ("success", "Done: 2 of 2."))
