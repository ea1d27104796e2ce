"""What a new state of an order changes, line by line, and whether that is safe."""

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from odoo import api, models
from odoo.tools import plaintext2html

from ...core.problem import Problem
from .availability import ROUNDING
from .moments import as_datetime
from .order_place import ADDRESS_FIELDS, ORDER_ADDRESS
from .received_customer import changed_values

PRICE_ROUNDING = 1e-6


@dataclass(frozen=True, eq=False)
class LineChange:
    """How a line of an order changes.

    :param number: of the command's line; None for one that is left out
    :param line: of the order; empty for a new one
    :param resolved: a :class:`~.order_references.ResolvedLine`; None for a removed one
    :param quantity: that is ordered now
    :param values: to be written
    :param is_repriced: whether a piece of it costs something else
    """

    number: int | None
    line: Any
    resolved: Any
    quantity: float
    values: dict
    is_repriced: bool

    @property
    def added(self):
        """How much more is ordered; negative for less."""
        return self.quantity - self.line.product_uom_qty


class Amendment(NamedTuple):
    """What a new state of an order changes.

    :param command: with the lines that are ordered
    :param lines: all that are ordered, as :class:`~.order_references.ResolvedLine`
    :param changes: list of :class:`LineChange`
    :param values: of the order
    :param new_addresses: that were created for it
    """

    command: Any
    lines: list
    changes: list
    values: dict
    new_addresses: Any


@contextmanager
def numbered(numbers):
    """Have the problems of some lines point at these numbers.

    :param numbers: of the lines, in their order
    """
    try:
        yield
    except Problem as problem:
        for error in problem.errors:
            error["pointer"] = re.sub(
                r"^/lines/(\d+)", lambda match: f"/lines/{numbers[int(match[1])]}", error["pointer"]
            )
        raise


