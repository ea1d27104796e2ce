"""Talon.One owns points: it names the orders, takes points back itself, and does not say what Odoo asked for."""

import json

from odoo import Command
from odoo.tests import tagged

from ...connectors.receiver import SignatureError, WebhookRequest
from .engine_case import EngineCase
from .engine_faults import TOO_OLD, EngineFaults
from .engine_story import EngineStory
from .engines import TalonOne, TalonOneByDefault


@tagged("post_install", "-at_install")
class TestTalonOneOwns(EngineStory, EngineFaults, EngineCase):
    remote = TalonOne

    def test_the_hub_reverses_nothing_that_was_earned(self):
        self._card()
        order = self._paid_order(quantity=2)
        self._send()
        self._read()
        self._credit(order, 1)
        self.assertFalse(self.env["retail.loyalty.share"].search([]))
        self.assertFalse(self.env["retail.event"].search([("event_type", "=", "loyalty.reversed")]))

    def test_the_order_is_the_one_that_is_named(self):
        """Not the newest one: two were paid before the points were read."""
        card = self._card()
        orders = self._paid_order(price=30) | self._paid_order(price=20)
        self._send()
        self._read()
        entries = self.env["retail.loyalty.entry"].search([("card_id", "=", card.id)])
        self.assertEqual(
            {(each.points, each.order_id) for each in entries}, {(30, orders[0].id), (20, orders[1].id)}
        )

    def test_a_change_whose_outcome_is_not_known_yet(self):
        """What may be the points that a delivery in progress has booked is not entered as a change of the engine."""
        card = self._card()
        self._paid_order()
        self._send()
        self._read()
        self.sandbox.fault(path="/v3/events", drop="after", times=1)
        card.points -= 80
        self._drain(self.engine)
        self.assertEqual(self._at_engine(), 20)
        self._read_again()
        self.assertEqual(self._ledger(card), [("earn", 100, 100), ("adjust", -80, 20)])
        self._make_due(self.env["retail.delivery"].search([("state", "in", ("pending", "unknown"))]))
        self._send()
        self._read_again()
        self.assertEqual((card.points, self._at_engine()), (20, 20))
        self.assertEqual(self._ledger(card), [("earn", 100, 100), ("adjust", -80, 20)])

    def test_an_adjustment_there_beside_one_of_odoo(self):
        """Both are entered, each once."""
        card = self._card(points=0)
        self._paid_order()
        self._send()
        self._read()
        card.points += 5
        self._send()
        self.remote.give(self.sandbox, 5)
        self._read_again()
        self.assertEqual((card.points, self._at_engine()), (110, 110))
        self.assertEqual(self._ledger(card)[1:], [("adjust", 5, 105), ("adjust", 5, 110)])

    def test_what_a_reward_of_odoo_cost_is_given_back(self):
        """The session does not know of it: Talon.One takes back what was earned, and the hub gives back the rest."""
        card = self._card()
        self._paid_order()
        self._send()
        self._read()
        order = self._quotation_of(quantity=2)
        order._update_programs_and_rewards()
        order._apply_program_reward(self.program.reward_ids, card)
        self._pay(order)
        self._send()
        self._read_again()
        self.assertEqual((order.amount_total, card.points, self._at_engine()), (100, 100, 100))
        self._credit(order)
        self._send()
        self._read_again()
        self.assertEqual((card.points, self._at_engine()), (100, 100))
        self.assertEqual(
            [entry for entry in self._ledger(card) if entry[0] == "reverse"],
            [("reverse", 100, 200), ("reverse", -50, 150), ("reverse", -50, 100)],
        )

    def test_a_return_that_is_refused(self):
        """Nothing is taken back on either side; a person sees why, and takes the points."""
        card = self._card()
        order = self._paid_order(quantity=2)
        self._send()
        self._read()
        body = {"message": "Bad Request", "errors": [{"title": "Return refused", "details": TOO_OLD}]}
        self.sandbox.fault(path="/returns", status=400, body=body)
        self._credit(order, 1)
        self._send()
        self._read_again()
        [delivery] = self._dead()
        self.assertEqual((delivery.event_type, delivery.error_code), ("refund.issued", "RETURN_REFUSED"))
        self.assertIn(TOO_OLD, delivery.error_message)
        self.assertEqual((card.points, self._at_engine()), (200, 200))
        card.points -= 100
        self._send()
        self._read_again()
        self.assertEqual((card.points, self._at_engine()), (100, 100))
        self.assertFalse(self._found(card))

    # -- notifications -----------------------------------------------------------------------------

    def _receive_notifications(self):
        self.engine.action_receive_webhooks()
        token = self.engine.credential_ids.filtered(lambda each: each.name == "webhook_secret")
        self.token = token.action_generate()["params"]["secret"]
        self._commit()
        types = ["LoyaltyAddedDeductedPointsBalances", "TierUpgrade"]
        notification = {"url": "http://127.0.0.1:9/", "types": types}
        self.sandbox.configure("talon_one", notifications=[notification], webhooks_auto=False)

    def _notify(self, webhook, token=None):
        """Receive a notification, and do what it gives reason for."""
        headers = {"authorization": f"Bearer {token or self.token}", "x-uuid": webhook["id"]}
        request = WebhookRequest("POST", "/", headers, json.dumps(webhook["body"]).encode())
        hook = self.env["retail.connector"]._hook(self.engine.webhook_token, "127.0.0.1")
        self.env["retail.message"]._receive(hook, hook.commands(request))
        with self.enter_registry_test_mode():
            self.env["retail.message"]._carry_out_received(self.engine.id)

    def test_notifications_are_hints(self):
        """They are late, doubled and out of order: the balance is read, and what they say is not booked."""
        self._receive_notifications()
        card = self._card()
        self._paid_order()
        self._send()
        self._read()
        account = self.env["retail.loyalty.account"].search([("card_id", "=", card.id)])
        self.assertFalse(account.read_due_at)
        self.remote.give(self.sandbox, 40)
        self.remote.give(self.sandbox, 2)
        first, second, third = self.sandbox.records("webhooks", "talon_one")
        for webhook in (third, second, third):
            self._notify(webhook)
        self.assertTrue(account.read_due_at)
        self._read()
        ledger = [("earn", 100, 100), ("adjust", 40, 140), ("adjust", 2, 142)]
        self.assertEqual(self._ledger(card), ledger)
        for webhook in (first, second, third):
            self._notify(webhook)
        self._read()
        self.assertEqual((self._ledger(card), card.points), (ledger, 142))
        messages = self.env["retail.message"].search([("connector_id", "=", self.engine.id)])
        self.assertEqual(messages.mapped("state"), ["done"] * 3)
        self.assertEqual({(each.res_model, each.res_id) for each in messages}, {("loyalty.card", card.id)})

    def test_a_tier_that_changes(self):
        self._receive_notifications()
        self.sandbox.configure("talon_one", programs=[{"tiers": [{"name": "Gold", "min_points": 50}]}])
        card = self._card()
        self._send()
        self._read()
        self.remote.give(self.sandbox, 60)
        [tier] = [
            each for each in self.sandbox.records("webhooks", "talon_one") if each["type"] == "TierUpgrade"
        ]
        self._notify(tier)
        self._read()
        account = self.env["retail.loyalty.account"].search([("card_id", "=", card.id)])
        self.assertEqual((account.tier, card.points), ("Gold", 60))

    def test_a_card_that_was_never_sent(self):
        """It was linked with its points, and read: it has no link to a record there."""
        self._receive_notifications()
        card = self._card()
        self._send()
        self._read()
        self.env["retail.binding"].search([("res_model", "=", "loyalty.card")]).sudo().unlink()
        self.remote.give(self.sandbox, 60)
        self._notify(self.sandbox.records("webhooks", "talon_one")[-1])
        self._read()
        self.assertEqual(card.points, 60)

    def test_a_notification_of_somebody_else(self):
        self._receive_notifications()
        self._card()
        self._send()
        self.remote.give(self.sandbox, 60)
        with self.assertRaises(SignatureError):
            self._notify(self.sandbox.records("webhooks", "talon_one")[-1], token="guessed")

    def test_promotions_are_compared(self):
        """Odoo owns them: their dates are sent. Discounts are for Talon.One's rules to say."""
        self.sandbox.configure("talon_one", campaigns=[{"id": 31, "name": "Summer"}])
        self.sandbox.configure("talon_one", coupons=[{"code": "SUMMER10", "campaign": 31}])
        values = {"management_key": "sandbox-mgmt-key", "application_id": "322"}
        for name, value in values.items():
            self.engine.credential_ids.filtered(lambda each, name=name: each.name == name).value = value
        self.engine.promotion_owner = "odoo"
        rule = {"mode": "with_code", "code": "summer10"}
        program = self.env["loyalty.program"].create(
            {
                "name": "Sun",
                "program_type": "promo_code",
                "trigger": "with_code",
                "applies_on": "current",
                "date_to": "2031-08-31",
                "rule_ids": [Command.create(rule)],
                "reward_ids": [Command.create({"discount": 10})],
            }
        )
        self.engine.action_compare_promotions()
        found = self.env["retail.promotion.difference"].search([("program_id", "=", program.id)])
        self.assertEqual((found.kind, found.correction, found.remote_id), ("dates", "send_dates", "31"))
        found.action_resolve()
        self.engine.action_compare_promotions()
        names = self.env["retail.promotion.difference"].search([("state", "=", "open")]).mapped("subject")
        self.assertEqual(names, ["Coupons"], "That of the sandbox itself.")


