"""Samples: an admin sends examples of events to a remote system, and sees what it says of each."""

import json

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from ..connectors.base import Sampler
from ..connectors.samples import TOTAL_SECONDS, send_samples
from ..core.const import Lane
from ..core.errors import OUT_OF_TIME, OWN_LIMIT, QuotaError
from ..models.outbox.names import action_dialog, event_type_selection
from ..schemas import EVENT_TYPES
from ..schemas.examples import EXAMPLES

ACCEPTED, REFUSED, NOT_SENT = "accepted", "refused", "not_sent"
SHOWN_FIRST = (REFUSED, NOT_SENT, ACCEPTED)


class RetailSample(models.TransientModel):
    _name = "retail.sample"
    _description = "Send Samples"
    _inherit = ["retail.checked"]

    connector_id = fields.Many2one(
        "retail.connector", required=True, readonly=True, ondelete="cascade", index=True
    )
    scope = fields.Selection(
        [("flows", "All event types that are switched on"), ("one", "One event type")],
        "Send",
        required=True,
        default="flows",
    )
    event_type = fields.Selection(event_type_selection, default="order.placed")
    event_type_choices = fields.Json(compute="_compute_event_type_choices")
    flow_count = fields.Integer(compute="_compute_event_type_choices")
    content = fields.Text(compute="_compute_content", help="The content of the sample.")
    result_ids = fields.One2many("retail.sample.result", "sample_id", "Results", readonly=True)
    accepted_count = fields.Integer(compute="_compute_counts")
    total_count = fields.Integer(compute="_compute_counts")

    def _compute_display_name(self):
        for sample in self:
            sample.display_name = self.env._("Send samples to %(name)s", name=sample.connector_id.name)

    @api.depends("connector_id")
    def _compute_event_type_choices(self):
        for sample in self:
            sample.event_type_choices = sample._supported()
            sample.flow_count = len(sample._switched_on())

    @api.depends("event_type")
    def _compute_content(self):
        for sample in self:
            example = EXAMPLES.get(sample.event_type)
            sample.content = example and json.dumps(example.data.canonical(), indent=2, ensure_ascii=False)

    @api.depends("result_ids.status")
    def _compute_counts(self):
        for sample in self:
            sample.total_count = len(sample.result_ids)
            sample.accepted_count = len(sample.result_ids.filtered(lambda each: each.status == ACCEPTED))

    # -- actions -----------------------------------------------------------------------------------

    @api.model
    def _open(self, connector):
        """Return the action that shows a new window, to send samples by a connector."""
        connector.check_access("write")
        # As the superuser: the connector is read-only for users.
        sample = self.sudo().create({"connector_id": connector.id}).with_env(self.env)
        if not sample.flow_count:
            sample.scope = "one"
        return sample._reopen()

    def action_send(self):
        """Send the chosen samples, and show what came of each."""
        self.ensure_one()
        connector = self.connector_id
        connector.check_access("write")  # a client may have chosen it
        names = self._chosen()
        connector._check_may_send_samples()
        found = send_samples(connector._sample_connection(), names)
        # As the superuser: results are read-only for users.
        self.sudo().result_ids = [
            fields.Command.clear(),
            *(fields.Command.create(values) for values in self._values(found)),
        ]
        return self._reopen()

    # -- helpers -----------------------------------------------------------------------------------

    def _supported(self):
        """Return the event types of which the connector's provider takes samples."""
        provider = self.connector_id._get_provider()
        return [name for name in EVENT_TYPES if name in EXAMPLES and name in provider.event_types]

    def _switched_on(self):
        wanted = self.connector_id._wanted_event_types()
        return [name for name in self._supported() if name in wanted]

    def _chosen(self):
        if self.scope == "flows":
            if names := self._switched_on():
                return names
            raise UserError(
                self.env._(
                    "No flow of %(name)s is switched on. Choose one event type.", name=self.connector_id.name
                )
            )
        if self.event_type not in self._supported():
            raise UserError(
                self.env._("Choose an event type that %(name)s accepts.", name=self.connector_id.name)
            )
        return [self.event_type]

    def _values(self, found):
        """Return the values of the lines that show a list of :class:`~..connectors.samples.SampleResult`.

        What failed comes first: among thirty lines, nobody should look for it.
        """
        failures = {each.error.message for each in found if each.error and each.error.is_sent}
        return [
            {
                "event_type": each.event_type,
                "status": _status(each.error),
                "http_status": each.http_status if _status(each.error) != NOT_SENT else False,
                "milliseconds": each.milliseconds,
                "message": each.error and self._message(each.error, failures),
            }
            for each in sorted(found, key=lambda each: SHOWN_FIRST.index(_status(each.error)))
        ]

    def _message(self, error, failures):
        if error.is_sent:
            return error.message
        if error.code == OUT_OF_TIME:
            return self.env._(
                "Not sent, because the samples before took more than %(seconds)s s.",
                seconds=round(TOTAL_SECONDS),
            )
        if error.message in failures:
            return self.env._("It would fail for the same reason as one above.")
        return error.message

    def _reopen(self):
        return action_dialog(self, self.display_name)


