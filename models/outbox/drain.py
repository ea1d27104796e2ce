"""The drain: claims, sends and records deliveries of one lane, with a commit after each step.

It runs as a job, which carries the ids of a connector and a lane, never a payload. One job drains many deliveries. A
lost wake-up is no problem: a cron finds lanes with due work and no job, and drains them itself if there is no job
runner.
"""

import logging
import time
from contextlib import contextmanager
from functools import partial

import psycopg2

from odoo import api, models, modules
from odoo.exceptions import MissingError, UserError
from odoo.tools import SQL, mute_logger

from ...core.breaker import AnswerCounter
from ...core.const import Lane
from ...core.errors import OWN_LIMIT, AuthError, FlowFaultError, QuotaError, RemoteError
from ...core.tracebacks import without_values
from ...tools.low_priority import with_low_priority
from . import outcome
from .binding import LINK_LOCK
from .dispatch import DeliveryBatch
from .wake import LANE_LOCK, WAKE_HORIZON

_logger = logging.getLogger(__name__)

# What a drain reads of its connector: to read a field that is not there yet reads all of them.
CONNECTOR_FIELDS = (
    "active", "state", "company_id", "name", "provider", "base_url", "api_version", "auth_method", "is_neutralized",
    "lang", "time_zone", "connect_timeout", "read_timeout", "batch_size", "parallel_calls", "max_drains",
    "realtime_reserve",
)  # fmt: skip
RUN_SECONDS = 30  # then a job starts no further batch, so that it stays below limit_time_real
CRON_SECONDS = 45
SEND_SECONDS = 25  # after that no further call of a batch starts
LEASE_MARGIN = 10  # seconds to prepare and record a batch
HELP_SECONDS = 2  # a remote that takes longer for a batch gets no second drain: it is busy enough
FAIR_SECONDS = 5  # then a drain releases its slot if another connector waits for one
NO_TOKEN_SECONDS = 30  # until the next attempt to renew an access token
MAX_TRANSACTION_ATTEMPTS = 5


