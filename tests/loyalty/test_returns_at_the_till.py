"""What is returned at a till reverses the points that it earned, and gives back those that reduced its price."""

from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..source.test_pos_order import PosCase

CHANGES = ("loyalty.earned", "loyalty.redeemed", "loyalty.reversed", "loyalty.adjusted")


class ReturnsCase(PosCase):
    """A till, a customer with 100 points, and a program: 1 point for each 1.00, and 1 point is 0.10 off."""

    wanted = ("order.placed", "refund.issued", *CHANGES)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["loyalty.program"].search([]).active = False
        cls.mug = cls._till_product("Mug", "MUG", 20.0, cls.env["account.tax"])
        cls.pen = cls._till_product("Pen", "PEN", 10.0, cls.env["account.tax"])
        cls.program = cls._program("Club")
        cls.card = cls._card(cls.program, 100)

    @classmethod
    def _program(cls, name, rule=(), reward=(), **values):
        rule = {"reward_point_mode": "money", "reward_point_amount": 1, "minimum_qty": 0, **dict(rule)}
        reward = {"discount_mode": "per_point", "discount": 0.1, "required_points": 1, **dict(reward)}
        values = {
            "program_type": "loyalty",
            "applies_on": "both",
            "trigger": "auto",
            "portal_point_name": "Stars",
            "rule_ids": [Command.create(rule)],
            "reward_ids": [Command.create({"discount_applicability": "order", **reward})],
            **values,
        }
        return cls.env["loyalty.program"].create({"name": name, **values})

    @classmethod
    def _card(cls, program, points, **values):
        values = {"program_id": program.id, "partner_id": cls.customer.id, "points": points, **values}
        card = cls.env["loyalty.card"].create(values)
        cls.env.cr.flush()
        return card

    def _reward_line(self, program, price, cost, card=None, **values):
        """Return the line of a reward of a till: ``cost`` points take ``price`` off."""
        return {
            "product": program.reward_ids.discount_line_product_id,
            "quantity": 1,
            "price_unit": -price,
            "price_subtotal": -price,
            "price_subtotal_incl": -price,
            "is_reward_line": True,
            "reward_id": program.reward_ids.id,
            "coupon_id": (card or self.card).id,
            "points_cost": cost,
            "reward_identifier_code": f"{program.id}",
            **values,
        }

    def _part_of_reward(self, line, price):
        """Return the line with which a till takes back a part of a discount."""
        amounts = {"price_unit": line.price_unit / abs(line.price_unit) * price}
        amounts |= {"price_subtotal": price, "price_subtotal_incl": price}
        return {**self._returned(line, 1), **amounts}

    def _sold(self, lines, earned, card=None, **values):
        """Sell to the customer, and confirm the points as a till does: the difference of what was earned and spent."""
        order = self._sell(lines, customer=self.customer, **values)
        card = card or self.card
        spent = sum(order.lines.filtered(lambda line: line.coupon_id == card).mapped("points_cost"))
        self._confirm(order, earned - spent, card)
        return order

    def _confirm(self, order, points, card=None):
        card = card or self.card
        data = {"points": points, "program_id": card.program_id.id, "coupon_id": card.id}
        codes = order.lines.filtered(lambda line: line.coupon_id == card).mapped("reward_identifier_code")
        order.confirm_coupon_programs({str(card.id): {**data, "line_codes": codes}})
        self._commit()

    def _take_back(self, *lines, **values):
        """Return (line, quantity) of an order, or lines of a payload, at the till."""
        lines = [line if isinstance(line, dict) else self._returned(*line) for line in lines]
        return self._sell(lines, customer=self.customer, is_refund=True, **values)

    def _booked(self, document, card=None):
        """Return the points that were booked with a document, in order."""
        self._commit()
        domain = [("order_model", "=", document._name), ("order_id", "=", document.id)]
        domain += [("card_id", "=", (card or self.card).id)]
        entries = self.env["retail.loyalty.entry"].search(domain, order="id")
        return [(entry.kind, entry.points) for entry in entries]

    def _assert_proved(self, *cards):
        """The ledger proves the balances, and what was sent adds up to them."""
        self._commit()
        for card in cards or (self.card,):
            card.invalidate_recordset()
            entries = self.env["retail.loyalty.entry"].search([("card_id", "=", card.id)], order="id")
            self.assertAlmostEqual(sum(entries.mapped("points")), card.points, 6)
            self.assertAlmostEqual(entries[-1].balance, card.points, 6)
            self.assertEqual(self.env["retail.loyalty.proof"]._differences(card), [])

    def _shares(self, order):
        self._commit()
        shares = self.env["retail.loyalty.share"].search([("order_id", "=", order.id)])
        return [(share.quantity, share.earned, share.spent) for share in shares]


