"""Points are spent in two phases: held for a checkout, then spent or released. What is held, nobody else spends."""

from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged

from ..inbox.orders import OrderCase

HOLDS = "/loyalty/holds"


class HoldsCase(OrderCase):
    """A customer with 100 points, and a client that may move them."""

    scopes = ("loyalty:read", "loyalty:redeem", "customers:write")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["loyalty.program"].search([]).active = False
        cls.program = cls._program("Club")
        cls.customer = cls.env["res.partner"].create({"name": "Ann Lee", "email": "ann@example.com"})
        cls.env["retail.binding"].create(
            {
                "connector_id": cls.system.id,
                "res_model": "res.partner",
                "res_id": cls.customer.id,
                "remote_id": "C-1",
            }
        )
        cls.card = cls._card(cls.program, points=100)

    @classmethod
    def _program(cls, name, **values):
        reward = {
            "discount_mode": "per_point",
            "discount": 1,
            "required_points": 1,
            "discount_applicability": "order",
        }
        rule = {"reward_point_mode": "money", "reward_point_amount": 1, "minimum_amount": 1e9}
        values = {
            "name": name,
            "program_type": "loyalty",
            "applies_on": "both",
            "trigger": "auto",
            "portal_point_name": "Stars",
            "rule_ids": [Command.create(rule)],
            "reward_ids": [Command.create(reward)],
            **values,
        }
        return cls.env["loyalty.program"].create(values)

    @classmethod
    def _card(cls, program, points, **values):
        values = {"program_id": program.id, "partner_id": cls.customer.id, "points": points, **values}
        card = cls.env["loyalty.card"].create(values)
        cls.env.cr.flush()
        return card

    def hold(self, points="80", status=201, **values):
        content = {
            "external_id": "H-1",
            "card": {"customer_external_id": "C-1"},
            "points": points,
            "reference": "W-1001",
            **values,
        }
        response = self.post(HOLDS, content)
        self.assertEqual(response.status_code, status, response.text)
        return response.json()

    def end(self, action, content=None, external_id="H-1", status=200):
        response = self.post(f"{HOLDS}/{external_id}/{action}", content or {})
        self.assertEqual(response.status_code, status, response.text)
        return response.json()

    def member(self):
        response = self.call("GET", "/loyalty/members/C-1")
        self.assertEqual(response.status_code, 200, response.text)
        return response.json()

    def figures(self):
        """Return (balance, held, available) as the API says."""
        [card] = self.member()["cards"]
        return card["balance"], card["held"], card["available"]

    def booked(self):
        self.env.cr.flush()
        entries = self.env["retail.loyalty.entry"].search([("card_id", "=", self.card.id)], order="id")
        return [(entry.kind, entry.points, entry.balance) for entry in entries]

    def later(self, **duration):
        holds = self.env["retail.loyalty.hold"].search([("state", "=", "held")])
        for hold in holds:
            hold.held_until -= timedelta(**duration)
        self.env.flush_all()


