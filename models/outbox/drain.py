"""The drain: what a wake-up job runs. Claim, send, record; each committed by itself.

A job carries the ids of a connector and a lane, never a payload, and one job drains many deliveries. Nothing
depends on a wake-up being durable: a cron looks for lanes with due work that nobody was woken for, and drains
them itself where no job runner is running.
"""

import logging
import time
from functools import partial

import psycopg2

from odoo import api, models, modules
from odoo.exceptions import MissingError, UserError
from odoo.tools import SQL, mute_logger

from ...core.breaker import AnswerCounter
from ...core.const import Lane
from ...core.errors import OWN_LIMIT, AuthError, FlowFaultError, QuotaError, RemoteError
from . import outcome
from .dispatch import DeliveryBatch
from .wake import LANE_LOCK, WAKE_HORIZON

_logger = logging.getLogger(__name__)

RUN_SECONDS = (
    30  # a job hands its slot back after that time; with its last batch it stays below limit_time_real
)
CRON_SECONDS = 45
SEND_SECONDS = 25  # a batch makes its calls within that time
LEASE_MARGIN = 10  # seconds to prepare and record a batch
HELP_SECONDS = 2  # no second drain for a remote that needs longer for a batch: it has enough to do
FAIR_SECONDS = 5  # after that time a drain gives way to another connector that waits for the slot
NO_TOKEN_SECONDS = 30  # until a remote that gave no token is asked again
MAX_TRANSACTION_TRIES = 5


