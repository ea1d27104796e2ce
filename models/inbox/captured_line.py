"""Lines of captured orders: they keep the tax that the channel charged, also if a part is invoiced or changed."""

from odoo import fields, models

from ...core.order_money import tax_share


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    retail_line_code = fields.Char(
        "Channel Line ID", readonly=True, copy=False, help="The line's ID in the system that took the order."
    )

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
        """Invoice a part of the channel's tax with a part of the quantity; the last part gets the rest."""
        values = super()._prepare_invoice_line(**optional_values)
        if not self._retail_has_tax() or values["quantity"] in (0, self.product_uom_qty):
            return values
        invoiced = self.invoice_lines.filtered(
            lambda line: line.parent_state != "cancel" and line.move_id.move_type == "out_invoice"
        )
        taken = [
            line.extra_tax_data for line in invoiced if (line.extra_tax_data or {}).get("manual_tax_amounts")
        ]
        if len(taken) < len(invoiced):  # a person has changed one: what is left of the tax is not known
            taken = []
        places = self.currency_id.decimal_places
        values["extra_tax_data"] = tax_share(self.extra_tax_data, values["quantity"], places, taken)
        return values
