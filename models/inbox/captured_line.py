"""Lines of captured orders: they keep what the channel charged, also if a part is invoiced or changed."""

from odoo import fields, models

from ...core.order_money import tax_share
from .availability import ROUNDING


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    retail_line_code = fields.Char(
        "Channel Line ID", readonly=True, copy=False, help="The line's ID in the system that took the order."
    )

    def _retail_kind(self):
        """A line that the channel calls delivery is one, whatever product it has in Odoo."""
        return "delivery" if self.retail_line_kind == "delivery" else super()._retail_kind()

    def write(self, vals):
        """Keep the channel's tax per piece: Odoo drops the tax amounts of a line whose quantity changes."""
        if "product_uom_qty" not in vals or "extra_tax_data" in vals:
            return super().write(vals)
        captured = self.filtered(lambda line: line._retail_has_tax() and line.product_uom_qty)
        result = super(SaleOrderLine, self - captured).write(vals) if self != captured else True
        for line in captured:
            data = line.extra_tax_data
            share = tax_share(data, vals["product_uom_qty"], line.currency_id.decimal_places)
            super(SaleOrderLine, line).write({**vals, "extra_tax_data": share})
        return result

    def _retail_has_tax(self):
        """Return whether the line has the tax amounts of a channel."""
        return bool(self.retail_line_code and (self.extra_tax_data or {}).get("manual_tax_amounts"))

    def _prepare_invoice_line(self, **optional_values):
        """Invoice a part of what the channel charged with a part of the quantity; the last part gets the rest."""
        values = super()._prepare_invoice_line(**optional_values)
        if not self.retail_line_code or values["quantity"] in (0, self.product_uom_qty):
            return values
        invoiced = self.invoice_lines.filtered(
            lambda line: line.parent_state != "cancel" and line.move_id.move_type == "out_invoice"
        )
        if self._retail_has_tax():
            values["extra_tax_data"] = self._retail_tax_share(values["quantity"], invoiced)
        elif not self.tax_ids and not self.discount:
            values["price_unit"] = self._retail_price_of(values, invoiced)
        return values

    def _retail_tax_share(self, quantity, invoiced):
        taken = [
            line.extra_tax_data for line in invoiced if (line.extra_tax_data or {}).get("manual_tax_amounts")
        ]
        if len(taken) < len(invoiced):  # a person has changed one: what is left of the tax is not known
            taken = []
        return tax_share(self.extra_tax_data, quantity, self.currency_id.decimal_places, taken)

    def _retail_price_of(self, values, invoiced):
        """Return the price of a part without tax: the last one makes up for how the others were rounded."""
        quantity, price = values["quantity"], values["price_unit"]
        rest = self.price_subtotal - sum(invoiced.mapped("price_subtotal"))
        is_last = abs(self.product_uom_qty - sum(invoiced.mapped("quantity")) - quantity) < ROUNDING
        is_rounded = abs(rest - price * quantity) < self.currency_id.rounding * (len(invoiced) + 1)
        return rest / quantity if is_last and is_rounded else price
