"""The request log: a bounded number of requests, which are parsed only when they are read."""

import threading
from collections import deque

import masking

MAX_ENTRIES = 20_000
MAX_BYTES = 64 * 1024 * 1024  # of request bodies


class RequestLog:
    """Entries are numbered from 1. ``count`` also includes old entries that were dropped.

    :param provider_for: takes a request, and returns its provider (or None), which knows what to mask
    """

    def __init__(self, provider_for):
        self.provider_for = provider_for
        self._lock = threading.Lock()
        self.clear()

    def clear(self):
        with self._lock:
            self._entries, self._bytes, self.count = deque(), 0, 0

    def add(self, request, status, at):
        """Add a request.

        :param status: None if the connection was dropped without a response
        :param at: epoch seconds
        """
        with self._lock:
            self.count += 1
            self._entries.append((self.count, request, status, at))
            self._bytes += len(request.body)
            while len(self._entries) > MAX_ENTRIES or self._bytes > MAX_BYTES:
                self._bytes -= len(self._entries.popleft()[1].body)

    def read(self, since=0):
        """Return the entries with a number above ``since``, the oldest first."""
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
