"""Compare a connector's mapping with the provider's defaults, and apply selected defaults."""

from odoo import api, fields, models

from ..models.outbox.names import action_dialog

KINDS = [
    ("new", "New default"),
    ("theirs", "Default changed"),
    ("both", "Default changed, and changed by you"),
    ("yours", "Changed by you"),
    ("removed", "Removed by you"),
    ("obsolete", "No longer a default"),
]
FROM_DEFAULTS = ("new", "theirs")


class RetailFieldMapComparison(models.TransientModel):
    _name = "retail.field.map.comparison"
    _description = "Mapping Comparison"
    _inherit = ["retail.checked"]

    connector_id = fields.Many2one(
        "retail.connector", required=True, readonly=True, ondelete="cascade", index=True
    )
    line_ids = fields.One2many("retail.field.map.comparison.line", "comparison_id", "Differences")
    news_count = fields.Integer("New Defaults", compute="_compute_news_count")

    def _compute_display_name(self):
        self.display_name = self.env._("Comparison")

    @api.depends("line_ids.kind")
    def _compute_news_count(self):
        for comparison in self:
            comparison.news_count = len(comparison.line_ids.filtered(lambda line: line.kind in FROM_DEFAULTS))

    @api.model
    def _open(self, connector):
        """Return the action that shows a new comparison."""
        connector.check_access("write")
        # As the superuser, as below: what is compared is read-only for users.
        comparison = self.sudo().create({"connector_id": connector.id}).with_env(self.env)
        comparison._compare()
        return comparison._reopen()

    def action_take_over_news(self):
        """Apply new and changed defaults, except to lines that you changed."""
        self.ensure_one()
        self.line_ids.filtered(lambda line: line.kind in FROM_DEFAULTS)._take_over()
        self._compare()
        return self._reopen()

    def _compare(self):
        field_maps = self.env["retail.field.map"]
        order = [kind for kind, _label in KINDS]
        differences = sorted(self.connector_id._differences(), key=lambda each: order.index(each[0]))
        self.line_ids.unlink()
        # As the superuser: read-only for users.
        self.line_ids.sudo().create(
            [
                {
                    "comparison_id": self.id,
                    "kind": kind,
                    "default_key": default.key if default else False,
                    "field_map_id": line.id,
                    "object_name": self.connector_id._object_value(default.object)
                    if default
                    else line.object_name,
                    "remote_property": default.property if default else line.remote_property,
                    "default_text": field_maps._describe(default) if default else False,
                    "own_text": self._own_text(line, default) if line else False,
                }
                for kind, default, line in differences
            ]
        )

    def _own_text(self, line, default):
        text = self.env["retail.field.map"]._describe(line._as_line())
        if default and line.remote_property != default.property:
            text = f"{line.remote_property}: {text}"
        return text if line.active else self.env._("%(line)s (off)", line=text)

    def _reopen(self):
        return action_dialog(self, self.env._("Compare with the Defaults"))


class RetailFieldMapComparisonLine(models.TransientModel):
    _name = "retail.field.map.comparison.line"
    _description = "Mapping Comparison Line"
    _inherit = ["retail.checked"]
    _order = "id"

    comparison_id = fields.Many2one(
        "retail.field.map.comparison", required=True, ondelete="cascade", index=True
    )
    kind = fields.Selection(KINDS, "Difference", readonly=True)
    default_key = fields.Char(readonly=True)
    field_map_id = fields.Many2one(
        "retail.field.map", readonly=True, ondelete="cascade", index="btree_not_null"
    )
    object_name = fields.Selection("_selection_object", "Object", readonly=True)
    remote_property = fields.Char(readonly=True)
    default_text = fields.Char("Default", readonly=True)
    own_text = fields.Char("This Connector", readonly=True)

    @api.model
    def _selection_object(self):
        return self.env["retail.field.map"]._selection_object()

    def action_take_over(self):
        """Apply the default to the line."""
        self.ensure_one()
        comparison = self.comparison_id
        self._take_over()
        comparison._compare()
        return comparison._reopen()

    def _take_over(self):
        for line in self:
            connector = line.comparison_id.connector_id
            connector.check_access("write")
            defaults = {each.key: each for each in connector._get_provider().default_field_maps}
            if line.default_key in defaults:
                connector._take_over(defaults[line.default_key])
            else:
                line.field_map_id.unlink()


class RetailConnector(models.Model):
    _inherit = "retail.connector"

    def action_compare_field_maps(self):
        """Show how the lines differ from the provider's defaults."""
        self.ensure_one()
        return self.env["retail.field.map.comparison"]._open(self)
