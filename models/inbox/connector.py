"""What a connector's system asks for: its API clients and their messages."""

from odoo import api, fields, models


class RetailConnector(models.Model):
    _inherit = "retail.connector"

    api_client_ids = fields.One2many("retail.api.client", "connector_id", "API Clients")
    api_client_count = fields.Integer(compute="_compute_api_client_count")
    received_today_count = fields.Integer("Received Today", compute="_compute_received_today_count")

    @api.depends("api_client_ids")
    def _compute_api_client_count(self):
        for connector in self:
            connector.api_client_count = len(connector.api_client_ids)

    def _compute_received_today_count(self):
        domain = [("connector_id", "in", self.ids), ("received_at", ">=", "today")]
        groups = self.env["retail.message"]._read_group(domain, ["connector_id"], ["__count"])
        counts = {connector.id: count for connector, count in groups}
        for connector in self:
            connector.received_today_count = counts.get(connector.id, 0)

    def action_view_api_clients(self):
        """Open the connector's API clients: the only one, or the list."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("retail_hub.action_retail_api_client")
        domain, context = [("connector_id", "=", self.id)], {"default_connector_id": self.id}
        if len(self.api_client_ids) == 1:
            form = {"res_id": self.api_client_ids.id, "view_mode": "form", "views": [(False, "form")]}
            return {**action, **form, "context": context}
        return {**action, "domain": domain, "context": context}

    def action_view_messages(self):
        """Open what the connector's system has asked for."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("retail_hub.action_retail_message")
        context = {"search_default_received_today": 1}
        return {**action, "domain": [("connector_id", "=", self.id)], "context": context}
