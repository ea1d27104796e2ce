"""Refunds of orders, as remote systems report them."""

from odoo import fields, models


class RetailRefund(models.Model):
    _name = "retail.refund"
    _description = "Refund of a Captured Order"
    _inherit = ["retail.checked"]
    _order = "id desc"
    _rec_name = "code"

    connector_id = fields.Many2one(
        "retail.connector", "System", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="order_id.company_id", store=True)
    order_id = fields.Many2one("sale.order", required=True, readonly=True, ondelete="cascade", index=True)
    code = fields.Char("ID There", required=True, readonly=True, help="The refund's ID in the system.")
    digest = fields.Char(required=True, readonly=True, groups=fields.NO_ACCESS)
    currency_id = fields.Many2one(related="order_id.currency_id", store=True)
    amount = fields.Monetary(required=True, readonly=True)
    reason = fields.Char(readonly=True)
    credit_note_id = fields.Many2one(
        "account.move", readonly=True, ondelete="set null", index="btree_not_null"
    )

    _code_unique = models.UniqueIndex("(connector_id, code)")
