"""The outbound side of a connector: flows, call limits, circuit breaker, and waking its lanes."""

from dataclasses import replace
from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import SQL

from ...connectors.record_adapter import RecordAdapter
from ...core.const import SENDING_LANES
from ...schemas import EVENT_TYPES


class Gate(NamedTuple):
    """Whether a connector may send now.

    :param throttled_seconds: seconds until the remote accepts calls again; 0 if it does now
    :param probe_seconds: seconds until the next probe of an open circuit is due; 0 if it is due
    :param has_limits: calls must be reserved from call limits
    """

    is_started: bool
    throttled_seconds: float
    is_circuit_open: bool
    probe_seconds: float
    has_limits: bool


class RetailConnector(models.Model):
    _inherit = "retail.connector"

    flow_ids = fields.One2many("retail.flow", "connector_id", "Flows", context={"active_test": False})
    max_drains = fields.Integer(
        "Workers per Lane",
        default=2,
        required=True,
        help="How many workers may send to this system at the same time, per lane. A slow system never holds more than"
        " one of them while another connector needs it.",
    )
    parallel_calls = fields.Integer(
        "Parallel Calls per Worker",
        default=8,
        required=True,
        help="How many calls at most are made at the same time by one worker. Updates to one record always arrive in"
        " order. Lower it if the receiver cannot keep up.",
    )
    max_parallel_calls = fields.Integer(
        "Parallel Calls in Total",
        compute="_compute_max_parallel_calls",
        help="How many calls at most are made at the same time to send events: those of all workers of both lanes,"
        " realtime and bulk.",
    )
    sends_one_per_call = fields.Boolean(compute="_compute_sends_one_per_call")
    circuit_ids = fields.One2many("retail.circuit", "connector_id", "Circuit Breaker")
    is_circuit_open = fields.Boolean("Does Not Answer", compute="_compute_circuit")
    circuit_reason = fields.Char(compute="_compute_circuit")
    circuit_opened_at = fields.Datetime("Since", compute="_compute_circuit")
    next_probe_at = fields.Datetime("Next Attempt", compute="_compute_circuit")
    realtime_reserve = fields.Integer(
        "Realtime Reserve (%)",
        default=20,
        required=True,
        help="The share of each limit that bulk work leaves to realtime work.",
    )
    quota_ids = fields.One2many("retail.quota", "connector_id", "Call Limits")
    throttled_until = fields.Datetime(
        readonly=True, copy=False, help="The remote system asked to wait until then."
    )
    is_throttled = fields.Boolean(compute="_compute_is_throttled")
    _max_drains_range = models.Constraint(
        "CHECK (max_drains BETWEEN 1 AND 4)", "Workers per lane must be between 1 and 4."
    )
    _parallel_calls_range = models.Constraint(
        "CHECK (parallel_calls BETWEEN 1 AND 64)", "Parallel calls per worker must be between 1 and 64."
    )
    _reserve_is_percentage = models.Constraint(
        "CHECK (realtime_reserve BETWEEN 0 AND 90)", "The realtime reserve must be between 0 and 90 percent."
    )

    @api.depends("provider")
    def _compute_sends_one_per_call(self):
        for connector in self:
            provider = connector._get_provider()
            connector.sends_one_per_call = bool(provider) and issubclass(provider.adapter, RecordAdapter)

    @api.depends("parallel_calls", "max_drains")
    def _compute_max_parallel_calls(self):
        for connector in self:
            connector.max_parallel_calls = (
                connector.parallel_calls * connector.max_drains * len(SENDING_LANES)
            )

    @api.depends("circuit_ids.is_open", "circuit_ids.reason", "circuit_ids.next_probe_at")
    def _compute_circuit(self):
        for connector in self:
            circuit = connector.circuit_ids
            connector.is_circuit_open = circuit.is_open
            connector.circuit_reason = circuit.reason
            connector.circuit_opened_at = circuit.opened_at
            connector.next_probe_at = circuit.next_probe_at

    @api.depends("throttled_until")
    def _compute_is_throttled(self):
        for connector in self:
            connector.is_throttled = connector._throttled_seconds() > 0

    @api.constrains("company_id")
    def _check_flow_owners(self):
        self.flow_ids._check_owner()

    # -- CRUD --------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        connectors = super().create(vals_list)
        connectors._add_default_flows()
        self.env["retail.quota"]._apply_plan(connectors.filtered(lambda connector: not connector.quota_ids))
        return connectors

    def write(self, vals):
        if {"active", "state", "company_id"} & vals.keys():
            self.env.registry.clear_cache()
        result = super().write(vals)
        if {"provider", "plan"} & vals.keys():
            self.env["retail.quota"]._apply_plan(self)
        return result

    def _add_default_flows(self):
        for connector in self.filtered(lambda connector: not connector.flow_ids):
            provider = connector._get_provider()
            initial = provider.initial_event_types
            on = provider.event_types - provider.optional_event_types if initial is None else initial
            connector._add_flows([name for name in EVENT_TYPES if name in provider.event_types], on)

    def _add_flows(self, names, on):
        """Add a flow for each event type, with its default settings.

        :param names: of event types
        :param on: the names of those whose flow is active
        """
        self.flow_ids.create(
            [
                {
                    "connector_id": self.id,
                    "event_type": name,
                    "active": name in on,
                    "domain": self.env[EVENT_TYPES[name].model]._retail_default_domain(),
                }
                for name in names
            ]
        )

    # -- actions -----------------------------------------------------------------------------------

    def action_activate(self):
        result = super().action_activate()
        self.sudo().throttled_until = False  # read-only for users
        self.env["retail.wake"]._wake_connectors(self)
        return result

    # -- business methods --------------------------------------------------------------------------

    def _adapter_settings(self):
        return replace(super()._adapter_settings(), parallel_calls=self.parallel_calls)

    def _hold_back(self, deliveries):
        """Hook: decide those deliveries that cannot be sent now, or must not be sent any more.

        :param deliveries: a list of :class:`~.outgoing.OutgoingDelivery`, with payloads where they could be built
        """

    def _wanted_event_types(self):
        """Return the set of event types with an active flow."""
        return set(self.flow_ids.filtered("active").mapped("event_type"))

    def _gate(self):
        """Return the connector's current :class:`Gate`, read by one statement."""
        self.flush_recordset()
        self.env["retail.circuit"].flush_model()
        self.env["retail.quota"].flush_model()
        [row] = self.env.execute_query(
            SQL(
                """
                SELECT c.active AND c.state = 'active',
                       GREATEST(extract(epoch FROM c.throttled_until - t.now), 0)::float,
                       o.id IS NOT NULL,
                       GREATEST(extract(epoch FROM o.next_probe_at - t.now), 0)::float,
                       EXISTS (SELECT FROM retail_quota q WHERE q.connector_id = c.id)
                  FROM retail_connector c
            CROSS JOIN (SELECT clock_timestamp() AT TIME ZONE 'UTC' AS now) t
             LEFT JOIN retail_circuit o ON o.connector_id = c.id AND o.is_open
                 WHERE c.id = %s
                """,
                self.id,
            )
        )
        return Gate(*row)

    def _throttled_seconds(self):
        """Return the seconds until the remote accepts calls again; 0 if it does now.

        The database's clock counts, because the clocks of the hosts may differ.
        """
        if not self.throttled_until:
            return 0.0
        [(seconds,)] = self.env.execute_query(
            SQL(
                "SELECT extract(epoch FROM %s - clock_timestamp() AT TIME ZONE 'UTC')::float",
                self.throttled_until,
            )
        )
        return max(seconds, 0.0)

    def _throttle(self, seconds):
        """Make no call for this many seconds, as the remote requested."""
        [(self.throttled_until,)] = self.env.execute_query(
            SQL("SELECT clock_timestamp() AT TIME ZONE 'UTC' + make_interval(secs => %s)", seconds)
        )
