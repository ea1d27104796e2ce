"""Scopes: what an API client may do."""

from odoo import fields, models


class RetailApiScope(models.Model):
    _name = "retail.api.scope"
    _description = "API Scope"
    _inherit = ["retail.checked"]
    _order = "sequence, id"
    _log_access = False

    name = fields.Char("Scope", required=True, readonly=True)
    label = fields.Char(required=True, readonly=True, translate=True)
    sequence = fields.Integer(readonly=True)
    group_ids = fields.Many2many(
        "res.groups", readonly=True, help="What the client's user needs for what the scope allows."
    )

    _name_unique = models.UniqueIndex("(name)")

    def _compute_display_name(self):
        for scope in self:
            scope.display_name = f"{scope.name}: {scope.label}"
