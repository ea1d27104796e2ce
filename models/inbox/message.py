"""Messages: the requests that remote systems made, each stored before it is answered."""

import json

from pydantic import ValidationError

from odoo import api, fields, models
from odoo.tools import SQL

from ...core.problem import Problem
from ...core.redaction import MASK, redact, redact_text
from ...schemas.commands import COMMAND_TYPES
from ...schemas.message import MessageV1, ProblemPlaceV1
from ..outbox.name_search import record_domain
from ..outbox.names import action_open, readable, record_names
from ..source.canonical_values import timestamp
from .command import CommandRequest

OPEN_STATES = ("waiting", "incomplete", "refused")
SEE_PERSONAL_DATA = "retail_hub.group_personal_data"
FREE_TEXTS = ("note", "reason")  # of commands, in which anything may stand
STATES = [
    ("started", "In Progress"),
    ("received", "Received"),
    ("waiting", "Waiting"),
    ("incomplete", "To Complete"),
    ("undecided", "To Decide"),
    ("done", "Done"),
    ("cancelled", "Cancelled"),
    ("refused", "Refused"),
    ("tested", "Tested"),
    ("noted", "Not Acted On"),
]
# What webhooks have besides the commands.
OTHER_COMMANDS = [("unknown", "Unknown Command"), ("record.changed", "Report of a Change")]


