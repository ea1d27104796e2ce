"""A shop whose loyalty engine is one of the sandbox, by default Voucherify."""

from odoo import Command

from ..common import ShopCase
from .engines import Voucherify

MOST_ROUNDS = 50
PROGRAM = Voucherify.program
NEVER = {"reward_point_mode": "money", "reward_point_amount": 1, "product_domain": "[('id', '=', 0)]"}
REWARD = {
    "discount_mode": "per_point",
    "discount": 1,
    "required_points": 1,
    "discount_applicability": "order",
}


class EngineCase(ShopCase):
    """A program that the engine owns, and a customer who has no card yet."""

    owner = "engine"
    remote = Voucherify

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.connector.action_pause()
        cls.env["loyalty.program"].search([]).active = False
        cls.engine = cls._create_engine()
        cls.program = cls._create_program(
            "Club", retail_connector_id=cls.engine.id, retail_remote_program=cls.remote.program
        )
        cls.env.cr.flush()
        cls.env["retail.delivery"].sudo().search([]).unlink()

    @classmethod
    def _create_engine(cls, **values):
        engine = cls.env["retail.connector"].create(
            {"name": "Points", "provider": cls.remote.provider, "base_url": cls.sandbox.url, **values}
        )
        engine.flow_ids.window_seconds = 0
        for credential in engine.credential_ids:
            credential.value = cls.remote.credentials.get(credential.name)
        engine.action_activate()
        return engine

    @classmethod
    def _create_program(cls, name, **values):
        return cls.env["loyalty.program"].create(
            {
                "name": name,
                "program_type": "loyalty",
                "applies_on": "both",
                "trigger": "auto",
                "retail_owner": cls.owner,
                "rule_ids": [Command.create(NEVER)],
                "reward_ids": [Command.create(REWARD)],
                **values,
            }
        )

    def setUp(self):
        super().setUp()
        self.remote.set_up(self.sandbox)

    def _card(self, customer=None, points=0):
        """Enroll a customer."""
        customer = customer or self.customer
        values = {"program_id": self.program.id, "partner_id": customer.id, "points": points}
        return self.env["loyalty.card"].create(values)

    def _send(self):
        """Send what is due, and what becomes due by that."""
        handled = 0
        for _round in range(MOST_ROUNDS):
            count = self._drain(self.engine)
            if not count:
                return handled
            handled += count
            self._make_due(self.env["retail.delivery"].search([("state", "in", ("pending", "unknown"))]))
        self.fail("Something is sent again and again.")

    def _read(self):
        """Read the balances that are due; return their number."""
        self._commit()
        return self.env["retail.loyalty.reader"]._run(self.engine.id)

    def _read_again(self):
        """Read the balances once more, due or not."""
        self.env["retail.loyalty.account"].sudo().search([]).read_due_at = "2020-01-01"
        return self._read()

    def _know_balance_of(self, card, ago=0):
        """Have the balance of a card been read from the engine, so many seconds ago; return its account."""
        account = self.env["retail.loyalty.account"]._of(card)
        self.env.cr.execute(
            "UPDATE retail_loyalty_account SET read_at = now() AT TIME ZONE 'UTC' - make_interval(secs => %s)"
            " WHERE id = %s",
            [ago, account.id],
        )
        account.invalidate_recordset()
        return account

    def _at_engine(self):
        """Return the points of the only card at the engine."""
        return self.remote.points(self.sandbox)

    def _ledger(self, card):
        """Return (kind, points, balance after) of the entries of a card."""
        self._commit()
        entries = self.env["retail.loyalty.entry"].search([("card_id", "=", card.id)], order="id")
        return [(each.kind, each.points, each.balance) for each in entries]

    def _paid_order(self, price=100, customer=None, quantity=1):
        """Return an order that is paid in full."""
        order = self._quotation_of(price, customer, quantity)
        self._pay(order)
        return order

    def _quotation_of(self, price=100, customer=None, quantity=1):
        line = {
            "product_id": self.product.id,
            "product_uom_qty": quantity,
            "price_unit": price,
            "tax_ids": False,
        }
        values = {"partner_id": (customer or self.customer).id, "order_line": [Command.create(line)]}
        return self.env["sale.order"].create(values)

    def _pay(self, order):
        """Confirm an order, and have it paid in full."""
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.action_post()
        register = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        register.create({})._create_payments()
        self._commit()

    def _credit(self, order, quantity=None):
        """Return a posted credit note of an order, or of some units of its only line."""
        invoice = order.invoice_ids.filtered(lambda move: move.move_type == "out_invoice")
        wizard = self.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        made = wizard.create({"journal_id": invoice.journal_id.id}).refund_moves()
        credit_note = self.env["account.move"].browse(made["res_id"])
        if quantity is not None:
            credit_note.invoice_line_ids.quantity = quantity
        credit_note.action_post()
        self._commit()
        return credit_note