@tagged("post_install", "-at_install")
class TestReturnsAtTheTill(ReturnsCase):
    def test_shares(self):
        """Earned points by what the rules count; spent ones by the prices of the discounted lines; exact sums."""
        order = self._sold(
            [(self.mug, 1), (self.pen, 3), self._reward_line(self.program, 10, 100)], earned=50
        )
        self.assertEqual(self.card.points, 50)
        self.assertEqual(self._shares(order), [(1, 20, 0), (3, 30, 0), (1, 0, 40), (3, 0, 60)])
        self.assertEqual(self._booked(order), [("redeem", -50)], "Odoo keeps the difference only.")

    def test_pending_points(self):
        """A till says only the difference of what was earned and spent: the one is pending, the other is taken."""
        self.program.retail_pending_days = 14
        order = self._sold([(self.mug, 2), self._reward_line(self.program, 3, 30)], earned=40)
        booked = [("earn", 40), ("pending", -40), ("redeem", -30)]
        self.assertEqual((self._booked(order), self.card.points), (booked, 70))
        self.card.invalidate_recordset()
        self.assertEqual(self.card.retail_pending, 40)
        refund = self._take_back((order.lines[0], 1))
        self.assertEqual(self._booked(refund), [("reverse", -20)])
        self.assertEqual(
            self._booked(order)[3:], [("available", 20)], "It was pending, and so it is not now."
        )
        self.card.invalidate_recordset()
        self.assertEqual((self.card.points, self.card.retail_pending), (70, 20))
        self._assert_proved()

    def test_what_a_till_gets_of_pending_points(self):
        self.program.retail_pending_days = 14
        order = self._sell([(self.mug, 1)], customer=self.customer)
        data = {"points": 20, "program_id": self.program.id, "coupon_id": self.card.id, "line_codes": []}
        [told] = order.confirm_coupon_programs({str(self.card.id): data})["coupon_updates"]
        self.assertEqual(told["points"], 100)
        fields = self.program._load_pos_data_fields(order.config_id)
        self.assertLessEqual({"retail_has_lots", "retail_pending_days"}, set(fields))

    def test_all(self):
        order = self._sold([(self.mug, 1), (self.pen, 2)], earned=40)
        self.assertEqual(self.card.points, 140)
        refund = self._take_back((order.lines[0], 1), (order.lines[1], 2))
        self.assertEqual(self.card.points, 100)
        self.assertEqual(self._booked(refund), [("reverse", -40)])
        self.assertEqual(self.card.history_ids[0].description, f"Return {refund.name}")
        event = self._events(self.card, "loyalty.reversed")
        self.assertEqual((event.payload["points"], event.payload["order_id"]), ("-40", str(refund.id)))
        self.assertEqual(event.correlation_id, f"pos.order,{order.id}")
        self._assert_proved()

    def test_in_parts(self):
        """Rounded parts end at exactly what was earned."""
        order = self._sold([(self.pen, 3)], earned=10)
        booked = [self._booked(self._take_back((order.lines, 1))) for _ in range(3)]
        self.assertEqual(booked, [[("reverse", -3.33)], [("reverse", -3.34)], [("reverse", -3.33)]])
        self.assertEqual(self.card.points, 100)
        self._assert_proved()

    def test_one_and_then_two(self):
        order = self._sold([(self.pen, 3)], earned=30)
        first = self._take_back((order.lines, 1))
        second = self._take_back((order.lines, 2))
        self.assertEqual(
            (self._booked(first), self._booked(second)), ([("reverse", -10)], [("reverse", -20)])
        )
        self._assert_proved()

    def test_more_than_there_was(self):
        order = self._sold([(self.pen, 3)], earned=30)
        self._take_back((order.lines, 2))
        refund = self._take_back((order.lines, 2))
        self.assertEqual(self._booked(refund), [("reverse", -10)])
        self.assertEqual(self._booked(self._take_back((order.lines, 1))), [])
        self.assertEqual(self.card.points, 100)
        self._assert_proved()

    def test_sent_again(self):
        """A till that saw no answer sends the same refund again."""
        order = self._sold([(self.pen, 3)], earned=30)
        payload = self._payload([self._returned(order.lines, 1)], customer=self.customer, is_refund=True)
        refund = self._send(payload)
        self.assertEqual(self._send(payload), refund)
        refund.action_pos_order_paid()
        self.assertEqual(self._booked(refund), [("reverse", -10)])
        self._assert_proved()

    def test_before_the_points_were_confirmed(self):
        """The confirmation was lost: nothing is earned or taken. If it comes after all, both are booked."""
        order = self._sell([(self.pen, 3)], customer=self.customer)
        refund = self._take_back((order.lines, 1))
        self.assertEqual((self._booked(refund), self.card.points), ([], 100))
        self._confirm(order, 30)
        self.assertEqual(self._booked(order), [("earn", 30)])
        self.assertEqual((self._booked(refund), self.card.points), ([("reverse", -10)], 120))
        self._confirm(order, 30)
        self.assertEqual(self.card.points, 120)
        self._assert_proved()

    def test_given_again_with_the_refund(self):
        """A till confirms the points of an order anew when it refunds it: they are not given for what went back."""
        order = self._sell([(self.mug, 5)], customer=self.customer)
        self._take_back((order.lines, 5))
        self._confirm(order, 100)
        self.assertEqual(self.card.points, 100)
        self._assert_proved()

    def test_points_that_reduced_the_price(self):
        """They are given back with the discount: 17.00 in money, and the points for 3.00."""
        order = self._sold([(self.mug, 1), (self.mug, 1), self._reward_line(self.program, 6, 60)], earned=40)
        self.assertEqual(self.card.points, 80)
        reward = order.lines[2]
        refund = self._take_back((order.lines[0], 1), self._part_of_reward(reward, 3))
        self.assertAlmostEqual(refund.amount_total, -17)
        self.assertEqual(self._booked(refund), [("reverse", 30), ("reverse", -20)])
        rest = self._take_back((order.lines[1], 1), self._part_of_reward(reward, 3))
        self.assertEqual(self._booked(rest), [("reverse", 30), ("reverse", -20)])
        self.assertEqual(self.card.points, 100)
        self._assert_proved()

    def test_the_full_price_in_money(self):
        """Whoever gets the full price back gets no points for the discount: not both."""
        order = self._sold([(self.mug, 2), self._reward_line(self.program, 6, 60)], earned=40)
        refund = self._take_back((order.lines[0], 2))
        self.assertEqual(self._booked(refund), [("reverse", -40)])
        self._assert_proved()

    def test_thirds_of_a_discount(self):
        order = self._sold([(self.pen, 3), self._reward_line(self.program, 10, 100)], earned=30)
        reward = order.lines[1]
        given = []
        for price in (3.33, 3.33, 3.34):
            refund = self._take_back((order.lines[0], 1), self._part_of_reward(reward, price))
            given.append(self._booked(refund)[0])
        self.assertEqual(given, [("reverse", 33.3), ("reverse", 33.3), ("reverse", 33.4)])
        self.assertEqual(self.card.points, 100)
        self._assert_proved()

    def test_a_rule_for_some_products(self):
        self.program.rule_ids.product_ids = self.mug
        order = self._sold([(self.mug, 1), (self.pen, 2)], earned=20)
        self.assertEqual(self._shares(order), [(1, 20, 0)])
        self.assertEqual(self._booked(self._take_back((order.lines[1], 2))), [])
        self.assertEqual(self._booked(self._take_back((order.lines[0], 1))), [("reverse", -20)])
        self._assert_proved()

    def test_a_reward_for_some_products(self):
        self.program.reward_ids.write(
            {"discount_applicability": "specific", "discount_product_ids": self.pen}
        )
        order = self._sold([(self.mug, 1), (self.pen, 2), self._reward_line(self.program, 5, 50)], earned=40)
        self.assertEqual(self._shares(order)[2:], [(2, 0, 50)])

    def test_points_for_units_and_for_the_order(self):
        self.program.rule_ids = [
            Command.clear(),
            Command.create({"reward_point_mode": "unit", "reward_point_amount": 2}),
            Command.create({"reward_point_mode": "order", "reward_point_amount": 8}),
        ]
        order = self._sold([(self.mug, 1), (self.pen, 2)], earned=14)
        self.assertEqual(self._shares(order), [(1, 6, 0), (2, 8, 0)])

    def test_an_exchange(self):
        """What is returned and what is bought with the same order are booked apart."""
        order = self._sold([(self.pen, 3)], earned=30)
        exchange = self._sell(
            [self._returned(order.lines, 1), (self.mug, 1)], customer=self.customer, is_refund=True
        )
        self.assertEqual(self._booked(exchange), [("reverse", -10)])
        self._confirm(exchange, 20)
        self.assertEqual(self.card.points, 140)
        self._take_back((exchange.lines[1], 1))
        self.assertEqual(self.card.points, 120)
        self._assert_proved()

    def test_an_ewallet_that_paid(self):
        """What it paid goes back to it, in parts as well."""
        program = self._program(
            "eWallet", program_type="ewallet", applies_on="future", reward={"discount": 1}, rule_ids=[]
        )
        wallet = self._card(program, 50)
        order = self._sold([(self.mug, 2), self._reward_line(program, 30, 30, wallet)], earned=0, card=wallet)
        self.assertEqual((wallet.points, order.amount_total), (20, 10))
        reward = order.lines[1]
        refund = self._take_back((order.lines[0], 1), self._part_of_reward(reward, 15))
        self.assertEqual((wallet.points, refund.amount_total), (35, -5))
        self._take_back((order.lines[0], 1), self._part_of_reward(reward, 15))
        self.assertEqual(wallet.points, 50)
        self._assert_proved(wallet)

    def test_a_coupon_is_whole(self):
        """A coupon that was given for an order is taken with the last of it, not in parts."""
        program = self._program(
            "Next", program_type="next_order_coupons", applies_on="future", reward={"discount": 10}
        )
        coupon = self._card(program, 0)
        order = self._sold([(self.pen, 3)], earned=1, card=coupon)
        self._take_back((order.lines, 2))
        self.assertEqual(coupon.points, 1)
        self._take_back((order.lines, 1))
        self.assertEqual(coupon.points, 0)
        self._assert_proved(coupon)

    def test_a_negative_balance(self):
        order = self._sold([(self.mug, 5)], earned=100)
        self._sold([(self.mug, 5), self._reward_line(self.program, 18, 180)], earned=0)
        self._take_back((order.lines, 5))
        self.assertEqual(self.card.points, -80)
        self._assert_proved()

    def test_an_engine_owns_the_points(self):
        """Its returns are its business: no shares, and nothing is booked."""
        with patch.object(type(self.program), "_retail_counts_shares", lambda *_args, **_options: False):
            order = self._sold([(self.mug, 1)], earned=20)
            refund = self._take_back((order.lines, 1))
        self.assertEqual((self._shares(order), self._booked(refund)), ([], []))
        self._assert_proved()

    def test_a_fault_stops_no_return(self):
        """The money was given back. The next return of the order makes up for it."""
        order = self._sold([(self.pen, 3)], earned=30)
        shares = type(self.env["retail.loyalty.share"])
        with (
            patch.object(shares, "_changes", side_effect=ZeroDivisionError),
            mute_logger("odoo.addons.retail_hub.models.loyalty.failure"),
        ):
            refund = self._take_back((order.lines, 1))
        self.assertEqual((refund.state, self._booked(refund)), ("paid", []))
        self.assertEqual(self._booked(self._take_back((order.lines, 1))), [("reverse", -20)])
        self._assert_proved()

    def test_by_a_cashier(self):
        order = self._sold([(self.pen, 3)], earned=30)
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
        payload = self._payload(
            [self._returned(order.lines, 1)], customer=self.customer, is_refund=True, user_id=cashier.id
        )
        self.env["pos.order"].with_user(cashier).sync_from_ui([payload])
        self._commit()
        self.assertEqual(self.card.points, 120)
        self._assert_proved()


