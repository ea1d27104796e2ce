"""Webhooks: what they ask for is stored as messages, and carried out by a job, in the order of its arrival."""

import hashlib
import json
import logging
import time
import uuid
from typing import Any, NamedTuple

import psycopg2
from pydantic import ValidationError

from odoo import SUPERUSER_ID, api, models
from odoo.tools import SQL

from odoo.addons.queue_job.exception import RetryableJobError

from ...connectors.receiver import ReceivedCommand
from ...core.const import Lane
from ...core.problem import Problem
from ...core.tracebacks import without_values
from ...schemas.commands import COMMAND_TYPES
from ...schemas.commands.invalid import problem_of
from .gateway import NOT_KEPT, Reply
from .locks import number_of
from .webhook_report import CHANGED, report_state, report_subject

RETRY_SECONDS = 5
JOB_SECONDS = 60  # after which a job leaves the rest to the next one
# A statement of its own, after the commit: what a job that has not started by then reads is newer.
IS_WAITING = (
    "SELECT EXISTS (SELECT FROM queue_job WHERE identity_key = %s AND state IN ('pending', 'enqueued'))"
)
_logger = logging.getLogger(__name__)


class Row(NamedTuple):
    """What is stored of one thing that a webhook asks for.

    :param problem: why it is refused; None if it is not
    :param note: what people in Odoo get to know of it
    :param record: ``(model, id)`` of the record that it is about, as far as that is known
    """

    key: str
    command: str
    subject: str
    content: dict[str, Any]
    state: str
    problem: Problem | None = None
    note: str = ""
    record: tuple[str | None, int | None] = (None, None)


