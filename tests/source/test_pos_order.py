"""Orders of a till: what is sold and what is taken back is sent once, with the amounts that Odoo shows."""

from copy import deepcopy
from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.point_of_sale.tests.common import TestPoSCommon
from odoo.addons.point_of_sale.tests.test_frontend import TestPointOfSaleHttpCommon

from ..common import UNREADABLE, EventCase


class PosCase(EventCase, TestPoSCommon):
    """An open till with two products, and the payloads that it sends."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.config = cls.basic_config
        cls.lamp = cls._till_product("Lamp", "LAMP", 19.99, cls.taxes["tax7"])
        cls.vase = cls._till_product("Vase", "VASE", 10.0, cls.taxes["tax10"])

    @classmethod
    def _create_connector(cls, name, **values):
        cls.env.user.group_ids |= cls.env.ref("retail_hub.group_manager")
        return super()._create_connector(name, **values)

    @classmethod
    def _till_product(cls, name, code, price, tax):
        product = cls.create_product(name, cls.categ_basic, price, tax_ids=tax.ids)
        product.default_code = code
        return product

    def setUp(self):
        super().setUp()
        self.open_new_session(opening_cash=100)

    def _payload(self, lines, payments=None, **values):
        """Return what a till sends of an order; ``lines`` are tuples or dicts, see ``create_ui_order_data``."""
        customer = values.pop("customer", False)
        return self.create_ui_order_data(
            lines,
            customer=customer,
            payments=payments,
            is_invoiced=values.pop("is_invoiced", False),
            pos_order_ui_args={"state": "paid", **values},
        )

    def _send(self, payload):
        """Send an order as a till does, and return it."""
        till = self.env["pos.order"].with_context(generate_pdf=False)
        till.sync_from_ui([deepcopy(payload)])
        self._commit()
        return self.env["pos.order"].search([("uuid", "=", payload["uuid"])])

    def _sell(self, lines, payments=None, **values):
        return self._send(self._payload(lines, payments, **values))

    def _returned(self, line, quantity):
        """Return the line with which a till takes back a quantity of another one."""
        return {"product": line.product_id, "quantity": -quantity, "refunded_orderline_id": line.id}

    def _reward(self):
        """Return the line of a loyalty reward of 5.00, tax included."""
        return {
            "product": self.vase,
            "quantity": 1,
            "price_unit": -5,
            "price_subtotal": -4.55,
            "price_subtotal_incl": -5,
            "is_reward_line": True,
        }

    def _round_cash(self):
        self.config.write(
            {
                "rounding_method": self.env["account.cash.rounding"].create(
                    {
                        "name": "5 cents",
                        "rounding": 0.05,
                        "profit_account_id": self.company_data["default_account_revenue"].id,
                        "loss_account_id": self.company_data["default_account_expense"].id,
                    }
                ),
                "cash_rounding": True,
                "only_round_cash_method": True,
            }
        )


@tagged("post_install", "-at_install")
class TestPosOrder(PosCase):
    wanted = ("order.placed", "refund.issued", "invoice.posted")

    def test_sold(self):
        """With a discount, taxes in and on top of the price, two ways to pay, and change."""
        payload = self._payload(
            [(self.lamp, 3, 10), (self.vase, 1)],
            [(self.bank_pm1, 50), (self.cash_pm1, 20)],
            customer=self.customer,
            amount_return=-2.25,
        )
        order = self._send(payload)
        [event] = self._events(order)
        self.assertEqual((event.event_type, event.kind), ("order.placed", "fact"))
        self.assertEqual(event.correlation_id, f"pos.order,{order.id}")
        sent = event.payload
        self.assertEqual(
            (sent["number"], sent["channel"], sent["status"], sent["customer_id"], sent["store"]),
            (order.name, "pos", "placed", str(self.customer.id), "PoS Shop Test"),
        )
        self.assertEqual((sent["untaxed"], sent["tax"], sent["total"]), ("63.06", "4.69", "67.75"))
        self.assertAlmostEqual(order.amount_total, 67.75)
        self.assertAlmostEqual(order.amount_tax, 4.69)
        self.assertEqual(
            [
                (
                    line["sku"],
                    line["quantity"],
                    line["unit_price"],
                    line["discount"],
                    line["untaxed"],
                    line["tax"],
                )
                for line in sent["lines"]
            ],
            [("LAMP", "3", "19.99", "10", "53.97", "3.78"), ("VASE", "1", "10", "0", "9.09", "0.91")],
        )
        self.assertEqual(
            sent["payments"],
            [
                {"method": "Bank", "amount": "50.00"},
                {"method": "Cash", "amount": "20.00"},
                {"method": "Cash", "amount": "-2.25"},
            ],
        )
        self.assertEqual(sent["rounding"], "0.00")
        self.assertEqual(sent["external_ids"], {"receipt": order.pos_reference, "uuid": payload["uuid"]})
        self.assertEqual(sent["salesperson"], self.env.user.name)

    def test_anonymous(self):
        order = self._sell([(self.vase, 1)])
        self.assertEqual(self._events(order).payload["customer_id"], "")

    def test_sold_by_a_cashier(self):
        """Who may only use the till needs no further rights."""
        cashier = self.env["res.users"].create(
            {
                "name": "Bo",
                "login": "bo",
                "company_id": self.env.company.id,
                "company_ids": self.env.company.ids,
                "group_ids": (
                    self.env.ref("base.group_user") + self.env.ref("point_of_sale.group_pos_user")
                ).ids,
            }
        )
        payload = self._payload([(self.vase, 1)], user_id=cashier.id)
        self.env["pos.order"].with_user(cashier).sync_from_ui([payload])
        [event] = self._events(event_type="order.placed")
        self.assertEqual((event.user_id, event.payload_error), (cashier, False))
        self.assertEqual((event.payload["salesperson"], event.payload["total"]), ("Bo", "10.00"))

    def test_sent_again(self):
        """A till that saw no answer sends the same order again."""
        payload = self._payload([(self.vase, 1)])
        order = self._send(payload)
        self.assertEqual(self._send(payload), order)
        self.assertEqual(self._sent(order), ["order.placed"])
        self.assertEqual(len(self._deliveries(order)), 1)

    def test_sent_hours_later(self):
        """It happened when it was sold, not when the till was online again."""
        sold_at = fields.Datetime.now() - timedelta(hours=5)
        order = self._sell([(self.vase, 1)], date_order=fields.Datetime.to_string(sold_at))
        [event] = self._events(order)
        self.assertEqual(event.occurred_at, sold_at)
        self.assertEqual(event.payload["placed_at"], f"{sold_at.isoformat()}Z")

    def test_sent_after_the_closing(self):
        """It goes to the session that is open by then, and is sent with the time at which it was sold."""
        payload = self._payload([(self.vase, 1)])
        payload["date_order"] = "2026-01-05 09:30:00"
        closed = self.pos_session
        closed.post_closing_cash_details(100)
        closed.close_session_from_ui()
        self.open_new_session(opening_cash=100)
        with self.assertLogs("odoo.addons.point_of_sale.models.pos_order", "WARNING"):
            order = self._send(payload)
        self.assertEqual((payload["session_id"], order.session_id), (closed.id, self.pos_session))
        [event] = self._events(order)
        self.assertEqual(event.payload["placed_at"], "2026-01-05T09:30:00Z")

    def test_several_in_one_call(self):
        payloads = [self._payload([(self.vase, quantity)]) for quantity in (1, 2, 3)]
        self.env["pos.order"].sync_from_ui(payloads)
        self._commit()
        self.assertEqual(
            [event.payload["total"] for event in self._events(event_type="order.placed")],
            ["10.00", "20.00", "30.00"],
        )

    def test_restaurant(self):
        """An order that is not paid yet is not sent; then it is, as it is then."""
        payload = self._payload([(self.vase, 1)], [], state="draft")
        order = self._send(payload)
        self.assertEqual((order.state, self._sent(order)), ("draft", []))
        paid = self._payload([(self.lamp, 1)], [(self.bank_pm1, 31.39)], amount_total=31.39, amount_tax=2.31)
        order = self._send({**paid, "uuid": payload["uuid"], "access_token": order.access_token})
        self.assertEqual((order.state, self._sent(order)), ("paid", ["order.placed"]))
        sent = self._events(order).payload
        self.assertEqual((sent["total"], len(sent["lines"])), ("31.39", 2))

    def test_a_till_looks_nothing_up(self):
        """A till reads every field of its orders with each sale: the story of an order is not for it."""
        order = self._sell([(self.vase, 1)])
        self._events(order)
        user = new_test_user(self.env, "cashier", "point_of_sale.group_pos_user,retail_hub.group_user")
        order = order.with_user(user)
        self.assertEqual((order.retail_event_count, order.retail_sync_state), (1, "waiting"))
        [read] = order._load_pos_data_read(order, order.config_id)
        self.assertEqual((read["retail_event_count"], read["retail_sync_state"]), (0, False))

    def test_not_fully_paid(self):
        """What fails is not sent, nor what was sent with it."""
        good, bad = self._payload([(self.vase, 1)]), self._payload([(self.vase, 1)], [(self.bank_pm1, 4)])
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.env["pos.order"].sync_from_ui([good, bad])
        self.assertEqual(self._sent(), [])
        self.assertFalse(self.env["pos.order"].search([("uuid", "=", good["uuid"])]))

    def test_a_payload_that_cannot_be_built_stops_no_sale(self):
        with (
            patch.object(type(self.env["pos.order"]), "_retail_sale", side_effect=ZeroDivisionError),
            self.assertLogs("odoo.addons.retail_hub.models.outbox.event", "ERROR"),
        ):
            order = self._sell([(self.vase, 1)])
        event = self._events(order)
        self.assertEqual(
            (order.state, event.payload, event.payload_error),
            (
                "paid",
                False,
                UNREADABLE,
            ),
        )

    def test_invoiced(self):
        order = self._sell([(self.vase, 1)], customer=self.customer, is_invoiced=True)
        self.assertEqual((order.state, order.account_move.state), ("done", "posted"))
        [placed] = self._events(order)
        self.assertEqual(placed.event_type, "order.placed")
        [posted] = self._events(order.account_move)
        self.assertEqual(posted.event_type, "invoice.posted")
        self.assertEqual((posted.correlation_id, posted.causation_id), (f"pos.order,{order.id}", placed.uuid))

    def test_closing_sends_no_order_again(self):
        order = self._sell([(self.vase, 1)])
        self.pos_session.post_closing_cash_details(110)
        self.pos_session.close_session_from_ui()
        self.assertEqual((order.state, self._sent(order)), ("done", ["order.placed"]))

    def test_shipped_later(self):
        self.customer.write({"street": "Kaai 7", "city": "Ghent"})
        order = self._sell(
            [(self.vase, 1)], customer=self.customer, shipping_date=fields.Date.to_string(fields.Date.today())
        )
        self.assertEqual(self._events(order).payload["delivery_address"]["city"], "Ghent")

    def test_reward(self):
        sent = self._events(self._sell([(self.vase, 2), self._reward()])).payload
        self.assertEqual(
            [(line["kind"], line["total"]) for line in sent["lines"]],
            [("product", "20.00"), ("reward", "-5.00")],
        )
        self.assertEqual((sent["untaxed"], sent["tax"], sent["total"]), ("13.63", "1.37", "15.00"))

    def test_combo(self):
        """What a combo is made of are lines of their own, which carry its price and say where they belong."""
        combo = self.env["product.combo"].create(
            {
                "name": "Light",
                "company_id": self.env.company.id,
                "combo_item_ids": [Command.create({"product_id": self.lamp.id})],
            }
        )
        product = self.env["product.product"].create(
            {
                "name": "Gift set",
                "type": "combo",
                "combo_ids": combo.ids,
                "company_id": self.env.company.id,
                "taxes_id": False,
                "available_in_pos": True,
                "lst_price": 15,
            }
        )
        parent = {
            "product": product,
            "quantity": 1,
            "price_unit": 0,
            "price_subtotal": 0,
            "price_subtotal_incl": 0,
        }
        child = {
            "product": self.lamp,
            "quantity": 1,
            "price_unit": 15,
            "price_subtotal": 15,
            "price_subtotal_incl": 16.05,
        }
        payload = self._payload(
            [{**parent, "uuid": "set"}, {**child, "uuid": "lamp"}],
            relations_uuid_mapping={"pos.order.line": {"lamp": {"combo_parent_id": "set"}}},
        )
        sent = self._events(self._send(payload)).payload
        gift_set, lamp = sent["lines"]
        self.assertEqual((gift_set["parent_id"], lamp["parent_id"]), ("", gift_set["id"]))
        self.assertEqual((gift_set["total"], lamp["total"], sent["total"]), ("0.00", "16.05", "16.05"))

    def test_cash_rounding(self):
        self._round_cash()
        pen = self._till_product("Pen", "PEN", 9.98, self.taxes["tax10"])
        order = self._sell([(pen, 1)], [(self.cash_pm1, 10)])
        sent = self._events(order).payload
        self.assertEqual((sent["untaxed"], sent["tax"], sent["total"]), ("9.07", "0.91", "9.98"))
        self.assertEqual((sent["rounding"], sent["payments"][0]["amount"]), ("0.02", "10.00"))
        refund = self._sell([self._returned(order.lines, 1)], [(self.cash_pm1, -10)], is_refund=True)
        sent = self._events(refund).payload
        self.assertEqual(
            (sent["total"], sent["rounding"], sent["payments"][0]["amount"]), ("9.98", "0.02", "10.00")
        )

    def test_taxes_rounded_globally(self):
        """The amounts of the lines add up to those of the document, which are Odoo's own."""
        self.env.company.tax_calculation_rounding_method = "round_globally"
        pen = self._till_product("Pen", "PEN", 21.53, self.taxes["tax21"])
        order = self._sell([(pen, 1), (pen, 1)])
        order._compute_prices()
        self._commit()
        sent = self._events(order).payload
        self.assertEqual((sent["untaxed"], sent["tax"], sent["total"]), ("35.59", "7.47", "43.06"))
        self.assertEqual(
            [(line["untaxed"], line["tax"]) for line in sent["lines"]], [("17.80", "3.73"), ("17.79", "3.74")]
        )
        self.assertAlmostEqual(order.amount_tax, 7.47)

    def test_other_currency(self):
        self.config = self.other_currency_config
        self.open_new_session()
        order = self._sell([(self.vase, 2)], [(self.bank_pm2, 10)])
        sent = self._events(order).payload
        self.assertEqual(
            (sent["currency"], sent["untaxed"], sent["tax"], sent["total"]),
            ("EUR", "9.091", "0.909", "10.000"),
        )

    # -- refunds -----------------------------------------------------------------------------------

    def test_refunded_at_the_till(self):
        order = self._sell([(self.lamp, 2, 10), (self.vase, 1)], customer=self.customer)
        placed = self._events(order)
        refund = self._sell(
            [{**self._returned(order.lines[0], 1), "discount": 10}], customer=self.customer, is_refund=True
        )
        self.assertEqual(self._sent(order), ["order.placed"])
        [event] = self._events(refund)
        self.assertEqual((event.event_type, event.kind), ("refund.issued", "fact"))
        self.assertEqual(event.causation_id, placed.uuid)
        sent = event.payload
        self.assertEqual(
            (sent["id"], sent["source"], sent["number"], sent["store"], sent["customer_id"]),
            (str(refund.id), "pos", refund.name, "PoS Shop Test", str(self.customer.id)),
        )
        self.assertEqual(sent["orders"], [{"id": str(order.id), "number": order.name, "channel": "pos"}])
        self.assertEqual((sent["untaxed"], sent["tax"], sent["total"]), ("17.99", "1.26", "19.25"))
        self.assertAlmostEqual(refund.amount_total, -19.25)
        self.assertFalse(sent["is_full"])
        [line] = sent["lines"]
        self.assertEqual(
            (line["sku"], line["quantity"], line["total"], line["order_line_ids"], line["taxes"]),
            ("LAMP", "1", "19.25", [str(order.lines[0].id)], [{"name": "Tax 7%", "rate": "7"}]),
        )
        reference = {
            "order_id": str(order.id),
            "channel": "pos",
            "line_id": str(order.lines[0].id),
            "position": 0,
            "sold": "2",
            "quantity": "1",
        }
        self.assertEqual(line["sold_lines"], [reference])
        self.assertEqual(sent["payments"], [{"method": "Cash", "amount": "19.25"}])

    def test_refunded_in_full(self):
        order = self._sell([(self.vase, 1)])
        refund = self._sell([self._returned(order.lines, 1)], is_refund=True)
        self.assertTrue(self._events(refund).payload["is_full"])

    def test_refunded_bit_by_bit(self):
        """Neither of two refunds takes back the whole order, though both together do."""
        order = self._sell([(self.vase, 2)])
        refunds = [self._sell([self._returned(order.lines, 1)], is_refund=True) for _time in range(2)]
        self.assertEqual([self._events(refund).payload["is_full"] for refund in refunds], [False, False])
        self.assertFalse(order.has_refundable_lines)

    def test_refunded_but_for_one_line(self):
        """Every line counts, whatever it was worth."""
        order = self._sell([(self.vase, 1), (self.vase, 1)])
        refund = self._sell([self._returned(order.lines[0], 1)], is_refund=True)
        self.assertFalse(self._events(refund).payload["is_full"])

    def test_refunded_in_the_back_office(self):
        order = self._sell([(self.vase, 2)])
        refund = self.env["pos.order"].browse(order.refund()["res_id"])
        self.assertEqual(self._sent(refund), [])
        self.make_payment(refund, self.bank_pm1, -20)
        self.assertEqual(self._sent(refund), ["refund.issued"])
        sent = self._events(refund).payload
        self.assertEqual(
            (sent["total"], sent["is_full"], sent["payments"]),
            ("20.00", True, [{"method": "Bank", "amount": "20.00"}]),
        )

    def test_refund_of_an_invoiced_order(self):
        """It says which invoice it reverses."""
        order = self._sell([(self.vase, 1)], customer=self.customer, is_invoiced=True)
        line = self._returned(order.lines, 1)
        refund = self._sell([line], customer=self.customer, is_invoiced=True, is_refund=True)
        self.assertEqual(refund.account_move.move_type, "out_refund")
        self.assertEqual(self._sent(refund.account_move), [])
        [sent] = self._events(refund).mapped("payload")
        self.assertEqual(
            (sent["invoice_id"], sent["invoice_number"]),
            (str(order.account_move.id), order.account_move.name),
        )

    def test_returned_without_its_order(self):
        refund = self._sell([(self.vase, -1)], is_refund=True)
        [event] = self._events(refund)
        self.assertEqual((event.event_type, event.causation_id), ("refund.issued", False))
        sent = event.payload
        self.assertEqual((sent["total"], sent["orders"], sent["is_full"]), ("10.00", [], False))

    def test_exchange_for_something_dearer(self):
        """An order and a refund, each with its own lines and amounts; what was paid is sent once."""
        order = self._sell([(self.vase, 1)])
        exchange = self._sell([self._returned(order.lines, 1), (self.lamp, 1)])
        self.assertEqual(self._sent(exchange), ["order.placed", "refund.issued"])
        sold, refund = self._events(exchange).mapped("payload")
        self.assertEqual((sold["untaxed"], sold["tax"], sold["total"]), ("19.99", "1.40", "21.39"))
        self.assertEqual([line["sku"] for line in sold["lines"]], ["LAMP"])
        self.assertEqual(sold["refunds_id"], str(order.id))
        self.assertEqual((refund["untaxed"], refund["tax"], refund["total"]), ("9.09", "0.91", "10.00"))
        self.assertEqual([line["sku"] for line in refund["lines"]], ["VASE"])
        self.assertAlmostEqual(exchange.amount_total, 11.39)
        self.assertEqual(sold["payments"], [{"method": "Cash", "amount": "11.39"}])
        self.assertEqual(refund["payments"], [])

    def test_exchange_for_something_cheaper(self):
        order = self._sell([(self.lamp, 1)])
        exchange = self._sell([self._returned(order.lines, 1), (self.vase, 1)], is_refund=True)
        sold, refund = self._events(exchange).mapped("payload")
        self.assertEqual((sold["untaxed"], sold["tax"], sold["total"]), ("9.09", "0.91", "10.00"))
        self.assertEqual((refund["untaxed"], refund["tax"], refund["total"]), ("19.99", "1.40", "21.39"))
        self.assertAlmostEqual(exchange.amount_total, -11.39)
        self.assertEqual(sold["payments"], [])
        self.assertEqual(refund["payments"], [{"method": "Cash", "amount": "11.39"}])


