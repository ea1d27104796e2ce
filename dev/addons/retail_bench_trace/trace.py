"""Traces a thread: SQL statements, commits and HTTP calls, with their times and the function that made them.

If the environment variable RETAIL_BENCH_TRACE names a folder, each worker writes one line per job to a file there:
``{"start", "end", "events": [[kind, start, end, function], …]}``, in seconds since 1970.
"""

import contextlib
import functools
import json
import os
import sys
import threading
import time
from pathlib import Path

import requests

from odoo.http import Application
from odoo.sql_db import Cursor

FOLDER = os.environ.get("RETAIL_BENCH_TRACE")
JOB_PATH = "/queue_job/runjob"
ADDONS = ("addons/retail_hub/", "addons/retail_bench_peer/", "addons/queue_job/")

_thread = threading.local()


@functools.cache
def install():
    """Trace all statements, commits and HTTP calls of this process."""
    Cursor.execute = _traced("sql", Cursor.execute)
    Cursor.commit = _traced("commit", Cursor.commit)
    requests.Session.send = _traced("http", requests.Session.send)


@contextlib.contextmanager
def events_of_thread():
    """Yield a list to which this thread's events are added: (kind, start, end, function)."""
    _thread.events = []
    try:
        yield _thread.events
    finally:
        _thread.events = None


def _traced(kind, function):
    @functools.wraps(function)
    def call(*args, **kwargs):
        events = getattr(_thread, "events", None)
        if events is None:
            return function(*args, **kwargs)
        start = time.time()
        try:
            return function(*args, **kwargs)
        finally:
            events.append((kind, start, time.time(), _calling_function()))

    return call


def _calling_function():
    frame = first = sys._getframe(2)
    while frame:
        if any(addon in frame.f_code.co_filename for addon in ADDONS):
            return frame.f_code.co_qualname
        frame = frame.f_back
    return f"Odoo: {first.f_code.co_qualname}"


def _with_job_traces(application):
    @functools.wraps(application)
    def call(self, environ, start_response):
        if environ.get("PATH_INFO") != JOB_PATH:
            return application(self, environ, start_response)
        start = time.time()
        with events_of_thread() as events:
            try:
                return application(self, environ, start_response)
            finally:
                line = {"start": start, "end": time.time(), "events": events}
                with open(Path(FOLDER, f"{os.getpid()}.jsonl"), "a", encoding="utf-8") as file:
                    file.write(json.dumps(line) + "\n")

    return call


if FOLDER:
    install()
    Application.__call__ = _with_job_traces(Application.__call__)
