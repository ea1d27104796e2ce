"""The closing of a till: its totals are those of its orders, and of its accounting entry, to the cent."""

from collections import Counter
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.point_of_sale.models import pos_session

from .test_pos_order import PosCase


@tagged("post_install", "-at_install")
class TestPosSession(PosCase):
    wanted = ("order.placed", "refund.issued", "settlement.closed")

    def _close(self, counted, bank_differences=None):
        """Close the till as its screen does, with the cash that was counted; return what is sent."""
        session = self.pos_session
        if session.cash_journal_id:
            session.post_closing_cash_details(counted)
            session.update_closing_control_state_session("")
        self.assertEqual(session.close_session_from_ui(bank_differences), {"successful": True})
        [event] = self._events(session)
        return event.payload

    def _entry(self):
        """Return the amounts of the session's accounting entry: untaxed, by tax, and by name what is to be received."""
        lines = self.pos_session.move_id.line_ids
        products = lines.filtered(lambda line: line.display_type == "product" and line.tax_ids)
        taxes, payments = Counter(), Counter()
        for line in lines.filtered("tax_line_id"):
            taxes[line.tax_line_id.name] -= line.amount_currency
        for line in lines.filtered(lambda line: line.display_type == "payment_term"):
            payments[line.name] += line.amount_currency
        return -sum(products.mapped("amount_currency")), taxes, payments

    def _sales_of_a_day(self):
        self._sell([(self.lamp, 3, 10), (self.vase, 1)], [(self.bank_pm1, 50), (self.cash_pm1, 17.75)])
        sold = self._sell([(self.vase, 4)], [(self.cash_pm1, 40)])
        self._sell([(self.lamp, 1)], customer=self.customer, is_invoiced=True)
        self._sell([self._returned(sold.lines, 1)], is_refund=True)
        self._sell([self._returned(sold.lines, 1), (self.lamp, 1)])

    def test_closed(self):
        session = self.pos_session
        self._sales_of_a_day()
        session.try_cash_in_out("out", 30, "Flowers", False, {"translatedType": "out"})
        # 100 + 17.75 + 40 + 21.39 - 10 + 11.39 - 30
        sent = self._close(150.03, [(self.bank_pm1.id, 1.5)])
        [event] = self._events(session)
        self.assertEqual((event.event_type, event.kind), ("settlement.closed", "fact"))
        self.assertEqual(event.occurred_at, session.stop_at)
        self.assertEqual(event.correlation_id, f"pos.session,{session.id}")
        self.assertEqual(
            (sent["number"], sent["store"], sent["currency"], sent["cashier"]),
            (session.name, "PoS Shop Test", session.currency_id.name, session.user_id.name),
        )
        self.assertEqual(
            (sent["opened_at"], sent["closed_at"]),
            (f"{session.start_at.isoformat()}Z", f"{session.stop_at.isoformat()}Z"),
        )
        self.assertEqual((sent["order_count"], sent["refund_count"]), (4, 2))
        self.assertEqual((sent["untaxed"], sent["tax"], sent["total"]), ("121.22", "9.31", "130.53"))
        self.assertEqual(sent["sales"], {"untaxed": "139.40", "tax": "11.13", "total": "150.53"})
        self.assertEqual(sent["refunds"], {"untaxed": "18.18", "tax": "1.82", "total": "20.00"})
        self.assertEqual(sent["invoiced"], {"untaxed": "19.99", "tax": "1.40", "total": "21.39"})
        self.assertEqual((sent["rounding"], sent["discounts"]), ("0.00", "6.42"))
        self.assertEqual(
            sent["payments"],
            [
                {"method": "Cash", "kind": "cash", "count": 5, "amount": "80.53", "difference": "-0.50"},
                {"method": "Bank", "kind": "bank", "count": 1, "amount": "50.00", "difference": "1.50"},
            ],
        )
        self.assertEqual(
            sent["cash"],
            {
                "opening": "100.00",
                "payments": "80.53",
                "moves": "-30.00",
                "expected": "150.53",
                "counted": "150.03",
                "difference": "-0.50",
            },
        )

    def test_equals_the_accounting_entry(self):
        self._sales_of_a_day()
        sent = self._close(180.53)
        untaxed, taxes, payments = self._entry()
        self.assertEqual(sent["entry_number"], self.pos_session.move_id.name)
        self.assertAlmostEqual(float(sent["untaxed"]) - float(sent["invoiced"]["untaxed"]), untaxed)
        self.assertAlmostEqual(float(sent["tax"]) - float(sent["invoiced"]["tax"]), sum(taxes.values()))
        self.assertEqual(
            [
                (tax["name"], tax["rate"], tax["is_invoiced"], tax["base"], tax["amount"])
                for tax in sent["taxes"]
            ],
            [
                ("Tax 7%", "7", False, "73.96", "5.18"),
                ("Tax 10%", "10", False, "27.27", "2.73"),
                ("Tax 7%", "7", True, "19.99", "1.40"),
            ],
        )
        self.assertEqual(
            {name: f"{tax_amount:.2f}" for name, tax_amount in taxes.items()},
            {"Tax 7%": "5.18", "Tax 10%": "2.73"},
        )
        name = self.pos_session.name
        self.assertEqual(
            {label: f"{paid:.2f}" for label, paid in payments.items()},
            {f"{name} - Cash": "80.53", f"{name} - Bank": "50.00", "From invoice payments": "-21.39"},
        )
        self.assertEqual([payment["amount"] for payment in sent["payments"]], ["80.53", "50.00"])

    def test_equals_its_orders(self):
        self._sales_of_a_day()
        sent = self._close(180.53)
        sales = self._events(event_type="order.placed").mapped("payload")
        refunds = self._events(event_type="refund.issued").mapped("payload")
        for name in ("untaxed", "tax", "total"):
            sold = sum(float(order[name]) for order in sales)
            taken_back = sum(float(refund[name]) for refund in refunds)
            self.assertEqual(sent["sales"][name], f"{sold:.2f}")
            self.assertEqual(sent["refunds"][name], f"{taken_back:.2f}")
            self.assertEqual(sent[name], f"{sold - taken_back:.2f}")

    def test_taxes_rounded_globally(self):
        """Many orders whose taxes are rounded for each order, not for each line."""
        self.env.company.tax_calculation_rounding_method = "round_globally"
        pen = self._till_product("Pen", "PEN", 21.53, self.taxes["tax21"])
        for quantity in range(1, 8):
            self._sell([(pen, 1), (pen, quantity), (self.lamp, quantity)])
        sent = self._close(100 + sum(self.pos_session.order_ids.mapped("amount_total")))
        untaxed, taxes, _payments = self._entry()
        self.assertEqual(sent["untaxed"], f"{untaxed:.2f}")
        self.assertEqual(
            {tax["name"]: tax["amount"] for tax in sent["taxes"]},
            {name: f"{tax_amount:.2f}" for name, tax_amount in taxes.items()},
        )

    def test_cash_rounding(self):
        self._round_cash()
        pen = self._till_product("Pen", "PEN", 9.98, self.taxes["tax10"])
        self._sell([(pen, 1)], [(self.cash_pm1, 10)])
        self._sell([(pen, 1)], [(self.bank_pm1, 9.98)])
        sent = self._close(110)
        self.assertEqual((sent["total"], sent["rounding"]), ("19.96", "0.02"))
        rounding = self.pos_session.move_id.line_ids.filtered(lambda line: line.name == "Rounding line")
        self.assertAlmostEqual(rounding.balance, -0.02)

    def test_other_currency(self):
        self.config = self.other_currency_config
        self.open_new_session()
        self._sell([(self.vase, 2)], [(self.bank_pm2, 10)])
        self._sell([(self.lamp, 1)], [(self.cash_pm2, 10.695)])
        sent = self._close(10.695)
        untaxed, taxes, _payments = self._entry()
        self.assertEqual((sent["currency"], sent["untaxed"]), ("EUR", f"{untaxed:.3f}"))
        self.assertEqual(sent["tax"], f"{sum(taxes.values()):.3f}")
        self.assertEqual(
            [(payment["method"], payment["amount"]) for payment in sent["payments"]],
            [("Cash Other", "10.695"), ("Bank Other", "10.000")],
        )

    def test_nothing_sold(self):
        sent = self._close(100)
        self.assertEqual((sent["order_count"], sent["total"], sent["payments"]), (0, "0.00", []))
        self.assertEqual((sent["cash"]["expected"], sent["entry_number"]), ("100.00", ""))

    def test_without_cash(self):
        self.pos_session.close_session_from_ui()
        self.config.payment_method_ids = self.bank_pm1
        self.open_new_session()
        self._sell([(self.vase, 1)], [(self.bank_pm1, 10)])
        sent = self._close(0)
        self.assertEqual((sent["cash"], sent["total"]), (None, "10.00"))

    def test_pay_later(self):
        self._sell([(self.vase, 1)], [(self.pay_later_pm, 10)], customer=self.customer)
        sent = self._close(100)
        self.assertEqual(
            [(payment["method"], payment["kind"], payment["amount"]) for payment in sent["payments"]],
            [("Pay Later", "pay_later", "10.00")],
        )

    def test_closed_in_the_back_office(self):
        """Cash that nobody counted is a difference, as it is in the accounts."""
        self._sell([(self.vase, 1)], [(self.bank_pm1, 10)])
        self.pos_session.action_pos_session_closing_control()
        [event] = self._events(self.pos_session)
        self.assertEqual(event.payload["cash"]["difference"], "-100.00")

    def test_sent_once(self):
        """An open till is not sent, nor one that cannot be closed, nor one that is closed already."""
        draft = self._sell([(self.vase, 1)], [], state="draft")
        self.assertFalse(self.pos_session.close_session_from_ui()["successful"])
        self.assertEqual(self._sent(self.pos_session), [])
        draft.action_pos_order_cancel()
        self._close(100)
        with self.assertRaises(UserError):
            self.pos_session.action_pos_session_closing_control()
        self.assertEqual(self._sent(self.pos_session), ["settlement.closed"])

    def test_not_sent_while_its_entry_does_not_balance(self):
        """Odoo rolls back, and asks what to do: the till is not closed yet."""
        question = {"name": "Force Close Session"}
        with patch.object(pos_session.PosSession, "_validate_session", return_value=question):
            self.pos_session.action_pos_session_closing_control()
        self.assertEqual(self._sent(self.pos_session), [])

    def test_discounts_and_rewards(self):
        self._sell([(self.vase, 1, 25), (self.vase, 2), self._reward()])
        self._sell([(self.lamp, 1, 100), (self.vase, 1)])
        sent = self._close(132.5)
        self.assertEqual((sent["discounts"], sent["rewards"], sent["total"]), ("23.89", "5.00", "32.50"))

    def test_waits_for_the_end_of_the_day(self):
        flow = self.connector.flow_ids.filtered(lambda flow: flow.event_type == "settlement.closed")
        self.assertEqual((flow.mode, flow.lane), ("scheduled", "bulk"))
        self._close(100)
        delivery = self._deliveries(self.pos_session)
        self.assertEqual((delivery.state, delivery.lane), ("pending", "bulk"))
        self.assertEqual(delivery.next_attempt_at, flow.next_run_at)
