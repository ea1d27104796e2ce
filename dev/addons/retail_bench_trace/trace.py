"""Notes what a thread does: SQL statements, commits and HTTP calls, with their times and the function that asked.

Where the environment variable RETAIL_BENCH_TRACE names a folder, each worker adds a line for each job to a file of its
own there: ``{"start", "end", "events": [[kind, start, end, function], …]}``, in seconds since 1970.
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
    """Have all statements, commits and HTTP calls of this process pass through here."""
    Cursor.execute = _noted("sql", Cursor.execute)
    Cursor.commit = _noted("commit", Cursor.commit)
    requests.Session.send = _noted("http", requests.Session.send)


@contextlib.contextmanager
def events_of_thread():
    """Yield the list of what this thread does meanwhile: (kind, start, end, function)."""
    _thread.events = []
    try:
        yield _thread.events
    finally:
        _thread.events = None


def _noted(kind, function):
    @functools.wraps(function)
    def call(*args, **kwargs):
        events = getattr(_thread, "events", None)
        if events is None:
            return function(*args, **kwargs)
        start = time.time()
        try:
            return function(*args, **kwargs)
        finally:
            events.append((kind, start, time.time(), _asking_function()))

    return call


def _asking_function():
    frame = first = sys._getframe(2)
    while frame:
        if any(addon in frame.f_code.co_filename for addon in ADDONS):
            return frame.f_code.co_qualname
        frame = frame.f_back
    return f"Odoo: {first.f_code.co_qualname}"


def _write_down_jobs(application):
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
    Application.__call__ = _write_down_jobs(Application.__call__)
