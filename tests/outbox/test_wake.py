"""Wake-ups: whatever is committed is drained by a job that starts after it."""

import time
from unittest.mock import patch

from odoo.tests import tagged

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
