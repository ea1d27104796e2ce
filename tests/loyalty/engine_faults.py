"""What goes wrong between Odoo and a loyalty engine: each point comes once, and nothing is lost in silence."""

import hashlib
import hmac
import json
from unittest.mock import patch

from ...connectors.receiver import WebhookRequest

SKEW = 600  # seconds
BETWEEN = 300
PAST = {"loyalty_card": ["create_date"], "retail_delivery": ["queued_at", "finished_at"]}
SECRET = "workflow-secret"
TOO_OLD = "The redemption is older than 3 months and cannot be rolled back."
MINUTE = 70  # seconds, until all calls of a minute are out of its window


class EngineFaults:
    """What every engine that owns points has to stand. Subclasses are a :class:`~.engine_case.EngineCase`, too."""

    allow_inherited_tests_method = True

    def _orders_of_earned(self, card):
        """Return (points, order) of what was earned with a card."""
        self._commit()
        domain = [("card_id", "=", card.id), ("kind", "=", "earn")]
        entries = self.env["retail.loyalty.entry"].search(domain, order="id")
        return [(each.points, self.env["sale.order"].browse(each.order_id)) for each in entries]

    def _dead(self):
        return self.env["retail.delivery"].search(
            [("connector_id", "=", self.engine.id), ("state", "=", "dead")]
        )

    def _found(self, card):
        """Return the open differences of a card."""
        return self.env["retail.loyalty.difference"].search(
            [("card_id", "=", card.id), ("state", "=", "open")]
        )

    def test_answers_that_are_lost_after_the_engine_has_booked(self):
        card = self._card()
        self._send()
        self.sandbox.fault(path=self.remote.orders_path, drop="after", times=2)
        order = self._paid_order()
        self._send()
        self._read_again()
        self.assertEqual([each["hits"] for each in self.sandbox.faults()], [2])
        self.assertEqual(self._orders_of_earned(card), [(100, order)])
        self.sandbox.faults_clear()
        self.sandbox.fault(path=self.remote.points_path, method="POST", drop="after", times=1)
        card.points -= 30
        self._send()
        self._read_again()
        self.assertEqual([each["hits"] for each in self.sandbox.faults()], [1])
        self.assertEqual(self._ledger(card), [("earn", 100, 100), ("adjust", -30, 70)])
        self.assertEqual((card.points, self._at_engine()), (70, 70))
        self.assertFalse(self._dead() or self._found(card))

    def test_a_clock_that_is_ten_minutes_behind(self):
        self._live_with_a_clock(-SKEW)

    def test_a_clock_that_is_ten_minutes_ahead(self):
        self._live_with_a_clock(SKEW)

    def _live_with_a_clock(self, seconds):
        """Two orders five minutes apart, whose points are read together: by the engine's clock, neither was just paid.

        The connector was tested before: its clock has changed since.
        """
        self.remote.shift(self.sandbox, seconds - BETWEEN)
        card = self._card()
        self._send()
        orders = self._paid_order(price=100)
        self._send()
        self._pass(BETWEEN)
        self.remote.shift(self.sandbox, seconds)
        orders |= self._paid_order(price=40)
        card.points -= 30
        self._send()
        self._read()
        for _time in range(2):
            self._read_again()
        self.assertEqual(self._orders_of_earned(card), [(100, orders[0]), (40, orders[1])])
        self.assertEqual(
            sorted(each[:2] for each in self._ledger(card)), [("adjust", -30), ("earn", 40), ("earn", 100)]
        )
        self.assertEqual((card.points, self._at_engine()), (110, 110))
        self.assertFalse(self._dead() or self._found(card))
        self.assertFalse(self.env["retail.loyalty.proof"]._differences())

    def _pass(self, seconds):
        """Have what was done so far be done so many seconds earlier."""
        self.env.flush_all()
        past = "{0} = {0} - make_interval(secs => %(seconds)s)".format
        for table, columns in PAST.items():
            query = f"UPDATE {table} SET {', '.join(map(past, columns))}"
            self.env.cr.execute(query, {"seconds": seconds})
        self.env.invalidate_all()


