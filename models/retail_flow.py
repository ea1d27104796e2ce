"""Flows: which connector wants which event, how soon, and in which lane."""

from ast import literal_eval
from collections import namedtuple

from odoo import api, fields, models, tools
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..const import Lane
from ..schemas import EVENT_TYPES

Route = namedtuple("Route", "flow_id event_type connector_id company_id lane window_seconds")


class RetailFlow(models.Model):
    _name = "retail.flow"
    _description = "Retail Flow"
    _order = "connector_id, sequence, id"
    _check_company_auto = True

    connector_id = fields.Many2one("retail.connector", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="connector_id.company_id", store=True, index=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    event_type = fields.Selection("_selection_event_type", required=True)
    res_model = fields.Char("Model", compute="_compute_res_model")
    mode = fields.Selection(
        [("realtime", "Realtime"), ("micro_batch", "Micro-batch")],
        default="realtime",
        required=True,
        help="Realtime: within seconds of the change. Micro-batch: collected for the length of the window.",
    )
    window_seconds = fields.Integer(
        "Window (s)",
        compute="_compute_window_seconds",
        precompute=True,
        store=True,
        readonly=False,
        help="How long changes are collected, so that many edits of one record make one call.",
    )
    lane = fields.Selection(
        [(Lane.REALTIME.value, "Realtime"), (Lane.BULK.value, "Bulk")],
        compute="_compute_lane",
        precompute=True,
        store=True,
        readonly=False,
        required=True,
        help="Bulk work never delays realtime work.",
    )
    domain = fields.Char(
        "Only Records",
        default="[]",
        help="Records outside this filter are not sent. It is applied when the record is sent.",
    )
    key_property = fields.Char(
        "Key",
        compute="_compute_keys",
        precompute=True,
        store=True,
        readonly=False,
        help="Remote property by which a record that was never sent before is found.",
    )
    fallback_key_property = fields.Char(
        "Fallback Key",
        compute="_compute_keys",
        precompute=True,
        store=True,
        readonly=False,
        help="Remote property, with unique values, that identifies records which have no value for the key."
        " It receives the Odoo id. Without it, such records end as dead deliveries.",
    )
    owner_id = fields.Many2one(
        "res.users",
        domain="[('share', '=', False)]",
        help="Who looks after what cannot be delivered. Empty: the connector's responsible.",
    )

    _event_unique = models.UniqueIndex(
        "(connector_id, event_type)", "This connector already has a flow for this event."
    )

    @api.model
    def _selection_event_type(self):
        return self.env["retail.event"]._selection_event_type()

    @api.depends("event_type", "connector_id")
    def _compute_display_name(self):
        labels = dict(self._selection_event_type())
        for flow in self:
            flow.display_name = f"{flow.connector_id.name or ''}: {labels.get(flow.event_type, '')}"

    @api.depends("event_type")
    def _compute_res_model(self):
        for flow in self:
            flow.res_model = EVENT_TYPES[flow.event_type].model if flow.event_type else False

    @api.depends("mode")
    def _compute_window_seconds(self):
        for flow in self:
            company = flow.company_id or self.env.company
            is_realtime = flow.mode == "realtime"
            flow.window_seconds = (
                company.retail_realtime_window if is_realtime else company.retail_micro_batch_window
            )

    @api.depends("mode")
    def _compute_lane(self):
        for flow in self:
            flow.lane = Lane.REALTIME.value if flow.mode == "realtime" else flow.lane or Lane.REALTIME.value

    @api.depends("connector_id.provider")
    def _compute_keys(self):
        for flow in self:
            adapter_class = flow.connector_id._get_adapter_class()
            keys = adapter_class.default_keys if adapter_class else None
            flow.key_property = flow.key_property or (keys.primary if keys else False)
            flow.fallback_key_property = flow.fallback_key_property or (keys.fallback if keys else False)

    @api.constrains("window_seconds")
    def _check_window_seconds(self):
        if any(flow.window_seconds < 0 or flow.window_seconds > 86400 for flow in self):
            raise ValidationError(self.env._("A window is between 0 seconds and one day (86400 seconds)."))

    @api.constrains("domain")
    def _check_domain(self):
        for flow in self:
            try:
                Domain(flow._parse_domain()).validate(self.env[flow.res_model])
            except (ValueError, SyntaxError, TypeError) as error:
                raise ValidationError(
                    self.env._(
                        "“Only Records” of %(flow)s is not a valid filter: %(error)s",
                        flow=flow.display_name,
                        error=error,
                    )
                ) from error

    def _parse_domain(self):
        self.ensure_one()
        return literal_eval(self.domain or "[]")

    def _matching(self, records):
        """Return those of ``records`` that the flow sends."""
        domain = self._parse_domain()
        return records.search([("id", "in", records.ids), *domain], order="id") if domain else records

    # -- routing -----------------------------------------------------------------------------------

    @api.model
    @tools.ormcache()
    def _routes(self):
        """Return ``{event type: tuple of Route}``: the active flows of all companies; no query once cached."""
        flows = self.sudo().search(
            [("connector_id.state", "!=", "draft"), ("connector_id.active", "=", True)], order="id"
        )
        return {
            event_type: tuple(
                Route(
                    flow.id,
                    event_type,
                    flow.connector_id.id,
                    flow.company_id.id,
                    flow.lane,
                    flow.window_seconds,
                )
                for flow in flows_of_type
            )
            for event_type, flows_of_type in flows.grouped("event_type").items()
        }

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        if {"active", "event_type", "connector_id", "mode", "lane", "window_seconds"} & vals.keys():
            self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_started(self):
        """A user's transaction may refer to it at any moment, and must not fail for that."""
        if any(flow.connector_id.state != "draft" for flow in self):
            raise UserError(
                self.env._("A flow of a connector that was activated is switched off, not deleted.")
            )
