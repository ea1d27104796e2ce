"""The link between a partner and its HubSpot contact."""

from odoo import fields, models


class BenchContact(models.Model):
    _name = "bench.contact"
    _description = "HubSpot Contact"
    _rec_name = "remote_id"

    partner_id = fields.Many2one("res.partner", required=True, ondelete="cascade")
    remote_id = fields.Char(required=True)

    _partner_unique = models.UniqueIndex("(partner_id)")
