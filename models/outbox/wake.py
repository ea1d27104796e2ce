"""Waking lanes: a job, or the cron where no job runner runs, drains a lane once something in it is due.

Nothing depends on a wake-up being durable: the cron looks for lanes with due work that nobody was woken for.
"""

import logging
import math
import time
from datetime import datetime

import psycopg2

from odoo import SUPERUSER_ID, api, models
from odoo.tools import SQL

from ...core.const import Lane

_logger = logging.getLogger(__name__)

WAKE_HORIZON = 60  # seconds; what is due later is left to the cron
OVERDUE_SECONDS = 10  # what a job may start late by
MAX_DRAINS = 4  # of one connector in one lane
LANE_LOCK = 1919247457  # first number of the advisory locks that drains hold while they run
JOB_RUNNER_LOCK = 2293787760715711918  # PG_ADVISORY_LOCK_ID of queue_job's runner

# (database, connector, lane) -> when a job that was enqueued by this process starts (Unix time).
# Whatever is committed before that time will be seen by that job.
_wakes = {}


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
            with self.env.registry.cursor() as cr:
                cr.execute(
                    "SET LOCAL synchronous_commit = off"
                )  # nothing depends on a wake-up: the cron looks, too
                self.with_env(self.env(cr=cr, user=SUPERUSER_ID, su=True))._wake(connector_id, lane, due_in)
        except psycopg2.Error:
            _logger.warning("No wake-up for connector %s, lane %s: the cron will", connector_id, lane)

    @api.model
    def _wake(self, connector_id, lane, due_in):
        """Have the lane drained in ``due_in`` seconds, by a job, or by the cron if no job runner runs."""
        if self._is_draining(connector_id, lane):
            return
        now = self._database_time()
        starts_at = math.ceil(now + due_in) if due_in else now
        eta = datetime.utcfromtimestamp(starts_at)
        if not self._is_job_runner_running():
            # Odoo tells its cron workers of a trigger only if it is due, to the second: else they sleep on.
            self.env.ref("retail_hub.ir_cron_drain")._trigger(at=eta if due_in else None)
        elif job_starts_at := self._job_start(connector_id, lane, eta, is_due=not due_in):
            starts_at = job_starts_at  # sooner, perhaps: what is committed after that needs another
        else:
            self._enqueue(connector_id, lane, eta if due_in else None)
        _wakes[self.env.cr.dbname, connector_id, lane] = time.time() + starts_at - now

    def _call_helper(self, connector_id, lane):
        now = datetime.utcfromtimestamp(self._database_time())
        if self._is_job_runner_running() and not self._job_start(connector_id, lane, now, is_due=True):
            self._enqueue(connector_id, lane, None, is_helper=True)

    @api.model
    def _database_time(self):
        """Return the database's clock, in seconds since 1970: the one that all hosts share."""
        [(now,)] = self.env.execute_query(SQL("SELECT extract(epoch FROM clock_timestamp())::float"))
        return now

    def _enqueue(self, connector_id, lane, eta, **options):
        identity = f"{self._job_identity(connector_id, lane)}{eta.isoformat() if eta else 'now'}"
        self._delayed_drain(
            channel=Lane(lane).channel,
            eta=eta,
            max_retries=0,
            identity_key=identity,
            description=f"Retail Hub: connector {connector_id}, {lane}",
        )._run(connector_id, lane, **options)

    @api.model
    def _delayed_drain(self, **options):
        """Return the drain so that what is called of it becomes a job; the drain fills this in.

        :param options: of ``with_delay``
        """
        raise NotImplementedError

    def _has_waiting_job(self, connector, lane):
        """Tell whether another connector's job of the lane's channel could start if it had a slot."""
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

    def _job_start(self, connector_id, lane, eta, is_due):
        """Return when the last job that drains the lane by ``eta`` and has not started yet will (Unix time).

        None if there is none. One that should have started long ago does not count: it waits for a job runner
        whose clock is slow.

        :param is_due: take one that should have started, too. It covers what is committed by now, but for how long
            nobody can tell: to rely on it, each change would have to look again
        """
        [(starts_at,)] = self.env.execute_query(
            SQL(
                "SELECT max(extract(epoch FROM COALESCE(eta, clock_timestamp() AT TIME ZONE 'UTC')))::float"
                " FROM queue_job WHERE state IN ('pending', 'enqueued')"
                " AND identity_key IS NOT NULL AND starts_with(identity_key, %s)"
                " AND (eta IS NULL AND %s OR eta <= %s AND eta > clock_timestamp() AT TIME ZONE 'UTC'"
                "      - make_interval(secs => %s))",
                self._job_identity(connector_id, lane),
                is_due,
                eta,
                OVERDUE_SECONDS if is_due else 0,
            )
        )
        return starts_at

    @api.model
    def _job_identity(self, connector_id, lane):
        return f"retail_hub:drain:{connector_id}:{lane}:"

    @api.model
    def _is_job_runner_running(self):
        """Tell whether some queue_job runner holds the runner's lock on this database."""
        return self._is_locked(JOB_RUNNER_LOCK >> 32, JOB_RUNNER_LOCK & 0xFFFFFFFF, 1)

    def _is_locked(self, class_id, object_id, parts):
        """Tell whether somebody holds an advisory lock on this database.

        :param parts: 1 for a lock by one 64-bit number (given in halves), 2 for one by two numbers
        """
        return bool(
            self.env.execute_query(
                SQL(
                    "SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
                    " WHERE l.locktype = 'advisory' AND l.granted AND d.datname = current_database()"
                    " AND l.classid = %s AND l.objid = %s AND l.objsubid = %s LIMIT 1",
                    class_id,
                    object_id,
                    parts,
                )
            )
        )

    def _rouse_job_runner(self):
        """Have the runner look for dead jobs now: it sleeps until the next job is due by its own clock."""
        self.env.execute_query(SQL("SELECT pg_notify('queue_job', '')"))

    # -- locks -----------------------------------------------------------------------------------------

    @api.model
    def _slot_number(self, connector_id, lane, slot):
        return (connector_id * len(Lane) + list(Lane).index(Lane(lane))) * MAX_DRAINS + slot

    @api.model
    def _is_draining(self, connector_id, lane):
        """Tell whether a drain is at work in the lane: it looks for work once more after giving up its slot."""
        return self._is_locked(LANE_LOCK, self._slot_number(connector_id, lane, 0), 2)
