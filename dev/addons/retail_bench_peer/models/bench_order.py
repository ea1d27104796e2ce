"""The link between a sales order and its HubSpot order."""

from odoo import fields, models


class BenchOrder(models.Model):
    _name = "bench.order"
    _description = "HubSpot Order"
    _rec_name = "remote_id"

    order_id = fields.Many2one("sale.order", required=True, ondelete="cascade")
    remote_id = fields.Char(required=True)

    _order_unique = models.UniqueIndex("(order_id)")
