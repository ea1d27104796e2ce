"""Promotions, prices and segments that differ from those of a loyalty engine are found, explained and corrected."""

import requests

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .engine_case import EngineCase
from .engines import TalonOne

KEYS = {"X-App-Id": "sandbox-app", "X-App-Token": "sandbox-token"}
JUNE, JULY, AUGUST = "2031-06-01", "2031-07-31", "2031-08-31"
# In Brussels, the first of June begins at 22:00 of the day before in UTC.
THERE = {"start_date": "2031-05-31T22:00:00.000Z", "expiration_date": "2031-08-31T22:00:00.000Z"}


class PromotionCase(EngineCase):
    """Voucherify has the coupon SUMMER10 from June to August."""

    owner_of_promotions = "engine"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.engine.write({"promotion_owner": cls.owner_of_promotions, "time_zone": "Europe/Brussels"})
        cls.engine.quota_ids.unlink()
        cls.manager = new_test_user(cls.env, "promotion_manager", "base.group_user,retail_hub.group_manager")
        cls.clerk = new_test_user(cls.env, "promotion_clerk", "base.group_user,retail_hub.group_user")

    def _campaigns(self, *campaigns):
        defaults = {"name": "Summer", "codes": ["SUMMER10"], **THERE}
        self.sandbox.configure("voucherify", campaigns=[{**defaults, **each} for each in campaigns or ({},)])

    def _at_voucherify(self, method, path, body=None):
        response = requests.request(method, self.sandbox.url + path, json=body, headers=KEYS, timeout=10)
        response.raise_for_status()
        return response.json()

    def _promotion(self, name="Summer", code="SUMMER10", **values):
        """Create a discount of 10 %, with a code or without."""
        rule = {"mode": "with_code", "code": code} if code else {"mode": "auto"}
        return self.env["loyalty.program"].create(
            {
                "name": name,
                "program_type": "promo_code" if code else "promotion",
                "applies_on": "current",
                "trigger": "with_code" if code else "auto",
                "rule_ids": [Command.create(rule)],
                "reward_ids": [Command.create({"discount": 10, "discount_applicability": "order"})],
                "date_from": JUNE,
                "date_to": AUGUST,
                **values,
            }
        )

    def _compare(self):
        """Compare; return what is open."""
        self.engine.action_compare_promotions()
        return self._open()

    def _open(self):
        return self.env["retail.promotion.difference"].search(
            [("connector_id", "=", self.engine.id), ("state", "=", "open")], order="id"
        )

    def _resolve(self, found):
        """Do what is proposed; nothing differs then."""
        found.with_user(self.manager).action_resolve()
        self.assertEqual((found.state, found.ended_by_id), ("corrected", self.manager))
        self.assertFalse(self._compare())


