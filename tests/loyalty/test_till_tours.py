"""A till in a real browser, with its loyalty engine up, slow and down, with another till, and without a network."""

import json

from odoo.tests import tagged

from odoo.addons.point_of_sale.tests.test_frontend import TestPointOfSaleHttpCommon

from .engine_case import EngineCase


class TillTourCase(EngineCase, TestPointOfSaleHttpCommon):
    browser_size = "1440x900"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("sales_team.group_sale_manager")
        cls.program.portal_point_name = "Stars"
        cls.env["product.product"].create(
            {"name": "Till Lamp", "list_price": 200, "taxes_id": False, "available_in_pos": True}
        )
        values = {"program_id": cls.program.id, "partner_id": cls.customer.id, "points": 100}
        cls.club_card = cls.env["loyalty.card"].sudo().create(values).sudo(False)
        cls.env.cr.flush()

    @classmethod
    def _create_connector(cls, name, **values):
        cls.env.user.group_ids |= cls.env.ref("retail_hub.group_manager")
        return super()._create_connector(name, **values)

    def setUp(self):
        super().setUp()
        EngineCase._send(self)
        self.sandbox.act("process", "voucherify")
        account = self.env["retail.loyalty.account"].sudo()._of(self.club_card)
        account.read_at = "2026-11-30 10:32:00"
        self.env.flush_all()

    def _tour(self, name):
        self.main_pos_config.with_user(self.pos_user).open_ui()
        self.start_pos_tour(f"retail_hub_till_{name}")

    def _booked(self):
        """Return what was booked on the card after its 100 points."""
        return self._ledger(self.club_card)[1:]

    def _holds(self):
        holds = self.env["retail.loyalty.hold"].search([], order="id")
        return [(hold.state, hold.points, hold.spent, hold.is_offline) for hold in holds]

    def _orders(self):
        return self.env["pos.order"].search([], order="id")


@tagged("post_install", "-at_install")
class TestTillTours(TillTourCase):
    def test_live(self):
        self._tour("live")
        self.assertEqual(self._booked(), [("redeem", -37, 63)])
        self.assertEqual(self._holds(), [("committed", 37, 37, False)])
        claim = self._orders().retail_loyalty_claims[str(self.club_card.id)]
        self.assertEqual((claim["points"], claim["shown"], claim["offline"]), (37, 100, False))

    def test_new_order_with_a_customer(self):
        self._tour("new_order_with_a_customer")

    def test_join(self):
        bo = self.env["res.partner"].create({"name": "Bo Nobody"})
        self._tour("join")
        card = self.env["loyalty.card"].search([("partner_id", "=", bo.id)])
        self.assertEqual(
            (card.program_id, card.retail_consent_source, len(self._orders())),
            (self.program, self.main_pos_config.name, 1),
        )

    def test_slow(self):
        self.sandbox.fault(latency=2, path="/v")
        self._tour("slow")
        self.assertEqual((len(self._orders()), self._booked()), (1, []))

    def test_down(self):
        self.sandbox.fault(status=503, path="/v")
        self._tour("down")
        self.assertEqual((self._orders().amount_total, self._booked()), (200, []))

    def test_down_with_a_limit(self):
        self.program.retail_offline_limit = 30
        self.sandbox.fault(status=503, path="/v")
        self._tour("down_with_a_limit")
        self.assertEqual(self._booked(), [("redeem", -20, 80)])
        self.assertEqual(self._holds(), [("committed", 20, 20, True)])

    def test_two_tills(self):
        self._tour("two_tills")
        self.assertEqual((self._orders().amount_total, self._booked()), (180, [("redeem", -20, 80)]))
        self.assertEqual(sorted(self._holds()), [("committed", 20, 20, False), ("held", 80, 0, False)])

    def test_unavailable_at_the_payment(self):
        self._tour("gone_at_the_payment")
        self.assertEqual((self._orders().amount_total, self._booked()), (200, []))

    def test_released(self):
        self._tour("released")
        self.assertEqual(self._holds(), [("released", 60, 0, False)])

    def test_offline(self):
        self.program.retail_offline_limit = 30
        self._tour("offline")
        self.assertEqual(
            (self._orders().mapped("amount_total"), self._booked()), ([175], [("redeem", -25, 75)])
        )
        self.assertEqual(self._holds(), [("committed", 25, 25, True)])

    def test_offline_without_a_limit(self):
        self._tour("offline_without_a_limit")
        self.assertEqual((self._holds(), self._booked()), ([], []))

    def test_gets_old(self):
        self._tour("gets_old")

    def test_no_member_gets_old(self):
        self.env["res.partner"].create({"name": "Bo Nobody"})
        self._tour("no_member_gets_old")

    def test_forecast_changes(self):
        self._tour("forecast_changes")

    def _percent_off(self, name, discount, points):
        values = {"program_id": self.program.id, "discount": discount, "discount_mode": "percent"}
        self.env["loyalty.reward"].create({**values, "required_points": points, "description": name})

    def test_out_of_reach(self):
        self._percent_off("Twenty off", 20, 250)
        self._percent_off("Ten off", 10, 120)
        self._percent_off("Five off", 5, 80)
        self._tour("out_of_reach")
        self.assertEqual((self._orders().amount_total, self._booked()), (190, [("redeem", -80, 20)]))

    def test_nothing_in_reach(self):
        self.program.reward_ids.required_points = 150
        self._tour("nothing_in_reach")
        self.assertEqual((self._orders().amount_total, self._booked()), (200, []))

    def test_steps(self):
        self.program.reward_ids.required_points = 5
        values = {"name": "Till Candle", "list_price": 37.5, "taxes_id": False, "available_in_pos": True}
        self.env["product.product"].create(values)
        self._tour("steps")
        self.assertEqual((self._orders().amount_total, self._booked()), (2.5, [("redeem", -35, 65)]))

    def test_answer_lost(self):
        self._tour("answer_lost")
        self.assertEqual((len(self._orders()), self._booked()), (1, [("redeem", -40, 60)]))

    def test_customer_display(self):
        """It shows what the till tells it of the customer's points."""
        order = {
            "lines": [],
            "amount": "$ 163.00",
            "retailPoints": [{"id": 7, "unit": "Stars", "left": "63"}],
        }
        code = f"""
            const show = () => {{
                new BroadcastChannel("UPDATE_CUSTOMER_DISPLAY").postMessage({json.dumps(order)});
                const points = document.querySelector(".retail-display-points")?.innerText.split("\\n").join(" ");
                points ? console.log(points === "Stars left 63" ? "test successful" : points) : setTimeout(show, 50);
            }};
            show();
        """
        config = self.main_pos_config
        config.with_user(self.pos_user).open_ui()
        self.browser_js(
            f"/pos_customer_display/{config.id}/{config.access_token}",
            code,
            "!!document.querySelector('.o_customer_display')",
            login="pos_user",
        )
