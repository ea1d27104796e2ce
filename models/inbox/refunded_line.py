"""Order lines of which something was refunded: that is not invoiced again."""

from odoo import api, fields, models
from odoo.tools import float_compare


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    retail_line_kind = fields.Char(
        "Channel Line Kind", readonly=True, copy=False, help="What the line is, such as delivery or tip."
    )
    retail_refunded_qty = fields.Float(
        "Refunded Quantity",
        digits="Product Unit",
        readonly=True,
        copy=False,
        help="How much of what was ordered the system has refunded. It is not invoiced, or was credited.",
    )
    retail_refunded_amount = fields.Monetary("Refunded", readonly=True, copy=False)

    @api.depends("retail_refunded_qty")
    def _compute_qty_to_invoice(self):
        """Invoice at most what was ordered and not refunded."""
        result = super()._compute_qty_to_invoice()
        for line in self:
            if line.retail_refunded_qty and line.state == "sale":
                left = line.product_uom_qty - line.retail_refunded_qty - line.qty_invoiced
                line.qty_to_invoice = min(line.qty_to_invoice, left)
        return result

    @api.depends("retail_refunded_qty")
    def _compute_invoice_status(self):
        """A line is invoiced if nothing but what was refunded is missing."""
        result = super()._compute_invoice_status()
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        for line in self:
            if line.retail_refunded_qty and line.invoice_status == "no" and line.state == "sale":
                done = line.qty_invoiced + line.retail_refunded_qty
                if float_compare(done, line.product_uom_qty, precision_digits=digits) >= 0:
                    line.invoice_status = "invoiced"
        return result

    def write(self, vals):
        """What is taken from an order was refunded first, if anything was."""
        refunded = self.filtered("retail_refunded_qty") if "product_uom_qty" in vals else self.browse()
        before = {line: line.product_uom_qty for line in refunded}
        result = super().write(vals)
        for line, quantity in before.items():
            removed = quantity - line.product_uom_qty
            if removed > 0:
                line.retail_refunded_qty = max(line.retail_refunded_qty - removed, 0.0)
        return result

    def _retail_amounts(self):
        """Return the line's amounts in the form of Odoo's ``extra_tax_data``: the channel's, or those of Odoo."""
        if self._retail_has_tax():
            return self.extra_tax_data
        price = self.price_unit * (1 - (self.discount or 0.0) / 100)
        found = self.tax_ids.compute_all(
            price, self.currency_id, self.product_uom_qty, self.product_id, self.order_id.partner_shipping_id
        )
        return {
            "manual_total_excluded_currency": found["total_excluded"],
            "manual_tax_amounts": {
                str(tax["id"]): {"tax_amount_currency": tax["amount"], "base_amount_currency": tax["base"]}
                for tax in found["taxes"]
            },
            "currency_id": self.currency_id.id,
            "price_unit": price,
            "discount": 0.0,
            "quantity": self.product_uom_qty,
            "rate": 1.0,
        }


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _retail_credited(self):
        """Return the total of the lines by which refunds have lowered what will be invoiced: negative, or 0."""
        refund = self.env.ref("retail_hub.product_refund")
        return sum(line.price_total for line in self.order_line if line.product_id == refund)
