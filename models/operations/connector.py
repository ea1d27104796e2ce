"""A connector's counters (waiting, delivered, failed) and the lists behind them."""

from markupsafe import Markup

from odoo import api, fields, models


class RetailConnector(models.Model):
    _inherit = "retail.connector"

    waiting_count = fields.Integer("Waiting", compute="_compute_counts")
    delivered_today_count = fields.Integer("Delivered Today", compute="_compute_counts")
    dead_count = fields.Integer("Failed", compute="_compute_counts")

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_counts(self):
        counts = self.env["retail.delivery"]._count_by_connector(self)
        for connector in self:
            waiting, delivered_today, dead = counts.get(connector.id, (0, 0, 0))
            connector.waiting_count = waiting
            connector.delivered_today_count = delivered_today
            connector.dead_count = dead

    @api.model
    def get_empty_list_help(self, help_message):
        """Return the text of an empty list. Who may create no connector is not asked to."""
        # The other way: Odoo asks as the superuser, but it is the user who may create one or not.
        if self.sudo(False).has_access("create"):
            return super().get_empty_list_help(help_message)
        title = self.env._("No connectors of your company")
        text = self.env._(
            "A connector of the parent company may send the records of its branches. What is sent is listed under"
            " Outgoing Events."
        )
        return Markup('<p class="o_view_nocontent_smiling_face">%s</p><p>%s</p>') % (title, text)

    # -- actions -----------------------------------------------------------------------------------

    def action_view_waiting(self):
        return self._action_deliveries({"search_default_waiting": 1})

    def action_view_delivered_today(self):
        return self._action_deliveries({"search_default_delivered_today": 1})

    def action_view_dead(self):
        """Open the connector's failed deliveries, grouped by cause."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("retail_hub.action_retail_error_group")
        return {**action, "domain": [("connector_id", "=", self.id)]}

    def _action_deliveries(self, context):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("retail_hub.action_retail_delivery")
        return {**action, "domain": [("connector_id", "=", self.id)], "context": context}
