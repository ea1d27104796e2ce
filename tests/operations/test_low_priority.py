"""Bulk work gets less CPU time than realtime work, and nothing else is different."""

import os
import threading
from contextvars import ContextVar
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import config

from odoo.addons.retail_hub.models.outbox import drain
from odoo.addons.retail_hub.tools.low_priority import NICENESS, with_low_priority

from ..common import RetailCase

_variable = ContextVar("retail_hub.test")


def _priority():
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


@tagged("post_install", "-at_install")
class TestLowPriority(RetailCase):
    def _with_workers(self, count):
        self.startPatcher(patch.dict(config.options, {"workers": count}))

    def test_a_worker_process(self):
        self._with_workers(2)
        before = _priority()
        self.assertEqual(with_low_priority(_priority), max(before, NICENESS))
        self.assertEqual(_priority(), before)
        self.assertNotEqual(with_low_priority(threading.get_ident), threading.get_ident())

    def test_threads_of_one_process(self):
        """They would wait for a slow thread that holds Python's lock."""
        self._with_workers(0)
        self.assertEqual(with_low_priority(threading.get_ident), threading.get_ident())

    def test_errors_and_context(self):
        self._with_workers(2)
        _variable.set("kept")
        self.assertEqual(with_low_priority(_variable.get), "kept")
        with self.assertRaises(ZeroDivisionError):
            with_low_priority(divmod, 1, 0)

    def test_lanes(self):
        slow = []
        self.startPatcher(
            patch.object(
                drain, "with_low_priority", lambda function, *args: slow.append(args[1]) or function(*args)
            )
        )
        for lane in ("realtime", "bulk"):
            self.env["retail.drain"]._run(self.connector.id, lane)
        self.assertEqual(slow, ["bulk"])
