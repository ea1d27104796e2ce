"""What was asked: the last requests, within bounds, cheap to write; parsed only when somebody reads."""

import threading
from collections import deque

import masking

MAX_ENTRIES = 20_000
MAX_BYTES = 64 * 1024 * 1024  # of request bodies


class RequestLog:
    """Entries are numbered from 1; ``count`` goes on after old entries were dropped.

    ``provider_for`` says which provider a request belongs to (or None): it knows what is secret in it.
    """

    def __init__(self, provider_for):
        self.provider_for = provider_for
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
        return [describe(*entry, self.provider_for(entry[1])) for entry in entries]


def describe(number, request, status, at, provider):
    return {
        "number": number,
        "method": request.method,
        "path": masking.target(request, provider),
        "status": status,
        "at": at,
        "body": masking.body(request),
        "headers": masking.headers(request, provider),
    }
