"""Credit notes of sales orders reverse what the credited lines earned and spent; a cancellation only the rest."""

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from ...models.source.origin import changes_from
from .test_ledger import LedgerCase

CHANGES = ("loyalty.earned", "loyalty.redeemed", "loyalty.reversed", "loyalty.adjusted")


class CreditCase(LedgerCase):
    wanted = ("order.placed", "order.cancelled", *CHANGES)

    def setUp(self):
        super().setUp()
        self.card = self._card(points=10)
        self._commit()

    def _ordered(self, quantity=3):
        """Return a confirmed order of lamps at 20.50, of which 1 point is earned for each 1.00."""
        order = self._quotation(quantity)
        order._update_programs_and_rewards()
        order.action_confirm()
        return order

    def _bill(self, order):
        invoice = order._create_invoices()
        invoice.action_post()
        return invoice

    def _draft_credit_note(self, invoice, quantities=None):
        """Return a credit note: of all, or of ``{product: quantity}``."""
        wizard = self.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        reversal = wizard.create({"journal_id": invoice.journal_id.id})
        credit_note = self.env["account.move"].browse(reversal.refund_moves()["res_id"])
        if quantities is not None:
            for line in credit_note.invoice_line_ids:
                if line.product_id in quantities:
                    line.quantity = quantities[line.product_id]
                else:
                    line.unlink()
        return credit_note

    def _credit(self, invoice, quantities=None):
        credit_note = self._draft_credit_note(invoice, quantities)
        credit_note.action_post()
        return credit_note

    def _assert_proved(self, card=None):
        """The ledger proves the balance, and what was sent adds up to it."""
        card = card or self.card
        booked = self._booked(card)
        self.assertAlmostEqual(sum(points for _kind, points, _balance in booked), card.points, 6)
        self.assertEqual(self.env["retail.loyalty.proof"]._differences(card), [])
        sent = sum(float(points) for _type, points, _balance in self._points(card))
        self.assertAlmostEqual(sent, card.points, 6)

    def _since(self, count):
        return [(kind, points) for kind, points, _balance in self._booked(self.card)[count:]]