class RetailDrain(models.AbstractModel):
    _name = "retail.drain"
    _description = "Retail Hub: Delivery"

    # -- the job -----------------------------------------------------------------------------------

    @api.model
    def _run(self, connector_id, lane, seconds=RUN_SECONDS, is_helper=False):
        """Deliver what is due in one lane, for a bounded time, then arrange for the rest.

        :param is_helper: stop as soon as another job needs the slot
        :return: number of deliveries handled
        """
        connector = self.env["retail.connector"].browse(connector_id)
        try:
            if not connector._is_started():
                return 0
        except MissingError:  # it was deleted
            return 0
        connector = connector.with_company(connector.company_id)
        slot = self._take_slot(connector, lane, is_helper)
        if slot is None:
            return 0
        try:
            handled, is_empty = self._drain(connector, lane, seconds, is_helper)
        finally:
            self._release_slot(slot)
        # Only now: whoever commits from here on finds the slot free and wakes the next drain.
        self._wake_rest(connector, lane, is_empty)
        return handled

    def _drain(self, connector, lane, seconds, is_helper):
        """As :meth:`_run_batches`; a connector that cannot be used needs attention."""
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
        """Return the number of deliveries handled, and whether the lane had nothing left to claim.

        Once more than a batch was waiting, a helper is called: a second drain of the lane, in a slot that
        nobody else needs.
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
            is_going_well, is_used_up = self._deliver(batch, answers)
            if gate.has_limits:
                readings = connection.quota_readings()
                self._short_transaction(self.env["retail.quota"]._correct, connector, readings)
            handled += len(claims)
            if is_used_up:
                break
            if is_going_well and handled > limit and not has_helper:
                self._transaction(self.env["retail.wake"]._call_helper, connector.id, lane)
                has_helper = True
        answers.flush()
        if not is_empty:
            self._transaction(self.env["retail.delivery"]._expire_leases)
        return handled, is_empty

    def _claim_next(self, connector, lane, size, lease):
        """Claim what is due; if nothing is, what a drain that is gone still holds, or more of a bulk run."""
        claims = self._transaction(self._claim, connector, lane, size, lease)
        if not claims and self._transaction(self.env["retail.delivery"]._expire_leases):
            claims = self._transaction(self._claim, connector, lane, size, lease)
        while not claims and self._feed(connector, lane):
            claims = self._transaction(self._claim, connector, lane, size, lease)
        return claims

    def _claim(self, connector, lane, size, lease):
        if not modules.module.current_test:
            self.env.cr.execute("SET LOCAL synchronous_commit = off")
        return self.env["retail.delivery"]._claim(connector, lane, size, lease)

    def _feed(self, connector, lane):
        """Tell whether a bulk run had more for the lane."""
        return lane == Lane.BULK and self._transaction(self.env["retail.bulk.run"]._feed, connector)

    def _admitted(self, connector, lane, limit, gate):
        """Return how many deliveries may be claimed now: a batch, one as a probe, or none."""
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
        """Have the quota governor allow the next call.

        :raise QuotaError: none is left for this lane
        """
        seconds = self._short_transaction(self.env["retail.quota"]._take, connector, lane)
        if seconds:
            message = self.env._(
                "The call limit is reached, or the remaining calls are reserved for realtime work."
            )
            raise QuotaError(message, code=OWN_LIMIT, retry_after=seconds)

    # -- slots -------------------------------------------------------------------------------------

    def _take_slot(self, connector, lane, is_helper):
        """Return the number of a free slot of the connector's lane, None if all are taken.

        The first is for drains that were woken, the others for helpers: so a slow remote holds one worker of
        a lane, never all. A lock of the session, since it has to end with the process.
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

    def _release_slot(self, number):
        try:
            if not modules.module.current_test:
                self.env.cr.rollback()  # what was meant to stay is committed; what failed must not keep the lock
            self.env.execute_query(SQL("SELECT pg_advisory_unlock(%s, %s)", LANE_LOCK, number))
            self._commit()
        except psycopg2.Error:
            _logger.warning("The connection to the database is lost, and the lock of the lane with it")

    def _deliver(self, batch, answers):
        """Return (whether something arrived without much waiting for the remote, whether the adapter is used up)."""
        self._prepare(batch)
        self._transaction(batch.refuse_shared_keys)
        sent_at = time.monotonic()
        batch.send()
        is_quick = time.monotonic() - sent_at < HELP_SECONDS
        self._record(batch)
        is_used_up = self._transaction(
            outcome.record_health, batch.connector, batch.adapter, batch.deliveries
        )
        answers.add(*outcome.answers(batch.deliveries))
        return is_quick and any(each.error is None for each in batch.outcomes()), is_used_up

    def _prepare(self, batch):
        """Prepare a batch; the deliveries of a flow that cannot be evaluated wait, and stop no others."""
        while True:
            try:
                self._undone_if_it_fails(batch.prepare)
                return
            except FlowFaultError as fault:
                batch.faults.append(fault)
                flow = self.env["retail.flow"].browse(fault.flow_id)
                self._transaction(flow._report_fault, fault.message)

    def _record(self, batch):
        """Record the outcomes of a batch; if that fails, one by one, so that one of them stops no other."""
        try:
            self._undone_if_it_fails(batch.record)
        except psycopg2.OperationalError:
            raise
        except Exception:
            _logger.exception("Connector %s: the outcomes are recorded one by one", batch.connector.id)
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
            except Exception:
                # If the second attempt fails too, the lease ends, and the delivery is in doubt.
                _logger.exception("Delivery %s cannot be recorded", part.claims[0].id)

    def _undone_if_it_fails(self, function):
        """As :meth:`_transaction`; what an exception interrupts is rolled back."""
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
        """Run ``function`` and commit; again, if somebody else changed the same rows meanwhile."""
        for tries_left in reversed(range(MAX_TRANSACTION_TRIES)):
            try:
                with mute_logger("odoo.sql_db"):
                    result = function(*args)
                    self._commit()
                return result
            except psycopg2.errors.TransactionRollbackError:
                if modules.module.current_test or not tries_left:
                    raise
                self.env.cr.rollback()
        raise AssertionError("unreachable")

    def _short_transaction(self, function, *args):
        """Run ``function`` at READ COMMITTED and commit: it may wait for a row, and then sees what was changed."""
        self._commit()
        if not modules.module.current_test:
            # What is counted may be a moment old after a crash of the database: nobody waits for the disk.
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
        """Have the next drain of the lane begin when something falls due."""
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
        """Return for how many seconds nothing may be delivered, although the connector is active."""
        gate = connector._gate()
        quota_in = self.env["retail.quota"]._wait_seconds(connector, lane) if gate.has_limits else 0.0
        return max(gate.throttled_seconds, gate.probe_seconds, quota_in)

    # -- the cron ----------------------------------------------------------------------------------

    @api.model
    def _cron_drain(self):
        """See to lanes with due work that nobody was woken for."""
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
            wake._rouse_job_runner()
            return
        stop_at = time.monotonic() + CRON_SECONDS
        for connector_id, lane in lanes:
            if time.monotonic() < stop_at:
                self._run(connector_id, lane, CRON_SECONDS / len(lanes))


class RetailWake(models.AbstractModel):
    _inherit = "retail.wake"

    @api.model
    def _delayed_drain(self, **options):
        return self.env["retail.drain"].with_delay(**options)
