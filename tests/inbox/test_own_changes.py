"""What a system caused is sent to others, not to itself, unless a flow says so: orders, payments, refunds."""

from odoo.tests import tagged

from .payments import PaymentsCase
from .test_webhooks import WebhookCase


class OwnChangesCase(PaymentsCase, WebhookCase):
    """Two systems whose flows are for all event types: the one that calls, and another one."""

    scopes = (
        "customers:write",
        "orders:read",
        "orders:write",
        "payments:write",
        "fulfilment:write",
    )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.system.copy({"name": "Other"})
        for connector in (cls.system, cls.other):
            flows = connector.with_context(active_test=False).flow_ids
            there = set(flows.mapped("event_type"))
            types = [name for name, _label in flows._fields["event_type"]._description_selection(cls.env)]
            missing = [name for name in types if name not in there]
            flows |= flows.create([{"connector_id": connector.id, "event_type": name} for name in missing])
            flows.write({"active": True, "mode": "pull"})

    def setUp(self):
        super().setUp()
        self.sent_to(self.system)
        self.sent_to(self.other)

    def sent_to(self, connector):
        """Return the event types that a system was sent since the last look, in order of their names."""
        self.env.flush_all()
        self.env.cr.flush()
        deliveries = self.env["retail.delivery"].sudo().search([("connector_id", "=", connector.id)])
        names = sorted(deliveries.mapped("event_type"))
        deliveries.unlink()
        return names

    def check(self, *expected):
        """Check what the other system is sent, and that the one which has caused it is sent nothing."""
        self.env.invalidate_all()
        self.assertEqual((self.sent_to(self.other), self.sent_to(self.system)), ([*expected], []))

    def send(self, path, content, status=201):
        response = self.post(path, content)
        self.assertEqual(response.status_code, status, response.text)
        return response.json()


@tagged("-at_install", "post_install")
class TestOwnChanges(OwnChangesCase):
    def commands(self):
        """Send commands about an order, from its capture to its refund; yield what others are sent of each."""
        path, currency = "/orders/W-1001", self.company.currency_id.name
        order = self.sale_order(self.place())
        yield ("customer.created", "order.placed", "stock.level_changed")
        amended = {name: self.order()[name] for name in ("currency", "prices_include_tax")}
        amended |= {"version": 2, "lines": [self.line(quantity="3")], "total": "36.30"}
        self.send(f"{path}/amend", amended, 200)
        yield ("order.updated", "stock.level_changed")
        self.pay("fail", "P-0", "36.30", status=201)
        yield ("payment.failed",)
        self.pay("authorize", "P-1", "36.30", status=201)
        yield ("payment.authorized",)
        self.pay("capture", "P-1", "36.30", status=200)
        yield ("order.paid", "payment.captured")
        self.send(f"{path}/shipments", {"shipment_id": "S", "lines": [{"sku": "MUG", "quantity": "2"}]})
        yield ("shipment.confirmed", "stock.level_changed")
        self.send(f"{path}/returns", {"return_id": "R", "lines": [{"sku": "MUG", "quantity": "1"}]})
        yield ("return.initiated", "return.received", "stock.level_changed")
        self.invoice(order)
        self.sent_to(self.system)  # what a person does is sent
        self.sent_to(self.other)
        refund = {"id": "F", "currency": currency, "lines": [{"id": "L-MUG", "quantity": "1"}]}
        refund["payments"] = [{"id": "M", "payment": "P-1", "amount": "12.10"}]
        self.send(f"{path}/refunds", refund)
        yield ("invoice.paid", "invoice.updated", "payment.refunded", "refund.issued")
        self.place(external_id="W-2", number="#2")
        yield ("order.placed", "stock.level_changed")
        self.send("/orders/W-2/cancel", {}, 200)
        yield ("order.cancelled", "stock.level_changed")

    def test_not_sent_back(self):
        for expected in self.commands():
            self.check(*expected)

    def test_sent_back_if_the_flows_say_so(self):
        self.system.flow_ids.sends_own = True
        for expected in self.commands():
            self.env.invalidate_all()
            self.assertEqual(
                (self.sent_to(self.other), self.sent_to(self.system)), ([*expected], [*expected])
            )

    def test_a_flow_decides_for_itself(self):
        flows = self.system.flow_ids
        flows.filtered(lambda each: each.event_type == "payment.captured").sends_own = True
        self.place()
        self.pay("authorize", "P-1", status=201)
        self.pay("capture", "P-1", status=200)
        self.assertEqual(self.sent_to(self.system), ["payment.captured"])

    def test_what_a_person_does_to_it_is_sent(self):
        order = self.sale_order(self.place())
        self.sent_to(self.system)
        order.with_context(disable_cancel_warning=True).action_cancel()
        self.assertEqual(self.sent_to(self.system), ["order.cancelled", "stock.level_changed"])

    def test_in_batches(self):
        """Those that are carried out together, and one by one."""
        customers = [
            {"command": "customer.upsert", "idempotency_key": f"k-{number}", "data": customer}
            for number, customer in enumerate(
                {"external_id": f"C-{number}", "name": {"full": f"Ann {number}"}} for number in range(3)
            )
        ]
        order = {"command": "order.place", "idempotency_key": "k-o", "data": self.order()}
        results = self.send("/batch", {"commands": [*customers, order]}, 200)["results"]
        self.assertEqual([each["status"] for each in results], [201] * 4)
        self.check(*["customer.created"] * 4, "order.placed", "stock.level_changed")

    def test_by_webhooks(self):
        """They are carried out later, by a job."""
        self.assertEqual(self.hook(self.command(self.order(), "order.place")).status_code, 204)
        payment = {"external_id": "W-1001", "id": "P-1", "amount": "24.20"}
        payment["currency"] = self.company.currency_id.name
        self.assertEqual(self.hook(self.command(payment, "payment.capture")).status_code, 204)
        self.check()
        self.carry_out()
        self.assertEqual(self.messages().mapped("state"), ["done", "done"])
        self.check(
            "customer.created", "order.paid", "order.placed", "payment.captured", "stock.level_changed"
        )
        self.system.flow_ids.sends_own = True
        cancel = self.command(
            {"external_id": "W-1001", "lines": [{"id": "L-MUG", "quantity": "1"}]}, "order.cancel"
        )
        self.assertEqual(self.hook(cancel).status_code, 204)
        self.carry_out()
        self.env.invalidate_all()
        expected = ["order.updated", "stock.level_changed"]
        self.assertEqual((self.sent_to(self.other), self.sent_to(self.system)), (expected, expected))

    def test_what_was_kept_until_a_person_has_helped(self):
        """It is the system that has asked for it, whoever has it carried out."""
        self.client.keeps_incomplete = True
        self.place(self.line("CUP"), status=202)
        self.check()
        self.new_product("CUP", 5)
        self.sent_to(self.system)
        self.sent_to(self.other)
        self.messages().action_retry()
        self.assertEqual(self.messages().state, "done")
        self.check("customer.created", "order.placed", "stock.level_changed")