class RetailDrain(models.AbstractModel):
    _name = "retail.drain"
    _description = "Retail Hub: Delivery"

    # -- the job -----------------------------------------------------------------------------------

    @api.model
    def _run(self, connector_id, lane, seconds=RUN_SECONDS, is_helper=False):
        """Send the due deliveries of one lane for a limited time, then schedule the next drain.

        :param seconds: start no further batch after this time
        :param is_helper: stop as soon as another job waits for the slot
        :return: the number of deliveries handled
        """
        connector = self.env["retail.connector"].browse(connector_id)
        try:
            connector.fetch(CONNECTOR_FIELDS)
            if not connector._is_started():
                return 0
        except MissingError:  # it was deleted
            return 0
        connector = connector._for_its_companies()
        slot = self._take_slot(connector, lane, is_helper)
        if slot is None:
            return 0
        try:
            drain = partial(with_low_priority, self._drain) if lane == Lane.BULK else self._drain
            handled, is_empty = drain(connector, lane, seconds, is_helper)
        finally:
            self._unlock(LANE_LOCK, slot)
        # Only after releasing the slot: transactions that commit from here on see it free, and wake the next drain.
        self._wake_rest(connector, lane, is_empty)
        return handled

    def _drain(self, connector, lane, seconds, is_helper):
        """Open the connection, and return :meth:`_run_batches`. A connector with a setup error needs attention."""
        try:
            connection = connector._connection()
        except (UserError, AuthError) as error:
            connector._need_attention(str(error))
            self._commit()
            return 0, False
        except RemoteError as error:
            connector._throttle(error.retry_after or NO_TOKEN_SECONDS)
            self._commit()
            return 0, False
        with connection:
            return self._run_batches(connector, lane, connection, seconds, is_helper)

    def _run_batches(self, connector, lane, connection, seconds, is_helper):
        """Send batches; return (number of deliveries handled, whether the lane has nothing left to claim).

        After more than one full batch it calls a helper: a second drain of the lane, which runs in a slot that no
        other connector needs.
        """
        started_at = time.monotonic()
        limit = connection.settings.batch_size
        call_seconds = connector.connect_timeout + connector.read_timeout
        send_seconds = min(SEND_SECONDS, 3 * call_seconds)
        lease = LEASE_MARGIN + send_seconds + call_seconds
        handled, is_empty = 0, False
        answers = AnswerCounter(lambda *counts: self._count_answers(connector, *counts))
        fair_until = started_at + (0 if is_helper else FAIR_SECONDS)
        has_helper = is_helper or connector.max_drains < 2
        while time.monotonic() < started_at + seconds:
            if time.monotonic() >= fair_until and self.env["retail.wake"]._has_waiting_job(connector, lane):
                break
            gate = connector._gate()
            size = self._admitted(connector, lane, limit, gate)
            if not size:
                break
            claims = self._claim_next(connector, lane, size, lease)
            is_empty = not claims
            if is_empty:
                break
            connection.set_deadline(time.monotonic() + send_seconds)
            connection.http.before_call = (
                partial(self._count_call, connector, lane) if gate.has_limits else None
            )
            batch = DeliveryBatch(connector, connection.adapter, claims)
            is_quick, has_new_token = self._deliver(batch, answers)
            if gate.has_limits:
                readings = connection.quota_readings()
                self._short_transaction(self.env["retail.quota"]._correct, connector, readings)
            handled += len(claims)
            if has_new_token:
                break
            if is_quick and handled > limit and not has_helper:
                self._transaction(self.env["retail.wake"]._call_helper, connector.id, lane)
                has_helper = True
        answers.flush()
        if not is_empty:
            self._transaction(self.env["retail.delivery"]._expire_leases)
        return handled, is_empty

    def _claim_next(self, connector, lane, size, lease):
        """Claim due deliveries. If there are none, free those of expired leases, or queue the next of a bulk run."""
        claims = self._transaction(self._claim, connector, lane, size, lease)
        if not claims and self._transaction(self.env["retail.delivery"]._expire_leases):
            claims = self._transaction(self._claim, connector, lane, size, lease)
        while not claims and self._feed(connector, lane):
            claims = self._transaction(self._claim, connector, lane, size, lease)
        return claims

    def _claim(self, connector, lane, size, lease):
        return self.env["retail.delivery"]._claim(connector, lane, size, lease)

    def _feed(self, connector, lane):
        """Queue the next chunk of a bulk run; return whether there was one."""
        return lane == Lane.BULK and self._transaction(self.env["retail.bulk.run"]._feed, connector)

    def _admitted(self, connector, lane, limit, gate):
        """Return the number of deliveries that may be claimed now: a full batch, 1 for a probe, or 0."""
        if gate.probe_seconds or gate.throttled_seconds or not gate.is_started:
            return 0
        if gate.has_limits and self.env["retail.quota"]._wait_seconds(connector, lane):
            return 0
        if not gate.is_circuit_open:
            return limit
        self._transaction(self.env["retail.delivery"]._bring_forward_one, connector, lane)
        if not self.env["retail.delivery"]._has_due(connector, lane):
            return 0
        return int(self._short_transaction(self.env["retail.circuit"]._take_probe, connector))

    def _count_call(self, connector, lane):
        """Count the next call against the connector's limits.

        :raise QuotaError: the lane may make no call now
        """
        seconds = self._short_transaction(self.env["retail.quota"]._take, connector, lane)
        if seconds:
            message = self.env._(
                "The call limit is reached, or the remaining calls are reserved for realtime work."
            )
            raise QuotaError(message, code=OWN_LIMIT, retry_after=seconds)

    # -- slots -------------------------------------------------------------------------------------

    def _take_slot(self, connector, lane, is_helper):
        """Lock a free slot of the connector's lane, and return its number; None if all are taken.

        The first slot is for regular drains, the others for helpers, so that a slow remote occupies only one worker
        of a lane. The lock belongs to the database session, so it is released if the process dies.
        """
        slots = range(1, connector.max_drains) if is_helper else range(1)
        for slot in slots:
            number = self.env["retail.wake"]._slot_number(connector.id, lane, slot)
            [(is_free,)] = self.env.execute_query(
                SQL("SELECT pg_try_advisory_lock(%s, %s)", LANE_LOCK, number)
            )
            if is_free:
                return number
        return None

    @contextmanager
    def _link_lock(self, batch):
        """Hold the connector's lock for new links, if the batch makes some.

        Two drains may link their records to the same remote record, and the second has to see what the first did. A
        lock that is taken within the transaction is too late: it would wait, but its snapshot is from before.
        """
        if not outcome.makes_links(batch.deliveries):
            yield
            return
        connector_id = batch.connector.id
        self.env.execute_query(SQL("SELECT pg_advisory_lock(%s, %s)", LINK_LOCK, connector_id))
        self._commit()
        try:
            yield
        finally:
            self._unlock(LINK_LOCK, connector_id)

    def _unlock(self, lock, number):
        """Release an advisory lock of the session. All work is committed, or failed."""
        try:
            if not modules.module.current_test:
                self.env.cr.rollback()  # a failed transaction must not prevent the unlock
            self.env.execute_query(SQL("SELECT pg_advisory_unlock(%s, %s)", lock, number))
            self._commit()
        except (psycopg2.OperationalError, psycopg2.InterfaceError):
            _logger.warning("Lost the connection to the database, which also releases its locks")
        except psycopg2.errors.InFailedSqlTransaction:
            # The session lives on and keeps the lock. The error that made the transaction fail is on its way.
            _logger.error("Cannot release lock %s, %s: its transaction has failed", lock, number)

    def _deliver(self, batch, answers):
        """Prepare, send and record a batch.

        :return: (whether the remote accepted something within ``HELP_SECONDS``, whether the connection must be opened
            again with a new access token)
        """
        self._prepare(batch)
        self._transaction(batch.decide_shared_keys)
        sent_at = time.monotonic()
        batch.send()
        is_quick = time.monotonic() - sent_at < HELP_SECONDS
        with self._link_lock(batch):
            self._record(batch)
        has_new_token = self._transaction(
            outcome.record_health, batch.connector, batch.adapter, batch.deliveries
        )
        answers.add(*outcome.answers(batch.deliveries))
        return is_quick and any(each.error is None for each in batch.outcomes()), has_new_token

    def _prepare(self, batch):
        """Prepare a batch. The deliveries of a flow that cannot be evaluated wait, and do not affect the others."""
        while True:
            try:
                self._undone_if_it_fails(batch.prepare)
                return
            except FlowFaultError as fault:
                batch.faults.append(fault)
                flow = self.env["retail.flow"].browse(fault.flow_id)
                self._transaction(flow._report_fault, fault.message)

    def _record(self, batch):
        """Record the outcomes of a batch; if that fails, one by one, so that a bad one does not affect the others."""
        try:
            self._undone_if_it_fails(batch.record)
        except psycopg2.OperationalError:
            raise
        except Exception as error:
            _logger.error(
                "Cannot record a batch of connector %s; recording its outcomes one by one\n%s",
                batch.connector.id,
                without_values(error),
            )
            for part in batch.parts():
                self._record_part(part)

    def _record_part(self, part):
        for give_up in (None, part.give_up_recording):
            try:
                if give_up:
                    give_up()
                self._undone_if_it_fails(part.record)
                return
            except psycopg2.OperationalError:
                raise
            except Exception as error:
                # If the second attempt fails too, the lease expires, and the delivery is in doubt.
                _logger.error(
                    "Cannot record the outcome of delivery %s\n%s", part.claims[0].id, without_values(error)
                )

    def _undone_if_it_fails(self, function):
        """Like :meth:`_transaction`, but roll back after any exception."""
        if modules.module.current_test:
            with self.env.cr.savepoint():
                self._transaction(function)
            return
        try:
            self._transaction(function)
        except Exception:
            self.env.cr.rollback()
            raise

    def _count_answers(self, connector, answered, failed, reason):
        change = self._short_transaction(
            self.env["retail.circuit"]._count, connector, answered, failed, reason
        )
        if change == "closed":
            self._transaction(self.env["retail.delivery"]._bring_forward, connector)
            self._transaction(self.env["retail.wake"]._wake_lanes, connector)
        if change:
            self._transaction(self.env["retail.circuit"]._announce, connector, change)

    def _transaction(self, function, *args):
        """Run ``function`` and commit. Repeat it after a serialization failure."""
        for attempts_left in reversed(range(MAX_TRANSACTION_ATTEMPTS)):
            try:
                with mute_logger("odoo.sql_db"):
                    result = function(*args)
                    self._commit()
                return result
            except psycopg2.errors.TransactionRollbackError:
                if modules.module.current_test or not attempts_left:
                    raise
                self.env.cr.rollback()
        raise AssertionError("unreachable")

    def _short_transaction(self, function, *args):
        """Run ``function`` at READ COMMITTED and commit. After waiting for a locked row, it sees the row's new values.

        The commit does not wait for the disk: a crash of the database may lose a moment's counts.
        """
        self._commit()
        if not modules.module.current_test:
            self.env.cr.execute(
                "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SET LOCAL synchronous_commit = off"
            )
        return self._transaction(function, *args)

    def _commit(self):
        if modules.module.current_test:
            self.env.cr.flush()
        else:
            # Claim, attempt and outcome are committed separately, so that a crash loses none of them.
            self.env.cr.commit()  # pylint: disable=invalid-commit

    # -- what is left ------------------------------------------------------------------------------

    def _wake_rest(self, connector, lane, is_empty):
        """Wake the next drain of the lane for when its next delivery is due."""
        connector.fetch(("active", "state"))
        if not connector._is_started():
            return
        deliveries = self.env["retail.delivery"]
        is_due = not is_empty or deliveries._has_due(connector, lane)
        due_in = 0.0 if is_due else deliveries._seconds_to_next(connector, lane)
        if due_in is None:
            return
        due_in = max(due_in, self._closed_seconds(connector, lane))
        if due_in <= WAKE_HORIZON:
            self.env["retail.wake"]._wake(connector.id, lane, due_in)

    def _closed_seconds(self, connector, lane):
        """Return the seconds until the active connector may send again; 0 if it may now."""
        gate = connector._gate()
        quota_in = self.env["retail.quota"]._wait_seconds(connector, lane) if gate.has_limits else 0.0
        return max(gate.throttled_seconds, gate.probe_seconds, quota_in)

    # -- the cron ----------------------------------------------------------------------------------

    @api.model
    def _cron_drain(self):
        """Wake all lanes that have due work, or drain them here if there is no job runner."""
        self._transaction(self.env["retail.delivery"]._expire_leases)
        connectors, wake = self.env["retail.connector"], self.env["retail.wake"]
        to_feed = [(id_, Lane.BULK.value) for id_ in self.env["retail.bulk.run"]._connector_ids_with_work()]
        lanes = [
            (connector_id, lane)
            for connector_id, lane in dict.fromkeys(
                [*self.env["retail.delivery"]._lanes_with_due_work(), *to_feed]
            )
            if connectors.browse(connector_id)._is_started()
            and not self._closed_seconds(connectors.browse(connector_id), lane)
        ]
        if wake._is_job_runner_running():
            for connector_id, lane in lanes:
                wake._wake(connector_id, lane, 0.0)
            wake._notify_job_runner()
            return
        stop_at = time.monotonic() + CRON_SECONDS
        for connector_id, lane in lanes:
            if time.monotonic() < stop_at:
                self._run(connector_id, lane, CRON_SECONDS / len(lanes))


class RetailWake(models.AbstractModel):
    _inherit = "retail.wake"

    @api.model
    def _drain_method(self, company_id):
        # Jobs have a chatter: nobody follows those of drains.
        context = {"allowed_company_ids": [company_id], "tracking_disable": True}
        return self.env["retail.drain"].with_context(**context)._run
