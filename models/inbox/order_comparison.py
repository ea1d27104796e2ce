"""Explain the Difference: a captured order line by line, as its system charged it and as it is in Odoo."""

from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import format_amount

from ...core.order_money import line_money
from ..source.canonical_values import amount, decimal

ROUNDING = "retail_hub.product_rounding"
REFUND = "retail_hub.product_refund"


class Charge(NamedTuple):
    """What a line costs on one side; amounts as text, exact."""

    quantity: str
    untaxed: str
    tax: str
    total: str

    @classmethod
    def of_line(cls, line):
        """Return what a line of a sales order costs in Odoo."""
        values = (line.price_subtotal, line.price_tax, line.price_total)
        return cls(decimal(line.product_uom_qty), *(amount(each, line.currency_id) for each in values))


class Row(NamedTuple):
    """A row of the comparison.

    :param why: what differs, in words; "" if nothing does
    :param charged: the :class:`Charge` of the system; None if it knows no such line
    :param ours: that of Odoo; None if there is no such line
    """

    name: str
    why: str
    charged: Charge | None
    ours: Charge | None


class SaleOrder(models.Model):
    _inherit = "sale.order"

    # What the system charged for each line, by the line's ID there: the values of a Charge.
    retail_charges = fields.Json("Channel Charges", readonly=True, copy=False)
    retail_rounding = fields.Monetary(
        "Rounding",
        compute="_compute_retail_rounding",
        help="By how much the system's total differs from the sum of its lines. The order has a line for it.",
    )
    retail_comparison = fields.Html("Comparison", compute="_compute_retail_comparison", sanitize=False)

    @api.depends("order_line.price_total", "order_line.product_id")
    def _compute_retail_rounding(self):
        for order in self:
            order.retail_rounding = order._retail_total_of(ROUNDING) if order.retail_connector_id else 0.0

    @api.depends(
        "retail_charges", "retail_channel_total", "order_line.price_total", "order_line.product_uom_qty"
    )
    @api.depends_context("lang")
    def _compute_retail_comparison(self):
        for order in self:
            order.retail_comparison = self.env["ir.qweb"]._render(
                "retail_hub.order_comparison",
                {
                    # As the superuser: who may read the order may know the name of its system.
                    "system": order.sudo().retail_connector_id.name,
                    "rows": order._retail_rows() if order.retail_charges else [],
                    "total": order._retail_total_row(),
                    "money": lambda value, order=order: format_amount(
                        self.env, float(value), order.currency_id
                    ),
                    "difference": _difference,
                    "is_zero": lambda value, order=order: order.currency_id.is_zero(value),
                },
            )

    def action_retail_comparison(self):
        """Show the order as its system charged it beside the order in Odoo."""
        self.ensure_one()
        self.check_access("read")
        view = self.env.ref("retail_hub.order_comparison_view_form")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Explain the Difference: %s", self.name),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(view.id, "form")],
            "target": "new",
        }

    # -- what is kept ------------------------------------------------------------------------------

    def _retail_store_charges(self, lines, command):
        """Keep what the system charged.

        :param lines: list of :class:`~.order_references.ResolvedLine`
        """
        by_code = {line.retail_line_code: line for line in self.order_line}
        self.retail_charges = {
            each.line.id: self._retail_charge(each, by_code[each.line.id], command) for each in lines
        }

    def _retail_charge(self, resolved, line, command):
        """Return the :class:`Charge` of a line; of one whose taxes Odoo has chosen, it is that of Odoo."""
        if resolved.taxes is None:
            return Charge.of_line(line)
        currency = self.currency_id
        money = line_money(resolved.line, command.prices_include_tax, currency.decimal_places)
        values = (money.untaxed, sum(money.taxes), money.total)
        return Charge(resolved.line.quantity, *(amount(float(each), currency) for each in values))

    def _retail_store_reduced(self, lines):
        """Keep what the system charges for lines of which it has cancelled a part."""
        known = self.retail_charges
        if known:
            reduced = {line.retail_line_code: Charge.of_line(line) for line in lines}
            self.retail_charges = {code: reduced.get(code, charge) for code, charge in known.items()}

    # -- what is compared --------------------------------------------------------------------------

    def _retail_rows(self):
        """Return the :class:`Row` of each line, in Odoo's order, and of those that Odoo has not."""
        charges = {code: Charge(*values) for code, values in self.retail_charges.items()}
        rows = []
        for line in self.order_line.filtered(lambda line: not line.display_type):
            charged, ours = charges.pop(line.retail_line_code, None), Charge.of_line(line)
            if charged or line.product_uom_qty:
                rows.append(self._retail_row(line, charged, ours))
        removed = self.env._("Removed in Odoo")
        return [*rows, *(Row(code, removed, charged, None) for code, charged in charges.items())]

    def _retail_row(self, line, charged, ours):
        name = line.name or line.product_id.display_name
        if line.product_id == self.env.ref(ROUNDING):
            why = self.env._("The system's total differs from the sum of its lines")
            return Row(name, why, ours, ours)
        if line.product_id == self.env.ref(REFUND):
            return Row(name, self.env._("Refunded"), ours, ours)
        return Row(name, self._retail_why(charged, ours), charged, ours)

    def _retail_why(self, charged, ours):
        if charged is None:
            return self.env._("Added in Odoo")
        if float(charged.quantity) != float(ours.quantity):
            return self.env._("Quantity changed in Odoo")
        if charged.untaxed != ours.untaxed:
            return self.env._("Price changed in Odoo")
        return self.env._("Tax changed in Odoo") if charged.tax != ours.tax else ""

    def _retail_total_row(self):
        """Return the :class:`Row` of the order. Refunds, which the system's total is before, count on both sides."""
        charged = amount(self.retail_channel_total + self._retail_credited(), self.currency_id)
        ours = amount(self.amount_total, self.currency_id)
        return Row(self.env._("Total"), "", Charge("", "", "", charged), Charge("", "", "", ours))

    def _retail_total_of(self, product):
        product = self.env.ref(product)
        return sum(line.price_total for line in self.order_line if line.product_id == product)


def _difference(row):
    """Return by how much Odoo's amount of a row is higher than the system's."""
    ours, charged = (float(each.total) if each else 0.0 for each in (row.ours, row.charged))
    return ours - charged
