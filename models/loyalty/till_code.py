"""Codes of loyalty engines at tills: asked for when they are entered, and held for the order until it has arrived."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...tools.own_context import own_value, with_own
from ..source.canonical_values import amount, decimal
from ..source.pending import pending, take_pending
from .code_asker import Basket
from .code_order import WHOLE
from .code_program import GIFT_CARD

MOST_LINES = 1_000
MOST_CODE = 100
LATE_PAYMENTS = "retail_hub.late_payments"


class RetailLoyaltyHold(models.Model):
    _inherit = "retail.loyalty.hold"

    @api.model
    def _hold_code_for_till(self, order_uuid, card, minutes, **values):
        """Have an order of a till hold what a code is worth; return whether it is there, and no other order holds it.

        :param card: as the superuser
        """
        own = self._held_for_order(order_uuid).get(card.id, 0.0)
        available = card.points - card._retail_held()[card] + own
        points = available if card.program_type == GIFT_CARD else WHOLE
        if points <= 0 or not self._hold_for_till(order_uuid, card, points, **values):
            return False
        held = self._of_redemption(order_uuid, card).filtered(lambda hold: hold.state == "held")
        held.held_until = fields.Datetime.now() + timedelta(minutes=minutes)
        return True


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    def _has_source_order(self):
        """Cards of engines need no order by which they were bought: a till would ask for it."""
        return super()._has_source_order() or bool(self._retail_code_engine())


class PosConfig(models.Model):
    _inherit = "pos.config"

    retail_uses_codes = fields.Boolean(compute="_compute_retail_uses_codes")

    def _compute_retail_uses_codes(self):
        for config in self:
            engines = self.env["retail.connector"]._code_engines(config.company_id)
            config.retail_uses_codes = bool(engines)

    def retail_get_code(self, order_uuid, code, customer_id, lines):
        """Have a code of a loyalty engine here, held for an order of this till.

        :param lines: what is bought: ``[{"product_id", "quantity", "total"}]``
        :return: ``{"error": why it cannot be used or None, "code": as the engine writes it, "program_id": if it is one
            of an engine, "records": what a till has to know of that program}``
        """
        self._retail_check_till()
        order_uuid, _nothing = self._retail_checked_wish(order_uuid, {})
        if not isinstance(code, str) or len(code) > MOST_CODE:
            return {"error": None, "code": code, "program_id": False, "records": {}}
        basket = self._retail_basket(order_uuid, customer_id, lines)
        code, problem = self.env["retail.code.asker"]._get_code(code.strip(), basket)
        # As the superuser: a cashier has no rights on connectors.
        card = self.env["loyalty.card"].sudo().search([("code", "=", code)])
        program = card.program_id if card._retail_code_engine() else card.program_id.browse()
        records = self._retail_till_program(program) if program else {}
        return {"error": problem, "code": code, "program_id": program.id, "records": records}

    def _retail_till_program(self, program):
        """Return a program and its rewards as a till loads them: it may have been created after the till was opened."""
        rewards = program.reward_ids._load_pos_data_read(program.reward_ids, self)
        for reward in rewards:
            reward["all_discount_product_ids"] = []  # of the whole order: these would be all products
        return {
            "loyalty.program": program._load_pos_data_read(program, self),
            "loyalty.rule": program.rule_ids._load_pos_data_read(program.rule_ids, self),
            "loyalty.reward": rewards,
        }

    def retail_release_codes(self, order_uuid):
        """Release what an order of this till holds: it was deleted."""
        self._retail_check_till()
        order_uuid, _nothing = self._retail_checked_wish(order_uuid, {})
        self._retail_release(order_uuid)

    def _retail_basket(self, order_uuid, customer_id, lines):
        """Return an order of the till as the :class:`~.code_asker.Basket` of a code."""
        # As the superuser: a cashier has no rights on holds.
        holds, config = self.env["retail.loyalty.hold"].sudo(), self.sudo()
        hold = f"till-{order_uuid}"
        values = {"reference": config.name, "company_id": config.company_id.id, "engine_hold": hold}
        order = self._retail_canonical_basket(order_uuid, customer_id, lines)
        return Basket(
            company=config.company_id,
            currency=config.currency_id,
            hold=hold,
            order=lambda: order,
            has=lambda card: card.id in holds._held_for_order(order_uuid),
            take=lambda card, minutes: holds._hold_code_for_till(order_uuid, card, minutes, **values),
        )

    def _retail_canonical_basket(self, order_uuid, customer_id, lines):
        """Return the order as canonical data, as far as an engine asks for them.

        :raise ValidationError: a till would not send this
        """
        try:
            wanted = [
                (
                    int(each["product_id"]),
                    float(each["quantity"]),
                    float(each["total"]),
                    bool(each.get("is_reward")),
                )
                for each in lines
            ]
            customer = self.env["res.partner"].browse(int(customer_id or 0))
        except (AttributeError, KeyError, TypeError, ValueError):
            wanted = None
        if wanted is None or len(wanted) > MOST_LINES:
            raise ValidationError(self.env._("The order is not valid."))
        customer.check_access("read")
        products = self.env["product.product"].browse([each[0] for each in wanted])
        products.check_access("read")
        currency = self.currency_id
        return {
            "id": order_uuid,
            "number": "",
            "channel": "pos",
            "customer_id": customer._retail_customer_id() if customer else "",
            "currency": currency.name,
            "lines": [
                {
                    "id": str(number),
                    "kind": "reward" if is_reward else "product",
                    "product_id": str(product.id),
                    "sku": product.default_code or "",
                    "name": product.display_name,
                    "quantity": decimal(quantity),
                    "total": amount(total, currency),
                }
                for number, (product, (_id, quantity, total, is_reward)) in enumerate(
                    zip(products, wanted, strict=True), 1
                )
            ],
        }


class PosOrder(models.Model):
    _inherit = "pos.order"

    def _retail_capture_transition(self, transition, old, new):
        """Capture the payment after the codes: some engines count those that an order has when it is paid."""
        is_late = own_value(self.env, "retail_late_payment")
        if transition.event_type == "order.paid" and not is_late and self._retail_used_codes():
            self._retail_late_payments()[self.id] = (transition, old, new)
            return None
        return super()._retail_capture_transition(transition, old, new)

    @api.model
    def _retail_late_payments(self):
        """Return ``{id of an order: what is captured of its payment}`` of orders whose codes come first."""
        # As the superuser: a hook of the transaction, whoever sold.
        insert = self.env(su=True)["pos.order"]._retail_capture_late_payments
        return pending(self.env.cr, LATE_PAYMENTS, dict, insert)

    @api.model
    def _retail_capture_late_payments(self):
        """Precommit hook: capture the payments whose orders have not used their codes until now."""
        for order_id, payment in (take_pending(self.env.cr, LATE_PAYMENTS) or {}).items():
            self.browse(order_id)._retail_capture_late_payment(payment)

    def _retail_capture_late_payment(self, payment):
        with_own(self, retail_late_payment=True)._retail_capture_transition(*payment)

    def action_pos_order_paid(self):
        result = super().action_pos_order_paid()
        if self._retail_used_codes():
            self.flush_recordset(["state"])
            payment = self._retail_late_payments().pop(self.id, None)
            self._retail_take_codes()
            if payment:
                self._retail_capture_late_payment(payment)
        return result

    def _retail_take_codes(self):
        """Use the codes of the order, each once."""
        for card in self._retail_used_codes():
            self.env["retail.loyalty.difference"]._attempt("code", self, card)

    def _retail_book_code(self, cards, _deducted):
        for card, points in self._retail_used_codes().items():
            if card in cards:
                self._retail_spend(card, points)

    def _retail_used_codes(self):
        """Return what the order uses of codes: ``{card (superuser): points}``."""
        used = {}
        for line in self._retail_sold_rewards():
            if line.coupon_id._retail_code_engine():
                used[line.coupon_id] = used.get(line.coupon_id, 0.0) + line.points_cost
        return used
