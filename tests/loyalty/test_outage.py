"""A day without the loyalty engine: the tills go on selling, and afterwards everything arrives, in order and once.

``./dev/test --sales 2000 /retail_hub:TestOutage`` sells as much as a busy day.
"""

import os

from odoo import Command
from odoo.tests import tagged

from .till_case import TillCase

MEMBERS = 20
SALES = int(os.environ.get("RETAIL_HUB_SALES", "300"))
HOURS = 5  # after each of which the hub tries to reach the engine
UPLOADED = 10  # sales of each hour that come as tills send them


@tagged("post_install", "-at_install")
class TestOutage(TillCase):
    points = 0

    def _drain(self, connector=None, lane="realtime"):
        """Drain as the job does, which may also note that an engine is away."""
        self._commit()
        return self.env["retail.drain"].sudo()._run((connector or self.connector).id, lane)

    def _members(self):
        """Return the cards of members whom the engine knows."""
        values = [
            {"name": f"Member {number}", "email": f"m{number}@example.com"} for number in range(MEMBERS)
        ]
        customers = self.env["res.partner"].create(values)
        cards = self.env["loyalty.card"].create(
            [{"program_id": self.program.id, "partner_id": each.id} for each in customers]
        )
        self._send_due()
        self._read()
        return cards

    def _line(self, price):
        return {"price_unit": price, "price_subtotal": price, "price_subtotal_incl": price}

    def _upload(self, sales):
        """Have a till send orders, of (customer, price)."""
        payloads = [
            self._payload(
                [{"product": self.lamp, "quantity": 1, "tax_ids": [], **self._line(price)}],
                [(self.bank_pm1, price)],
                customer=customer,
            )
            for customer, price in sales
        ]
        self.env["pos.order"].with_context(generate_pdf=False).sync_from_ui(payloads)

    def _write(self, sales):
        """Have orders be paid, without all else that Odoo does when a till sends some: that takes 20 times as long."""
        orders = self.env["pos.order"].create(
            [
                {
                    "session_id": self.pos_session.id,
                    "name": f"Written {price}",
                    "company_id": self.env.company.id,
                    "partner_id": customer.id,
                    "amount_tax": 0,
                    "amount_total": price,
                    "amount_paid": price,
                    "amount_return": 0,
                    "lines": [Command.create({"product_id": self.lamp.id, "qty": 1, **self._line(price)})],
                }
                for customer, price in sales
            ]
        )
        orders.state = "paid"

    def _pass(self, hours):
        """Let so many hours pass, and the hub try again what is due by then."""
        self._commit()
        self.env.cr.execute(
            "UPDATE retail_delivery SET next_attempt_at = next_attempt_at - make_interval(hours => %(hours)s),"
            " queued_at = queued_at - make_interval(hours => %(hours)s) WHERE state IN ('pending', 'unknown')",
            {"hours": hours},
        )
        self.env.invalidate_all()
        self.env["retail.circuit"].sudo()._make_probe_due(self.engine)
        self._drain(self.engine)

    def test_a_day_without_the_engine(self):
        """Of the sales of each hour, a till sends ten. The others are written, with the same events."""
        customers = self._members().partner_id
        sales = [(customers[number % MEMBERS], number) for number in range(1, SALES + 1)]
        self.sandbox.fault(status=503, path="/v")
        for hour in range(HOURS):
            of_hour = sales[hour * SALES // HOURS : (hour + 1) * SALES // HOURS]
            self._upload(of_hour[:UPLOADED])
            self._write(of_hour[UPLOADED:])
            self._pass(24 // HOURS)
        self.assertEqual(self.sandbox.records("orders", "voucherify"), [])
        self.sandbox.faults_clear()
        self._pass(24)
        self._send_due()
        self.sandbox.act("process", "voucherify")
        for _time in range(2):
            self._read_again()
            while self._read():
                pass
        self._assert_arrived(customers, sales)

    def _assert_arrived(self, customers, sales):
        """Each order is at the engine once, in order, and earned once: for engine, ledger and card."""
        arrived = {}
        for each in self.sandbox.records("orders", "voucherify"):
            self.assertEqual(each["status"], "PAID")
            arrived.setdefault(each["customer_id"], []).append((each["source_id"], each["amount"] / 100))
        keys = {each["source_id"]: each["id"] for each in self.sandbox.records("customers", "voucherify")}
        for customer in customers:
            card = self.env["loyalty.card"].search([("partner_id", "=", customer.id)])
            orders = self.env["pos.order"].search([("partner_id", "=", customer.id)], order="id")
            prices = [price for buyer, price in sales if buyer == customer]
            expected = [(f"pos-{order.id}", price) for order, price in zip(orders, prices, strict=True)]
            self.assertEqual(arrived[keys[f"odoo-{customer.id}"]], expected)
            entries = self.env["retail.loyalty.entry"].search([("card_id", "=", card.id)])
            self.assertEqual((set(entries.mapped("kind")), len(entries)), ({"earn"}, len(prices)))
            at_engine = self.remote.points_of(self.sandbox, customer.id)
            self.assertEqual((sum(entries.mapped("points")), card.points, at_engine), (sum(prices),) * 3)
        for event_type in ("order.placed", "order.paid"):
            deliveries = self._deliveries(connector_id=self.engine.id, event_type=event_type)
            self.assertEqual(deliveries.mapped("state"), ["delivered"] * len(sales))
        self.assertFalse(self.env["retail.loyalty.proof"]._differences())