class RetailAmendment(models.AbstractModel):
    _name = "retail.amendment"
    _description = "Retail Hub: Amendments of Orders"

    @api.model
    def _amendment(self, order, command, sender):
        """Return the :class:`Amendment` of an order.

        :raise Problem: the new state is not valid
        """
        amounts = self.env["retail.order.amounts"]
        currency = order.currency_id
        if command.currency != currency.name:
            detail = f"The order is in {currency.name}. Its currency cannot be changed."
            raise Problem("invalid-request", detail, errors=[{"pointer": "/currency", "detail": detail}])
        amounts._check_decimals(command, currency)
        numbers = [number for number, line in enumerate(command.lines) if line.is_ordered]
        ordered = command.model_copy(update={"lines": tuple(command.lines[number] for number in numbers)})
        with numbered(numbers):
            resolved = self.env["retail.order.references"]._resolve(ordered, sender)
        lines, changes = self._line_changes(order, ordered, numbers, resolved)
        values, new_addresses = self._order_values(order, command)
        return Amendment(ordered, lines, changes, values, new_addresses)

    # -- lines -------------------------------------------------------------------------------------

    def _line_changes(self, order, command, numbers, resolved):
        """Return (the lines that are ordered, the :class:`LineChange` of all that change)."""
        left = {line.retail_line_code: line for line in order.order_line if line.retail_line_code}
        lines, changes, errors = [], [], []
        for number, each in zip(numbers, resolved, strict=True):
            line = left.pop(each.line.id, self.env["sale.order.line"])
            if line and line.product_id != each.product:
                detail = "A line keeps its product. Use another line id for another product."
                errors.append({"pointer": f"/lines/{number}", "detail": detail})
            if line:
                each = each._replace(warehouse=line.warehouse_id or order.warehouse_id)
            lines.append(each)
            changes.append(self._line_change(order, command, number, each, line))
        if errors:
            raise Problem("invalid-request", "Lines cannot be changed like this.", errors=errors)
        removed = [
            LineChange(None, line, None, 0.0, {"product_uom_qty": 0.0}, False)
            for line in left.values()
            if line.product_uom_qty
        ]
        return lines, [*filter(None, changes), *removed]

    def _line_change(self, order, command, number, resolved, line):
        """Return the :class:`LineChange` of a line that is ordered; None if it stays as it is."""
        currency, quantity = order.currency_id, float(resolved.line.quantity)
        if not line:
            place, home = self.env["retail.command.order.place"], order.warehouse_id
            values = place._line_values(resolved, command, currency, number + 1, home)
            return LineChange(number, line, resolved, quantity, values, False)
        amounts = self.env["retail.order.amounts"]
        values = {
            "extra_tax_data": False,
            **amounts._line_values(resolved, command, currency),
            **amounts._converted(resolved, line.tax_ids, command, currency),
            "product_uom_qty": quantity,
        }
        if resolved.line.name:
            values["name"] = resolved.line.name
        is_same_quantity = abs(quantity - line.product_uom_qty) <= ROUNDING
        is_repriced = _is_repriced(line, values, is_same_quantity)
        is_renamed = "name" in values and values["name"] != line.name
        if is_same_quantity and not is_repriced and not is_renamed:
            return None
        return LineChange(number, line, resolved, quantity, values, is_repriced)

    # -- the order itself --------------------------------------------------------------------------

    def _order_values(self, order, command):
        """Return (the values of the order that change, the addresses that were created for them)."""
        received, customer = self.env["retail.received.customer"], order.partner_id
        values, created = {}, self.env["res.partner"]
        for name, field in ADDRESS_FIELDS.items():
            if address := getattr(command, name):
                partner, is_new = received._address(customer, address, ORDER_ADDRESS, f"/{name}")
                values[field] = partner.id
                created |= partner if is_new else created
        if command.promised_at:
            values["commitment_date"] = as_datetime(command.promised_at)
        if command.note is not None:
            values["note"] = plaintext2html(command.note) if command.note else False
        return changed_values(order, values), created

    # -- whether it is safe ------------------------------------------------------------------------

    @api.model
    def _why_not(self, order, amendment):
        """Return why a person has to decide about an amendment.

        :return: ``{LineChange: sentence}``, with None as the key of what is about the order
        """
        # As the superuser: salespeople may read no transfers and invoices.
        order = order.sudo()
        found = {change: self._why_not_line(change) for change in amendment.changes}
        found[None] = self._why_not_order(order, amendment.values)
        return {change: why for change, why in found.items() if why}

    def _why_not_line(self, change):
        # As the superuser: salespeople may read no stock moves and invoices.
        line = change.line.sudo()
        if not line:
            return ""
        # As the superuser: salespeople may read no stock moves.
        started = self.env["retail.fulfilment"].sudo()._started(line)
        if line.qty_invoiced:
            return self.env._("Already invoiced: %s.", f"{line.qty_invoiced:g}")
        if started and (change.is_repriced or change.quantity < started - ROUNDING):
            return self.env._("Already picked or shipped: %s.", f"{started:g}")
        return ""

    def _why_not_order(self, order, values):
        if order.retail_difference:
            return order.retail_difference
        if order._retail_credited() or any(order.order_line.mapped("retail_refunded_qty")):
            return self.env._("A part of the order was refunded.")
        if "partner_shipping_id" in values and "done" in order.picking_ids.mapped("state"):
            return self.env._("A transfer to the delivery address is done.")
        if "partner_invoice_id" in values and "posted" in order.invoice_ids.mapped("state"):
            return self.env._("An invoice to the invoice address is posted.")
        return ""


def _is_repriced(line, values, is_same_quantity):
    """Return whether a piece costs something else than before, with or without tax."""
    if abs(values["price_unit"] - line.price_unit) > PRICE_ROUNDING:
        return True
    if "tax_ids" in values and set(values["tax_ids"][0][2]) != set(line.tax_ids.ids):
        return True
    return is_same_quantity and _tax_amounts(values["extra_tax_data"]) != _tax_amounts(line.extra_tax_data)


def _tax_amounts(data):
    return (data or {}).get("manual_tax_amounts", {})
