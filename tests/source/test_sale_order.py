"""Sales orders: what is placed, changed and cancelled is sent, with the amounts that Odoo shows."""

from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from ..common import UNREADABLE, EventCase, ShopCase


@tagged("post_install", "-at_install")
class TestSaleOrder(ShopCase, EventCase):
    wanted = ("order.placed", "order.updated", "order.cancelled")

    def test_name_in_stored_texts(self):
        """An order is named by its number; a customer by its id, since a stored text must not hold its name."""
        order = self._quotation()
        self.assertEqual(order._retail_reference(), f"Sales Order {order.name}")
        self.assertEqual(self.customer._retail_reference(), f"Contact #{self.customer.id}")

    def test_confirmed(self):
        order = self._quotation(line={"discount": 10})
        self.assertEqual(self._sent(order), [])
        order.action_confirm()
        [event] = self._events(order)
        self.assertEqual((event.event_type, event.kind), ("order.placed", "fact"))
        self.assertEqual(event.occurred_at, order.date_order)
        self.assertEqual(event.correlation_id, f"sale.order,{order.id}")
        sent = event.payload
        self.assertEqual(
            (sent["number"], sent["channel"], sent["status"], sent["customer_id"], sent["currency"]),
            (order.name, "sales", "placed", str(self.customer.id), order.currency_id.name),
        )
        self.assertEqual((sent["untaxed"], sent["tax"], sent["total"]), ("53.97", "11.33", "65.30"))
        self.assertAlmostEqual(order.amount_total, 65.30)
        [line] = sent["lines"]
        self.assertEqual(
            (
                line["sku"],
                line["quantity"],
                line["unit_price"],
                line["discount"],
                line["untaxed"],
                line["total"],
            ),
            ("LAMP", "3", "19.99", "10", "53.97", "65.30"),
        )
        self.assertEqual(sent["delivery_address"]["city"], "Ghent")

    def test_tax_included(self):
        self.tax.price_include_override = "tax_included"
        order = self._quotation(quantity=7)
        order.action_confirm()
        sent = self._events(order).payload
        self.assertEqual((sent["untaxed"], sent["tax"], sent["total"]), ("115.64", "24.29", "139.93"))

    def test_other_currency(self):
        """Amounts have as many digits as the currency has."""
        yen = self.env.ref("base.JPY")
        yen.active = True
        pricelist = self.env["product.pricelist"].create({"name": "Japan", "currency_id": yen.id})
        order = self._quotation(1, {"price_unit": 1999.0})
        order.pricelist_id = pricelist
        order.order_line.price_unit = 1999.0
        order.action_confirm()
        sent = self._events(order).payload
        self.assertEqual((sent["currency"], sent["untaxed"], sent["total"]), ("JPY", "1999", "2419"))

    def test_sections_and_notes_are_no_lines(self):
        order = self._quotation()
        order.order_line = [Command.create({"display_type": "line_section", "name": "Lamps"})]
        order.action_confirm()
        self.assertEqual(len(self._events(order).payload["lines"]), 1)

    def test_combo(self):
        """What a combo is made of are lines of their own, which carry its price and say where they belong."""
        combo = self.env["product.combo"].create(
            {"name": "Light", "combo_item_ids": [Command.create({"product_id": self.product.id})]}
        )
        gift_set = self.env["product.product"].create(
            {
                "name": "Gift set",
                "default_code": "GIFT",
                "type": "combo",
                "combo_ids": combo.ids,
                "list_price": 15,
                "taxes_id": False,
            }
        )
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "order_line": [Command.create({"product_id": gift_set.id, "product_uom_qty": 2})],
            }
        )
        part = {"combo_item_id": combo.combo_item_ids.id, "linked_line_id": order.order_line.id}
        order.order_line = [Command.create({"product_id": self.product.id, "product_uom_qty": 2, **part})]
        order.action_confirm()
        sent = self._events(order).payload
        parent, lamp = sent["lines"]
        self.assertEqual((parent["sku"], parent["parent_id"], parent["total"]), ("GIFT", "", "0.00"))
        self.assertEqual((lamp["sku"], lamp["parent_id"], lamp["quantity"]), ("LAMP", parent["id"], "2"))
        self.assertEqual((lamp["untaxed"], lamp["tax"], lamp["total"]), ("30.00", "6.30", "36.30"))
        self.assertEqual(sent["total"], "36.30")

    def test_down_payment(self):
        order = self._quotation()
        order.action_confirm()
        self._forget_events()
        wizard = self.env["sale.advance.payment.inv"].with_context(
            active_ids=order.ids, active_model="sale.order"
        )
        wizard.create({"advance_payment_method": "percentage", "amount": 50}).create_invoices()
        self.assertEqual(self._sent(order), ["order.updated"])
        payload, _warnings = order._retail_payloads()[order.id]
        self.assertEqual([line["kind"] for line in payload["lines"]], ["product", "down_payment"])

    def test_changed_after_confirmation(self):
        order = self._quotation()
        order.action_confirm()
        self._forget_events()
        order.order_line.product_uom_qty = 5
        order.client_order_ref = "PO 7"
        [event] = self._events(order)
        self.assertEqual((event.event_type, event.kind, event.payload), ("order.updated", "state", False))
        self._forget_events()
        order.order_line = [Command.create({"product_id": self.product.id})]
        self.assertEqual(self._sent(order), ["order.updated"])

    def test_another_tax_with_the_same_total(self):
        """121.00 with 21 % included becomes 121.00 with 6 % included."""
        self.tax.price_include_override = "tax_included"
        reduced = self.tax.copy({"name": "6 %", "amount": 6})
        order = self._order(quantity=1, line={"price_unit": 121})
        self._forget_events()
        order.order_line.tax_ids = reduced
        self.assertEqual(self._sent(order), ["order.updated"])
        sent = self._state(order)
        self.assertEqual((sent["untaxed"], sent["tax"], sent["total"]), ("114.15", "6.85", "121.00"))
        self.assertEqual((sent["lines"][0]["untaxed"], sent["lines"][0]["tax"]), ("114.15", "6.85"))

    def test_what_else_of_an_order_is_sent_when_it_changes(self):
        order = self._order(line={"sequence": 1})
        for name, value in (("date_order", "2026-01-02 03:04:05"), ("name", "S-NEW"), ("reference", "R-7")):
            with self.subTest(name):
                self._forget_events()
                order[name] = value
                self.assertEqual(self._sent(order), ["order.updated"])
        sent = self._state(order)
        self.assertEqual(
            (sent["placed_at"], sent["number"], sent["external_ids"]),
            ("2026-01-02T03:04:05Z", "S-NEW", {"reference": "R-7"}),
        )

    def test_the_order_of_the_lines(self):
        order = self._order(line={"sequence": 1})
        vase = self._product("Vase", "VASE", list_price=5)
        order.order_line = [Command.create({"product_id": vase.id, "sequence": 2})]
        self._forget_events()
        order.order_line[0].sequence = 3
        self.assertEqual(self._sent(order), ["order.updated"])
        order.invalidate_recordset()
        self.assertEqual([line["sku"] for line in self._state(order)["lines"]], ["VASE", "LAMP"])

    def test_numbers_have_the_digits_that_the_database_has(self):
        self.env["decimal.precision"].search([("name", "=", "Product Price")]).digits = 9
        for price, text in ((0.123456789, "0.123456789"), (1234567.25, "1234567.25"), (0.1 + 0.2, "0.3")):
            with self.subTest(text):
                order = self._order(quantity=1, line={"price_unit": price})
                self.assertEqual(self._state(order)["lines"][0]["unit_price"], text)

    def test_another_unit(self):
        order = self._order()
        self._forget_events()
        order.order_line.product_uom_id = self.env.ref("uom.product_uom_dozen")
        self.assertEqual(self._sent(order), ["order.updated"])
        self.assertEqual(self._state(order)["lines"][0]["unit"], "Dozens")

    def test_a_quotation_is_not_sent(self):
        order = self._quotation()
        order.order_line.product_uom_qty = 5
        order.action_cancel()
        self.assertEqual(self._sent(order), [])

    def test_cancelled(self):
        order = self._quotation()
        order.action_confirm()
        placed = self._events(order)
        order._action_cancel()
        self.assertEqual(self._sent(order), ["order.placed", "order.cancelled"])
        cancelled = self._events(order, "order.cancelled")
        self.assertEqual(cancelled.payload["status"], "cancelled")
        self.assertEqual(cancelled.causation_id, placed.uuid)

    def test_confirmed_and_cancelled_in_one_transaction(self):
        """Both are sent, in order, once each."""
        order = self._quotation()
        order.action_confirm()
        order._action_cancel()
        self.assertEqual(self._sent(order), ["order.placed", "order.cancelled"])

    def test_cancelled_and_deleted_in_one_transaction(self):
        order = self._order()
        self._forget_events()
        order._action_cancel()
        name, line = order.name, order.order_line
        order_id = order.id
        order.unlink()
        [event] = self._events()
        self.assertEqual((event.event_type, event.res_id), ("order.cancelled", order_id))
        self.assertFalse(event.payload_error)
        sent = event.payload
        self.assertEqual(
            (sent["number"], sent["status"], [each["id"] for each in sent["lines"]]),
            (name, "cancelled", [str(line.id)]),
        )
        self.assertEqual(event.kept_name, name)

    def test_confirmed_again(self):
        order = self._quotation()
        order.action_confirm()
        order._action_cancel()
        order.action_draft()
        order.action_confirm()
        self.assertEqual(self._sent(order), ["order.placed", "order.cancelled", "order.placed"])

    def test_a_payload_that_cannot_be_built_stops_no_sale(self):
        """The event is kept, says why, and is built when it is sent."""
        order = self._quotation()
        order_class = type(order)
        with (
            patch.object(order_class, "_retail_canonical", side_effect=ZeroDivisionError),
            self.assertLogs("odoo.addons.retail_hub.models.outbox.event", "ERROR"),
        ):
            order.action_confirm()
            [event] = self._events(order)
        self.assertEqual((order.state, event.payload, event.payload_error), ("sale", False, UNREADABLE))
        self.assertEqual(self._deliveries(order).state, "pending")

    def _queries_for(self, count):
        """Return how many queries it takes to read so many confirmed orders, of customers of their own."""
        orders = self._quotation().browse()
        for number in range(count):
            customer = self._partner(f"Buyer {number}", f"buyer{number}@example.com")
            orders += self.env["sale.order"].create(
                {"partner_id": customer.id, "order_line": [Command.create({"product_id": self.product.id})]}
            )
        self._forget_events()
        self.env.company._retail_lang()  # from now on in the cache
        orders.action_confirm()
        self.env.flush_all()
        self.env.invalidate_all()
        events_class = type(self.env["retail.event"])
        with_snapshots, queries = events_class._with_snapshots, []

        def counted(events, model, drafts):
            before = events.env.cr.sql_log_count
            found = with_snapshots(events, model, drafts)
            queries.append(events.env.cr.sql_log_count - before)
            return found

        with patch.object(events_class, "_with_snapshots", counted):
            self.assertEqual(len(self._events(event_type="order.placed")), count)
        return sum(queries)

    def test_orders_are_read_together(self):
        """Whoever confirms many does not pay for each."""
        self.assertEqual(self._queries_for(6), self._queries_for(2))

    def test_one_that_cannot_be_read_stops_no_other(self):
        """Not even if it fails because of what is read for all at once, such as a computed field."""
        bad, good = self._quotation(), self._quotation()
        self._forget_events()
        canonical = type(bad)._retail_canonical

        def fails(order, *args):
            if order == bad or bad.id in order._prefetch_ids:
                raise ZeroDivisionError
            return canonical(order, *args)

        with (
            patch.object(type(bad), "_retail_canonical", fails),
            self.assertLogs("odoo.addons.retail_hub.models.outbox.event", "ERROR") as logged,
        ):
            (bad + good).action_confirm()
            events = self._events(event_type="order.placed")
        self.assertEqual(
            {event.res_id: (bool(event.payload), event.payload_error) for event in events},
            {bad.id: (False, UNREADABLE), good.id: (True, False)},
        )
        self.assertEqual(len(logged.records), 1)

    def test_rolled_back(self):
        order = self._quotation()
        self._commit()
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            order.action_confirm()
            raise ZeroDivisionError
        self.assertEqual(self._sent(order), [])

    def test_kit_and_many_lines(self):
        lines = [
            Command.create({"product_id": self.product.id, "product_uom_qty": n % 3 + 1}) for n in range(300)
        ]
        order = self.env["sale.order"].create({"partner_id": self.customer.id, "order_line": lines})
        order.action_confirm()
        sent = self._events(order).payload
        self.assertEqual(len(sent["lines"]), 300)
        self.assertEqual(sent["total"], f"{order.amount_total:.2f}")
