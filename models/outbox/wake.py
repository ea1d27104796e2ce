"""Waking lanes: a job drains a lane when a delivery in it is due. Without a job runner, the cron does.

A lost wake-up is no problem: the cron also drains lanes that have due work and no job.
"""

import logging
import time
from datetime import datetime
from typing import NamedTuple

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from odoo import SUPERUSER_ID, api, models
from odoo.sql_db import Cursor
from odoo.tools import SQL

from odoo.addons.queue_job.job import Job

from ...core.const import Lane

_logger = logging.getLogger(__name__)

WAKE_HORIZON = 60  # seconds; the cron wakes lanes for what is due later
OVERDUE_SECONDS = 10  # a job may start so much late
MAX_DRAINS = 4  # per connector and lane
LANE_LOCK = 1919247457  # the first key of the advisory locks that drains hold while they run
JOB_RUNNER_LOCK = 2293787760715711918  # PG_ADVISORY_LOCK_ID of queue_job's runner

# (database, connector, lane) -> start of a job that this process enqueued (Unix time). The job will see everything
# that is committed before.
_wakes = {}


# Reads both advisory locks, the clock and the jobs in one statement instead of five.
LOOK = """
SET LOCAL synchronous_commit = off;
SELECT l.is_draining, l.has_job_runner, extract(epoch FROM t.eta)::float,
       extract(epoch FROM t.eta - t.now)::float,
       (SELECT max(extract(epoch FROM COALESCE(j.eta, t.now)))::float FROM queue_job j
         WHERE j.state IN ('pending', 'enqueued')
           AND j.identity_key IS NOT NULL AND starts_with(j.identity_key, %(identity)s)
           AND (j.eta IS NULL AND %(is_due)s OR j.eta <= t.eta AND j.eta > t.now - make_interval(secs => %(overdue)s)))
  FROM (SELECT c.now, CASE WHEN %(is_due)s THEN c.now
                           ELSE date_trunc('second', c.now + make_interval(secs => %(due_in)s + 0.999999)) END AS eta
          FROM (SELECT clock_timestamp() AT TIME ZONE 'UTC' AS now OFFSET 0) c OFFSET 0) t
 CROSS JOIN (SELECT COALESCE(bool_or((classid, objid, objsubid) = (%(lane_lock)s, %(slot)s, 2)), FALSE) AS is_draining,
                    COALESCE(bool_or((classid, objid, objsubid) = (%(runner_high)s, %(runner_low)s, 1)), FALSE)
                        AS has_job_runner
               FROM pg_locks
              WHERE locktype = 'advisory' AND granted
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) l
"""


class LaneLook(NamedTuple):
    """The state of a lane. Times are Unix times of the database's clock, which all hosts share.

    :param is_draining: a drain is running; it checks for work again after it has released its slot
    :param eta: when to drain the lane
    :param seconds_left: seconds until ``eta``
    :param job_starts_at: the start of the last waiting job that drains the lane by then; None if there is none
    """

    is_draining: bool
    has_job_runner: bool
    eta: float
    seconds_left: float
    job_starts_at: float | None


class _Lender:
    """Lends a connection to another cursor. Odoo's pool would reset one, which every single change would wait for."""

    readonly = False

    def __init__(self, connection):
        self._connection = connection

    def borrow(self, _info):
        return self._connection

    def give_back(self, _connection, keep_in_pool=True):
        """The cursor that it belongs to gives it back."""


class _NewJob(Job):
    """A job that is not stored yet."""

    def db_record(self):
        """Return no record, without looking for it, which every single change would wait for."""
        return self.env["queue.job"]


