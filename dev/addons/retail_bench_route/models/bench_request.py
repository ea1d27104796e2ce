"""What the bare route has stored."""

from odoo import fields, models


class BenchRequest(models.Model):
    _name = "bench.request"
    _description = "Stored Request"
    _log_access = False
    _rec_name = "id"

    body = fields.Text(readonly=True)