@tagged("post_install", "-at_install")
class TestPromotions(PromotionCase):
    def test_both_have_the_same(self):
        self._campaigns()
        self._promotion()
        self.assertFalse(self._compare())
        self.assertTrue(self.engine.promotions_compared_at)

    def test_valid_there_and_not_here(self):
        self._campaigns()
        found = self._compare()
        self.assertEqual(
            (found.kind, found.subject, found.correction), ("not_here", "Summer (SUMMER10)", "create")
        )
        self.assertEqual(
            found.summary, "Customers can use Summer (SUMMER10) at Points. Odoo has no such promotion."
        )
        self.assertEqual(found.cause, "It was created at Points only.")
        self.assertEqual((found.here_text, found.there_text), ("Not there", "06/01/2031 to 08/31/2031, 10 %"))
        self._resolve(found)
        program = found.program_id
        self.assertEqual((program.name, program.program_type), ("Summer", "promo_code"))
        self.assertEqual(
            (program.date_from, program.date_to), tuple(map(fields.Date.to_date, (JUNE, AUGUST)))
        )
        self.assertEqual((program.rule_ids.code, program.reward_ids.discount), ("SUMMER10", 10))
        order = self._quotation_of(price=100)
        self.assertIn("error", order._try_apply_code("SUMMER10"), "It begins in June.")
        program.date_from = False
        self.assertNotIn("error", order._try_apply_code("SUMMER10"))

    def test_valid_here_and_not_there(self):
        program = self._promotion()
        found = self._compare()
        self.assertEqual((found.kind, found.program_id, found.correction), ("not_there", program, "archive"))
        self.assertEqual(
            found.summary, "Customers can use Summer (SUMMER10) in Odoo. Points has no such promotion."
        )
        self._resolve(found)
        self.assertFalse(program.active)

    def test_other_days(self):
        self._campaigns()
        program = self._promotion(date_to=JULY)
        found = self._compare()
        self.assertEqual((found.kind, found.correction), ("dates", "take_dates"))
        self.assertEqual(found.here_text, "06/01/2031 to 07/31/2031, 10 %")
        self.assertEqual(found.there_text, "06/01/2031 to 08/31/2031, 10 %")
        self._resolve(found)
        self.assertEqual(program.date_to, fields.Date.to_date(AUGUST))

    def test_ended_there(self):
        self._campaigns({"active": False})
        program = self._promotion()
        found = self._compare()
        self.assertEqual((found.kind, found.there_text), ("active", "switched off"))
        self._resolve(found)
        self.assertFalse(program.active)

    def test_archived_here(self):
        """A code that no till knows any more is still valid at the engine."""
        self._campaigns()
        program = self._promotion(active=False)
        found = self._compare()
        self.assertEqual(
            (found.kind, found.here_text, found.correction), ("active", "switched off", "take_active")
        )
        self._resolve(found)
        self.assertTrue(program.active)

    def test_other_discount(self):
        self._campaigns({"discount": {"type": "AMOUNT", "amount_off": 1550}})
        program = self._promotion()
        found = self._compare()
        self.assertEqual((found.kind, found.correction), ("discount", "take_discount"))
        self.assertIn("15.50", found.there_text)
        self._resolve(found)
        self.assertEqual((program.reward_ids.discount_mode, program.reward_ids.discount), ("per_order", 15.5))

    def test_what_is_over_on_both_sides(self):
        past = {"start_date": None, "expiration_date": "2020-01-01T00:00:00.000Z"}
        self._campaigns(past, {"id": "camp_2", "name": "Old", "codes": ["OLD"], "active": False})
        self._promotion(date_from=False, date_to="2019-01-01")
        self._promotion("Old", "OLD", active=False)
        self.assertFalse(self._compare())

    def test_promotions_without_codes_have_the_same_name(self):
        tiers = [
            {"name": "Ten"},
            {"name": "Twenty", "id": "promo_2", "discount": {"type": "PERCENT", "percent_off": 20}},
        ]
        self._campaigns({"campaign_type": "PROMOTION", "codes": [], "tiers": tiers})
        self._promotion("ten ", code="")
        found = self._compare()
        self.assertEqual((found.kind, found.remote_name, found.correction), ("not_here", "Twenty", "create"))
        self._resolve(found)
        self.assertEqual((found.program_id.trigger, found.program_id.reward_ids.discount), ("auto", 20))

    def test_codes_of_customers_cannot_be_created_here(self):
        self._campaigns({"codes": ["A1", "A2"]})
        found = self._compare()
        self.assertEqual(found.correction, "look")
        with self.assertRaisesRegex(UserError, "Correct Summer in Points: Odoo cannot"):
            found.with_user(self.manager).action_resolve()
        found.with_user(self.manager).action_accept()
        self.assertFalse(self._compare())
        self.assertEqual((found.state, found.ended_by_id), ("accepted", self.manager))
        self._campaigns({"codes": ["A1", "A2"], "expiration_date": "2032-01-01T00:00:00.000Z"})
        self.assertEqual(self._compare(), found, "It has changed since.")

    def test_codes_that_odoo_asks_for(self):
        """Customers can use them here, too: there is nothing to create."""
        self._campaigns({}, {"id": "camp_2", "name": "Own", "codes": ["A1", "A2"]})
        self.assertEqual(len(self._compare()), 2)
        self.engine.uses_codes = True
        self.assertFalse(self._compare())

    def test_programs_and_gift_cards_are_no_promotions(self):
        types = ("LOYALTY_PROGRAM", "GIFT_VOUCHERS")
        self._campaigns(*({"id": f"camp_{each}", "campaign_type": each, "codes": []} for each in types))
        self.assertFalse(self._compare())

    def test_prices(self):
        """Customers pay 24.19 for the lamp of 19.99 with taxes."""
        for sku, price in (("LAMP", 2999), ("UNKNOWN", 5)):
            self._at_voucherify("POST", "/v1/products", {"source_id": sku, "name": sku, "price": price})
        found = self._compare()
        self.assertEqual(
            (found.kind, found.product_id, found.correction), ("price", self.product, "take_price")
        )
        self.assertIn("24.19", found.here_text)
        self.assertIn("29.99", found.there_text)
        self._resolve(found)
        self.assertAlmostEqual(self.product.lst_price, 24.79, 2)

    def test_a_segment_that_is_out_of_date(self):
        tag = self.env["res.partner.category"].create({"name": "VIP"})
        bob, eve = (self._partner(name, f"{name}@example.com".lower()) for name in ("Bob", "Eve"))
        self._send()
        (bob | eve).category_id = tag
        body = {"name": "VIP", "type": "static", "customers": [f"odoo-{bob.id}", f"odoo-{self.customer.id}"]}
        self._send()
        self._at_voucherify("POST", "/v1/customers", {"source_id": f"odoo-{self.customer.id}"})
        self._at_voucherify("POST", "/v1/segments", body)
        found = self._compare()
        self.assertEqual((found.kind, found.tag_id, found.correction), ("segment", tag, "take_customers"))
        self.assertEqual((found.here_text, found.there_text), ("2 customers", "2 customers"))
        found.with_user(self.manager).action_resolve()
        self.assertEqual(tag.partner_ids, bob | self.customer)

    def test_changed_since_it_was_compared(self):
        self._campaigns()
        program = self._promotion(date_to=JULY)
        found = self._compare()
        program.date_to = "2031-09-30"
        with self.assertRaisesRegex(UserError, "was changed since the comparison"):
            found.with_user(self.manager).action_resolve()
        self.assertEqual((self._compare(), found.here["last"]), (found, "2031-09-30"))

    def test_it_ends_by_itself(self):
        self._campaigns()
        program = self._promotion(date_to=JULY)
        found = self._compare()
        program.date_to = AUGUST
        self.assertFalse(self._compare())
        self.assertEqual(found.state, "resolved")

    def test_who_may_correct(self):
        self._campaigns()
        found = self._compare().with_user(self.clerk)
        self.assertEqual(found.subject, "Summer (SUMMER10)")
        for correct in (found.action_resolve, found.action_accept):
            with self.assertRaisesRegex(AccessError, "manager"):
                correct()
        with self.assertRaises(AccessError):
            self.engine.with_user(self.clerk).action_compare_promotions()

    def test_each_night(self):
        self._campaigns()
        self.env["retail.connector"]._cron_compare_promotions()
        self.assertEqual(self._open().kind, "not_here")
        self.sandbox.fault(path="/v1/campaigns", status=503)
        self.env["retail.connector"]._cron_compare_promotions()
        self.assertIn("Voucherify cannot be reached now", self.engine.promotions_trouble)
        self.assertEqual(self._open().kind, "not_here", "What could not be compared stays as it was.")
        self.sandbox.faults_clear()
        self.env["retail.connector"]._cron_compare_promotions()
        self.assertFalse(self.engine.promotions_trouble)

    def test_calls_are_counted(self):
        self._campaigns()
        self.engine.quota_ids = [Command.create({"window": "60", "max_calls": 3})]
        self.env.flush_all()
        with self.enter_registry_test_mode():
            action = self.engine.action_compare_promotions()
        self.assertIn("call limit", action["params"]["message"])
        self.assertEqual(self.engine.quota_ids.used, 2, "The rest is for what is urgent.")
        self.assertFalse(self.engine.is_throttled)

    def test_an_engine_that_asks_to_wait(self):
        self._campaigns()
        self.sandbox.fault(path="/v1/campaigns", limit="api_calls", retry_after=30)
        self.engine.action_compare_promotions()
        self.assertTrue(self.engine.is_throttled)