class VoucherifyFaults:
    """Points are decided on some seconds after the call, there are limits, and webhooks of workflows."""

    allow_inherited_tests_method = True

    # -- rejected late -----------------------------------------------------------------------------

    def _change_that_is_rejected(self, card, points):
        """Change the points in Odoo. Voucherify accepts that at first, and then rejects it."""
        self.sandbox.configure("voucherify", processing_s=None)
        card.points += points
        self._drain(self.engine)
        [delivery] = self._deliveries(card, event_type="loyalty.adjusted", connector_id=self.engine.id)
        self.assertEqual((delivery.state, delivery.error_class), ("pending", "accepted"))
        self._read_again()
        self.assertFalse(self._found(card), "It is on its way.")
        self.sandbox.configure(
            "voucherify", reject=dict.fromkeys(("ADMIN_CREDIT", "ADMIN_DEBIT"), "BUDGET_EXCEEDED")
        )
        self.sandbox.act("process", "voucherify")
        self._make_due(delivery)
        self._send()
        self._read_again()
        self.assertEqual((delivery.state, delivery.error_code), ("dead", "BUDGET_EXCEEDED"))
        return self._found(card)

    def test_points_that_odoo_took_are_rejected_late(self):
        card = self._card()
        self._paid_order()
        self._send()
        self._read()
        found = self._change_that_is_rejected(card, -30)
        self.assertEqual((found.balance, found.engine_balance, found.difference), (70, 100, -30))
        self.assertEqual((found.cause, found.correction), ("engine", "follow"))
        found.action_follow_engine()
        self.assertEqual((card.points, self._at_engine()), (100, 100))
        self.assertEqual(self._ledger(card)[1:], [("adjust", -30, 70), ("adjust", 30, 100)])

    def test_points_that_odoo_gave_are_rejected_late(self):
        card = self._card()
        self._paid_order()
        self._send()
        self._read()
        found = self._change_that_is_rejected(card, 50)
        self.assertEqual((found.balance, found.engine_balance, found.difference), (150, 100, 50))
        self.sandbox.configure("voucherify", processing_s=0, reject={})
        found.action_send_balance()
        self._send()
        self._read_again()
        self.assertEqual((card.points, self._at_engine()), (150, 150))
        self.assertFalse(self._found(card))

    def test_points_of_an_order_are_rejected_late(self):
        """They were never entered here: nothing differs, and nothing is left to wait for."""
        card = self._card()
        self.sandbox.configure("voucherify", processing_s=None)
        self._paid_order()
        self._send()
        self._read()
        account = self.env["retail.loyalty.account"].search([("card_id", "=", card.id)])
        self.assertTrue(account.read_due_at)
        self.sandbox.configure("voucherify", reject={"POINTS_EARNED": "BUDGET_EXCEEDED"})
        self.sandbox.act("process", "voucherify")
        for _time in range(5):
            self._read_again()
        self.assertEqual((card.points, self._at_engine(), self._ledger(card)), (0, 0, []))
        self.assertFalse(account.read_due_at)
        self.assertFalse(self._found(card))

    # -- too old -----------------------------------------------------------------------------------

    def test_points_that_cannot_be_taken_back_any_more(self):
        """What the engine refuses is shown with its reason, and a person corrects it."""
        card = self._card()
        order = self._paid_order(quantity=2)
        self._send()
        self._read()
        body = {"code": 400, "key": "invalid_redemption", "message": "Invalid redemption", "details": TOO_OLD}
        self.sandbox.fault(path=self.remote.points_path, method="POST", status=400, body=body)
        self._credit(order, 1)
        self._send()
        self._read_again()
        [delivery] = self._dead()
        self.assertEqual(
            (delivery.event_type, delivery.error_code), ("loyalty.reversed", "invalid_redemption")
        )
        self.assertIn(TOO_OLD, delivery.error_message)
        found = self._found(card)
        self.assertEqual((found.balance, found.engine_balance, found.cause), (100, 200, "engine"))
        self.sandbox.faults_clear()
        found.action_send_balance()
        self._send()
        self._read_again()
        self.assertEqual((card.points, self._at_engine()), (100, 100))
        self.assertFalse(self._found(card))

    # -- limits ------------------------------------------------------------------------------------

    def _customers(self, name, count, lane="realtime"):
        """Create so many customers; return their deliveries."""
        names = [f"{name}{number}" for number in range(count)]
        values = [{"name": each, "email": f"{each.lower()}@example.com"} for each in names]
        customers = self.env["res.partner"].create(values)
        self._commit()
        domain = [("connector_id", "=", self.engine.id), ("res_model", "=", "res.partner")]
        deliveries = self.env["retail.delivery"].search([*domain, ("res_id", "in", customers.ids)])
        self.assertEqual(len(deliveries), count)
        deliveries.sudo().lane = lane
        return deliveries

    def _saved(self):
        """Return the number of calls that saved customers, and of those that were refused because of a limit."""
        calls = [each["status"] for each in self.sandbox.requests() if each["path"] == "/v1/customers"]
        return calls.count(200), calls.count(429)

    def _at_minute(self, number):
        """Have the hub and the engine be in this minute, and send what is due."""
        self.sandbox.configure("voucherify", ahead_s=number * MINUTE)
        self._minute = number
        self.engine.sudo().throttled_until = False
        self._make_due(self.env["retail.delivery"].search([("state", "=", "pending")]))
        for lane in ("realtime", "bulk"):
            self._drain(self.engine, lane)

    def test_ten_calls_a_minute_for_a_hundred_deliveries(self):
        """As a hundred for a thousand: the limit is kept, what is urgent goes first, and all arrives."""
        row = self.engine.quota_ids.filtered(lambda row: row.seconds == 60)
        row.max_calls = 10
        self.sandbox.configure("voucherify", calls=10)
        quotas, self._minute = type(row), 0
        read = quotas._read

        def read_then(rows, where, lock):
            now, windows = read(rows, where, lock)
            return now + self._minute * MINUTE * 1_000_000, windows

        bulk, urgent = self._customers("Bulk", 80, "bulk"), self._customers("Urgent", 15)
        late = self.env["retail.delivery"]
        with patch.object(quotas, "_read", read_then):
            arrived = []
            for minute in range(20):
                if minute == 4:
                    late = self._customers("Late", 5)
                self._at_minute(minute)
                done = [
                    len(each.filtered(lambda one: one.state == "delivered")) for each in (urgent, late, bulk)
                ]
                arrived.append(tuple(done))
                if sum(done) == 100:
                    break
        self.assertEqual(arrived[:3], [(10, 0, 0), (15, 0, 3), (15, 0, 11)])
        self.assertEqual(arrived[4][1], 5, "What is urgent does not wait for what is not.")
        self.assertEqual(self._saved(), (100, 0), "The engine never had to refuse a call.")
        everything = bulk | urgent | late
        self.assertEqual(set(everything.mapped("state")), {"delivered"})
        self.assertEqual(set(everything.mapped("attempts")), {1})

    def test_an_engine_that_allows_less_than_is_known(self):
        """Its 429 is no failure: what waits is sent in the next minute, and the connector stays as it is."""
        self.engine.quota_ids.unlink()
        self.engine.parallel_calls = 1
        self.sandbox.configure("voucherify", calls=10)
        deliveries = self._customers("Ann", 25)
        for minute, expected in enumerate((10, 20, 25)):
            self._at_minute(minute)
            self.assertEqual(len(deliveries.filtered(lambda one: one.state == "delivered")), expected)
            if expected < 25:
                self.assertTrue(self.engine.is_throttled)
        self.assertEqual(self._saved(), (25, 2))
        self.assertEqual(set(deliveries.mapped("state")), {"delivered"})
        self.assertEqual(self.engine.state, "active")

    # -- webhooks ----------------------------------------------------------------------------------

    def _receive_webhooks(self):
        """Have the engine's workflow tell each change of points."""
        self.engine.action_receive_webhooks()
        credentials = self.engine.credential_ids.filtered(lambda each: each.name == "webhook_secret")
        credentials.value = SECRET
        self._commit()
        workflow = {"url": "http://127.0.0.1:9/", "secret": SECRET}
        self.sandbox.configure("voucherify", workflows=[workflow], webhooks_auto=False)

    def _hook(self, envelope):
        """Receive a webhook, and do what it gives reason for."""
        body = json.dumps(envelope, separators=(",", ":")).encode()
        signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        request = WebhookRequest("POST", "/", {"x-voucherify-signature": signature}, body)
        hook = self.env["retail.connector"]._hook(self.engine.webhook_token, "127.0.0.1")
        self.env["retail.message"]._receive(hook, hook.commands(request))
        with self.enter_registry_test_mode():
            self.env["retail.message"]._carry_out_received(self.engine.id)

    def test_webhooks_that_are_late_doubled_and_out_of_order(self):
        """Each is a hint to read the balance: what it says is not booked."""
        self._receive_webhooks()
        card = self._card()
        self._paid_order()
        self._send()
        self._read()
        self.assertEqual(self._ledger(card), [("earn", 100, 100)])
        account = self.env["retail.loyalty.account"].search([("card_id", "=", card.id)])
        self.assertFalse(account.read_due_at)
        self.remote.give(self.sandbox, 40)
        self.remote.give(self.sandbox, 2)
        self._at_engine()
        first, second, third = (each["body"] for each in self.sandbox.records("webhooks", "voucherify"))
        for envelope in (third, second, third):
            self._hook(envelope)
        self.assertTrue(account.read_due_at)
        self._read()
        ledger = [("earn", 100, 100), ("adjust", 40, 140), ("adjust", 2, 142)]
        self.assertEqual(self._ledger(card), ledger)
        for envelope in (first, second, third):  # the first one comes late, the others again
            self._hook(envelope)
        self._read()
        self._read_again()
        self.assertEqual((self._ledger(card), card.points, self._at_engine()), (ledger, 142, 142))
        messages = self.env["retail.message"].search([("connector_id", "=", self.engine.id)])
        self.assertEqual(messages.mapped("state"), ["done"] * 3)

    def test_a_webhook_of_a_clock_that_is_ahead(self):
        self._receive_webhooks()
        self.remote.shift(self.sandbox, SKEW)
        card = self._card()
        self._send()
        self.remote.give(self.sandbox, 7)
        self._at_engine()
        [webhook] = self.sandbox.records("webhooks", "voucherify")
        self._hook(webhook["body"])
        self._read()
        self.assertEqual(card.points, 7)
