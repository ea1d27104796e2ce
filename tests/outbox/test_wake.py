"""Wake-ups: whatever is committed is drained by a job that starts after it."""

import time
from contextlib import closing
from unittest.mock import patch

import psycopg2

from odoo.sql_db import db_connect
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.queue_job.job import Job

from ...models.outbox import wake as retail_wake
from ..common import RetailCase

LANE = "realtime"


@tagged("post_install", "-at_install")
class TestWake(RetailCase):
    def setUp(self):
        super().setUp()
        self.startPatcher(patch.dict(retail_wake._wakes, clear=True))
        self._run_job_runner()
        self._jobs().unlink()

    def _jobs(self):
        identity = self.env["retail.wake"]._job_identity(self.connector.id, LANE)
        domain = [("identity_key", "=like", f"{identity}%"), ("state", "=", "pending")]
        return self.env["queue.job"].search(domain)

    def _wake(self, due_in):
        with self.enter_registry_test_mode():
            self.env["retail.wake"]._wake_in_new_transaction(self.connector.id, LANE, due_in)

    def test_one_job_for_many_changes(self):
        for _change in range(3):
            self._wake(2.0)
        self.assertEqual(len(self._jobs()), 1)

    def test_a_job_that_is_late(self):
        """It may start at any moment: one job more is enqueued, instead of each change looking again."""
        self._wake(1.0)
        self._jobs().eta = "2020-01-01"
        self._jobs().flush_recordset()
        retail_wake._wakes.clear()
        self._wake(4.0)
        self.assertEqual(len(self._jobs()), 2)
        with patch.object(type(self.env["retail.wake"]), "_look", side_effect=AssertionError("looked again")):
            self._wake(4.0)

    def test_a_job_is_relied_on_until_it_starts(self):
        """One that was found may start sooner than asked for: what is committed after it needs another."""
        self._wake(1.0)
        job = self._jobs()
        retail_wake._wakes.clear()  # it was another process
        self._wake(4.0)
        self.assertEqual(self._jobs(), job, "It drains that too, or wakes the one that does.")
        job.state = "done"
        now = time.time() + 2
        with patch.object(retail_wake.time, "time", lambda: now):
            self._wake(4.0)
        self.assertEqual(len(self._jobs()), 1)

    def test_a_new_job_is_not_looked_for(self):
        """Each single change would wait for that."""
        with patch.object(Job, "db_record", side_effect=AssertionError("looked for")):
            self._wake(0.0)
        self.assertEqual(self._jobs().mapped("channel"), ["root.retail.realtime"])


@tagged("post_install", "-at_install")
class TestWakeCursor(RetailCase):
    """A wake-up after a commit is a transaction of its own, on the same connection if that is free."""

    def setUp(self):
        super().setUp()
        self.committed = self.enterContext(closing(db_connect(self.env.cr.dbname).cursor()))
        self.wake = self.env(cr=self.committed)["retail.wake"]
        self.hooks = []

    def _pid(self, cr):
        cr.execute("SELECT pg_backend_pid()")
        return cr.fetchone()[0]

    def _commit_and(self, wake):
        """Commit a transaction after which ``wake()`` and a hook of another module run; return its connection's id."""
        pid = self._pid(self.committed)
        self.committed.postcommit.add(wake)
        self.committed.postcommit.add(lambda: self.hooks.append("ran"))
        self.committed.commit()
        self.assertEqual(self.hooks, ["ran"])
        return pid

    def test_on_the_same_connection(self):
        pids = []

        def wake():
            with self.wake._new_cursor() as cr:
                cr.execute("SET LOCAL synchronous_commit = off")
                pids.append(self._pid(cr))

        self.assertEqual(self._commit_and(wake), pids[0])
        self.committed.execute("SHOW synchronous_commit")
        self.assertEqual(self.committed.fetchone(), ("on",))
        self.committed.execute("SHOW transaction_isolation")
        self.assertEqual(self.committed.fetchone(), ("repeatable read",))

    @mute_logger("odoo.sql_db")
    def test_what_fails_there_stops_nothing(self):
        """Neither the hooks of other modules nor the next transaction."""

        def wake():
            with self.assertRaises(psycopg2.errors.DivisionByZero), self.wake._new_cursor() as cr:
                cr.execute("SELECT 1 / 0")

        pid = self._commit_and(wake)
        self.assertEqual(self._pid(self.committed), pid)

    def test_not_in_a_transaction_of_others(self):
        """What another hook has begun on the connection is neither committed nor rolled back with a wake-up."""
        self.committed.execute("SELECT set_config('retail_hub.test', 'begun', TRUE)")
        with self.enter_registry_test_mode(), self.wake._new_cursor() as cr:
            self.assertNotEqual(self._pid(cr), self._pid(self.committed))
        self.committed.execute("SELECT current_setting('retail_hub.test')")
        self.assertEqual(self.committed.fetchone(), ("begun",))