@tagged("post_install", "-at_install")
class TestOwnPromotions(PromotionCase):
    """Odoo's promotions count: they are sent."""

    owner_of_promotions = "odoo"

    def test_what_is_there_only_is_ended(self):
        self._campaigns()
        found = self._compare()
        self.assertEqual(found.correction, "end")
        self._resolve(found)
        self.assertFalse(self._at_voucherify("GET", "/v1/campaigns/Summer")["active"])

    def test_what_is_here_only_is_created_there(self):
        self._promotion()
        found = self._compare()
        self.assertEqual((found.kind, found.correction), ("not_there", "send"))
        self._resolve(found)
        voucher = self._at_voucherify("GET", "/v1/vouchers/SUMMER10")
        self.assertEqual({name: voucher[name] for name in THERE}, THERE)
        self.assertEqual((voucher["discount"]["type"], voucher["discount"]["percent_off"]), ("PERCENT", 10))

    def test_an_answer_that_is_lost(self):
        """It is created once, and the second attempt finds it."""
        self._promotion()
        found = self._compare().with_user(self.manager)
        self.sandbox.fault(path="/v1/vouchers/SUMMER10", method="POST", drop="after", times=1)
        with self.assertRaises(UserError):
            found.action_resolve()
        self.assertEqual(found.state, "open")
        self._resolve(found)
        self.assertEqual(len(self.sandbox.records("vouchers", "voucherify")), 1)

    def test_dates_and_discounts_are_sent(self):
        self._promotion(date_to=JULY)
        self._resolve(self._compare())
        program = self.env["loyalty.program"].search([("name", "=", "Summer")])
        program.date_to = AUGUST
        program.reward_ids.discount = 25
        found = self._compare()
        self.assertEqual(found.sorted("kind").mapped("correction"), ["send_dates", "send_discount"])
        found.with_user(self.manager).action_resolve()
        self.assertFalse(self._compare())
        voucher = self._at_voucherify("GET", "/v1/vouchers/SUMMER10")
        self.assertEqual(
            (voucher["expiration_date"], voucher["discount"]["percent_off"]), (THERE["expiration_date"], 25)
        )

    def test_a_date_that_cannot_be_removed(self):
        self._campaigns()
        self._promotion(date_to=False)
        with self.assertRaisesRegex(UserError, "Voucherify cannot remove a date"):
            self._compare().with_user(self.manager).action_resolve()

    def test_a_price_is_sent(self):
        made = self._at_voucherify(
            "POST", "/v1/products", {"source_id": "LAMP", "name": "Lamp", "price": 2999}
        )
        self._resolve(self._compare())
        self.assertEqual(self._at_voucherify("GET", f"/v1/products/{made['id']}")["price"], 2419)

    def test_switched_on_again(self):
        self._campaigns({"active": False})
        self._promotion()
        found = self._compare()
        self.assertEqual(found.correction, "send_active")
        self._resolve(found)
        self.assertTrue(self._at_voucherify("GET", "/v1/campaigns/Summer")["active"])