@tagged("post_install", "-at_install")
class TestMoneyOfReturns(ReturnsCase):
    """What the server tells a till that is about to give money back."""

    def _prepared(self, *returned):
        """Ask as a till does; ``returned`` are (line, quantity)."""
        return self.env["pos.order"].retail_prepare_return(
            [
                {
                    "line": line.id,
                    "quantity": quantity,
                    "amount": line.price_subtotal_incl * quantity / line.qty,
                }
                for line, quantity in returned
            ]
        )

    def _added(self, order, prepared):
        """Return the lines that a till adds to a return."""
        lines = {line.id: line for line in order.lines}
        product = self.env["product.product"].browse(prepared["product"])
        discounts = [
            self._part_of_reward(lines[each["line"]], -each["price_unit"])
            | {"price_unit": each["price_unit"]}
            for each in prepared["discounts"]
        ]
        spent = [
            {
                "product": product,
                "quantity": 1,
                "price_unit": each["amount"],
                "price_subtotal": each["amount"],
                "price_subtotal_incl": each["amount"],
                "retail_return": {"kind": "spent", "card": each["card"], "points": each["points"]},
            }
            for each in prepared["spent"]
        ]
        return [*discounts, *spent]

    def _spend(self, points):
        self.card.points -= points
        self._commit()

    def test_discounts_go_back_with_their_lines(self):
        order = self._sold([(self.mug, 1), (self.pen, 1), self._reward_line(self.program, 10, 100)], earned=0)
        mug, pen, reward = order.lines
        prepared = self._prepared((mug, 1))
        self.assertEqual([each["line"] for each in prepared["discounts"]], [reward.id])
        self.assertAlmostEqual(prepared["discounts"][0]["price_unit"], -6.67)
        refund = self._take_back((mug, 1), *self._added(order, prepared))
        self.assertAlmostEqual(refund.amount_total, -13.33)
        self.assertEqual(self._booked(refund), [("reverse", 66.7)])
        prepared = self._prepared((pen, 1))
        self.assertAlmostEqual(prepared["discounts"][0]["price_unit"], -3.33)
        self._take_back((pen, 1), *self._added(order, prepared))
        self.assertEqual(self.card.points, 100)
        self._assert_proved()

    def test_a_discount_that_the_cashier_took_back(self):
        order = self._sold([(self.mug, 1), self._reward_line(self.program, 10, 100)], earned=0)
        mug, reward = order.lines
        self.assertEqual(self._prepared((mug, 1), (reward, 1))["discounts"], [])

    def test_negative_balance(self):
        order = self._sold([(self.mug, 5)], earned=100)
        self._spend(150)
        prepared = self._prepared((order.lines, 5))
        self.assertEqual((prepared["refused"], prepared["spent"]), ("", []))
        self._take_back((order.lines, 5))
        self.assertEqual(self.card.points, -50)
        self._assert_proved()

    def test_refused(self):
        self.program.retail_spent_points = "refuse"
        order = self._sold([(self.mug, 5)], earned=100)
        self._spend(150)
        self.assertEqual(
            self._prepared((order.lines, 5))["refused"],
            "The customer has already spent 50 Stars of Club that this return takes back. Such returns are refused.",
        )
        self.assertEqual(self._prepared((order.lines, 2))["refused"], "")
        self._take_back((order.lines, 5))
        self.assertEqual(self.card.points, -50, "A till that was offline has given the money back.")
        self._assert_proved()

    def test_deducted(self):
        self.program.retail_spent_points = "deduct"
        order = self._sold([(self.mug, 5)], earned=100)
        self._spend(150)
        prepared = self._prepared((order.lines, 5))
        [spent] = prepared["spent"]
        self.assertEqual(
            (spent["card"], spent["points"], spent["amount"], spent["text"]),
            (self.card.id, 50, 5, "50 Stars of Club already spent"),
        )
        refund = self._take_back((order.lines, 5), *self._added(order, prepared))
        self.assertAlmostEqual(refund.amount_total, -95)
        self.assertEqual((self._booked(refund), self.card.points), ([("reverse", -50)], 0))
        share = self.env["retail.loyalty.share"].search([("order_id", "=", order.id)])
        self.assertEqual((share.earned_back, share.covered), (100, 50))
        self._assert_proved()

    def test_what_a_till_says_counts_up_to_what_was_paid(self):
        self.program.retail_spent_points = "deduct"
        order = self._sold([(self.mug, 5)], earned=100)
        self._spend(150)
        prepared = self._prepared((order.lines, 5))
        prepared["spent"][0]["amount"] = 0.1
        refund = self._take_back((order.lines, 5), *self._added(order, prepared))
        self.assertAlmostEqual(self._booked(refund)[0][1], -98.99, 1)

    def test_who_may_ask(self):
        order = self._sold([(self.mug, 5)], earned=100)
        employee = new_test_user(self.env, "returns_employee", "base.group_user")
        with self.assertRaises(AccessError):
            order.with_user(employee).retail_prepare_return([])
