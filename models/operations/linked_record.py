"""A connector's linked records: which Odoo record is which record of the remote system."""

from odoo import api, fields, models

from ..outbox.names import action_open, model_label, readable, record_names
from .remote_page import open_page


class RetailBinding(models.Model):
    _inherit = "retail.binding"

    record_name = fields.Char("Name", compute="_compute_record_name")
    model_name = fields.Char("Kind", compute="_compute_model_name")
    can_open_record = fields.Boolean(compute="_compute_can_open_record")
    remote_url = fields.Char("Page in the Remote System", compute="_compute_remote_url")

    @api.depends("res_model", "res_id")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_record_name(self):
        names = record_names(self.env, ((each.res_model, each.res_id) for each in self))
        for binding in self:
            binding.record_name = names[binding.res_model, binding.res_id]

    @api.depends("res_model")
    @api.depends_context("lang")
    def _compute_model_name(self):
        for binding in self:
            binding.model_name = model_label(self.env, binding.res_model)

    @api.depends("res_model", "res_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_can_open_record(self):
        for binding in self:
            binding.can_open_record = bool(readable(self.env, binding.res_model, binding.res_id))

    @api.depends("connector_id", "remote_object", "remote_id")
    def _compute_remote_url(self):
        for binding in self:
            connector = binding.connector_id
            binding.remote_url = connector._remote_page(binding.remote_object or "", binding.remote_id)

    def action_open_record(self):
        """Open the Odoo record."""
        self.ensure_one()
        return action_open(self.env, self.res_model, self.res_id)

    def action_open_remote(self):
        """Open the record's page in the remote system."""
        self.ensure_one()
        return open_page(self)


class RetailConnector(models.Model):
    _inherit = "retail.connector"

    def action_view_linked_records(self):
        """Open the connector's linked records."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("retail_hub.action_retail_binding")
        return {**action, "domain": [("connector_id", "=", self.id)], "context": {}}