@tagged("-at_install", "post_install")
class TestLoyaltyHolds(HoldsCase):
    def test_member(self):
        page = self.member()
        self.assertEqual(
            page,
            {
                "external_id": "C-1",
                "customer_id": str(self.customer.id),
                "cards": [
                    {
                        "card_id": str(self.card.id),
                        "code": self.card.code,
                        "program_id": str(self.program.id),
                        "program": "Club",
                        "program_type": "loyalty",
                        "unit": "Stars",
                        "balance": "100",
                        "held": "0",
                        "available": "100",
                        "pending": "0",
                        "expiring": "0",
                        "expiring_on": None,
                        "expires_on": None,
                    }
                ],
            },
        )
        self.assertProblem(self.call("GET", "/loyalty/members/C-9"), "not-found", 404)

    def test_cards_that_cannot_be_used(self):
        """Expired cards, those of archived programs and of other companies, and points of one order are left out."""
        self._card(self._program("Old"), 5, expiration_date=fields.Date.today() - timedelta(days=1))
        archived = self._program("Archived")
        self._card(archived, 5)
        archived.active = False
        other = self.env["res.company"].create({"name": "Other"})
        self._card(self._program("Theirs", company_id=other.id), 5)
        self._card(self._program("Once", program_type="promotion", applies_on="current"), 5)
        self.assertEqual([card["program"] for card in self.member()["cards"]], ["Club"])

    def test_held_and_spent(self):
        held = self.hold("80")
        self.assertEqual(
            {name: held[name] for name in ("outcome", "state", "points", "spent", "balance", "available")},
            {
                "outcome": "held",
                "state": "held",
                "points": "80",
                "spent": "0",
                "balance": "100",
                "available": "20",
            },
        )
        self.assertEqual(self.figures(), ("100", "80", "20"))
        self.assertEqual(self.booked(), [("adjust", 100, 100)])
        spent = self.end("commit")
        self.assertEqual((spent["outcome"], spent["state"], spent["spent"]), ("committed", "committed", "80"))
        self.assertEqual(self.figures(), ("20", "0", "20"))
        self.assertEqual(self.booked(), [("adjust", 100, 100), ("redeem", -80, 20)])
        line = self.card.history_ids[0]
        self.assertEqual((line.used, line.description), (80, "Web Shop: W-1001"))
        self.assertEqual(self.end("commit")["outcome"], "unchanged")
        self.assertEqual(self.figures(), ("20", "0", "20"))

    def test_spent_in_part(self):
        self.hold("80")
        spent = self.end("commit", {"points": "30.5"})
        self.assertEqual((spent["spent"], spent["available"]), ("30.5", "69.5"))
        self.assertEqual(self.booked()[-1], ("redeem", -30.5, 69.5))
        self.hold("20", external_id="H-2")
        response = self.post(f"{HOLDS}/H-2/commit", {"points": "21"})
        self.assertProblem(response, "amount-exceeded", 409, ["/points"])

    def test_whole_points(self):
        """An engine may have no fractions: it would refuse what Odoo has spent."""
        engine = self.env["retail.connector"].create({"name": "Points", "provider": "voucherify"})
        self.program.write({"retail_connector_id": engine.id, "retail_remote_program": "lprg_1"})
        detail = "Points of this card are whole numbers."
        errors = [{"pointer": "/points", "detail": detail}]
        self.assertEqual(self.hold("2.5", 422)["errors"], errors)
        earn = {"external_id": "E-1", "card": {"customer_external_id": "C-1"}, "points": "2.5"}
        self.assertEqual(self.post("/loyalty/points", earn).json()["errors"], errors)
        self.hold("80.00")
        self.assertEqual(self.end("commit", {"points": "2.5"}, status=422)["errors"], errors)
        self.assertEqual(self.end("commit", {"points": "2"})["spent"], "2")
        self.assertEqual(self.figures(), ("98", "0", "98"))

    def test_while_the_engine_is_away(self):
        """No more than the limit of the program for a day: the engine may have spent the points elsewhere."""
        engine = self.env["retail.connector"].create({"name": "Points", "provider": "voucherify"})
        link = {"retail_connector_id": engine.id, "retail_remote_program": "lprg_1", "retail_owner": "engine"}
        self.program.write({**link, "retail_offline_limit": 20})
        self.hold("15")
        self.end("commit")
        problem = self.hold("10", 409, external_id="H-2")
        self.assertEqual(problem["errors"][0]["available"], "5")
        self.assertIn("cannot be reached. At most 5 points", problem["detail"])
        self.assertEqual(self.hold("5", external_id="H-2")["outcome"], "held")
        reader = self.env.registry["retail.loyalty.reader"]
        with patch.object(reader, "_read_for_till", lambda _self, _card, _until: True):
            self.assertEqual(self.hold("70", external_id="H-3")["outcome"], "held")
        holds = self.env["retail.loyalty.hold"].search([], order="id")
        self.assertEqual(holds.mapped("is_offline"), [True, True, False])

    def test_more_than_a_number_can_hold(self):
        """A float has 15 digits: with more before the point, those after it would be wrong."""
        self.assertEqual(self.hold("1000000000", 422)["errors"][0]["pointer"], "/points")
        self.assertEqual(self.hold("999999999.999999", 409)["type"].rpartition("/")[2], "amount-exceeded")

    def test_released(self):
        self.hold("80")
        self.assertEqual(self.end("release")["outcome"], "released")
        self.assertEqual(self.end("release")["outcome"], "unchanged")
        self.assertEqual((self.figures(), self.booked()), (("100", "0", "100"), [("adjust", 100, 100)]))
        self.assertIn("The points are released.", self.end("commit", status=409)["detail"])

    def test_spent_is_not_released(self):
        self.hold("80")
        self.end("commit")
        self.assertIn("The points are spent.", self.end("release", status=409)["detail"])
        self.assertEqual(self.figures(), ("20", "0", "20"))

    def test_more_than_there_is(self):
        self.hold("80")
        problem = self.hold("30", status=409, external_id="H-2")
        self.assertEqual(problem["detail"], "20 points are available.")
        self.assertEqual(problem["errors"][0]["available"], "20")
        self.hold("20", external_id="H-3")
        self.assertEqual(self.figures(), ("100", "100", "0"))

    def test_once(self):
        first, again = self.hold("80"), self.hold("80", status=200)
        self.assertEqual((again["outcome"], again["id"]), ("unchanged", first["id"]))
        self.assertEqual(self.figures(), ("100", "80", "20"))
        self.hold("70", status=409)

    def test_expired(self):
        """A hold that nobody ended is not in the way: neither before nor after the scheduled action has ended it."""
        self.hold("80", minutes=15)
        self.later(minutes=15)
        self.assertEqual(self.figures(), ("100", "0", "100"))
        self.assertIn("The hold expired at", self.end("commit", status=409)["detail"])
        self.hold("100", external_id="H-2")
        self.later(minutes=15)
        self.assertEqual(self.env["retail.loyalty.hold"]._expire(), 1)
        account = self.env["retail.loyalty.account"].search([("card_id", "=", self.card.id)])
        self.assertEqual((account.held, account.balance), (0, 100))
        self.assertEqual(self.end("release")["state"], "expired")

    def test_released_by_a_person(self):
        """Whoever works with Retail Hub may end a hold; the checkout is told when it wants to spend the points."""
        self.hold("80")
        hold = self.env["retail.loyalty.hold"].search([("external_id", "=", "H-1")])
        clerk = new_test_user(self.env, "holds_clerk", "base.group_user,retail_hub.group_user")
        self.assertEqual((hold.customer_name, hold.card_name), ("Ann Lee", self.card.display_name))
        hold.with_user(clerk).action_release()
        self.assertEqual(self.figures(), ("100", "0", "100"))
        self.assertIn("The points are released.", self.end("commit", status=409)["detail"])
        employee = new_test_user(self.env, "holds_employee", "base.group_user")
        with self.assertRaises(AccessError):
            hold.with_user(employee).action_release()

    def test_before_its_hold(self):
        """A commit that comes before its hold waits, if the client lets it."""
        self.client.patience_minutes = 10
        response = self.post(f"{HOLDS}/H-1/commit", {})
        self.assertEqual(response.status_code, 202, response.text)
        self.hold("80")
        self.env["retail.message"]._retry_waiting(self.system.id, "loyalty_hold/H-1")
        self.assertEqual(self.figures(), ("20", "0", "20"))

    def test_by_code(self):
        gifts = self._program("Gifts", program_type="gift_card", applies_on="future")
        self._card(gifts, 50, code="GIFT-1234", partner_id=False)
        held = self.hold("50", card={"code": "GIFT-1234"})
        self.assertEqual(held["available"], "0")
        clerk = new_test_user(self.env, "code_clerk", "base.group_user,retail_hub.group_user")
        message = self.env["retail.message"].search([("command", "=", "loyalty.hold")]).with_user(clerk)
        self.assertIn('"code": "***"', message.shown_content)
        self.assertNotIn("GIFT-1234", message.shown_content + message.shown_response)
        self.assertIn(
            '"code": "***"', message.sudo().with_user(self.env.ref("base.user_admin")).shown_content
        )
        self.assertProblem(
            self.post(HOLDS, {"external_id": "H-2", "card": {"code": "GIFT"}, "points": "1"}),
            "invalid-request",
            422,
            ["/card/code"],
        )

    def test_several_cards(self):
        second = self._program("VIP")
        self._card(second, 5)
        content = {"external_id": "H-1", "card": {"customer_external_id": "C-1"}, "points": "5"}
        self.assertProblem(self.post(HOLDS, content), "invalid-request", 422, ["/card/program_id"])
        held = self.hold("5", card={"customer_external_id": "C-1", "program_id": str(second.id)})
        self.assertEqual(held["balance"], "5")

    def test_content_that_does_not_fit(self):
        card = {"code": "X"}
        for values, at in (
            ({"points": "0"}, "/points"),
            ({"points": "-5"}, "/points"),
            ({"points": "1e3"}, "/points"),
            ({"points": 5}, "/points"),
            ({"minutes": 0}, "/minutes"),
            ({"card": {}}, "/card"),
            ({"card": {"code": "X", "customer_external_id": "C-1"}}, "/card"),
        ):
            with self.subTest(values=values):
                content = {"external_id": "H-1", "card": card, "points": "5", **values}
                self.assertProblem(self.post(HOLDS, content), "invalid-request", 422, [at])

    def test_scopes(self):
        reader = self.env["retail.api.key"]._issue(self.new_client("Reader", self.system, ("loyalty:read",)))
        content = {"external_id": "H-1", "card": {"customer_external_id": "C-1"}, "points": "5"}
        self.assertProblem(self.post(HOLDS, content, key=reader), "forbidden", 403)
        self.assertEqual(self.call("GET", "/loyalty/members/C-1", key=reader).status_code, 200)

    def test_an_order_cannot_spend_what_is_held(self):
        """A sales order takes what is available; the rest is held for the checkout of the web shop."""
        self.hold("80")
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "order_line": [
                    Command.create({"product_id": self.mug.id, "product_uom_qty": 50, "tax_ids": False})
                ],
            }
        )
        order._update_programs_and_rewards()
        self.assertEqual(order._get_real_points_for_coupon(self.card), 20)
        order._apply_program_reward(self.program.reward_ids, self.card)
        self.assertEqual(order.order_line.filtered("is_reward_line").points_cost, 20)
        self.hold("20", external_id="H-2")
        with self.assertRaises(ValidationError):
            order.action_confirm()

    def test_a_till_cannot_spend_what_is_held(self):
        self.hold("80")
        orders = self.env["pos.order"]
        self.assertTrue(orders.validate_coupon_programs({str(self.card.id): -20}, [])["successful"])
        refused = orders.validate_coupon_programs({str(self.card.id): -21}, [])
        self.assertFalse(refused["successful"])
        self.assertEqual(
            refused["payload"]["message"],
            f"20 points of the card {self.card.code} are available: the others are held for a checkout.",
        )


