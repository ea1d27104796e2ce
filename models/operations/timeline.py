"""The timeline of a business process: its events in order, their status with each connector, and their causes."""

import json
from collections import Counter

from pydantic import ValidationError

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...core.const import ARRIVED_STATES, CLAIMABLE_STATES, State
from ...core.redaction import redact
from ...schemas import EVENT_TYPES
from ..outbox.name_search import matching_records, record_domain, searched_text
from ..outbox.names import model_label, parse_reference, readable, record_names
from ..outbox.status_sql import BLOCKED, CORRECTED

SEE_PERSONAL_DATA = "retail_hub.group_personal_data"


class RetailEvent(models.Model):
    _inherit = "retail.event"

    payload = fields.Json(groups=SEE_PERSONAL_DATA)
    details = fields.Json(groups=SEE_PERSONAL_DATA)
    # As the superuser: the content is closed to most users, who see it masked here; the user decides, see the compute.
    shown_payload = fields.Text("Content", compute="_compute_shown", compute_sudo=True)
    # As the superuser, for the same reason.
    shown_details = fields.Text("Details Saved with the Event", compute="_compute_shown", compute_sudo=True)
    # As the superuser, since it is computed together with them.
    is_masked = fields.Boolean(compute="_compute_shown", compute_sudo=True)
    process_name = fields.Char("Process", compute="_compute_process_name", search="_search_process_name")
    record_name = fields.Char(compute="_compute_record_name", search="_search_record_name")
    can_open_record = fields.Boolean(compute="_compute_can_open_record")
    model_label = fields.Char("Kind of Record", compute="_compute_model_label")
    standing = fields.Selection(
        [
            ("failed", "Failed"),
            ("blocked", "Blocked"),
            ("waiting", "Waiting"),
            ("delivered", "Delivered"),
            ("none", "Not sent"),
        ],
        compute="_compute_standing",
        help="The worst state over all connectors.",
    )
    delivery_badges = fields.Json("Connectors", compute="_compute_standing")
    problem = fields.Text(compute="_compute_standing")
    caused_by_id = fields.Many2one("retail.event", "Caused by", compute="_compute_caused_by_id")
    caused_ids = fields.Many2many("retail.event", string="Resulting Events", compute="_compute_caused_ids")

    _causation_idx = models.Index("(causation_id) WHERE causation_id IS NOT NULL")

    @api.depends("payload", "details")
    @api.depends_context("uid")
    def _compute_shown(self):
        is_masked = not self.env.user.has_group(SEE_PERSONAL_DATA)
        mask = redact if is_masked else lambda value: value
        for event in self:
            event.is_masked = is_masked
            event.shown_payload = _indented(mask(event._ordered_payload())) if event.payload else False
            event.shown_details = _indented(mask(event.details)) if event.details else False

    def _ordered_payload(self):
        """Return the payload in the order of its schema: the database does not preserve the order of keys."""
        schema = EVENT_TYPES[self.event_type].schema
        try:
            return schema.model_validate(self.payload).canonical()
        except ValidationError:  # an event of another version or another addon
            return self.payload

    @api.depends("correlation_id")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_process_name(self):
        references = {event: parse_reference(event.correlation_id) for event in self}
        names = record_names(self.env, filter(None, references.values()))
        for event, reference in references.items():
            event.process_name = names[reference] if reference else event.correlation_id

    def _search_process_name(self, operator, value):
        """Find processes by the name of the record where they begin."""
        found = matching_records(self.env, operator, value)
        if found is NotImplemented:
            return found
        return Domain(
            "correlation_id", "in", [f"{records._name},{each}" for records in found for each in records.ids]
        )

    def _search_record_name(self, operator, value):
        found = record_domain(self.env, operator, value)
        if found is NotImplemented:
            return found
        return found | Domain("kept_name", operator, searched_text(operator, value))

    @api.depends("res_model")
    @api.depends_context("lang")
    def _compute_model_label(self):
        for event in self:
            event.model_label = model_label(self.env, event.res_model)

    @api.depends("res_model", "res_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_can_open_record(self):
        for event in self:
            event.can_open_record = bool(readable(self.env, event.res_model, event.res_id))

    def _web_read_group_groupby_formatter(self, groupby_spec, values):
        """Show processes and models by their names. The groups are by what is stored."""
        formatter = super()._web_read_group_groupby_formatter(groupby_spec, values)
        labels = self._group_labels(groupby_spec, values)
        if not labels:
            return formatter

        def named(value):
            _value, domain = formatter(value)
            return labels.get(value, value), domain

        return named

    def _group_labels(self, groupby_spec, values):
        values = [value for value in values if value]
        if groupby_spec == "res_model":
            return {value: model_label(self.env, value) for value in values}
        if groupby_spec != "correlation_id":
            return {}
        references = {value: parse_reference(value) for value in values}
        names = record_names(self.env, filter(None, references.values()))
        same = Counter(names.values())
        return {
            value: names[reference]
            if same[names[reference]] == 1
            else f"{names[reference]} (#{reference[1]})"
            for value, reference in references.items()
            if reference
        }

    @api.depends("res_model", "res_id")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_record_name(self):
        names = record_names(self.env, ((event.res_model, event.res_id) for event in self))
        for event in self:
            event.record_name = names[event.res_model, event.res_id]

    def _compute_standing(self):
        labels = dict(self.env["retail.delivery"]._fields["status"]._description_selection(self.env))
        holds = self.delivery_ids._holds()
        for event in self:
            # The last one per connector: it may have been replayed.
            last = {each.connector_id: each for each in event.delivery_ids.sorted("id")}
            deliveries = event.delivery_ids.browse(each.id for each in last.values())
            event.standing = deliveries._standing()
            event.delivery_badges = [
                each._badge(labels, holds) for each in deliveries.sorted(lambda each: each._system())
            ]
            event.problem = event._problem(deliveries)

    def _problem(self, deliveries):
        failures = [
            self.env._("%(connector)s: %(error)s", connector=each._system().name, error=trouble)
            for each in deliveries
            if (trouble := each._trouble())
        ]
        if not failures and self.payload_error:
            failures = [self.env._("The content could not be read: %(error)s", error=self.payload_error)]
        return "\n".join(failures) or False

    @api.depends("causation_id")
    def _compute_caused_by_id(self):
        causes = self.search([("uuid", "in", [event.causation_id for event in self if event.causation_id])])
        by_uuid = {cause.uuid: cause for cause in causes}
        for event in self:
            event.caused_by_id = by_uuid.get(event.causation_id, False)

    def _compute_caused_ids(self):
        caused = self.search([("causation_id", "in", self.mapped("uuid"))], order="id").grouped(
            "causation_id"
        )
        for event in self:
            event.caused_ids = caused.get(event.uuid, False)

    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        """Sort events of the same second in the order in which they were captured.

        Many business times are stored to the second: comparing them with the fractions of others would show a return as
        received before it was initiated.
        """
        order = super()._order_field_to_sql(alias, field_name, direction, nulls, query)
        if field_name != "occurred_at" or not self.env.context.get("retail_timeline"):
            return order
        return SQL("date_trunc('second', %s) %s", self._field_to_sql(alias, field_name, query), direction)

    # -- actions -----------------------------------------------------------------------------------

    def action_timeline(self):
        """Show all events of this event's business process."""
        self.ensure_one()
        return self._action_timeline(self.process_name, Domain("correlation_id", "=", self.correlation_id))

    @api.model
    def _action_timeline(self, name, domain):
        action = self.env["ir.actions.act_window"]._for_xml_id("retail_hub.action_retail_timeline")
        title = self.env._("Timeline of %(record)s", record=name)
        return {
            **action,
            "name": title,
            "display_name": title,
            "domain": list(domain),
            "context": {"retail_timeline": True},
        }


class RetailDelivery(models.Model):
    _inherit = "retail.delivery"

    record_name = fields.Char(search="_search_record_name")

    def _search_record_name(self, operator, value):
        found = record_domain(self.env, operator, value)
        if found is NotImplemented:
            return found
        return found | Domain("event_id.kept_name", operator, searched_text(operator, value))

    def _standing(self):
        """Return the status of an event with these deliveries: the worst of them."""
        states = set(self.mapped("status"))
        if State.DEAD in states:
            return "failed"
        if BLOCKED in states:
            return "blocked"
        if CORRECTED in states or states & {State.IN_FLIGHT, *CLAIMABLE_STATES}:
            return "waiting"
        return "delivered" if states & {*ARRIVED_STATES} else "none"

    def _trouble(self):
        """Return the error that keeps it from being delivered; "" if there is none."""
        return self._why_blocked() if self.blocked_by_id else self.shown_error or ""

    def _badge(self, labels, holds):
        """Return what the screen shows of a delivery (a dict of JSON values).

        :param labels: ``{status: label}``
        :param holds: as :meth:`_holds` returns it
        """
        since = self.finished_at or self.queued_at
        return {
            "id": self.id,
            "connector": self._system().name,
            "state": self.status,
            "label": labels[self.status],
            "since": fields.Datetime.to_string(since),
            "next_attempt_at": fields.Datetime.to_string(self.planned_attempt_at),
            "attempts": self.attempts,
            "error": self._trouble()
            or (self._why_lane_is_held(holds) if self.state in CLAIMABLE_STATES else ""),
        }


def _indented(value):
    return json.dumps(value, indent=2, ensure_ascii=False)