class RetailMessage(models.Model):
    _name = "retail.message"
    _description = "Incoming Message"
    _inherit = ["retail.checked"]
    _order = "id desc"
    _log_access = False
    _rec_name = "uuid"

    uuid = fields.Char("Message ID", required=True, readonly=True, help="The caller gets it as the trace ID.")
    client_id = fields.Many2one("retail.api.client", readonly=True, ondelete="restrict", index=True)
    connector_id = fields.Many2one("retail.connector", "System", required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    command = fields.Selection("_selection_command", required=True, readonly=True)
    subject = fields.Char(readonly=True, help="What it is about, by the caller's own identifier.")
    idempotency_key = fields.Char(
        readonly=True, help="A request with the same key and content is carried out once, and answered alike."
    )
    body_digest = fields.Char(readonly=True, groups=fields.NO_ACCESS)
    content = fields.Json(readonly=True, groups=fields.NO_ACCESS)
    # As the superuser: the content is closed to most users, who see it masked here; the user decides, see the compute.
    shown_content = fields.Text("Request", compute="_compute_shown", compute_sudo=True)
    state = fields.Selection(STATES, required=True, readonly=True)
    http_status = fields.Integer("HTTP Status", readonly=True, aggregator=False)
    response = fields.Text(readonly=True, groups=fields.NO_ACCESS)
    # As the superuser: as above.
    shown_response = fields.Text("Answer", compute="_compute_shown", compute_sudo=True)
    problem = fields.Char(readonly=True)
    problem_kind = fields.Char(
        readonly=True, help="The last part of the type that the API gives to the problem."
    )
    reason = fields.Text(
        readonly=True,
        groups=SEE_PERSONAL_DATA,
        help="The message of the rule in Odoo that refused the request. The caller does not see it.",
    )
    res_model = fields.Char("Model", readonly=True)
    res_id = fields.Many2oneReference("Record ID", model_field="res_model", readonly=True)
    record_name = fields.Char("Record", compute="_compute_record_name", search="_search_record_name")
    can_open_record = fields.Boolean(compute="_compute_record_name")
    is_test = fields.Boolean(
        "Test", required=True, readonly=True, default=False, help="The client was in test mode."
    )
    received_at = fields.Datetime("Received", required=True, readonly=True)
    duration_ms = fields.Integer("Duration (ms)", readonly=True, aggregator="avg")

    _uuid_unique = models.UniqueIndex("(uuid)")
    _key_unique = models.UniqueIndex(
        "(client_id, is_test, idempotency_key) WHERE idempotency_key IS NOT NULL"
    )
    _subject_idx = models.Index("(connector_id, subject, id)")
    _record_idx = models.Index("(res_id, res_model) WHERE res_id IS NOT NULL")
    _age_idx = models.Index("(company_id, received_at)")

    @api.model
    def _selection_command(self):
        return [*((each.name, each.label) for each in COMMAND_TYPES.values()), *OTHER_COMMANDS]

    @api.depends("command", "subject")
    def _compute_display_name(self):
        labels = dict(self._fields["command"]._description_selection(self.env))
        for message in self:
            message.display_name = f"{labels.get(message.command, message.command)} ({message.subject})"

    @api.depends("content", "response")
    @api.depends_context("uid")
    def _compute_shown(self):
        is_clear = self.env.user.has_group(SEE_PERSONAL_DATA)
        for message in self:
            content, response = message.content or {}, json.loads(message.response or "{}")
            shown = _without_code(content)
            message.shown_content = content and _indented(shown if is_clear else _masked(shown))
            message.shown_response = response and _indented(response if is_clear else redact(response))

    @api.depends("res_model", "res_id")
    @api.depends_context("uid")
    def _compute_record_name(self):
        references = {(message.res_model, message.res_id) for message in self if message.res_id}
        names = record_names(self.env, references)
        for message in self:
            reference = (message.res_model, message.res_id)
            message.record_name = names.get(reference, False)
            message.can_open_record = bool(message.res_id and readable(self.env, *reference))

    def _search_record_name(self, operator, value):
        return record_domain(self.env, operator, value)

    def _request(self):
        """Return the :class:`~.command.CommandRequest` that was stored.

        :raise Problem: its content does not match the schema of this version
        """
        # As the superuser: the content is nobody's to read.
        stored = self.sudo()
        if self.command not in COMMAND_TYPES:
            raise Problem("invalid-request", "There is no command of this type.")
        command_type = COMMAND_TYPES[self.command]
        try:
            command = command_type.schema.model_validate(stored.content)
        except ValidationError as error:
            detail = "The stored content is not valid in this version. Its sender has to send it again."
            raise Problem("invalid-request", detail) from error
        base_url = self.get_base_url() + "/retail/v1"
        digest, key = stored.body_digest, self.idempotency_key or ""
        return CommandRequest(command_type, command, stored.content, digest, key, self.uuid, base_url)

    def _lock_open(self):
        """Lock the message; return whether it is still to be completed."""
        rows = self.env.execute_query(
            SQL("SELECT state FROM retail_message WHERE id = %s FOR UPDATE", self.id)
        )
        return bool(rows) and rows[0][0] in (*OPEN_STATES, "received")

    def _canonical(self):
        """Return the :class:`~...schemas.message.MessageV1`."""
        # As the superuser: the response is nobody's to read but its caller's.
        response = json.loads(self.sudo().response or "{}")
        errors = [
            ProblemPlaceV1(pointer=each["pointer"], detail=each["detail"])
            for each in response.get("errors", ())
        ]
        return MessageV1(
            id=self.uuid,
            command=self.command,
            state=self.state,
            subject=self.subject or "",
            status=self.http_status or None,
            problem=self.problem or "",
            errors=errors,
            received_at=timestamp(self.received_at),
        )

    def _as_kept(self, state, problem):
        """Return the :class:`~...schemas.message.MessageV1` of a request that is kept because of a problem.

        :param state: ``waiting``, ``incomplete`` or ``undecided``
        """
        return self._canonical().model_copy(
            update={
                "state": state,
                "status": 202,
                "problem": problem.detail,
                "errors": tuple(ProblemPlaceV1(**each) for each in problem.errors),
            }
        )

    def action_open_record(self):
        """Open the record that the message was about."""
        self.ensure_one()
        self.check_access("read")
        return action_open(self.env, self.res_model, self.res_id)

    # -- storing -----------------------------------------------------------------------------------

    @api.model
    def _start(self, caller, request):
        """Store a request, unless one with its idempotency key is there.

        :param caller: a :class:`~.api_client.Caller`
        :param request: a :class:`~.command.CommandRequest`
        :return: the id of the message; None if the key was used before
        """
        return self._start_all(caller, [request]).get(request.trace_id)

    @api.model
    def _start_all(self, caller, requests):
        """Store requests, except those whose idempotency key is there; return ``{trace id: id of the message}``."""
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO retail_message (uuid, client_id, connector_id, company_id, command, subject,
                                            idempotency_key, body_digest, content, is_test, state, received_at)
                SELECT uuid, %s, %s, %s, command, subject, idempotency_key, digest, content::jsonb, %s, 'started',
                       clock_timestamp() AT TIME ZONE 'UTC'
                  FROM (VALUES %s) AS r(uuid, command, subject, idempotency_key, digest, content)
                    ON CONFLICT (client_id, is_test, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING
             RETURNING uuid, id
                """,
                caller.client_id,
                caller.connector_id,
                caller.company_id,
                caller.is_test,
                SQL(", ").join(
                    (
                        request.trace_id,
                        request.command_type.name,
                        request.subject,
                        request.idempotency_key or None,
                        request.digest,
                        json.dumps(request.content),
                    )
                    for request in requests
                ),
            )
        )
        return dict(rows)

    @api.model
    def _finish(self, message_id, state, reply, record=None, problem=None):
        """Store what came of a message.

        :param reply: the :class:`~.gateway.Reply`
        :param record: the Odoo record that it was about
        :param problem: the :class:`~...core.problem.Problem` because of which it was refused or is kept

        How long it took counts from its receipt; from the start of the transaction if it is carried out again.
        """
        self.env.execute_query(
            SQL(
                """
                UPDATE retail_message
                   SET state = %s, http_status = %s, response = %s, problem = %s, problem_kind = %s, reason = %s,
                       res_model = %s, res_id = %s,
                       duration_ms = 1000 * extract(
                           epoch FROM clock_timestamp() - GREATEST(now(), received_at AT TIME ZONE 'UTC')
                       )
                 WHERE id = %s RETURNING id
                """,
                state,
                reply.status,
                reply.body,
                problem.detail if problem else None,
                problem.kind if problem else None,
                (problem.reason if problem else "") or None,
                record._name if record else None,
                record.id if record else None,
                message_id,
            )
        )

    @api.model
    def _finish_all(self, finished):
        """Store that messages are done: ``(id of the message, Reply, record)`` of each."""
        rows = [(id_, reply.status, reply.body, record._name, record.id) for id_, reply, record in finished]
        self.env.execute_query(
            SQL(
                """
                UPDATE retail_message m
                   SET state = 'done', http_status = r.status, response = r.body, res_model = r.model,
                       res_id = r.res_id,
                       duration_ms = 1000 * extract(
                           epoch FROM clock_timestamp() - GREATEST(now(), m.received_at AT TIME ZONE 'UTC')
                       )
                  FROM (VALUES %s) AS r(id, status, body, model, res_id)
                 WHERE m.id = r.id RETURNING m.id
                """,
                SQL(", ").join(rows),
            )
        )

    @api.model
    def _answered(self, caller, idempotency_key):
        """Return ``(uuid, digest, HTTP status, response)`` of the message with this key."""
        [row] = self.env.execute_query(
            SQL(
                "SELECT uuid, body_digest, http_status, response FROM retail_message"
                " WHERE client_id = %s AND is_test = %s AND idempotency_key = %s",
                caller.client_id,
                caller.is_test,
                idempotency_key,
            )
        )
        return row


def _without_code(content):
    """Return the content of a request without the code of a card: whoever reads it can spend what is on the card."""
    card = content.get("card")
    if not isinstance(card, dict) or not card.get("code"):
        return content
    return {**content, "card": {**card, "code": MASK}}


def _masked(content):
    """Return the content of a request without personal data. The names of lines are those of products."""
    masked = redact(content)
    for name in FREE_TEXTS:
        if masked.get(name):
            masked[name] = MASK
    if isinstance(masked.get("risk"), dict):
        masked["risk"] = {name: MASK if name == "reason" else value for name, value in masked["risk"].items()}
    lines = content.get("lines")
    for shown, line in zip(masked["lines"], lines, strict=True) if isinstance(lines, list) else ():
        if isinstance(line, dict) and isinstance(line.get("name"), str):
            shown["name"] = redact_text(line["name"])
    return masked


def _indented(data):
    return json.dumps(data, indent=2, ensure_ascii=False)
