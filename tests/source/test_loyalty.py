"""Loyalty: points that come and go are sent to the point, with their order; programs as they are."""

from odoo import Command
from odoo.tests import Form, tagged

from ..common import EventCase, ShopCase

CHANGES = ("loyalty.earned", "loyalty.redeemed", "loyalty.adjusted", "loyalty.reversed")


class LoyaltyCase(ShopCase, EventCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["loyalty.program"].search([]).active = False
        cls.product.write({"list_price": 20.5, "taxes_id": False})
        cls.program = cls._create_program()

    @classmethod
    def _create_program(cls, **values):
        """One point for each unit of currency; 10 points are 3 off."""
        return cls.env["loyalty.program"].create(
            {
                "name": "Club",
                "program_type": "loyalty",
                "applies_on": "both",
                "trigger": "auto",
                "portal_point_name": "Stars",
                "rule_ids": [
                    Command.create({"reward_point_mode": "money", "reward_point_amount": 1, "minimum_qty": 0})
                ],
                "reward_ids": [
                    Command.create(
                        {
                            "discount_mode": "per_order",
                            "discount": 3,
                            "required_points": 10,
                            "clear_wallet": False,
                        }
                    )
                ],
                **values,
            }
        )

    def _card(self, points=0, program=None, **values):
        program = program or self.program
        values = {"program_id": program.id, "partner_id": self.customer.id, "points": points, **values}
        return self.env["loyalty.card"].create(values)

    def _till_order(self, **values):
        config = self.env["pos.config"].search([("name", "=", "Till")]) or self.env["pos.config"].create(
            {"name": "Till"}
        )
        config.open_ui()
        amounts = {"amount_paid": 0, "amount_return": 0, "amount_tax": 0, "amount_total": 0}
        return self.env["pos.order"].create(
            {
                "session_id": config.current_session_id.id,
                "partner_id": self.customer.id,
                **amounts,
                **values,
            }
        )

    def _sell(self, card):
        """Confirm an order of 41.00, 3.00 of them for 10 points."""
        order = self._quotation(2)
        order._update_programs_and_rewards()
        order._apply_program_reward(self.program.reward_ids, card)
        order.action_confirm()
        return order

    def _points(self, card):
        """Return what was sent of a card: ``[(event type, points, balance)]``."""
        events = self._events(card).filtered(lambda event: event.event_type in CHANGES)
        return [(event.event_type, event.payload["points"], event.payload["balance"]) for event in events]


@tagged("post_install", "-at_install")
class TestLoyalty(LoyaltyCase):
    wanted = ("order.placed", "order.cancelled", "loyalty.enrolled", *CHANGES)

    def test_earned(self):
        card = self._card(points=7.5)
        self._forget_events()
        order = self._quotation(2)
        order._update_programs_and_rewards()
        self.assertEqual(self._sent(card), [], "A quotation gives no points.")
        order.action_confirm()
        placed, earned = self._events(order), self._events(card)
        self.assertEqual(earned.event_type, "loyalty.earned")
        self.assertEqual(card.points, 48.5)
        self.assertEqual(
            earned.payload,
            {
                "id": str(card.id),
                "code": card.code,
                "program_id": str(self.program.id),
                "program": "Club",
                "program_type": "loyalty",
                "customer_id": str(self.customer.id),
                "unit": "Stars",
                "balance": "48.5",
                "expires_on": None,
                "transaction_id": str(card.history_ids.id),
                "points": "41",
                "reason": f"Order {order.display_name}",
                "channel": "sales",
                "order_id": str(order.id),
                "order_number": order.name,
            },
        )
        self.assertEqual(earned.correlation_id, f"sale.order,{order.id}")
        self.assertEqual(earned.causation_id, placed.uuid)

    def test_earned_and_redeemed_with_one_order(self):
        card = self._card(points=10)
        self._forget_events()
        order = self._sell(card)
        self.assertEqual((order.amount_total, card.points), (38.0, 41.0))
        self.assertEqual(
            self._points(card), [("loyalty.earned", "41", "41"), ("loyalty.redeemed", "-10", "41")]
        )
        earned, redeemed = self._events(card)
        self.assertEqual(earned.payload["transaction_id"], redeemed.payload["transaction_id"])
        self.assertEqual(redeemed.causation_id, self._events(order, "order.placed").uuid)

    def test_redeemed_after_the_order_was_confirmed(self):
        """Odoo adds to the line of history that it has: what is sent is the difference."""
        card = self._card(points=10)
        order = self._quotation(2)
        order.action_confirm()
        self._forget_events()
        order._apply_program_reward(self.program.reward_ids, card)
        self.assertEqual(card.points, 41.0)
        self.assertEqual(self._points(card), [("loyalty.redeemed", "-10", "41")])

    def test_cancelled(self):
        """What an order gave and took is reversed, and what was sent adds up to the balance."""
        card = self._card(points=10)
        self._forget_events()
        order = self._sell(card)
        self._commit()
        order._action_cancel()
        self.assertEqual(card.points, 10)
        self.assertEqual(
            self._points(card)[2:], [("loyalty.reversed", "-41", "10"), ("loyalty.reversed", "10", "10")]
        )
        self.assertEqual(sum(float(points) for _type, points, _balance in self._points(card)), 0)
        cancelled = self._events(order, "order.cancelled")
        for event in self._events(card, "loyalty.reversed"):
            self.assertEqual(event.correlation_id, f"sale.order,{order.id}")
            self.assertEqual(event.causation_id, cancelled.uuid)
            self.assertEqual(event.payload["order_number"], order.name)

    def test_a_cancelled_quotation_reverses_nothing(self):
        card = self._card(points=10)
        self._forget_events()
        order = self._quotation(2)
        order._update_programs_and_rewards()
        order._action_cancel()
        self.assertEqual(self._sent(card), [])

    def test_history_that_is_tidied_up_reverses_nothing(self):
        card = self._card(points=10)
        order = self._sell(card)
        self._forget_events()
        card.history_ids.unlink()
        self.assertEqual((self._sent(card), order.state), ([], "sale"))

    def test_a_coupon_that_is_gone_at_the_commit(self):
        """An order's coupon for the next one is deleted with it: what it had is reversed all the same."""
        program = self._create_program(program_type="next_order_coupons", applies_on="future")
        order = self._quotation(2)
        order._update_programs_and_rewards()
        order.action_confirm()
        card = program.coupon_ids
        self._commit()
        card_id, code = card.id, card.code
        order._action_cancel()
        self.assertFalse(card.exists())
        self._commit()
        event = self.env["retail.event"].search(
            [("res_id", "=", card_id), ("event_type", "=", "loyalty.reversed")]
        )
        self.assertEqual(
            (event.payload["code"], event.payload["points"], event.payload["balance"]), (code, "-41", "0")
        )
        self.assertEqual(event.correlation_id, f"sale.order,{order.id}")
        self.assertFalse(event.payload_error)

    def test_points_of_a_promotion_are_not_sent(self):
        """They are made and used up by one order."""
        program = self._create_program(name="Sale", program_type="promotion", applies_on="current")
        order = self._quotation(2)
        order._update_programs_and_rewards()
        order._apply_program_reward(
            program.reward_ids,
            order.coupon_point_ids.coupon_id.filtered(lambda card: card.program_id == program),
        )
        order.action_confirm()
        [card] = program.coupon_ids
        self.assertEqual((card.history_ids.issued, card.history_ids.used), (41, 10))
        self.assertEqual(self._sent(card), [])

    def test_coupon(self):
        """A coupon is given out by hand and redeemed by its code."""
        program = self.env["loyalty.program"].create(
            {"name": "Ten percent", **self.env["loyalty.program"]._get_template_values()["coupons"]}
        )
        wizard = self.env["loyalty.generate.wizard"].create(
            {"program_id": program.id, "mode": "anonymous", "coupon_qty": 2, "points_granted": 1}
        )
        coupon, other = wizard.generate_coupons()
        self.assertEqual(self._points(coupon), [("loyalty.adjusted", "1", "1")])
        self.program.active = False
        order = self._quotation(2)
        [(card, rewards)] = order._try_apply_code(coupon.code).items()
        order._apply_program_reward(rewards, card)
        order.action_confirm()
        self.assertAlmostEqual(order.amount_total, 36.9)
        self.assertEqual(self._points(coupon)[1:], [("loyalty.redeemed", "-1", "0")])
        self.assertEqual(self._points(other), [("loyalty.adjusted", "1", "1")])
        payload = self._events(coupon, "loyalty.redeemed").payload
        self.assertEqual((payload["program_type"], payload["customer_id"]), ("coupons", ""))

    def test_balance_wizard(self):
        card = self._card(points=10)
        self._forget_events()
        for balance, reason in ((14.25, "Complaint 12"), (4, "Mistake")):
            wizard = self.env["loyalty.card.update.balance"].create(
                {"card_id": card.id, "new_balance": balance, "description": reason}
            )
            wizard.action_update_card_point()
            self._commit()
        self.assertEqual(
            self._points(card), [("loyalty.adjusted", "4.25", "14.25"), ("loyalty.adjusted", "-10.25", "4")]
        )
        payload = self._events(card)[0].payload
        self.assertEqual(
            (payload["reason"], payload["order_id"], payload["channel"]), ("Complaint 12", "", "")
        )
        self.assertEqual(self._events(card)[0].correlation_id, f"loyalty.card,{card.id}")

    def test_enrolled(self):
        card = self._card()
        [event] = self._events(card)
        self.assertEqual((event.event_type, event.kind), ("loyalty.enrolled", "fact"))
        self.assertEqual(
            (event.payload["customer_id"], event.payload["code"], event.payload["balance"]),
            (str(self.customer.id), card.code, "0"),
        )

    def test_enrolled_by_an_order(self):
        """The card is made with the first quotation that gives points."""
        order = self._quotation(2)
        order._update_programs_and_rewards()
        card = self.program.coupon_ids
        self.assertEqual(self._sent(card), ["loyalty.enrolled"])
        self.assertEqual(self._events(card).correlation_id, f"sale.order,{order.id}")
        order.action_confirm()
        self.assertEqual(self._sent(card), ["loyalty.enrolled", "loyalty.earned"])

    def test_enrolled_when_the_card_is_given_to_someone(self):
        card = self._card(partner_id=False)
        self.assertEqual(self._sent(card), [])
        card.partner_id = self.customer
        self.assertEqual(self._sent(card), ["loyalty.enrolled"])
        card.partner_id = self.env["res.partner"].create({"name": "Bo"})
        self.assertEqual(self._sent(card), ["loyalty.enrolled"])

    def test_a_gift_card_enrolls_nobody(self):
        card = self._card(program=self._create_program(program_type="gift_card", applies_on="future"))
        self.assertEqual(self._sent(card), [])

    def test_at_the_till(self):
        order = self._till_order()
        data = {"points": 41, "program_id": self.program.id, "partner_id": self.customer.id}
        order.confirm_coupon_programs({"-1": data})
        card = self.program.coupon_ids
        self.assertEqual(self._sent(card), ["loyalty.enrolled", "loyalty.earned"])
        self.assertEqual(self._points(card), [("loyalty.earned", "41", "41")])
        for event in self._events(card):
            self.assertEqual(event.correlation_id, f"pos.order,{order.id}")
        payload = self._events(card, "loyalty.earned").payload
        self.assertEqual(
            (payload["channel"], payload["order_id"], payload["order_number"]),
            ("pos", str(order.id), order.name),
        )
        order.confirm_coupon_programs({"-1": data})
        self.assertEqual(len(self._points(card)), 1, "The till may call twice.")
        spent = self._till_order()
        spent.confirm_coupon_programs({str(card.id): {"points": -10, "program_id": self.program.id}})
        self.assertEqual(self._points(card)[1:], [("loyalty.redeemed", "-10", "31")])

    def test_refunded_at_the_till(self):
        order = self._till_order()
        data = {"points": 41, "program_id": self.program.id, "partner_id": self.customer.id}
        order.confirm_coupon_programs({"-1": data})
        card = self.program.coupon_ids
        line = {"name": "Lamp", "product_id": self.product.id, "price_unit": 20.5}
        sold = {**line, "qty": 1, "price_subtotal": 20.5, "price_subtotal_incl": 20.5}
        order.lines = [Command.create(sold)]
        back = {**line, "qty": -1, "price_subtotal": -20.5, "price_subtotal_incl": -20.5}
        refund = self._till_order(
            is_refund=True, lines=[Command.create({**back, "refunded_orderline_id": order.lines.id})]
        )
        refund.confirm_coupon_programs({str(card.id): {"points": -20.5, "program_id": self.program.id}})
        self.assertEqual(self._points(card)[1:], [("loyalty.reversed", "-20.5", "20.5")])
        event = self._events(card, "loyalty.reversed")
        self.assertEqual(event.correlation_id, f"pos.order,{order.id}")
        self.assertEqual(event.payload["order_id"], str(refund.id))

    def test_one_card_is_sent_in_order(self):
        """What happened to a card is about the card, so that no event of it overtakes another."""
        card = self._card(points=10)
        self._commit()
        self._sell(card)
        deliveries = self._deliveries(card)
        self.assertEqual(
            deliveries.mapped("event_type"),
            ["loyalty.enrolled", "loyalty.adjusted", "loyalty.earned", "loyalty.redeemed"],
        )

    def _assert_adds_up(self, *cards):
        for card in cards:
            sent = sum(float(points) for _type, points, _balance in self._points(card))
            self.assertAlmostEqual(sent, card.points)

    def test_points_without_history(self):
        """A card that is made, or imported, with points."""
        card = self._card(points=10)
        self.assertEqual(self._points(card), [("loyalty.adjusted", "10", "10")])
        card.points = 12.5
        card.points += 0.25
        self.assertEqual(self._points(card)[1:], [("loyalty.adjusted", "2.75", "12.75")])
        payload = self._events(card, "loyalty.adjusted")[-1].payload
        self.assertEqual((payload["transaction_id"], payload["reason"], payload["order_id"]), ("", "", ""))

    def test_a_program_that_applies_after_the_confirmation(self):
        """Odoo gives the points without a line of history."""
        self.program.active = False
        card, order = self._card(), self._quotation(2)
        order.action_confirm()
        self.program.active = True
        order._update_programs_and_rewards()
        self.assertEqual((card.points, len(card.history_ids)), (41, 0))
        self.assertEqual(self._points(card), [("loyalty.adjusted", "41", "41")])

    def test_customers_are_merged(self):
        """Odoo moves the points of one card to the other."""
        double = self.env["res.partner"].create({"name": "Ann Lee", "email": "ann@example.org"})
        card, gone = self._card(points=10), self._card(points=5, partner_id=double.id)
        self._forget_events()
        merge = self.env["base.partner.merge.automatic.wizard"].create({})
        merge._merge((self.customer + double).ids, self.customer)
        self.assertEqual((card.points, gone.points), (15, 0))
        self.assertEqual(self._points(card), [("loyalty.adjusted", "5", "15")])
        self.assertEqual(self._points(gone), [("loyalty.adjusted", "-5", "0")])

    def test_what_is_sent_adds_up(self):
        """Whatever happens, with emails that are sent meanwhile."""
        template = self.env["mail.template"].create(
            {
                "name": "Points",
                "model_id": self.env["ir.model"]._get_id("loyalty.card"),
                "subject": "Your points",
                "body_html": "<p>You have <t t-out='object.points'/> points.</p>",
                "use_default_to": True,
            }
        )
        self.program.communication_plan_ids = [
            Command.create({"trigger": "create", "mail_template_id": template.id}),
            Command.create({"trigger": "points_reach", "points": 20, "mail_template_id": template.id}),
        ]
        till = self._till_order()
        data = {"points": 15.5, "program_id": self.program.id, "partner_id": self.customer.id}
        till.confirm_coupon_programs({"-1": data})
        card = self.program.coupon_ids
        order = self._sell(card)
        self._sell(card)
        self._assert_adds_up(card)
        order._action_cancel()
        self.assertEqual(card.points, 46.5)
        self._assert_adds_up(card)
        self.assertNotIn("loyalty.adjusted", self._sent(card))

    def test_a_card_that_is_sold(self):
        """A gift card with points is assigned at the till: Odoo notes its points again, though it gets none."""
        order = self._till_order()
        values = self.env["loyalty.program"]._get_template_values()["gift_card"]
        program = self.env["loyalty.program"].create(values)
        card = self._card(points=50, program=program, partner_id=False)
        data = {"points": 0, "program_id": program.id, "code": card.code}
        order.confirm_coupon_programs({"-1": data})
        self.assertTrue(card.history_ids)
        self._assert_adds_up(card)

    def _user(self, group):
        groups = [Command.set(self.env.ref(group).ids)]
        return self.env["res.users"].create({"name": group, "login": group, "group_ids": groups})

    def test_by_a_sales_manager(self):
        card = self._card(points=10)
        self._forget_events()
        order = self._quotation(2).with_user(self._user("sales_team.group_sale_manager"))
        order._update_programs_and_rewards()
        order.action_confirm()
        self.assertEqual(self._points(card), [("loyalty.earned", "41", "51")])
        order._action_cancel()
        self.assertEqual(self._points(card)[1:], [("loyalty.reversed", "-41", "10")])

    def test_by_a_cashier(self):
        order = self._till_order().with_user(self._user("point_of_sale.group_pos_user"))
        data = {"points": 41, "program_id": self.program.id, "partner_id": self.customer.id}
        order.confirm_coupon_programs({"-1": data})
        self.assertEqual(self._points(self.program.coupon_ids), [("loyalty.earned", "41", "41")])

    def test_only_the_ledger_if_nobody_wants_it(self):
        """The lines, the card and its program are read once; then there is one statement for each entry."""
        card = self._card(points=10)
        self.connector.flow_ids.active = False
        lines = self.env["loyalty.history"].create(
            [{"card_id": card.id, "description": "Gift", "issued": 1} for _n in range(3)]
        )
        lines.flush_recordset()
        self.env.invalidate_all()
        with self.assertQueryCount(6):
            lines._retail_capture_changes({})


@tagged("post_install", "-at_install")
class TestPromotion(LoyaltyCase):
    wanted = ("promotion.changed",)

    def _payload(self, program):
        payload, warnings = program.with_context(active_test=False)._retail_payloads()[program.id]
        self.assertEqual(warnings, [])
        self.assertIsInstance(payload, dict, payload)
        return payload

    def _changed(self, program=None):
        """Return how many changes were sent since the last call."""
        sent = self._sent(program or self.program)
        self._forget_events()
        self.assertEqual(set(sent) - {"promotion.changed"}, set())
        return len(sent)

    def test_program_from_its_form(self):
        category = self.env["product.category"].create({"name": "Lighting"})
        form = Form(self.env["loyalty.program"])
        form.name = "Winter"
        form.program_type = "promo_code"
        with form.rule_ids.edit(0) as rule:
            rule.code = "WINTER10"
            rule.minimum_amount = 50
            rule.product_category_id = category
        with form.reward_ids.edit(0) as reward:
            reward.discount = 12.5
            reward.discount_applicability = "order"
            reward.discount_max_amount = 30
        form.date_from = "2026-12-01"
        form.date_to = "2027-02-28"
        form.limit_usage = True
        form.max_usage = 100
        program = form.save()
        self.assertEqual(self._changed(program), 1)
        payload = self._payload(program)
        currency = program.currency_id.name
        self.assertEqual(
            {name: payload[name] for name in payload if name not in ("rules", "rewards")},
            {
                "id": str(program.id),
                "name": "Winter",
                "type": "promo_code",
                "active": True,
                "currency": currency,
                "unit": program.portal_point_name,
                "starts_on": "2026-12-01",
                "ends_on": "2027-02-28",
                "applies_on": "current",
                "trigger": "with_code",
                "channels": ["sales", "pos"],
                "pricelist_ids": [],
                "maximum_usage": 100,
                "coupons_issued": 0,
                "coupons_used": 0,
            },
        )
        [rule] = payload["rules"]
        self.assertEqual(
            (rule["trigger"], rule["code"], rule["minimum_amount"], rule["points"], rule["points_per"]),
            ("with_code", "WINTER10", "50.00", "1", "order"),
        )
        self.assertEqual(
            rule["products"],
            {
                "products": [],
                "category_id": str(category.id),
                "category": "Lighting",
                "tag": "",
                "domain": "",
            },
        )
        [reward] = payload["rewards"]
        self.assertEqual(
            (reward["type"], reward["discount"], reward["discount_mode"], reward["discount_on"]),
            ("discount", "12.5", "percent", "order"),
        )
        self.assertEqual((reward["maximum_discount"], reward["discounted"]), ("30.00", None))

    def test_changes(self):
        self._forget_events()
        program, rule, reward = self.program, self.program.rule_ids, self.program.reward_ids
        for record, values in (
            (program, {"name": "Gold Club"}),
            (program, {"date_to": "2030-01-01"}),
            (program, {"pos_ok": False}),
            (rule, {"minimum_amount": 25}),
            (rule, {"product_ids": [Command.link(self.product.id)]}),
            (reward, {"discount": 4}),
            (reward, {"required_points": 12}),
            (program, {"active": False}),
        ):
            with self.subTest(**values):
                record.write(values)
                self.assertEqual(self._changed(), 1)
        payload = self._payload(program)
        self.assertEqual(
            (payload["name"], payload["ends_on"], payload["channels"], payload["active"]),
            ("Gold Club", "2030-01-01", ["sales"], False),
        )
        self.assertEqual(payload["rules"][0]["minimum_amount"], "25.00")
        self.assertEqual(
            payload["rules"][0]["products"]["products"], [{"id": str(self.product.id), "sku": "LAMP"}]
        )
        self.assertEqual(
            (payload["rewards"][0]["discount"], payload["rewards"][0]["required_points"]), ("4", "12")
        )

    def test_rules_and_rewards_come_and_go(self):
        self._forget_events()
        rule = self.env["loyalty.rule"].create({"program_id": self.program.id, "minimum_qty": 3})
        self.assertEqual(self._changed(), 1)
        rule.unlink()
        self.assertEqual(self._changed(), 1)
        reward = self.env["loyalty.reward"].create(
            {
                "program_id": self.program.id,
                "reward_type": "product",
                "reward_product_id": self.product.id,
                "reward_product_qty": 2,
                "required_points": 200,
            }
        )
        self.assertEqual(self._changed(), 1)
        sent = self._payload(self.program)["rewards"][-1]
        self.assertEqual(
            (sent["type"], sent["products"], sent["quantity"], sent["required_points"], sent["discount"]),
            ("product", [{"id": str(self.product.id), "sku": "LAMP"}], "2", "200", None),
        )
        reward.active = False
        self.assertEqual(self._changed(), 1)
        self.assertEqual(len(self._payload(self.program)["rewards"]), 1)

    def test_what_changes_nothing_for_others(self):
        self._forget_events()
        self.program.sequence = 7
        self.program.name = self.program.name
        self.program.portal_visible = True
        self.assertEqual(self._changed(), 0)

    def test_sales_do_not_change_a_loyalty_program(self):
        self._forget_events()
        self._card(points=5)
        order = self._quotation(2)
        order._update_programs_and_rewards()
        order.action_confirm()
        self.assertEqual(self._changed(), 0)

    def test_coupons_issued_and_used(self):
        program = self.env["loyalty.program"].create(
            {"name": "Ten percent", **self.env["loyalty.program"]._get_template_values()["coupons"]}
        )
        self._forget_events()
        wizard = self.env["loyalty.generate.wizard"].create(
            {"program_id": program.id, "mode": "anonymous", "coupon_qty": 3, "points_granted": 1}
        )
        coupons = wizard.generate_coupons()
        self.assertEqual(self._changed(program), 1)
        payload = self._payload(program)
        self.assertEqual((payload["coupons_issued"], payload["coupons_used"]), (3, 0))
        self.program.active = False
        order = self._quotation(2)
        [(card, rewards)] = order._try_apply_code(coupons[0].code).items()
        order._apply_program_reward(rewards, card)
        self._forget_events()
        order.action_confirm()
        self.assertEqual(self._changed(program), 1)
        self.assertEqual(self._payload(program)["coupons_used"], 1)
        coupons[2].unlink()
        self.assertEqual(self._changed(program), 1)
        self.assertEqual(self._payload(program)["coupons_issued"], 2)

    def test_changed_since(self):
        """A backfill of what changed lately takes programs whose rules or rewards did."""
        programs = self.env["loyalty.program"]
        since = "2020-01-02"
        self.env.flush_all()
        for table in ("loyalty_program", "loyalty_rule", "loyalty_reward"):
            self.env.cr.execute(f"UPDATE {table} SET write_date = '2020-01-01'")
        self.env.invalidate_all()
        self.assertFalse(programs.search(programs._retail_changed_domain(since)))
        self.program.reward_ids.discount = 5
        self.env.flush_all()
        self.assertEqual(programs.search(programs._retail_changed_domain(since)), self.program)
