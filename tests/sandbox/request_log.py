"""What was asked: the last requests, within bounds, cheap to write; parsed only when somebody reads."""

import json
import re
import threading
from collections import deque

MAX_ENTRIES = 20_000
MAX_BYTES = 64 * 1024 * 1024  # of request bodies
HIDDEN = "***"
SECRET_FIELDS = {"client_secret", "code", "refresh_token", "token"}
TOKEN_IN_PATH = re.compile(r"(/oauth/v1/(?:access|refresh)-tokens/)[^?]+")


class RequestLog:
    """Entries are numbered from 1; ``count`` goes on after old entries were dropped."""

    def __init__(self):
        self._lock = threading.Lock()
        self.clear()

    def clear(self):
        with self._lock:
            self._entries, self._bytes, self.count = deque(), 0, 0

    def add(self, request, status, at):
        """``status`` is None when the connection was dropped without an answer; ``at`` is in epoch seconds."""
        with self._lock:
            self.count += 1
            self._entries.append((self.count, request, status, at))
            self._bytes += len(request.body)
            while len(self._entries) > MAX_ENTRIES or self._bytes > MAX_BYTES:
                self._bytes -= len(self._entries.popleft()[1].body)

    def read(self, since=0):
        """Entries with a number above ``since``, oldest first."""
        with self._lock:
            entries = [entry for entry in self._entries if entry[0] > since]
        return [describe(*entry) for entry in entries]


def describe(number, request, status, at):
    return {
        "number": number,
        "method": request.method,
        "path": TOKEN_IN_PATH.sub(rf"\1{HIDDEN}", request.target),
        "status": status,
        "at": at,
        "body": readable_form(request) or readable(request.body),
        "headers": {
            name: HIDDEN if name == "authorization" else value for name, value in request.headers.items()
        },
    }


def readable_form(request):
    """The fields of a form without its secrets, None if the body is no form."""
    form = request.form()
    return form and {name: HIDDEN if name in SECRET_FIELDS else value for name, value in form.items()}


def readable(body):
    """JSON as data, other text as text, nothing as None."""
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")
