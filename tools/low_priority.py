"""Bulk work gets the CPU that realtime work leaves."""

import contextvars
import os
import sys
import threading

from odoo.tools import config

NICENESS = 10  # as Odoo's cron workers; others get about nine times as much CPU time, while they want it
THREAD_ATTRIBUTES = ("dbname", "uid", "url")  # that Odoo's log reads


def with_low_priority(function, *args):
    """Return ``function(*args)``, called by a thread that gets less CPU time than others while they want it.

    Only Linux has priorities of threads. They can be lowered by anybody, but raised by the superuser alone: hence a
    thread that ends afterwards. Without worker processes, ``function`` is called at once: a slow thread would hold
    Python's lock, for which the other threads of the process wait.
    """
    if not config["workers"] or sys.platform != "linux":
        return function(*args)
    call = _Call(function, args)
    call.start()
    call.join()
    return call.result()


class _Call(threading.Thread):
    def __init__(self, function, args):
        super().__init__(name=threading.current_thread().name, daemon=True)
        self._context = contextvars.copy_context()
        self._function, self._args = function, args
        self._returned = self._raised = None
        for name in THREAD_ATTRIBUTES:
            if hasattr(threading.current_thread(), name):
                setattr(self, name, getattr(threading.current_thread(), name))

    def run(self):
        this = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, this, max(NICENESS, os.getpriority(os.PRIO_PROCESS, this)))
        try:
            self._returned = self._context.run(self._function, *self._args)
        except BaseException as error:  # raised again by the thread that waits
            self._raised = error

    def result(self):
        if self._raised:
            raise self._raised
        return self._returned
