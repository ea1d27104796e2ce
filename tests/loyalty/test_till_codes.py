"""Codes of a loyalty engine at tills: held when they are entered, and used once, with the order."""

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged

from .code_case import add_voucher, used_at_engine
from .engines import TalonOne
from .test_till_tours import TillTourCase
from .till_case import TillCase


class TillCodeCase(TillCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.engine.uses_codes = True

    def _ask(self, uuid="U-1", code="TEA10", total=200, user=None):
        lines = [{"product_id": self.lamp.id, "quantity": 1, "total": total}]
        answer = self._till(user).retail_get_code(uuid, code, self.customer.id, lines)
        return self.env["loyalty.card"].search([("code", "=", code)]), answer["error"]

    def _use(self, card, off, points=1, uuid="U-1"):
        """Sell a lamp of 200 with a code, as a till uploads it."""
        return self._redeem(off, line=self._reward(card, points), uuid=uuid)

    def _reward(self, card, points=1):
        """Return what the reward line of a code has."""
        reward = card.program_id.reward_ids
        about = {"reward_id": reward.id, "coupon_id": card.id, "points_cost": points}
        return {"product": reward.discount_line_product_id, **about}

    def _code_events(self, order):
        deliveries = self._deliveries(order, connector_id=self.engine.id)
        return [(each.event_type, each.state) for each in deliveries]


@tagged("post_install", "-at_install")
class TestTillCodes(TillCodeCase):
    def test_held_and_used(self):
        add_voucher(self.sandbox)
        card, problem = self._ask()
        self.assertEqual((problem, card.points), (None, 1))
        self.assertEqual(self._holds(), [("U-1", "held", 1, 0)])
        self.assertEqual(self._ask("U-1")[1], None)
        self.assertIn("Points refuses this code: ", self._ask("U-2")[1])
        self.assertIn(card.program_id, self.config._get_program_ids())
        order = self._use(card, 20)
        self.assertEqual(self._holds(), [("U-1", "committed", 1, 1)])
        self.assertEqual(self._ledger(card), [("adjust", 1, 1), ("redeem", -1, 0)])
        self._send_due()
        self.assertIn(("code.redeemed", "delivered"), self._code_events(order))
        self.assertEqual(used_at_engine(self.sandbox), (1, None))
        event = self.env["retail.event"].sudo().search([("event_type", "=", "code.redeemed")])
        self.assertEqual((event.payload["amount"], event.payload["hold"]), ("20.00", "till-U-1"))
        self.assertEqual([each["total"] for each in event.payload["lines"]], ["200.00"])

    def test_used_once(self):
        """Whatever Odoo's till calls besides, and however often the order comes."""
        add_voucher(self.sandbox)
        card, _problem = self._ask()
        order = self._use(card, 20)
        change = {"points": -1, "program_id": card.program_id.id, "coupon_id": card.id, "barcode": card.code}
        order.with_user(self.cashier).confirm_coupon_programs({str(card.id): change})
        order._retail_take_codes()
        self.assertEqual(self._ledger(card), [("adjust", 1, 1), ("redeem", -1, 0)])

    def test_gift_card(self):
        add_voucher(self.sandbox, "GIFT", type="GIFT_VOUCHER", gift={"amount": 5_000})
        card, problem = self._ask(code="GIFT")
        self.assertEqual((problem, card.points, card._has_source_order()), (None, 50, True))
        in_use = "This code is being used in another order. Try again later."
        self.assertEqual(self._ask("U-2", "GIFT")[1], in_use)
        self.config.with_user(
            self.cashier
        )._check_before_creating_new_session()  # tills open with such a program
        self._use(card, 30, 30)
        self._send_due()
        self.assertEqual(used_at_engine(self.sandbox, "GIFT"), (1, 2_000))
        self.assertEqual(self._ask("U-2", "GIFT")[1], None)

    def test_a_gift_card_gets_back_what_it_paid(self):
        """The engine knows the order that used it, and nothing of the one with which goods come back."""
        add_voucher(self.sandbox, "GIFT", type="GIFT_VOUCHER", gift={"amount": 5_000})
        card, _problem = self._ask(code="GIFT")
        order = self._use(card, 30, 30)
        self._send_due()
        reward = order.lines.filtered("is_reward_line")
        change = {
            "points": -30,
            "program_id": card.program_id.id,
            "coupon_id": card.id,
            "line_codes": ["R-1"],
        }
        order.with_user(self.cashier).confirm_coupon_programs({str(card.id): change})
        for balance in (3_500, 5_000):
            part = {**self._returned(reward, 1), "price_unit": -15, "price_subtotal": 15}
            lines = [self._returned(order.lines - reward, 0.5), {**part, "price_subtotal_incl": 15}]
            refund = self._sell(lines, customer=self.customer, is_refund=True)
            self._send_due()
            self.assertEqual(used_at_engine(self.sandbox, "GIFT"), (1, balance), refund.name)
        self.assertEqual(self._code_events(order)[-2:], [("code.reversed", "delivered")] * 2)
        card.invalidate_recordset()
        self.assertEqual(card.points, 50)

    def test_points_are_held_besides(self):
        """Points that are held for the payment do not release the code."""
        add_voucher(self.sandbox)
        self._ask()
        self._hold("U-1", 80)
        self._till().retail_hold_points("U-1", {})
        self.assertEqual([state for _uuid, state, _points, _spent in self._holds()], ["held", "released"])
        self._till().retail_release_codes("U-1")
        self.assertEqual(self._ask("U-2")[1], None)

    def test_codes_of_nobody(self):
        self.assertEqual(self._ask(code="TEA11")[1], None)
        self.assertEqual(self._holds(), [])

    def test_what_no_till_sends(self):
        for lines in ("x", [{}], [{"product_id": "x", "quantity": 1, "total": 1}]):
            with self.assertRaises(ValidationError):
                self._till().retail_get_code("U-1", "TEA10", False, lines)
        nobody = new_test_user(self.env, "nobody", "base.group_user")
        with self.assertRaises(AccessError):
            self._ask(user=nobody)


@tagged("post_install", "-at_install")
class TestTillCodesTalonOne(TillCodeCase):
    remote = TalonOne

    def setUp(self):
        super().setUp()
        self.sandbox.configure("talon_one", coupons=[{"code": "TEA10", "percent": 10}])

    def _session(self, order):
        [session] = [
            each
            for each in self.sandbox.records("sessions", "talon_one")
            if each["integrationId"] == f"pos-{order.id}"
        ]
        return session

    def test_held_by_the_hub_and_used(self):
        """Talon.One holds nothing, and counts a code when the session of the order is closed."""
        self.assertTrue(self.config.retail_uses_codes)
        card, problem = self._ask()
        self.assertEqual((problem, card.points, card.program_id.pos_ok), (None, 1, True))
        self.assertEqual(self._holds(), [("U-1", "held", 1, 0)])
        in_use = "This code is being used in another order. Try again later."
        self.assertEqual(self._ask("U-2")[1], in_use)
        order = self._use(card, 20)
        self.assertEqual(self._ledger(card), [("adjust", 1, 1), ("redeem", -1, 0)])
        self._send_due()
        self.assertEqual(
            sorted(self._code_events(order)),
            [("code.redeemed", "delivered"), ("order.paid", "delivered"), ("order.placed", "delivered")],
        )
        session = self._session(order)
        self.assertEqual((session["state"], session["couponCodes"]), ("closed", ["TEA10"]))
        self.assertEqual([item["price"] for item in session["cartItems"]], [200])
        used = "Points refuses this code: it has been used as often as it can be"
        self.assertEqual(self._ask("U-2")[1], used)

    def test_paid_after_it_was_saved(self):
        """A till saves an order before it is paid, such as one of a table."""
        card, _problem = self._ask()
        draft = self._redeem(20, line=self._reward(card), uuid="U-1", state="draft")
        self.assertEqual((draft.state, self._holds()), ("draft", [("U-1", "held", 1, 0)]))
        draft.action_pos_order_paid()
        self._send_due()
        self.assertEqual(self._holds(), [("U-1", "committed", 1, 1)])
        session = self._session(draft)
        self.assertEqual((session["state"], session["couponCodes"]), ("closed", ["TEA10"]))

    def test_an_order_that_is_deleted(self):
        self._ask()
        self._till().retail_release_codes("U-1")
        self.assertEqual(self._ask("U-2")[1], None)


@tagged("post_install", "-at_install")
class TestTillCodesTour(TillTourCase):
    def test_code(self):
        """A cashier enters a code whose program the till has not loaded."""
        self.engine.uses_codes = True
        add_voucher(self.sandbox)
        add_voucher(self.sandbox, "GIFT", type="GIFT_VOUCHER", gift={"amount": 5_000})
        self._tour("code")
        self.assertEqual(self._orders().amount_total, 130)
        self.assertEqual([hold[:3] for hold in self._holds()], [("committed", 1, 1), ("committed", 50, 50)])
        self._send()
        self.assertEqual(used_at_engine(self.sandbox), (1, None))
        self.assertEqual(used_at_engine(self.sandbox, "GIFT"), (1, 0))
