"""``order.refund``: credit the customer of an order, and give money back."""

import hashlib
import json
from decimal import Decimal
from types import SimpleNamespace

from odoo import models
from odoo.tools import format_amount

from ...core.problem import Problem
from ...core.refund_money import part_of, total_of, with_total
from ...schemas.commands.payment import OrderRefundResultV1
from ..source.canonical_values import amount, decimal
from .availability import ROUNDING
from .command import Applied
from .payment_transaction import match
from .received_payment import check_decimals, exceeded
from .refund_documents import Credit, amount_of


class OrderRefund(models.AbstractModel):
    _name = "retail.command.order.refund"
    _description = "Retail Hub: Refund an Order"
    _inherit = ["retail.command"]

    def _lock_keys(self, command, sender):
        payments = sorted({each.payment for each in command.payments})
        return (
            f"{sender.connector.id}/order/{command.external_id}",
            *(f"{sender.connector.id}/payment/{payment}" for payment in payments),
        )

    def _apply(self, command, sender):
        # As the superuser: invoices and payments are not for the client's user, but through the API.
        order = self.env["retail.received.payment"]._order_of(command, sender).sudo()
        self._check_money(order.currency_id, command)
        known = self._known(command, sender)
        if known:
            self._check_known(known, order, command)
            return self._applied(command, order, known, "unchanged")
        credits_ = self._credits(command, order)
        refund = self._record(command, sender, order, credits_)
        self._give_back(command, sender, order, refund.credit_note_id)
        self._log(refund, sender)
        return self._applied(command, order, refund, "created")

    # -- checks ------------------------------------------------------------------------------------

    def _check_money(self, currency, command):
        if command.currency != currency.name:
            errors = [{"pointer": "/currency", "detail": f"The order is in {currency.name}."}]
            raise Problem("invalid-request", "The currency is not that of the order.", errors=errors)
        amounts = [("/amount", command.amount), ("/shipping", command.shipping)]
        for name in ("lines", "payments"):
            amounts += [
                (f"/{name}/{number}/amount", each.amount)
                for number, each in enumerate(getattr(command, name))
            ]
        check_decimals(currency, [(pointer, value) for pointer, value in amounts if value])

    def _known(self, command, sender):
        # As the superuser: refunds are the hub's own.
        refunds = self.env["retail.refund"].sudo()
        return refunds.search([("connector_id", "=", sender.connector.id), ("code", "=", command.id)])

    def _check_known(self, refund, order, command):
        detail = ""
        if refund.order_id != order:
            detail = "Another order has a refund with this id."
        elif refund.digest != _digest(command):
            detail = "This refund was reported before, with other content."
        if detail:
            raise Problem("conflict", detail, errors=[{"pointer": "/id", "detail": detail}])

    # -- what is credited --------------------------------------------------------------------------

    def _credits(self, command, order):
        """Return a list of :class:`~.refund_documents.Credit`, and note on the order lines what is refunded of them.

        :raise Problem: that is more than is left of the order or a line
        """
        lines = {line.retail_line_code: line for line in order.order_line if line.retail_line_code}
        found = []
        for number, wanted in enumerate(command.lines):
            if wanted.id not in lines:
                errors = [{"pointer": f"/lines/{number}/id", "detail": "The order has no line with this id."}]
                raise Problem("invalid-request", "A line is not known.", errors=errors)
            found += self._of_line(lines[wanted.id], wanted, f"/lines/{number}")
        if command.shipping:
            found += self._of_shipping(order, Decimal(command.shipping))
        named = sum((self._total(each) for each in found), Decimal())
        total = self._check_total(command, order, named)
        if total != named:
            found.append(self.env["retail.refund.documents"]._no_line(order, total - named))
        return found

    def _total(self, credit):
        return total_of(credit.amounts)

    def _of_line(self, line, wanted, place):
        quantity = float(wanted.quantity or 0)
        left = line.product_uom_qty - line.retail_refunded_qty
        if quantity > left + ROUNDING:
            detail = "That is more than is left of the line."
            error = {"pointer": f"{place}/quantity", "detail": detail, "available": decimal(max(left, 0.0))}
            raise Problem("amount-exceeded", detail, errors=[error])
        parts = self._pieces(line, quantity) if quantity else []
        cost = sum((self._total(each) for each in parts), Decimal())
        total = Decimal(wanted.amount) if wanted.amount else cost
        self._note(line, quantity, total, f"{place}/amount")
        if total == cost:
            return parts
        return [*parts, amount_of(line, total - cost)]

    def _pieces(self, line, quantity):
        """Return the credits of pieces: those that were invoiced, and the others. Together they have the line's tax."""
        places, whole = line.currency_id.decimal_places, line._retail_amounts()
        amounts = part_of(whole, quantity, places, self._taken(line))
        if self._is_rest(line, quantity, total_of(amounts)):
            amounts = with_total(amounts, _possible(line), places)
        invoiced = min(quantity, max(line.qty_invoiced, 0.0))
        rest = quantity - invoiced
        if rest < ROUNDING or invoiced < ROUNDING:
            return [Credit(line, amounts, True, invoiced >= ROUNDING)]
        first = part_of(whole, invoiced, places)
        second = part_of(whole, rest, places, total=total_of(amounts) - total_of(first))
        return [Credit(line, first, True, True), Credit(line, second, True, False)]

    def _is_rest(self, line, quantity, total):
        """Return whether these are the last pieces, which cost a little more or less, as the others were rounded."""
        refunded = line.retail_refunded_qty
        is_last = refunded and abs(line.product_uom_qty - refunded - quantity) < ROUNDING
        units = abs(total - _possible(line)) / Decimal(1).scaleb(-line.currency_id.decimal_places)
        return is_last and 0 < units <= 2 * (1 + refunded)

    def _taken(self, line):
        """Return the amounts of the pieces that were credited before: the last ones get what is left of the tax."""
        credited = line.invoice_lines.filtered(
            lambda each: each.move_id.move_type == "out_refund" and each.parent_state != "cancel"
        )
        taken = [each.extra_tax_data for each in credited if each.extra_tax_data]
        is_all = abs(sum(each["quantity"] for each in taken) - line.retail_refunded_qty) < ROUNDING
        return taken if is_all else ()

    def _of_shipping(self, order, wanted):
        """Return what is credited of the delivery lines, the first one first."""
        lines = order.order_line.filtered(lambda line: line.retail_line_kind == "delivery")
        currency, found, left = order.currency_id, [], wanted
        possible = {line: _possible(line) for line in lines}
        if wanted > sum(possible.values()):
            detail = "That is more than is left of the delivery."
            raise exceeded(detail, float(sum(possible.values())), currency, "/shipping")
        for line, most in possible.items():
            part = min(left, most)
            if part > 0:
                self._note(line, 0.0, part, "/shipping")
                found.append(amount_of(line, part))
                left -= part
        return found

    def _note(self, line, quantity, total, pointer):
        possible = _possible(line)
        if total > possible:
            raise exceeded(
                "That is more than is left of the line.", float(possible), line.currency_id, pointer
            )
        line.write(
            {
                "retail_refunded_qty": line.retail_refunded_qty + quantity,
                "retail_refunded_amount": line.retail_refunded_amount + float(total),
            }
        )

    def _check_total(self, command, order, named):
        """Return what is credited in all.

        :raise Problem: it is more than is left of the order, or less than is given back
        """
        paid = sum((Decimal(each.amount) for each in command.payments), Decimal())
        total = Decimal(command.amount) if command.amount else named or paid
        if paid > total:
            detail = f"The payments give {paid} back; the refund is {total}."
            errors = [{"pointer": "/payments", "detail": detail}]
            raise Problem("total-mismatch", detail, errors=errors)
        # As the superuser: refunds are the hub's own.
        before = sum(self.env["retail.refund"].sudo().search([("order_id", "=", order.id)]).mapped("amount"))
        possible = order.retail_channel_total - before
        if order.currency_id.compare_amounts(float(total), possible) > 0:
            raise exceeded("That is more than is left of the order.", possible, order.currency_id)
        return total

    # -- records -----------------------------------------------------------------------------------

    def _record(self, command, sender, order, credits_):
        note = self.env["retail.refund.documents"]._make(order, credits_, command.id, command.reason)
        total = sum((self._total(each) for each in credits_), Decimal())
        return order.env["retail.refund"].create(
            {
                "connector_id": sender.connector.id,
                "order_id": order.id,
                "code": command.id,
                "digest": _digest(command),
                "amount": float(total),
                "reason": command.reason,
                "credit_note_id": note.id,
            }
        )

    def _give_back(self, command, sender, order, note):
        """Give money back, and have it matched with the credit note; without any, the note lowers what is owed."""
        refunds = self.env["retail.command.payment.refund"]
        for number, wanted in enumerate(command.payments):
            report = SimpleNamespace(
                **wanted.model_dump(), reason=command.reason, occurred_at=command.occurred_at
            )
            money, _is_new = refunds._refund(report, sender, order, f"/payments/{number}")
            money.invoice_ids |= note
            money._retail_book_later()
        if note and not command.payments:
            match(note | note.reversed_entry_id)

    def _log(self, refund, sender):
        order = refund.order_id
        values = {
            "system": sender.connector.name,
            "amount": format_amount(self.env, refund.amount, order.currency_id),
            "code": refund.code,
            "reason": refund.reason or "",
        }
        if refund.reason:
            text = self.env._("%(system)s refunded %(amount)s (%(code)s): %(reason)s", **values)
        else:
            text = self.env._("%(system)s refunded %(amount)s (%(code)s)", **values)
        order.message_post(body=text)

    def _applied(self, command, order, refund, outcome):
        note = refund.credit_note_id
        result = OrderRefundResultV1(
            id=command.id,
            external_id=command.external_id,
            order_id=str(order.id),
            outcome=outcome,
            amount=amount(refund.amount, order.currency_id),
            currency=order.currency_id.name,
            credit_note_id=str(note.id or ""),
            credit_note=note.name or "",
            **order._retail_payments(),
        )
        return Applied(result, order, outcome == "created")


def _possible(line):
    """Return how much of a line's total is left to be refunded."""
    currency = line.currency_id
    return Decimal(amount(max(line.price_total - line.retail_refunded_amount, 0.0), currency))


def _digest(command):
    """Return what has to be alike if a refund is reported again."""
    content = command.canonical()
    for name in ("reason", "occurred_at"):
        content.pop(name)
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
