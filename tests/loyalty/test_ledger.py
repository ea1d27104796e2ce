"""The ledger: each change of a card's points is one entry, which nobody can change."""

import psycopg2

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..source.test_loyalty import LoyaltyCase


class LedgerCase(LoyaltyCase):
    def _booked(self, card):
        """Return what was booked on a card: ``[(kind, points, balance)]``, the oldest first."""
        self.env.flush_all()
        self.env.cr.flush()
        entries = self.env["retail.loyalty.entry"].search([("card_id", "=", card.id)], order="id")
        return [(entry.kind, entry.points, entry.balance) for entry in entries]


@tagged("post_install", "-at_install")
class TestLoyaltyLedger(LedgerCase):
    def test_a_sale_and_its_cancellation(self):
        card = self._card(points=10)
        self.assertEqual(self._booked(card), [("adjust", 10, 10)])
        order = self._sell(card)
        sold = [("adjust", 10, 10), ("earn", 41, 51), ("redeem", -10, 41)]
        self.assertEqual((self._booked(card), card.points), (sold, 41))
        order._action_cancel()
        reversed_ = [("reverse", -41, 0), ("reverse", 10, 10)]
        self.assertEqual((self._booked(card), card.points), ([*sold, *reversed_], 10))
        entries = self.env["retail.loyalty.entry"].search(
            [("card_id", "=", card.id), ("kind", "!=", "adjust")]
        )
        self.assertEqual(set(entries.mapped("order_name")), {order.name})
        self.assertEqual(entries[0].action_open_order()["res_id"], order.id)
        self.assertEqual((entries[0].user_id, entries[0].program_id), (self.env.user, self.program))

    def test_no_flow_wants_it(self):
        """The ledger does not depend on what connectors are told."""
        self.connector.flow_ids.active = False
        card = self._card(points=3)
        card.points = 5
        self.assertEqual(self._booked(card), [("adjust", 5, 5)])

    def test_a_refund_at_the_till(self):
        card = self._card(points=100)
        self._booked(card)
        order = self._till_order()
        order.confirm_coupon_programs(
            {card.id: {"points": 12.5, "program_id": self.program.id, "coupon_id": card.id}}
        )
        self.assertEqual(self._booked(card)[1:], [("earn", 12.5, 112.5)])
        entry = self.env["retail.loyalty.entry"].search([("card_id", "=", card.id)], limit=1)
        self.assertEqual((entry.order_model, entry.order_id), ("pos.order", order.id))

    def test_cents_do_not_drift(self):
        """Odoo's balance is a float: ten times 0.1 are 0.9999999999999999. The ledger's is 1."""
        card = self._card()
        for _ in range(10):
            card.points += 0.1
            self._booked(card)
        self.assertNotEqual(card.points, 1)
        self.assertEqual(self._booked(card)[-1], ("adjust", 0.1, 1))
        self.assertEqual(self.env["retail.loyalty.proof"]._differences(card), [])

    def test_a_context_that_a_client_sends(self):
        """It gives no entry another kind or document."""
        card = self._card(points=100)
        self._booked(card)
        history = self.env["loyalty.history"].with_context(
            retail_change="loyalty.points.redeemed",
            retail_document=("sale.order", 1),
            retail_mirrored={
                "connector_id": self.connector.id,
                "remote_id": "1",
                "order": None,
                "kind": "earn",
            },
            retail_lot_move="expire",
        )
        history.create({"card_id": card.id, "description": "Gift", "issued": 5})
        card.points += 5
        self.assertEqual(self._booked(card), [("adjust", 100, 100), ("adjust", 5, 105)])
        entry = self.env["retail.loyalty.entry"].search([("card_id", "=", card.id)], limit=1)
        self.assertEqual((entry.order_id, entry.connector_id.id), (0, False))

    def test_rolled_back_with_a_savepoint(self):
        """What was rolled back was not booked."""
        card = self._card(points=7)
        self._booked(card)
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            card.points = 9
            self.env.flush_all()
            raise ZeroDivisionError
        card.invalidate_recordset()
        self.assertEqual((card.points, self._booked(card)), (7, [("adjust", 7, 7)]))

    def test_merged_customers(self):
        other = self.env["res.partner"].create({"name": "Ann L.", "email": "ann@example.com"})
        kept, gone = self._card(points=40), self._card(points=100, partner_id=other.id)
        self._booked(kept)
        merge = self.env["base.partner.merge.automatic.wizard"].create({})
        merge._merge((self.customer | other).ids, self.customer)
        self.assertEqual((kept.points + gone.points), 140)
        for card in (kept, gone):
            self.assertEqual(self._booked(card)[-1][2], card.points)

    def test_a_deleted_card(self):
        card = self._card(points=7)
        card_id = card.id
        self._booked(card)
        card.unlink()
        self.env.cr.flush()
        entries = self.env["retail.loyalty.entry"].search([("card_id", "=", card_id)], order="id")
        self.assertEqual(
            [(each.kind, each.points, each.balance) for each in entries],
            [("adjust", 7, 7), ("delete", -7, 0)],
        )
        self.assertEqual(entries[0].card_name, f"Loyalty Coupon #{card_id}")

    def test_a_promotion_within_an_order(self):
        """Points that live only within an order are not booked."""
        program = self._create_program(program_type="promotion", applies_on="current", trigger="auto")
        card = self._card(points=5, program=program)
        self.assertEqual(self._booked(card), [])

    def test_nobody_changes_an_entry(self):
        card = self._card(points=7)
        self._booked(card)
        entry = self.env["retail.loyalty.entry"].search([("card_id", "=", card.id)])
        for change in (lambda: entry.write({"points": 8}), entry.unlink, lambda: entry.create({"points": 8})):
            with self.assertRaisesRegex(UserError, "by hand"):
                change()
        for statement in (
            "UPDATE retail_loyalty_entry SET points = 8",
            "DELETE FROM retail_loyalty_entry",
            "TRUNCATE retail_loyalty_entry",
        ):
            with (
                self.subTest(statement=statement),
                mute_logger("odoo.sql_db"),
                self.assertRaisesRegex(psycopg2.errors.RaiseException, "cannot be changed"),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(statement)

    def test_who_sees_what(self):
        """Whoever may not read cards sees no code of a gift card; other companies' entries are nobody's."""
        gift_cards = self._create_program(
            name="Gifts", program_type="gift_card", applies_on="future", company_id=self.env.company.id
        )
        card = self._card(points=50, program=gift_cards, code="GIFT-1234")
        self._booked(card)
        clerk = new_test_user(self.env, "ledger_clerk", "base.group_user,retail_hub.group_user")
        [entry] = self.env["retail.loyalty.entry"].with_user(clerk).search([("card_id", "=", card.id)])
        self.assertNotIn("1234", entry.card_name)
        self.assertEqual(entry.customer_name, "Ann Lee")
        self.assertEqual(entry.points, 50)
        company = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "ledger_stranger",
            "base.group_user,retail_hub.group_user",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        self.assertFalse(
            self.env["retail.loyalty.entry"].with_user(stranger).search([("card_id", "=", card.id)])
        )

    def test_the_card_has_its_entries(self):
        card = self._card(points=7)
        self._booked(card)
        card.invalidate_recordset()
        self.assertEqual(card.retail_entry_count, 1)
        found = self.env["retail.loyalty.entry"].search(card.action_retail_view_entries()["domain"])
        self.assertEqual(found.card_id, card)

    def test_cards_from_before(self):
        """The first start enters what cards have; later ones enter nothing."""
        card = self._card(points=7.25)
        self._booked(card)
        self.env.cr.execute("ALTER TABLE retail_loyalty_entry DISABLE TRIGGER USER")
        self.env.cr.execute("DELETE FROM retail_loyalty_entry")
        self.env.cr.execute("DELETE FROM retail_loyalty_account")
        self.env.cr.execute("ALTER TABLE retail_loyalty_entry ENABLE TRIGGER USER")
        for _ in range(2):
            self.env["retail.loyalty.account"].init()
        self.assertEqual(self._booked(card), [("opening", 7.25, 7.25)])
        self.assertEqual(self.env["retail.loyalty.proof"]._differences(card), [])