@tagged("post_install", "-at_install")
class TestPaidTillOrder(PosCase):
    """A till order that changes after it was paid is sent as it is then; its making is one event."""

    wanted = ("order.placed", "order.updated", "refund.issued")

    def setUp(self):
        super().setUp()
        self.order = self._sell([(self.vase, 2)])
        self.assertEqual(self._sent(self.order), ["order.placed"])
        self._forget_events()

    def _updated(self):
        self.assertEqual(self._sent(self.order), ["order.updated"])
        return self.order._retail_payloads()[self.order.id][0]

    def test_a_customer_is_named(self):
        self.order.partner_id = self.customer
        self.assertEqual(self._updated()["customer_id"], str(self.customer.id))

    def test_another_payment_method(self):
        self.order.payment_ids.payment_method_id = self.bank_pm1
        self.assertEqual(self._updated()["payments"], [{"method": "Bank", "amount": "20.00"}])

    def test_a_tip(self):
        tip = self._till_product("Tip", "TIP", 0, self.env["account.tax"])
        self.order.lines = [
            Command.create(
                {
                    "product_id": tip.id,
                    "qty": 1,
                    "price_unit": 3,
                    "price_subtotal": 3,
                    "price_subtotal_incl": 3,
                }
            )
        ]
        self.order.payment_ids.amount = 23
        sent = self._updated()
        self.assertEqual((sent["total"], sent["payments"][0]["amount"]), ("23.00", "23.00"))

    def test_what_is_no_change(self):
        """A draft is none, and the closing of the session changes no order; a refund is an event of its own."""
        self._create_draft()
        refund = self._sell([self._returned(self.order.lines, 1)], is_refund=True)
        self.pos_session.action_pos_session_closing_control()
        self.assertEqual(self._sent(self.order), [])
        self.assertEqual(self._sent(refund), ["refund.issued"])

    def _create_draft(self):
        draft = self._send(self._payload([(self.lamp, 1)], payments=[], state="draft"))
        draft.partner_id = self.customer
        self.assertEqual(self._sent(draft), [])
        draft.unlink()


