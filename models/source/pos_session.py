"""Till sessions: the settlement when a session is closed, and its canonical form."""

from collections import defaultdict

from odoo import models

from ...schemas.settlement import (
    SettlementAmountsV1,
    SettlementCashV1,
    SettlementPaymentV1,
    SettlementTaxV1,
    SettlementV1,
)
from .canonical_values import amount, tax_rate, timestamp


class PosSession(models.Model):
    _name = "pos.session"
    _inherit = ["pos.session", "retail.capture"]
    _retail_has_public_name = True

    def _validate_session(self, balancing_account=False, amount_to_balance=0, bank_payment_method_diffs=None):
        """Capture the closing here: counts of payment methods other than cash are stored in no column."""
        result = super()._validate_session(balancing_account, amount_to_balance, bank_payment_method_diffs)
        if self.state == "closed":
            differences = {
                str(method_id): diff for method_id, diff in (bank_payment_method_diffs or {}).items()
            }
            self._retail_capture_fact("settlement.closed", details={"differences": differences})
        return result

    def _retail_occurred_at(self, event_type):
        return self.stop_at

    def _retail_canonical(self, event_type, details):
        currency = self.currency_id
        orders = self._get_closed_orders()
        taxed_lines = {order: order._retail_taxed_lines() for order in orders}
        everything = [each for lines in taxed_lines.values() for each in lines]
        sold, returned, settled = (
            [each for each in everything if each.line in lines]
            for lines in (
                set(orders._retail_sold_lines()),
                set(orders._retail_returned_lines()),
                set(orders._retail_settled_lines()),
            )
        )
        untaxed, tax = sum(each.untaxed for each in everything), sum(each.tax for each in everything)
        cash = self._retail_cash()
        return SettlementV1(
            id=str(self.id),
            number=self.name,
            store=self.config_id.name,
            company=self.company_id.name,
            currency=currency.name,
            opened_at=timestamp(self.start_at),
            closed_at=timestamp(self.stop_at),
            cashier=self._retail_cashier(),
            is_recovery=self.rescue,
            order_count=len(orders.filtered(lambda order: order._retail_is_sale())),
            refund_count=len(orders.filtered(lambda order: order._retail_returned_lines())),
            untaxed=amount(untaxed, currency),
            tax=amount(tax, currency),
            total=amount(untaxed + tax, currency),
            rounding=amount(
                sum(order._retail_rounding(lines) for order, lines in taxed_lines.items()), currency
            ),
            sales=_amounts(sold, currency),
            refunds=_amounts(returned, currency, -1),
            settled=_amounts(settled, currency),
            invoiced=_amounts([each for each in everything if each.line.order_id.is_invoiced], currency),
            discounts=amount(
                sum(each.line._retail_discount(each) for each in everything if each.line.discount), currency
            ),
            rewards=amount(-sum(each.total for each in everything if each.line.is_reward_line), currency),
            taxes=_taxes(everything, currency),
            payments=self._retail_payments(orders.payment_ids, cash, details.get("differences", {})),
            cash=cash,
            entry_number=self.move_id.name or "",
        )

    def _retail_cashier(self):
        """Return who closed the till: the last employee (module ``pos_hr``), else the user."""
        employee = "employee_id" in self._fields and self.employee_id
        return (employee or self.user_id).name or ""

    def _retail_cash(self):
        """Return the canonical cash drawer; None for a till without one. Odoo counts only the first cash method."""
        method = self.payment_method_ids.filtered("is_cash_count")[:1]
        if not method:
            return None
        currency = self.currency_id
        payments = self._get_closed_orders().payment_ids.filtered(
            lambda payment: payment.payment_method_id == method
        )
        paid = sum(payments.mapped("amount"))
        expected = self.cash_register_balance_start + paid + self.cash_real_transaction
        return SettlementCashV1(
            opening=amount(self.cash_register_balance_start, currency),
            payments=amount(paid, currency),
            moves=amount(self.cash_real_transaction, currency),
            expected=amount(expected, currency),
            counted=amount(self.cash_register_balance_end_real, currency),
            difference=amount(self.cash_register_balance_end_real - expected, currency),
        )

    def _retail_payments(self, payments, cash, differences):
        """Return a canonical payment for each method that was used, or whose count differs.

        :param cash: the canonical cash drawer, or None
        :param differences: ``{payment method id as text: counted minus expected}`` of the other methods
        """
        currency = self.currency_id
        methods = (self.payment_method_ids | payments.payment_method_id).sorted("id")
        counted = methods.filtered("is_cash_count") & self.payment_method_ids.filtered("is_cash_count")[:1]
        by_method = []
        for method in methods:
            paid = payments.filtered(lambda payment, method=method: payment.payment_method_id == method)
            difference = amount(differences.get(str(method.id), 0.0), currency)
            by_method.append(
                SettlementPaymentV1(
                    method=method.name,
                    kind=method.type,
                    count=len(paid),
                    amount=amount(sum(paid.mapped("amount")), currency),
                    difference=cash.difference if cash and method == counted else difference,
                )
            )
        return tuple(each for each in by_method if each.count or float(each.difference))


def _amounts(taxed_lines, currency, sign=1):
    untaxed = sign * sum(each.untaxed for each in taxed_lines)
    tax = sign * sum(each.tax for each in taxed_lines)
    return SettlementAmountsV1(
        untaxed=amount(untaxed, currency), tax=amount(tax, currency), total=amount(untaxed + tax, currency)
    )


def _taxes(taxed_lines, currency):
    sums = defaultdict(lambda: [0.0, 0.0])
    for each in taxed_lines:
        for tax, base, tax_amount in each.taxes:
            entry = sums[tax, each.line.order_id.is_invoiced]
            entry[0] += base
            entry[1] += tax_amount
    return tuple(
        SettlementTaxV1(
            name=tax.name,
            rate=tax_rate(tax),
            is_invoiced=is_invoiced,
            base=amount(base, currency),
            amount=amount(tax_amount, currency),
        )
        for (tax, is_invoiced), (base, tax_amount) in sums.items()
    )