@tagged("-at_install", "post_install")
class TestLoyaltyEnrolment(HoldsCase):
    """Customers become members through the API, with their consent."""

    def enroll(self, status=200, **values):
        content = {
            "customer_external_id": "C-1",
            "consented_at": "2026-11-28T10:00:00Z",
            "consent_source": "Checkout of the web shop",
            **values,
        }
        response = self.post("/loyalty/members", content)
        self.assertEqual(response.status_code, status, response.text)
        return response.json()

    def test_enrolled_once(self):
        club = self._program("Club of the Web Shop")
        found = self.enroll(status=201, program_id=str(club.id))
        card = self.env["loyalty.card"].search([("program_id", "=", club.id)])
        self.assertEqual((found["outcome"], found["card"]["card_id"]), ("enrolled", str(card.id)))
        self.assertEqual((card.partner_id, card.points), (self.customer, 0))
        self.assertEqual(str(card.retail_consented_at), "2026-11-28 10:00:00")
        self.assertEqual(card.retail_consent_source, "Checkout of the web shop")
        again = self.enroll(program_id=str(club.id), consent_source="Elsewhere")
        self.assertEqual((again["outcome"], again["card"]["card_id"]), ("unchanged", str(card.id)))
        self.assertEqual(card.retail_consent_source, "Checkout of the web shop")

    def test_a_member_stays_one(self):
        found = self.enroll()
        self.assertEqual((found["outcome"], found["card"]["balance"]), ("unchanged", "100"))

    def test_what_cannot_be(self):
        self.assertIn("not-found", self.enroll(status=404, customer_external_id="C-9")["type"])
        self.assertIn("invalid-request", self.enroll(status=422, program_id="999999")["type"])
        self._program("Second Club")
        self.assertIn("invalid-request", self.enroll(status=422)["type"])
        self.enroll(status=422, consent_source="")
        values = {"program_id": str(self._program("Third Club").id), "consented_at": "2100-01-01T00:00:00Z"}
        [error] = self.enroll(status=422, **values)["errors"]
        self.assertEqual(error["pointer"], "/consented_at")