@tagged("post_install", "-at_install")
class TestReturnsOfOrders(CreditCase):
    def test_all(self):
        order = self._sell(self.card)
        self.assertEqual(self.card.points, 41)
        credit_note = self._credit(self._bill(order))
        self.assertEqual(self._since(3), [("reverse", 10), ("reverse", -41)])
        self.assertEqual(self.card.points, 10)
        entry = self.env["retail.loyalty.entry"].search([("card_id", "=", self.card.id)], limit=1)
        self.assertEqual((entry.order_model, entry.order_id), ("account.move", credit_note.id))
        self.assertEqual(entry.order_name, credit_note.display_name)
        self.card.invalidate_recordset()
        self.assertEqual(self.card.history_ids[0].description, f"Return {credit_note.name}")
        event = self._events(self.card, "loyalty.reversed")[-1]
        self.assertEqual((event.payload["order_id"], event.payload["channel"]), (str(order.id), "sales"))
        self.assertEqual(event.correlation_id, f"sale.order,{order.id}")
        self._assert_proved()

    def test_in_parts(self):
        order = self._ordered(3)
        self.assertEqual(self.card.points, 71.5)
        invoice = self._bill(order)
        self._credit(invoice, {self.product: 1})
        self.assertEqual(self._since(2), [("reverse", -20.5)])
        self._credit(invoice, {self.product: 2})
        self.assertEqual(self._since(3), [("reverse", -41)])
        self.assertEqual(self.card.points, 10)
        self._assert_proved()

    def test_more_than_there_was(self):
        invoice = self._bill(self._ordered(3))
        self._credit(invoice, {self.product: 2})
        self._credit(invoice, {self.product: 2})
        self.assertEqual(self._since(2), [("reverse", -41), ("reverse", -20.5)])
        self._credit(invoice, {self.product: 1})
        self.assertEqual(self.card.points, 10)
        self._assert_proved()

    def test_a_part_of_the_price(self):
        """A discount after the fact takes a part of the points."""
        invoice = self._bill(self._ordered(2))
        credit_note = self._draft_credit_note(invoice)
        credit_note.invoice_line_ids.filtered("product_id").price_unit = 2.05
        credit_note.action_post()
        self.assertEqual(self._since(2), [("reverse", -4.1)])
        self._assert_proved()

    def test_reset_to_draft(self):
        """What is not credited any more is given again; posted once more, it is taken once more."""
        invoice = self._bill(self._ordered(2))
        credit_note = self._credit(invoice)
        self.assertEqual(self.card.points, 10)
        credit_note.button_draft()
        self.assertEqual((self.card.points, self._since(3)), (51, [("reverse", 41)]))
        credit_note.action_post()
        self.assertEqual((self.card.points, self._since(4)), (10, [("reverse", -41)]))
        self._assert_proved()

    def test_credited_and_invoiced_again(self):
        """A corrected invoice returns nothing."""
        order = self._ordered(2)
        invoice = self._bill(order)
        wizard = self.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        corrected = wizard.create({"journal_id": invoice.journal_id.id}).modify_moves()
        self.env["account.move"].browse(corrected["res_id"]).action_post()
        self.assertEqual(self.card.points, 51)
        self._assert_proved()

    def test_another_unit(self):
        """A dozen was sold, and six units are credited."""
        dozen, unit = self.env.ref("uom.product_uom_dozen"), self.env.ref("uom.product_uom_unit")
        order = self._quotation(1, {"product_uom_id": dozen.id})
        order._update_programs_and_rewards()
        order.action_confirm()
        self.assertEqual(self.card.points, 256)
        credit_note = self._draft_credit_note(self._bill(order))
        line = credit_note.invoice_line_ids.filtered("product_id")
        line.write({"product_uom_id": unit.id, "quantity": 6, "price_unit": 20.5})
        credit_note.action_post()
        self.assertEqual(self._since(2), [("reverse", -123)])
        self._assert_proved()

    def test_cancelled_after_a_part_was_returned(self):
        """Odoo takes back all that the order gave: what returns took already is not taken twice."""
        order = self._sell(self.card)
        invoice = self._bill(order)
        reward = order.order_line.filtered("reward_id").product_id
        credit_note = self._draft_credit_note(invoice, {self.product: 1, reward: 1})
        credit_note.invoice_line_ids.filtered(lambda line: line.product_id == reward).price_unit = -1.5
        credit_note.action_post()
        self.assertEqual(self._since(3), [("reverse", 5), ("reverse", -20.5)])
        self.assertEqual(self.card.points, 25.5)
        order._action_cancel()
        self.assertEqual(self._since(5), [("reverse", -20.5), ("reverse", 5)])
        self.assertEqual(self.card.points, 10)
        self._assert_proved()

    def test_cancelled_after_all_was_returned(self):
        order = self._sell(self.card)
        self._credit(self._bill(order))
        count = len(self._booked(self.card))
        order._action_cancel()
        self.assertEqual((self._since(count), self.card.points), ([], 10))
        self._assert_proved()

    def test_cancelled_and_confirmed_again(self):
        order = self._ordered(2)
        order._action_cancel()
        order.action_draft()
        order.action_confirm()
        self.assertEqual(self.card.points, 51)
        self._credit(self._bill(order), {self.product: 1})
        self.assertEqual(self.card.points, 30.5)
        self._assert_proved()

    def test_a_reward_that_was_added_later(self):
        order = self._ordered(2)
        order._apply_program_reward(self.program.reward_ids, self.card)
        self.assertEqual(self.card.points, 41)
        self._credit(self._bill(order))
        self.assertEqual(self.card.points, 10)
        self._assert_proved()

    def test_a_free_product(self):
        """It is a line of its own, with its own cost."""
        mug = self._product("Mug", "MUG", list_price=5, taxes_id=False, invoice_policy="order")
        self.program.reward_ids = [
            Command.clear(),
            Command.create({"reward_type": "product", "reward_product_id": mug.id, "required_points": 40}),
        ]
        order = self._quotation(2)
        order._update_programs_and_rewards()
        order._apply_program_reward(self.program.reward_ids, self.card)
        order.action_confirm()
        self.assertEqual(self.card.points, 11)
        invoice = self._bill(order)
        self._credit(invoice, {mug: 1})
        self.assertEqual(self._since(3), [("reverse", 40)])
        self._credit(invoice, {self.product: 2})
        self.assertEqual(self._since(4), [("reverse", -41)])
        self._assert_proved()

    def test_after_the_points_were_spent(self):
        invoice = self._bill(self._ordered(2))
        self.card.points -= 40
        self._credit(invoice)
        self.assertEqual(self.card.points, -30)
        self._assert_proved()