@tagged("post_install", "-at_install")
class TestTill(EventCase, TestPointOfSaleHttpCommon):
    """A till in a real browser, with a tour that Odoo tests its own refunds with."""

    wanted = ("order.placed", "refund.issued")

    @classmethod
    def _create_connector(cls, name, **values):
        cls.env.user.group_ids |= cls.env.ref("retail_hub.group_manager")
        return super()._create_connector(name, **values)

    def test_sold_and_refunded(self):
        product = self.env["product.product"].create(
            {"name": "Test Product", "list_price": 10, "taxes_id": False, "available_in_pos": True}
        )
        self.main_pos_config.with_user(self.pos_user).open_ui()
        self.start_pos_tour("refund_multiple_products_amounts_compliance")
        placed, refund = self._events().sorted("id")
        self.assertEqual((placed.event_type, refund.event_type), ("order.placed", "refund.issued"))
        self.assertEqual(refund.causation_id, placed.uuid)
        self.assertEqual(placed.user_id, self.pos_user)
        for sent in (placed.payload, refund.payload):
            [line] = sent["lines"]
            self.assertEqual(
                (line["product_id"], line["quantity"], line["total"]), (str(product.id), "2", "20.00")
            )
            self.assertEqual(
                (sent["total"], sent["payments"]), ("20.00", [{"method": "Cash", "amount": "20.00"}])
            )
        self.assertTrue(refund.payload["is_full"])
