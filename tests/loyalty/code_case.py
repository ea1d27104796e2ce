"""A shop that uses the codes of its loyalty engine on quotations."""

import requests

from odoo.exceptions import ValidationError
from odoo.sql_db import db_connect

from .engine_case import EngineCase

HEADERS = {"X-App-Id": "sandbox-app", "X-App-Token": "sandbox-token"}
TEN_PERCENT = {"type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 10}}
ONCE = {"quantity": 1}


def add_voucher(sandbox, code="TEA10", **values):
    """Create a voucher at Voucherify; by default 10 % once."""
    body = values if "gift" in values else {**TEN_PERCENT, "redemption": ONCE, **values}
    url = f"{sandbox.url}/v1/vouchers/{code}"
    requests.post(url, timeout=10, json=body, headers=HEADERS).raise_for_status()


def used_at_engine(sandbox, code="TEA10"):
    """Return (times redeemed, balance or None) of a voucher."""
    [voucher] = [each for each in sandbox.records("vouchers", "voucherify") if each["code"] == code]
    return voucher["redemption"]["redeemed_quantity"], (voucher["gift"] or {}).get("balance")


def forget_guesses(env, seconds=10_000):
    """Have so much time go by for wrong guesses of codes, which are counted in transactions of their own."""
    with db_connect(env.cr.dbname).cursor() as cr:
        cr.execute("UPDATE retail_code_guess SET full_at = full_at - %s", [seconds])


class CodeCase(EngineCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.engine.uses_codes = True

    def _voucher(self, code="TEA10", **values):
        add_voucher(self.sandbox, code, **values)

    def _gift_card(self, code="GIFT", amount=5_000):
        self._voucher(code, type="GIFT_VOUCHER", gift={"amount": amount})

    def _change_balance(self, code, amount):
        """Change the balance of a gift card at the engine, as somebody does there."""
        url = f"{self.sandbox.url}/v1/vouchers/{code}/balance"
        requests.post(url, timeout=10, json={"amount": amount}, headers=HEADERS).raise_for_status()

    def _at_engine(self, code="TEA10"):
        return used_at_engine(self.sandbox, code)

    def _enter(self, order, code="TEA10"):
        """Enter a code in Odoo's dialog, and take the only reward that it offers."""
        wizard = self.env["sale.loyalty.coupon.wizard"].create({"order_id": order.id, "coupon_code": code})
        action = wizard.action_apply()
        rewards = self.env["loyalty.reward"].browse(action["context"]["default_reward_ids"])
        card = self.env["loyalty.card"].search([("code", "=", code)])
        order._apply_program_reward(rewards, card)
        return card

    def _refused(self, order, code="TEA10"):
        """Return what the dialog says."""
        with self.assertRaises(ValidationError) as caught, self.env.cr.savepoint():
            self._enter(order, code)
        return str(caught.exception)

    def _credit_line(self, line, quantity):
        """Credit some units of a line of an order."""
        invoice = line.order_id.invoice_ids
        wizard = self.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        made = wizard.create({"journal_id": invoice.journal_id.id}).refund_moves()
        credit_note = self.env["account.move"].browse(made["res_id"])
        credited = credit_note.invoice_line_ids.filtered(lambda each: each.sale_line_ids == line)
        (credit_note.invoice_line_ids - credited).unlink()
        credited.quantity = quantity
        credit_note.action_post()

    def _holds(self):
        holds = self.env["retail.loyalty.hold"].search([], order="id")
        return [(hold.sale_order_id, hold.points, hold.state) for hold in holds]

    def _sent_codes(self, order):
        deliveries = self._deliveries(order, connector_id=self.engine.id)
        return [(each.event_type, each.state) for each in deliveries if each.event_type.startswith("code.")]

    def _asked(self):
        return [each["path"] for each in self.sandbox.requests() if "/validations" in each["path"]]