@tagged("post_install", "-at_install")
class TestSpentPoints(CreditCase):
    """51 points were earned, 40 of them are spent; a point is worth 0.30."""

    def setUp(self):
        super().setUp()
        self.invoice = self._bill(self._ordered(2))
        self.card.points -= 40
        self.assertEqual(self.card.points, 11)

    def _deducted(self, credit_note):
        product = self.env.ref("retail_hub.product_spent_points")
        lines = credit_note.invoice_line_ids.filtered(lambda line: line.product_id == product)
        return [(line.name, line.price_total) for line in lines]

    def test_negative_balance(self):
        credit_note = self._credit(self.invoice)
        self.assertEqual((credit_note.amount_total, self.card.points), (41, -30))
        self._assert_proved()

    def test_refused(self):
        """Before money is given back; what the card still has can be returned."""
        self.program.retail_spent_points = "refuse"
        credit_note = self._draft_credit_note(self.invoice)
        with self.assertRaisesRegex(UserError, "already spent 30 Stars of Club"):
            credit_note.action_post()
        self.assertEqual((credit_note.state, self.card.points), ("draft", 11))
        credit_note.invoice_line_ids.filtered("product_id").write({"quantity": 0.5})
        credit_note.action_post()
        self.assertEqual(self.card.points, 0.75)
        self._assert_proved()

    def test_deducted(self):
        self.program.retail_spent_points = "deduct"
        credit_note = self._credit(self.invoice)
        self.assertEqual(self._deducted(credit_note), [("30 Stars of Club already spent", -9)])
        self.assertEqual((credit_note.amount_total, self.card.points), (32, 0))
        self.assertEqual(self._booked(self.card)[-1], ("reverse", -11, 0))
        self._assert_proved()

    def test_deducted_and_reset_to_draft(self):
        """What was deducted is not given to the card; posted again, what is missing by then is deducted."""
        self.program.retail_spent_points = "deduct"
        credit_note = self._credit(self.invoice)
        credit_note.button_draft()
        self.assertEqual(self.card.points, 11)
        self.card.points += 20
        credit_note.action_post()
        self.assertEqual(self._deducted(credit_note), [("10 Stars of Club already spent", -3)])
        self.assertEqual(self.card.points, 0)
        self._assert_proved()

    def test_more_than_the_refund(self):
        """A refund is not negative: the rest is a debt of the card."""
        self.program.retail_spent_points = "deduct"
        self.program.reward_ids.discount = 20
        credit_note = self._credit(self.invoice)
        self.assertEqual(self._deducted(credit_note), [("20.5 Stars of Club already spent", -41)])
        self.assertEqual((credit_note.amount_total, self.card.points), (0, -9.5))
        self._assert_proved()

    def test_points_without_value(self):
        self.program.retail_spent_points = "deduct"
        self.program.reward_ids.discount_mode = "percent"
        credit_note = self._credit(self.invoice)
        self.assertEqual((self._deducted(credit_note), self.card.points), ([], -30))

    def test_another_system_gave_the_money_back(self):
        """It is too late to refuse it, or to deduct anything."""
        for policy in ("refuse", "deduct"):
            with self.subTest(policy=policy), self.env.cr.savepoint() as savepoint:
                self.program.retail_spent_points = policy
                with changes_from(self.env.cr, self.connector.id):
                    credit_note = self._credit(self.invoice)
                self.assertEqual((credit_note.amount_total, self.card.points), (41, -30))
                savepoint.rollback()
                self.env.invalidate_all()

    def test_what_is_held_is_missing(self):
        self.program.retail_spent_points = "deduct"
        self.env["retail.loyalty.hold"]._hold(
            self.card,
            "5",
            60,
            connector_id=self.connector.id,
            external_id="H-1",
            company_id=self.env.company.id,
        )
        self.assertEqual(self._deducted(self._credit(self.invoice))[0][1], -10.5)
        self.assertEqual(self.card.points, 5)
        self._assert_proved()


@tagged("post_install", "-at_install")
class TestPaidByCard(CreditCase):
    def test_an_ewallet_that_paid(self):
        """Its share goes back to it, though the credit note was made for the product alone."""
        values = self.env["loyalty.program"]._get_template_values()["ewallet"]
        program = self.env["loyalty.program"].create({**values, "name": "eWallet"})
        wallet = self._card(points=30, program=program)
        self.program.active = False
        order = self._quotation(2)
        order._apply_program_reward(program.reward_ids, wallet)
        order.action_confirm()
        self.assertEqual((order.amount_total, wallet.points), (11, 0))
        invoice = self._bill(order)
        credit_note = self._credit(invoice, {self.product: 1})
        self.assertEqual((credit_note.amount_total, wallet.points), (5.5, 15))
        credit_note = self._credit(invoice, {self.product: 1})
        self.assertEqual((credit_note.amount_total, wallet.points), (5.5, 30))
        self._assert_proved(wallet)

    def test_who_sees_what_was_booked(self):
        order = self._sell(self.card)
        credit_note = self._credit(self._bill(order))
        entries = self.env["retail.loyalty.entry"]
        shown = entries.search(credit_note.action_retail_view_points()["domain"])
        self.assertEqual((shown.mapped("kind"), credit_note.retail_points_count), (["reverse", "reverse"], 2))
        self.assertEqual(
            (order.retail_points_count, self.env["sale.order"].new().retail_points_count), (4, 0)
        )

    def test_on_the_screens(self):
        for model, shown in (
            ("loyalty.program", "retail_spent_points"),
            ("pos.order", "action_retail_view_points"),
            ("account.move", "action_retail_view_points"),
            ("sale.order", "action_retail_view_points"),
        ):
            view = {"pos.order": "point_of_sale.view_pos_pos_form"}.get(model)
            arch = self.env[model].get_view(view and self.env.ref(view).id, "form")["arch"]
            self.assertIn(f'name="{shown}"', arch, model)