class RetailMessage(models.Model):
    _inherit = "retail.message"

    # -- storing -----------------------------------------------------------------------------------

    @api.model
    def _receive(self, hook, items):
        """Store what a verified webhook asks for, and have it carried out after the transaction.

        What came before with the same id is ignored.

        :param hook: a :class:`~.webhook_client.Hook`
        :param items: of the receiver, see :mod:`...connectors.receiver`
        :raise Problem: too much waits to be carried out already; nothing is stored
        """
        self._check_backlog(self.env["retail.api.client"].browse(hook.client_id))
        states = {self._store_item(hook, item) for item in items}
        if "received" in states:
            self.env.cr.postcommit.add(lambda: self._wake_unless_awake(hook.connector_id))

    def _store_item(self, hook, item):
        """Store one item; return its state, None if it was stored before."""
        trace_id = str(uuid.uuid4())
        row = _row(item) if isinstance(item, ReceivedCommand) else self._row_of_report(hook, item)
        base_url, problem = f"{hook.public_url}/retail/v1", row.problem
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO retail_message (uuid, client_id, connector_id, company_id, command, subject,
                                            idempotency_key, body_digest, content, is_test, state, received_at,
                                            problem, problem_kind, http_status, response, res_model, res_id)
                VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s, clock_timestamp() AT TIME ZONE 'UTC',
                        %s, %s, %s, %s, %s, %s)
                    ON CONFLICT (client_id, is_test, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING
             RETURNING id
                """,
                trace_id,
                hook.client_id,
                hook.connector_id,
                hook.company_id,
                row.command,
                row.subject,
                row.key,
                hashlib.sha256(json.dumps(row.content).encode()).hexdigest(),
                json.dumps(row.content),
                hook.is_test,
                row.state,
                problem.detail if problem else row.note or None,
                problem and problem.kind,
                problem and problem.status,
                problem and json.dumps(problem.as_json(base_url, trace_id)),
                *row.record,
            )
        )
        return row.state if rows else None

    def _row_of_report(self, hook, report):
        connector = self.env["retail.connector"].browse(hook.connector_id)
        bindings = self._linked(connector, report.object, report.remote_ids)
        cards = self._reported_cards(connector, bindings, report.remote_ids)
        state, note = report_state(report, bindings, cards)
        first = (cards._name, cards[0].id) if cards else (bindings[:1].res_model, bindings[:1].res_id)
        content = {**report.data, "remote_ids": list(report.remote_ids)}
        return Row(
            f"webhook:{report.id}",
            CHANGED,
            report_subject(report),
            content,
            state,
            note=note,
            record=(first[0] or None, first[1] or None),
        )

    def _wake_unless_awake(self, connector_id):
        """Have it carried out, unless a job is waiting to do so: that one will see what is committed now."""
        try:
            [(is_waiting,)] = self.env.execute_query(SQL(IS_WAITING, self._job_of(connector_id)))
            if not (is_waiting and self.env["retail.wake"]._is_job_runner_running()):
                with self.env.registry.cursor() as cr:
                    # As the superuser: nobody but the hub makes its jobs; a job carries ids only.
                    self.with_env(api.Environment(cr, SUPERUSER_ID, {}))._wake_received(connector_id)
        except psycopg2.Error:
            _logger.warning(
                "Cannot wake the webhooks of connector %s; the cron carries them out", connector_id
            )

    def _job_of(self, connector_id):
        return f"retail_hub:webhooks:{connector_id}"

    @api.model
    def _wake_received(self, connector_id):
        """Have what a system's webhooks asked for carried out: by a job, or by the cron if no job runner runs."""
        if not self.env["retail.wake"]._is_job_runner_running():
            self.env.ref("retail_hub.ir_cron_webhooks")._trigger()
            return
        self.with_delay(
            channel=Lane.INBOUND.channel,
            identity_key=self._job_of(connector_id),
            description=f"Retail Hub: webhooks of connector {connector_id}",
        )._carry_out_received(connector_id)

    # -- carrying out ------------------------------------------------------------------------------

    @api.model
    def _cron_webhooks(self):
        """Carry out what no job has carried out."""
        for [connector] in self._read_group([("state", "=", "received")], ["connector_id"]):
            try:
                self._carry_out_received(connector.id)
            except RetryableJobError:
                _logger.info("Webhooks of connector %s are being carried out, or wait", connector.id)

    @api.model
    def _carry_out_received(self, connector_id):
        """Carry out what a system's webhooks asked for, the oldest first. Runs in a job, one for each system.

        What cannot be carried out now holds back what came later of the same subject, and nothing else.

        :raise RetryableJobError: something is left, or another job does it
        """
        until = time.monotonic() + JOB_SECONDS
        blocked = set()
        with self.env.registry.cursor() as cr:
            cr.execute(SQL("SELECT pg_try_advisory_xact_lock(%s)", number_of(f"webhooks/{connector_id}")))
            if not cr.fetchone()[0]:
                raise RetryableJobError("Another job does it.", seconds=RETRY_SECONDS, ignore_retry=True)
            domain = [("connector_id", "=", connector_id), ("state", "=", "received")]
            for message in self.search(domain, order="id"):
                if time.monotonic() > until:
                    blocked.add("")
                    break
                if message.subject not in blocked and not message._carry_out():
                    blocked.add(message.subject)
        if blocked:
            raise RetryableJobError("Some wait.", seconds=RETRY_SECONDS, ignore_retry=True)

    def _carry_out(self):
        """Carry out a message that a webhook left; return whether it is finished."""
        self.ensure_one()
        gateway = self.env["retail.gateway"]
        try:
            if self.command == CHANGED:
                self._act_on_report()
            else:
                gateway._retry(self)
        except Problem as problem:
            if problem.kind in NOT_KEPT:
                return False
            gateway._refuse_received(self, problem)
        except Exception as error:  # a defect: it must stop neither the others nor this one for ever
            _logger.error("Message %s cannot be carried out\n%s", self.uuid, without_values(error))
            detail = "An unexpected error occurred. The server log has it. Retry when it is corrected."
            gateway._refuse_received(self, Problem("internal", detail))
        return True


class RetailGateway(models.AbstractModel):
    _inherit = "retail.gateway"

    @api.model
    def _refuse_received(self, message, problem):
        """Refuse what a webhook asked for, unless it was completed meanwhile; in a transaction of its own."""
        with self.env.registry.cursor() as cr:
            # As the superuser: messages are the hub's own.
            stored = message.with_env(api.Environment(cr, SUPERUSER_ID, {}))
            if stored._lock_open():
                body = json.dumps(problem.as_json(f"{stored.get_base_url()}/retail/v1", stored.uuid))
                reply = Reply(problem.status, body, {})
                stored._finish(stored.id, "refused", reply, problem=problem)


def _row(item):
    """Return what to store of a command."""
    key, data = f"webhook:{item.id}", dict(item.data)
    command_type = COMMAND_TYPES.get(item.type)
    if command_type is None:
        content = {"type": item.type, "data": data}
        problem = Problem("invalid-request", f"The hub has no command “{item.type}”.")
        return Row(key, "unknown", "", content, "refused", problem)
    try:
        command = command_type.schema.model_validate(data)
    except ValidationError as error:
        return Row(key, item.type, "", data, "refused", problem_of(error))
    return Row(key, item.type, command_type.subject(command), data, "received")
