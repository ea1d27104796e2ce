"""The story of a customer whose points a loyalty engine owns: the same for each engine."""


class EngineStory:
    """What every loyalty engine that owns points does. Subclasses are a :class:`~.engine_case.EngineCase`, too."""

    allow_inherited_tests_method = True

    def test_from_the_order_to_the_balance(self):
        card = self._card()
        order = self._paid_order()
        self._send()
        self._read()
        self.assertEqual((card.points, self._at_engine()), (100, 100))
        self.assertEqual(self._ledger(card), [("earn", 100, 100)])
        entry = self.env["retail.loyalty.entry"].search([("card_id", "=", card.id)])
        self.assertEqual((entry.order_model, entry.order_id), ("sale.order", order.id))
        self.assertEqual(entry.order_name, order.name)
        self.assertEqual([(each.issued, each.used) for each in card.history_ids if each.issued], [(100, 0)])
        self.assertFalse(self.env["retail.loyalty.proof"]._differences())

    def test_a_change_of_the_engine_is_not_sent_back(self):
        card = self._card()
        self._paid_order()
        self._send()
        self._read()
        self.assertEqual(self._send(), 0)
        changes = self.env["retail.event"].search(
            [("res_model", "=", "loyalty.card"), ("res_id", "=", card.id)]
        )
        self.assertEqual(changes.mapped("event_type"), ["loyalty.enrolled"])

    def test_read_again_changes_nothing(self):
        card = self._card()
        self._paid_order()
        self._send()
        for _time in range(3):
            self._read_again()
        self.assertEqual(self._ledger(card), [("earn", 100, 100)])

    def test_points_that_are_booked_later(self):
        """The order is at the engine at once; the points come when the engine has processed it."""
        card = self._card()
        self.remote.delay(self.sandbox)
        self._paid_order()
        self._send()
        self._read()
        self.assertEqual(card.points, 0)
        account = self.env["retail.loyalty.account"].search([("card_id", "=", card.id)])
        self.assertTrue(account.read_due_at)
        self.remote.end_delay(self.sandbox)
        self._read_again()
        self.assertEqual(card.points, 100)
        self.assertFalse(account.read_due_at)

    def test_what_odoo_redeems_is_booked_once(self):
        card = self._card()
        self._paid_order()
        self._send()
        self._read()
        order = self.env["sale.order"].create({"partner_id": self.customer.id})
        card.env["loyalty.history"].create(
            {
                "card_id": card.id,
                "description": "Reward",
                "used": 80,
                "order_model": order._name,
                "order_id": order.id,
            }
        )
        card.points -= 80
        self._send()
        self._read_again()
        self.assertEqual((card.points, self._at_engine()), (20, 20))
        self.assertEqual(self._ledger(card), [("earn", 100, 100), ("redeem", -80, 20)])

    def test_a_customer_who_was_a_member_before(self):
        """What they had is the opening; what the engine books later is not a part of it."""
        card = self._card()
        self._send()
        self.remote.give(self.sandbox, 250)
        self._read()
        self.assertEqual(self._ledger(card), [("adjust", 250, 250)])

    def test_other_cards_and_orders_of_nobody_stay_here(self):
        program = self._create_program("Local", retail_owner="odoo")
        card = self.env["loyalty.card"].create({"program_id": program.id, "partner_id": self.customer.id})
        card.points = 7
        self.assertFalse(self._deliveries(card, connector_id=self.engine.id))
        self.assertEqual(card.points, 7)

    def test_a_late_rejection_is_a_dead_letter(self):
        card = self._card(points=0)
        self._send()
        card.points -= 50
        self._send()
        [delivery] = self._deliveries(card, event_type="loyalty.adjusted")
        self.assertEqual((delivery.state, delivery.error_code), ("dead", self.remote.too_few_points))

    def test_the_engine_is_away(self):
        card = self._card()
        self._send()
        self._read()
        self.sandbox.fault(status=503, path="/v")
        self._paid_order()
        self._drain(self.engine)
        self._read_again()
        self.assertEqual(card.points, 0)
        self.sandbox.faults_clear()
        self.env["retail.circuit"].sudo().search([]).unlink()
        self._make_due(self.env["retail.delivery"].search([("state", "in", ("pending", "unknown"))]))
        self._send()
        self._read_again()
        self.assertEqual(self._ledger(card), [("earn", 100, 100)])

    def test_a_part_of_an_order_is_returned(self):
        """The engine takes its points back, or the hub does. Either way it is booked once."""
        card = self._card()
        order = self._paid_order(quantity=3)
        self._send()
        self._read()
        self._credit(order, 1)
        self._send()
        self._read_again()
        self.assertEqual((card.points, self._at_engine()), (200, 200))
        self.assertEqual(self._ledger(card)[-1], ("reverse", -100, 200))
        self._credit(order, 2)
        self._send()
        self._read_again()
        self.assertEqual((card.points, self._at_engine()), (0, 0))
        self.assertEqual({kind for kind, _points, _balance in self._ledger(card)}, {"earn", "reverse"})
        self.assertFalse(self.env["retail.loyalty.proof"]._differences())

    def test_returned_before_the_points_were_booked(self):
        card = self._card()
        order = self._paid_order(quantity=2)
        self._credit(order, 1)
        self._send()
        self._read()
        self._send()
        self._read_again()
        self.assertEqual((card.points, self._at_engine()), (100, 100))