@tagged("post_install", "-at_install")
class TestTalonOneLeavesPoints(EngineStory, EngineCase):
    """By its default, Talon.One takes no active points back: the hub does, once."""

    remote = TalonOneByDefault

    def _reversals(self, card):
        """Return (points, model and id of the document) of what was reversed."""
        self._commit()
        domain = [("card_id", "=", card.id), ("kind", "=", "reverse")]
        entries = self.env["retail.loyalty.entry"].search(domain, order="id")
        return [(each.points, each.order_model, each.order_id) for each in entries]

    def test_it_is_entered_with_the_document(self):
        card = self._card()
        order = self._paid_order(quantity=3)
        self._send()
        self._read()
        credit_note = self._credit(order, 2)
        self._send()
        self._read_again()
        self.assertEqual(self._reversals(card), [(-200, "account.move", credit_note.id)])
        [delivery] = self._deliveries(card, event_type="loyalty.reversed")
        self.assertEqual(delivery.state, "delivered")
        self.assertEqual((card.points, self._at_engine()), (100, 100))
        self.assertFalse(self.env["retail.loyalty.difference"].search([("card_id", "=", card.id)]))

    def test_points_of_a_whole_order(self):
        """They belong to its goods in proportion."""
        rules = [{"kind": "earn", "name": "Order", "per_item": False}]
        correction = {"kind": "event", "name": "Correction", "event": "correction", "attribute": "Points"}
        self.sandbox.configure("talon_one", rules=[*rules, correction])
        card = self._card()
        order = self._paid_order(quantity=3)
        self._send()
        self._read()
        self._credit(order, 1)
        self._send()
        self._read_again()
        self.assertEqual((card.points, self._at_engine()), (200, 200))

    def test_an_order_that_is_cancelled_after_a_part_was_returned(self):
        card = self._card()
        order = self._paid_order(quantity=3)
        self._send()
        self._read()
        credit_note = self._credit(order, 1)
        self._send()
        order.with_context(disable_cancel_warning=True)._action_cancel()
        self._commit()
        self._send()
        self._read_again()
        self.assertEqual(
            self._reversals(card),
            [(-100, "account.move", credit_note.id), (-200, "sale.order", order.id)],
        )
        self.assertEqual((card.points, self._at_engine()), (0, 0))
        [cancelled] = self._deliveries(order, event_type="order.cancelled", connector_id=self.engine.id)
        self.env["retail.delivery"].sudo()._queue_again(cancelled.event_id.ids, cancelled.flow_id.ids)
        self._send()
        self._read_again()
        self.assertEqual((len(self._reversals(card)), card.points), (2, 0), "It is taken back once.")

    def test_a_customer_who_was_merged(self):
        """Talon.One knows the order of the former member, whose points the other one has now."""
        other = self._partner("Bob", "bob@example.com")
        cards = self._card() | self._card(other)
        order = self._paid_order(customer=other, quantity=2)
        self._send()
        self._read()
        kept = {each.partner_id: each for each in cards}
        merge = self.env["base.partner.merge.automatic.wizard"].create({})
        merge._merge((self.customer | other).ids, self.customer)
        self._send()
        self._read_again()
        self._credit(order, 1)
        self._send()
        self._read_again()
        self.assertEqual(kept[self.customer].points, 100)
        self.assertEqual(self.remote.points_of(self.sandbox, self.customer.id), 100)
