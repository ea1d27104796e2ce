"""``order.cancel``: cancel a captured order or a part of it, and free its stock."""

from odoo import models

from ...core.problem import Problem
from ..source.canonical_values import decimal
from .availability import ROUNDING
from .command import Applied
from .early import Early


class OrderCancel(models.AbstractModel):
    _name = "retail.command.order.cancel"
    _description = "Retail Hub: Cancel an Order"
    _inherit = ["retail.command"]

    def _lock_keys(self, command, sender):
        orders = self.env["retail.captured.order"]
        try:
            stock = orders._stock_keys(sender.connector, command.external_id)
        except Problem:  # it is refused anyhow
            stock = ()
        return (f"{sender.connector.id}/order/{command.external_id}", *stock)

    def _apply(self, command, sender):
        orders = self.env["retail.captured.order"]
        order = orders._known(sender.connector, command.external_id)
        if not order:
            return self._cancel_waiting(command, sender)
        if order.state == "cancel" or (
            command.cancel_id and command.cancel_id in (order.retail_cancellations or ())
        ):
            return Applied(orders._result(order, command.external_id, "unchanged"), order)
        # As the superuser: salespeople may read no transfers and invoices.
        lines = order.sudo().order_line.filtered(lambda line: not line.display_type)
        lines -= self.env["retail.order.amounts"]._rounding(order)
        lines -= lines.filtered(lambda line: line.product_id == self.env.ref("retail_hub.product_refund"))
        if command.lines:
            outcome = self._cancel_lines(command, order, lines)
        elif any(line.qty_delivered for line in lines):
            outcome = self._cancel_rest(order, lines)
        else:
            outcome = self._cancel(order)
        if not command.lines:
            self.env["retail.order.change"]._supersede(order)
        if command.reason:
            order.message_post(
                body=self.env._(
                    "Cancelled by %(system)s: %(reason)s", system=sender.connector.name, reason=command.reason
                )
            )
        return Applied(orders._result(order, command.external_id, outcome), order)

    def _cancel_waiting(self, command, sender):
        """Cancel an order that is kept until somebody has completed it.

        :raise Early: the order has not come
        """
        orders = self.env["retail.captured.order"]
        messages = orders._waiting(sender.connector, command.external_id)
        if not messages or command.lines:
            raise Early(f"order/{command.external_id}", "There is no order with this external_id.")
        messages.state = "cancelled"
        return Applied(orders._not_yet(messages[0], command.external_id, "cancelled", "cancelled"), None)

    # -- all of it ---------------------------------------------------------------------------------

    def _cancel(self, order):
        """
        :raise Problem: it was invoiced
        """
        # As the superuser: cancelling takes loyalty points back, which salespeople may not.
        cancelled = order.sudo()
        if "posted" in cancelled.invoice_ids.mapped("state"):
            raise Problem("conflict", "The order was invoiced. A person in Odoo has to cancel it.")
        cancelled.with_context(tracking_disable=True).action_unlock()
        cancelled.with_context(disable_cancel_warning=True).action_cancel()
        return "cancelled"

    def _cancel_rest(self, order, lines):
        """Cancel what was not shipped of an order, so that what was shipped can be invoiced.

        :raise Problem: all was shipped, or more was invoiced
        """
        left = {line: line.product_uom_qty - line.qty_delivered for line in lines if _is_shipped(line)}
        less = {line: quantity for line, quantity in left.items() if quantity > ROUNDING}
        if not less:
            raise Problem("conflict", "The order was shipped. Report a return instead.")
        self._reduce(order, less, self._close_line)
        return "amended"

    # -- a part of it ------------------------------------------------------------------------------

    def _cancel_lines(self, command, order, lines):
        """Cancel some lines, or a part of them.

        :raise Problem: there is no such line (``invalid-request``), or less of it is left (``conflict``)
        """
        by_code = {line.retail_line_code or str(line.id): line for line in lines}
        numbers = range(len(command.lines))
        unknown = [number for number in numbers if command.lines[number].id not in by_code]
        if unknown:
            detail = "The order has no such line."
            errors = [{"pointer": f"/lines/{number}", "detail": detail} for number in unknown]
            raise Problem("invalid-request", detail, errors=errors)
        less, errors = {}, []
        for number, each in enumerate(command.lines):
            line = by_code[each.id]
            left = self._left(line)
            quantity = float(each.quantity) if each.quantity else left
            if quantity > left + ROUNDING or not left > ROUNDING:
                error = {"pointer": f"/lines/{number}", "detail": "This is more than can be cancelled."}
                errors.append({**error, "available": decimal(round(left, 6))})
            less[line] = quantity
        if errors:
            detail = "What was picked, shipped or invoiced cannot be cancelled. Nothing was changed."
            raise Problem("conflict", detail, errors=errors)
        if not any(lines.mapped(lambda line: line.product_uom_qty - less.get(line, 0.0) > ROUNDING)):
            return self._cancel(order)
        self._reduce(order, less, self._reduce_line)
        if command.cancel_id:
            order.retail_cancellations = [*(order.retail_cancellations or ()), command.cancel_id]
        return "amended"

    def _left(self, line):
        """Return how much of a line can be cancelled."""
        # As the superuser: salespeople may read no stock moves.
        started = self.env["retail.fulfilment"].sudo()._started(line)
        return max(line.product_uom_qty - max(started, line.qty_invoiced), 0.0)

    def _reduce(self, order, less, reduce_line):
        """Order less, and free its stock.

        :param less: ``{order line: quantity}``
        :param reduce_line: a function of an order line and its new quantity
        :raise Problem: more was invoiced than is left
        """
        if any(
            line.product_uom_qty - quantity < line.qty_invoiced - ROUNDING for line, quantity in less.items()
        ):
            raise Problem(
                "conflict", "More was invoiced than would be left. A person in Odoo has to change the order."
            )
        # As the superuser: transfers are changed on behalf of whoever cancels.
        reduced = order.sudo().with_context(tracking_disable=True)
        is_locked, is_as_placed = reduced.locked, not reduced.retail_difference
        if is_locked:
            reduced.action_unlock()
        for line, quantity in less.items():
            reduce_line(line.with_env(reduced.env), line.product_uom_qty - quantity)
        if is_as_placed:
            reduced.retail_channel_total = reduced.amount_total - reduced._retail_credited()
            reduced._retail_store_reduced(reduced.order_line.browse(line.id for line in less))
        if is_locked:
            reduced.action_lock()

    def _reduce_line(self, line, quantity):
        line.product_uom_qty = quantity

    def _close_line(self, line, quantity):
        """Ship no more of a line. What was picked stays where it is, as when a whole order is cancelled."""
        line.move_ids.filtered(lambda move: move.state not in ("done", "cancel"))._action_cancel()
        line.with_context(skip_procurement=True).product_uom_qty = quantity


def _is_shipped(line):
    return line.qty_delivered_method == "stock_move"
