"""A shop whose loyalty engine is the Voucherify sandbox."""

from odoo import Command

from ..common import ShopCase

PROGRAM = "lprg_5a1d000000000001"
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

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.connector.action_pause()
        cls.env["loyalty.program"].search([]).active = False
        cls.engine = cls._create_engine()
        cls.program = cls._create_program(
            "Club", retail_connector_id=cls.engine.id, retail_remote_program=PROGRAM
        )
        cls.env.cr.flush()
        cls.env["retail.delivery"].sudo().search([]).unlink()

    @classmethod
    def _create_engine(cls, **values):
        engine = cls.env["retail.connector"].create(
            {"name": "Points", "provider": "voucherify", "base_url": cls.sandbox.url, **values}
        )
        engine.flow_ids.window_seconds = 0
        for credential in engine.credential_ids:
            credential.value = {"app_id": "sandbox-app", "app_token": "sandbox-token"}[credential.name]
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
        self.sandbox.configure("voucherify", processing_s=0)

    def _card(self, customer=None, points=0):
        """Enroll a customer."""
        customer = customer or self.customer
        values = {"program_id": self.program.id, "partner_id": customer.id, "points": points}
        return self.env["loyalty.card"].create(values)

    def _send(self):
        """Send what is due, and what becomes due by that."""
        handled = 0
        while count := self._drain(self.engine):
            handled += count
            self._make_due(self.env["retail.delivery"].search([("state", "in", ("pending", "unknown"))]))
        return handled

    def _read(self):
        """Read the balances that are due; return their number."""
        self._commit()
        return self.env["retail.loyalty.reader"]._run(self.engine.id)

    def _read_again(self):
        """Read the balances once more, due or not."""
        self.env["retail.loyalty.account"].sudo().search([]).read_due_at = "2020-01-01"
        return self._read()

    def _at_engine(self):
        """Return the points of the only card at the engine."""
        self.sandbox.act("process", "voucherify")
        [card] = self.sandbox.records("cards", "voucherify")
        return card["balance"]["points"]

    def _ledger(self, card):
        """Return (kind, points, balance after) of the entries of a card."""
        self._commit()
        entries = self.env["retail.loyalty.entry"].search([("card_id", "=", card.id)], order="id")
        return [(each.kind, each.points, each.balance) for each in entries]

    def _paid_order(self, price=100, customer=None):
        """Return an order that is paid in full."""
        order = self.env["sale.order"].create(
            {
                "partner_id": (customer or self.customer).id,
                "order_line": [
                    Command.create({"product_id": self.product.id, "price_unit": price, "tax_ids": False})
                ],
            }
        )
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.action_post()
        register = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        register.create({})._create_payments()
        self._commit()
        return order
