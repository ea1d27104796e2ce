"""Two tills, or a till and another checkout, cannot redeem the same points."""

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged

from .till_case import TillCase


@tagged("post_install", "-at_install")
class TestTillHolds(TillCase):
    def test_two_tills(self):
        first = self._hold("U-1", 80)
        self.assertEqual(
            first, {"held": {self.club_card.id: {"points": 80, "is_offline": False}}, "refused": None}
        )
        second = self._hold("U-2", 80)
        self.assertEqual(
            second["refused"],
            {
                "card_id": self.club_card.id,
                "available": 20,
                "message": "20 Points are available: 80 are being redeemed at another checkout.",
            },
        )
        self.assertEqual(second["held"], {})
        self.assertEqual(self._hold("U-2", 20)["refused"], None)
        self.assertEqual(self._available(), (100, 100))

    def test_more_than_there_is(self):
        refused = self._hold("U-1", 101)["refused"]
        self.assertEqual((refused["available"], refused["message"]), (100, "100 Points are available."))
        self.assertEqual(self._holds(), [])

    def test_the_answer_is_lost(self):
        for _time in range(3):
            self.assertFalse(self._hold("U-1", 80)["refused"])
        self.assertEqual((self._available(), self._holds()), ((100, 80), [("U-1", "held", 80, 0)]))

    def test_other_points_and_none(self):
        self._hold("U-1", 80)
        self._hold("U-1", 95)
        self.assertEqual(self._available(), (100, 95))
        self.assertTrue(self._hold("U-1", 101)["refused"])
        self.assertEqual(self._available(), (100, 0))
        self._hold("U-1", 30)
        self.assertEqual(self._till().retail_hold_points("U-1", {}), {"held": {}, "refused": None})
        self.assertEqual((self._available(), self._holds()), ((100, 0), [("U-1", "released", 30, 0)]))

    def test_after_the_order(self):
        """A call that comes late holds nothing."""
        self._redeem(80, uuid="U-1")
        self.assertFalse(self._hold("U-1", 80)["refused"])
        self._till().retail_hold_points("U-1", {})
        self.assertEqual((self._available(), self._holds()), ((20, 0), [("U-1", "committed", 80, 80)]))

    def test_expired(self):
        self._hold("U-1", 80)
        self._expire_holds()
        self.assertFalse(self._hold("U-2", 80)["refused"])
        self.assertEqual(self._holds(), [("U-1", "expired", 80, 0), ("U-2", "held", 80, 0)])

    def test_while_the_engine_is_away(self):
        """Nothing by default, else so many points per customer and day, whatever the balance is."""
        self._know_balance(ago=120)
        refused = self._hold("U-1", 10)["refused"]
        self.assertEqual(refused["message"], "Points cannot be reached. No Points can be redeemed now.")
        self.program.retail_offline_limit = 30
        held = self._hold("U-1", 20)
        self.assertEqual(held["held"], {self.club_card.id: {"points": 20, "is_offline": True}})
        self._redeem(20, uuid="U-1")
        refused = self._hold("U-2", 20)["refused"]
        self.assertEqual(
            (refused["available"], refused["message"]),
            (10, "Points cannot be reached. At most 10 Points can be redeemed now."),
        )
        self.assertFalse(self._hold("U-2", 10)["refused"])
        self._know_balance()
        self.assertFalse(self._hold("U-3", 70)["refused"])

    def test_orders_of_tills_that_were_offline_count(self):
        self._know_balance(ago=120)
        self.program.retail_offline_limit = 30
        self._redeem(25, uuid="U-1", claims={str(self.club_card.id): {"points": 25, "offline": True}})
        self.assertEqual(self._hold("U-2", 10)["refused"]["available"], 5)

    def test_only_cards_of_this_till(self):
        local = self._create_program("Local", retail_owner="odoo")
        other = self.env["loyalty.card"].create(
            {"program_id": local.id, "partner_id": self.customer.id, "points": 9}
        )
        for uuid, wanted in (
            ("U-1", {other.id: 1}),
            ("U-1", {self.club_card.id: 0}),
            ("U-1", {self.club_card.id: -5}),
            ("U-1", {self.club_card.id: "nan"}),
            ("U-1", {self.club_card.id: "many"}),
            ("U-1", {0: 1}),
            ("U-1", 7),
            ("", {self.club_card.id: 1}),
            ("U" * 65, {self.club_card.id: 1}),
        ):
            with self.subTest(uuid=uuid, wanted=wanted), self.assertRaises(ValidationError):
                self._till().retail_hold_points(uuid, wanted)
        self.assertEqual(self._holds(), [])

    def test_who_may(self):
        employee = new_test_user(self.env, "till_employee", "base.group_user")
        clerk = new_test_user(self.env, "till_salesman", "base.group_user,sales_team.group_sale_manager")
        for user in (employee, clerk):
            for call in (
                lambda user=user: self._till(user).retail_hold_points("U-1", {}),
                lambda user=user: self._till(user).retail_read_balances(self.customer.id),
            ):
                with self.assertRaises(AccessError):
                    call()
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env, "till_stranger", "point_of_sale.group_pos_user", company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )  # fmt: skip
        with self.assertRaises(AccessError):
            self._till(stranger).with_company(other).retail_hold_points("U-1", {self.club_card.id: 1})