def _status(error):
    if error is None:
        return ACCEPTED
    return REFUSED if error.is_sent else NOT_SENT


class RetailSampleResult(models.TransientModel):
    _name = "retail.sample.result"
    _description = "Result of a Sample"
    _inherit = ["retail.checked"]

    sample_id = fields.Many2one("retail.sample", required=True, readonly=True, ondelete="cascade", index=True)
    event_type = fields.Selection(event_type_selection, required=True, readonly=True)
    status = fields.Selection(
        [(ACCEPTED, "Accepted"), (REFUSED, "Failed"), (NOT_SENT, "Not Sent")],
        "Result",
        required=True,
        readonly=True,
    )
    http_status = fields.Integer("HTTP Status", readonly=True)
    milliseconds = fields.Integer("Time (ms)", readonly=True)
    message = fields.Text("Response", readonly=True)


class RetailConnector(models.Model):
    _inherit = "retail.connector"

    can_send_samples = fields.Boolean(compute="_compute_can_send_samples")

    @api.depends("provider")
    def _compute_can_send_samples(self):
        for connector in self:
            provider = connector._get_provider()
            connector.can_send_samples = bool(provider and issubclass(provider.adapter, Sampler))

    def action_send_samples(self):
        """Choose samples to send."""
        self.ensure_one()
        return self.env["retail.sample"]._open(self)

    def _check_may_send_samples(self):
        """Refuse to send while the remote has asked to wait, or if it cannot tell a sample from a real event.

        An outage is no reason: whether it goes on is what a sample shows.

        :raise UserError: for one of these reasons
        """
        if not self.can_send_samples:
            raise UserError(self.env._("%(name)s takes no samples.", name=self.name))
        if self.is_throttled:
            until = format_datetime(self.env, self.throttled_until, dt_format="short")
            raise UserError(
                self.env._(
                    "%(name)s asked to wait until %(time)s. Send the samples afterwards.",
                    name=self.name,
                    time=until,
                )
            )

    def _sample_connection(self):
        """Return the connection for samples: one call at a time, since samples of one record have an order.

        The calls count against the connector's limits. What comes of them changes nothing else: they neither open nor
        close the circuit, and stop no connector.
        """
        connection = self._connection(parallel_calls=1)
        if self.quota_ids:
            connection.http.before_call = self._count_sample
        return connection

    def _count_sample(self):
        """Count a call in a transaction of its own: drains must not wait for the user's, which is longer.

        :raise QuotaError: no call is left
        """
        with self._own_transaction() as connector:
            seconds = connector.env["retail.quota"]._take(connector, Lane.REALTIME)
        if seconds:
            message = self.env._("The call limit of this connector is reached.")
            raise QuotaError(message, code=OWN_LIMIT, retry_after=seconds)