@tagged("post_install", "-at_install")
class TestTalonOnePromotions(EngineCase):
    """Talon.One has a campaign that gives the points of the program, and one with codes of customers."""

    remote = TalonOne

    def setUp(self):
        super().setUp()
        self.sandbox.configure("talon_one", management_calls=1_000)
        for name, value in (("management_key", "sandbox-mgmt-key"), ("application_id", "322")):
            self.engine.credential_ids.filtered(lambda each, name=name: each.name == name).value = value
        self.engine.promotion_owner = "engine"

    def _found(self):
        """Compare; return {subject: what differs}."""
        self.engine.action_compare_promotions()
        found = self.env["retail.promotion.difference"].search([("state", "=", "open")])
        return {each.subject: each for each in found}

    def test_what_is_linked_is_in_odoo(self):
        self.assertEqual({name: each.kind for name, each in self._found().items()}, {"Coupons": "not_here"})
        self.engine.uses_codes = True
        self.assertFalse(self._found())

    def test_a_program_that_is_not_linked(self):
        self.engine.uses_codes = True
        self.program.active = False
        found = self._found()["Loyalty"]
        self.assertEqual((found.kind, found.correction), ("not_linked", "link"))
        self.assertEqual(
            found.summary,
            "Customers get points with Loyalty at Points. No loyalty program of Odoo is linked to Points.",
        )
        manager = new_test_user(self.env, "linker", "base.group_user,retail_hub.group_manager")
        with self.assertRaisesRegex(UserError, "whose points Loyalty gives, and link it to Points"):
            found.with_user(manager).action_resolve()
        self.program.active = True
        self.assertFalse(self._found())
        self.assertEqual(found.state, "resolved")

    def test_it_has_the_name_of_a_promotion(self):
        """A promotion of Odoo is not the campaign that gives points."""
        self.engine.uses_codes = True
        promotion = self.env["loyalty.program"].create({"name": "Loyalty", "program_type": "promotion"})
        self.assertEqual(self._found()["Loyalty"].kind, "not_there")
        promotion.active = False
        self.assertFalse(self._found())

    def test_codes_that_no_flow_reports(self):
        """Odoo asks for none then."""
        self.engine.uses_codes = True
        self.engine.flow_ids.filtered(lambda flow: flow.event_type == "code.redeemed").active = False
        self.assertEqual(self._found()["Coupons"].kind, "not_here")
