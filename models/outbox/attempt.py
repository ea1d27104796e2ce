"""Attempts: one row per call for a delivery, inserted when it starts and completed once, when it ends."""

import json
import logging
import shlex

from odoo import api, fields, models
from odoo.tools import SQL

from ...tools import encryption
from .causes import error_class_selection
from .names import with_names
from .rows import as_table

_logger = logging.getLogger(__name__)

COMPUTED_HEADERS = {"content-length", "accept-encoding", "connection"}  # curl sets them itself


class RetailDeliveryAttempt(models.Model):
    _name = "retail.delivery.attempt"
    _description = "Outgoing Event Attempt"
    _inherit = ["retail.checked"]
    _order = "id desc"
    _log_access = False
    _rec_name = "number"

    delivery_id = fields.Many2one(
        "retail.delivery", required=True, readonly=True, ondelete="cascade", index=True
    )
    number = fields.Integer("#", readonly=True)
    state = fields.Selection(
        [("started", "Started"), ("succeeded", "Succeeded"), ("failed", "Failed"), ("unknown", "In doubt")],
        required=True,
        readonly=True,
    )
    is_manual = fields.Boolean("Manual", readonly=True)
    # A hash of what identifies the remote record that is about to be created.
    key = fields.Char(readonly=True, groups=fields.NO_ACCESS)
    natural_key = fields.Char(
        readonly=True,
        groups=".",  # no access: it may be personal data, and is encrypted
        help="Finds the remote record that was about to be created; kept only while the attempt is in doubt.",
    )
    started_at = fields.Datetime(readonly=True)
    duration_ms = fields.Integer("Duration (ms)", readonly=True, aggregator="avg")
    http_status = fields.Integer("HTTP Status", readonly=True, aggregator=False)
    error_class = fields.Selection(error_class_selection, readonly=True)
    error_code = fields.Char(readonly=True)
    error_message = fields.Text("Stored Error", readonly=True)
    shown_error = fields.Text(
        "Error",
        compute="_compute_shown_error",
        help="The error, with the names of the records that it mentions.",
    )
    request = fields.Text(readonly=True, help="What was sent for this record. Personal data is masked.")
    request_digests = fields.Char(
        readonly=True,
        groups=".",  # no access: only compared
        help="Keyed hashes of the refused properties, since different values may look the same when masked.",
    )
    response = fields.Text(readonly=True, help="What was received for this record. Personal data is masked.")
    calls = fields.Text(
        "Calls Made", readonly=True, help="The calls that were made. Secrets and personal data are masked."
    )
    calls_summary = fields.Text(
        "Calls", compute="_compute_calls", help="Method, address and status of each call."
    )
    headers = fields.Text(compute="_compute_calls", help="Of the first call. Secrets are masked.")
    remote_message = fields.Text(
        "Message of the Remote System",
        compute="_compute_calls",
        help="In its own words. Personal data is masked.",
    )
    curl = fields.Text(
        "Command",
        compute="_compute_calls",
        help="The call for this record alone, to repeat it by hand. Enter the token in place of ***.",
    )
    indented_request = fields.Text("Sent", compute="_compute_indented")
    indented_response = fields.Text("Received", compute="_compute_indented")

    _key_unique = models.UniqueIndex("(key) WHERE state = 'started'")

    @api.depends("error_message")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_shown_error(self):
        for attempt in self:
            attempt.shown_error = with_names(self.env, attempt.error_message)

    @api.depends("request", "response")
    def _compute_indented(self):
        for attempt in self:
            attempt.indented_request = _indented(attempt.request)
            attempt.indented_response = _indented(attempt.response)

    @api.depends("calls", "request", "state")
    def _compute_calls(self):
        for attempt in self:
            calls = json.loads(attempt.calls or "[]")
            # The call that writes comes first or after look-ups.
            main = next((call for call in calls if call["method"] != "GET"), calls[0] if calls else None)
            attempt.calls_summary = "\n".join(map(_call_line, calls)) or False
            attempt.headers = main and "\n".join(f"{name}: {text}" for name, text in main["headers"].items())
            # Of several calls, the last one was about this record alone, or about the fewest others.
            messages = [call["message"] for call in calls if call["message"]]
            attempt.remote_message = messages[-1] if messages and attempt.state != "succeeded" else False
            attempt.curl = attempt._curl(main) if main else False

    def _curl(self, call):
        """Return the command that makes a call for this record alone."""
        lines = [f"curl -X {call['method']} {shlex.quote(call['url'])}"]
        kept = {name: text for name, text in call["headers"].items() if name.lower() not in COMPUTED_HEADERS}
        lines += [f"-H {shlex.quote(f'{name}: {text}')}" for name, text in kept.items()]
        provider = self.delivery_id._system()._get_provider()
        if call["method"] != "GET" and self.request and provider:
            body = provider.adapter.request_of(call["url"], json.loads(self.request))
            lines.append(f"--data {shlex.quote(json.dumps(body, ensure_ascii=False))}")
        return " \\\n  ".join(lines)

    @api.model
    def _start(self, rows):
        """Insert one attempt per row.

        :param rows: a list of :class:`~.rows.StartedAttempt`
        :return: ``{delivery id: attempt id}``, without rows whose key another started attempt holds
        """
        if not rows:
            return {}
        secrets = encryption.encrypt_all([row.natural_key for row in rows])
        rows = [row._replace(natural_key=secret) for row, secret in zip(rows, secrets, strict=True)]
        # In the same order in all drains, so that two drains with the same keys cannot deadlock.
        rows.sort(key=lambda row: (row.key or "", row.delivery_id))
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    INSERT INTO retail_delivery_attempt
                           (delivery_id, number, is_manual, request, natural_key, key, state, started_at)
                    SELECT r.*, 'started', clock_timestamp() AT TIME ZONE 'UTC' FROM %s
                        ON CONFLICT (key) WHERE state = 'started' DO NOTHING
                 RETURNING delivery_id, id
                    """,
                    as_table(rows),
                )
            )
        )

    @api.model
    def _finish(self, rows):
        """Complete started attempts.

        :param rows: a list of :class:`~.rows.FinishedAttempt`
        """
        if not rows:
            return
        self.env.execute_query(
            SQL(
                """
                UPDATE retail_delivery_attempt a
                   SET state = r.state, http_status = r.http_status, error_class = r.error_class,
                       error_code = r.error_code, error_message = r.error_message, response = r.response,
                       request_digests = r.request_digests, calls = r.calls,
                       natural_key = CASE WHEN r.state = 'unknown' THEN a.natural_key END,
                       duration_ms = 1000 * extract(epoch FROM
                           clock_timestamp() AT TIME ZONE 'UTC' - a.started_at)
                  FROM %s
                 WHERE a.id = r.id AND a.state NOT IN ('succeeded', 'failed', 'unknown')
             RETURNING a.id
                """,
                as_table(rows),
            )
        )

    @api.model
    def _sought(self, connector, res_model, ids):
        """Return ``{res_id: (operation, match key)}`` of attempts in doubt that may have created unlinked records."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (d.res_id) d.res_id, a.request::jsonb ->> 'operation', a.natural_key
                  FROM retail_delivery_attempt a JOIN retail_delivery d ON d.id = a.delivery_id
                 WHERE d.connector_id = %s AND d.res_model = %s AND d.res_id = ANY(%s)
                   AND a.state = 'unknown' AND a.natural_key IS NOT NULL
                   AND NOT EXISTS (SELECT FROM retail_binding b WHERE b.connector_id = d.connector_id
                                      AND b.res_model = d.res_model AND b.res_id = d.res_id)
              ORDER BY d.res_id, a.id DESC
                """,
                connector.id,
                res_model,
                list(ids),
            )
        )
        found = ((res_id, operation, self._decrypt_natural_key(token)) for res_id, operation, token in rows)
        return {res_id: (operation, key) for res_id, operation, key in found if key}

    @api.model
    def _in_doubt(self, connector, res_model, ids):
        """Return the ids of the records that the remote may have although they have no binding.

        An attempt to create them may have been carried out, and none has succeeded: neither to send the record, nor to
        look it up. An attempt whose natural key was forgotten is not in doubt: the remote record with that key is known
        to be another Odoo record's.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT d.res_id
                  FROM retail_delivery_attempt a JOIN retail_delivery d ON d.id = a.delivery_id
                 WHERE d.connector_id = %s AND d.res_model = %s AND d.res_id = ANY(%s)
                   AND d.kind = 'state' AND a.state = 'unknown' AND (a.natural_key IS NOT NULL OR a.key IS NULL)
                   AND NOT EXISTS (SELECT FROM retail_delivery_attempt other
                                     JOIN retail_delivery o ON o.id = other.delivery_id
                                    WHERE o.connector_id = d.connector_id AND o.res_model = d.res_model
                                      AND o.res_id = d.res_id AND o.kind = 'state' AND other.state = 'succeeded')
                   AND NOT EXISTS (SELECT FROM retail_binding b WHERE b.connector_id = d.connector_id
                                      AND b.res_model = d.res_model AND b.res_id = d.res_id)
              ORDER BY d.res_id
                """,
                connector.id,
                res_model,
                list(ids),
            )
        )
        return [res_id for (res_id,) in rows]

    def _decrypt_natural_key(self, token):
        try:
            return encryption.decrypt(token)
        except encryption.SecretKeyError:
            _logger.warning(
                "Cannot look up a record that an attempt in doubt may have created: no key decrypts its match key"
            )
            return None

    @api.model
    def _forget_natural_keys(self, connector, res_model, ids):
        """Delete the stored match keys of these records, which are no longer needed."""
        self.env.execute_query(
            SQL(
                "UPDATE retail_delivery_attempt a SET natural_key = NULL FROM retail_delivery d"
                " WHERE d.id = a.delivery_id AND d.connector_id = %s AND d.res_model = %s AND d.res_id = ANY(%s)"
                " AND a.natural_key IS NOT NULL RETURNING a.id",
                connector.id,
                res_model,
                list(ids),
            )
        )


def _call_line(call):
    return f"{call['method']} {call['url']} → {call['status'] or '–'}"


def _indented(text):
    return json.dumps(json.loads(text), indent=2, ensure_ascii=False) if text else False