class RetailWake(models.AbstractModel):
    _name = "retail.wake"
    _description = "Wakes the drains of lanes"

    def _wake_lanes(self, connector):
        for lane in (Lane.REALTIME, Lane.BULK):
            self._wake(connector.id, lane.value, 0.0)

    @api.model
    def _wake_connectors(self, connectors):
        for connector in connectors:
            for lane in (Lane.REALTIME, Lane.BULK):
                self._wake_at_commit(connector.id, lane.value, 0.0)

    @api.model
    def _wake_deliveries(self, deliveries):
        for connector, lane in {(delivery.connector_id, delivery.lane) for delivery in deliveries}:
            self._wake_at_commit(connector.id, lane, 0.0)

    @api.model
    def _wake_at_commit(self, connector_id, lane, due_in):
        """Have the lane drained ``due_in`` seconds after the current transaction has been committed."""
        self.env.cr.postcommit.add(lambda: self._wake_in_new_transaction(connector_id, lane, due_in))

    def _wake_in_new_transaction(self, connector_id, lane, due_in):
        key = (self.env.cr.dbname, connector_id, lane)
        now = time.time()
        if now < _wakes.get(key, 0.0) <= now + due_in + 1:
            return
        try:
            with self._new_cursor() as cr:
                # As the superuser: anybody's change may wake a lane; a job carries ids only.
                self.with_env(self.env(cr=cr, user=SUPERUSER_ID, su=True))._wake(connector_id, lane, due_in)
        except psycopg2.Error:
            _logger.warning("Cannot wake lane %s of connector %s; the cron will drain it", lane, connector_id)

    def _new_cursor(self):
        """Return a cursor for another transaction, on the connection of the one that was committed if that is free."""
        cr = self.env.cr
        is_free = isinstance(cr, Cursor) and cr.connection.get_transaction_status() == TRANSACTION_STATUS_IDLE
        if not is_free or cr.readonly:
            return self.env.registry.cursor()
        return Cursor(_Lender(cr.connection), cr.dbname, {})

    @api.model
    def _wake(self, connector_id, lane, due_in):
        """Have the lane drained in ``due_in`` seconds, by a job, or by the cron if no job runner runs."""
        lane_look = self._look(connector_id, lane, due_in)
        if lane_look.is_draining:
            return
        seconds_left = lane_look.seconds_left
        eta = datetime.utcfromtimestamp(lane_look.eta) if due_in else None
        if not lane_look.has_job_runner:
            # Odoo notifies its cron workers at once only if the trigger is due by now, hence None instead of a time.
            self.env.ref("retail_hub.ir_cron_drain")._trigger(at=eta)
        elif lane_look.job_starts_at:
            # The job may start before ``eta``: what is committed after its start needs another wake-up.
            seconds_left += lane_look.job_starts_at - lane_look.eta
        else:
            self._enqueue(connector_id, lane, eta)
        _wakes[self.env.cr.dbname, connector_id, lane] = time.time() + seconds_left

    def _call_helper(self, connector_id, lane):
        lane_look = self._look(connector_id, lane, 0.0)
        if lane_look.has_job_runner and not lane_look.job_starts_at:
            self._enqueue(connector_id, lane, None, is_helper=True)

    def _look(self, connector_id, lane, due_in):
        """Return the :class:`LaneLook` of a lane to drain in ``due_in`` seconds, rounded up to whole seconds.

        If the lane is due now, a job that should have started already counts too, unless it is late by more than
        ``OVERDUE_SECONDS``: then it waits for a job runner with a slow clock.
        """
        [row] = self.env.execute_query(
            SQL(
                LOOK,
                identity=self._job_identity(connector_id, lane),
                is_due=not due_in,
                due_in=due_in,
                overdue=0 if due_in else OVERDUE_SECONDS,
                lane_lock=LANE_LOCK,
                slot=self._slot_number(connector_id, lane, 0),
                runner_high=JOB_RUNNER_LOCK >> 32,
                runner_low=JOB_RUNNER_LOCK & 0xFFFFFFFF,
            )
        )
        return LaneLook(*row)

    @api.model
    def _database_time(self):
        """Return the database's clock, which all hosts share, in seconds since 1970."""
        [(now,)] = self.env.execute_query(SQL("SELECT extract(epoch FROM clock_timestamp())::float"))
        return now

    def _enqueue(self, connector_id, lane, eta, **options):
        """Store the job that drains a lane. No waiting job may do the same: see :meth:`_look`.

        Not with ``with_delay``: it would look for such a job once more, which every single change would wait for.
        """
        _NewJob(
            self._drain_method(self.env["retail.connector"].browse(connector_id)._company_ids()[0]),
            (connector_id, lane),
            options,
            channel=Lane(lane).channel,
            eta=eta,
            max_retries=0,
            identity_key=f"{self._job_identity(connector_id, lane)}{eta.isoformat() if eta else 'now'}",
            description=f"Retail Hub: connector {connector_id}, {lane}",
        ).store()

    @api.model
    def _drain_method(self, company_id):
        """Return the method that drains a lane, of a model in a company. The drain overrides this."""
        raise NotImplementedError

    def _has_waiting_job(self, connector, lane):
        """Return whether a job of another connector waits for a slot in the lane's channel."""
        return bool(
            self.env.execute_query(
                SQL(
                    "SELECT 1 FROM queue_job WHERE state = 'pending' AND channel = %s"
                    " AND NOT starts_with(COALESCE(identity_key, ''), %s)"
                    " AND (eta IS NULL OR eta <= clock_timestamp() AT TIME ZONE 'UTC') LIMIT 1",
                    Lane(lane).channel,
                    self._job_identity(connector.id, lane),
                )
            )
        )

    @api.model
    def _job_identity(self, connector_id, lane):
        return f"retail_hub:drain:{connector_id}:{lane}:"

    @api.model
    def _is_job_runner_running(self):
        """Return whether a queue_job runner holds its lock on this database."""
        return bool(
            self.env.execute_query(
                SQL(
                    "SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
                    " WHERE l.locktype = 'advisory' AND l.granted AND d.datname = current_database()"
                    " AND l.classid = %s AND l.objid = %s AND l.objsubid = 1 LIMIT 1",
                    JOB_RUNNER_LOCK >> 32,
                    JOB_RUNNER_LOCK & 0xFFFFFFFF,
                )
            )
        )

    def _notify_job_runner(self):
        """Have the runner check for dead jobs now: it sleeps until the next job is due by its own clock."""
        self.env.execute_query(SQL("SELECT pg_notify('queue_job', '')"))

    # -- locks -----------------------------------------------------------------------------------------

    @api.model
    def _slot_number(self, connector_id, lane, slot):
        return (connector_id * len(Lane) + list(Lane).index(Lane(lane))) * MAX_DRAINS + slot
