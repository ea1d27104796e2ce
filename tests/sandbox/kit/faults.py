"""The fault plan: rules that make matching requests fail, in the ways in which networks and APIs fail.

A rule is a dict. These keys select requests: ``path`` (substring of path and query), ``method``, ``skip`` (let the
first n matching requests pass), ``times`` (how many to hit; None = all). These keys are applied in this order:

===================  ====================================================================================
``latency``          wait this many seconds, then go on
``hang``             wait this many seconds (or until the faults are cleared), then close without an answer
``drop: "before"``   close the connection; nothing was done
``limit``            the name of one of the stand-in's ``LIMITS``, such as ``"burst"``: the provider's own 429, with
                     ``retry_after`` (s) if given
``html: true``       an HTML page such as a proxy sends, with ``status`` (default 502)
``status``           answer ``status``, ``body`` (JSON data or text) and ``headers``; nothing was done
``invalid_every``    every n-th *different* item of batches is invalid, however the batches are cut
``drop: "after"``    do the work, close the connection without an answer
``truncate: true``   do the work, send half of the answer under the full Content-Length, close
===================  ====================================================================================

The first matching rule applies. ``invalid_every`` and ``latency`` can be combined with the others.
"""

import threading

from .wire import Response, encode

DEFAULTS = {
    "path": "",
    "method": None,
    "skip": 0,
    "times": None,
    "latency": 0,
    "hang": 0,
    "drop": None,
    "limit": None,
    "retry_after": None,
    "html": False,
    "status": None,
    "body": None,
    "headers": {},
    "invalid_every": 0,
    "truncate": False,
}
HTML = b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"


class Rule:
    """One rule of the plan, with the counters that it needs."""

    def __init__(self, **plan):
        unknown = set(plan) - set(DEFAULTS)
        if unknown:
            raise ValueError(f"unknown in a fault rule: {', '.join(sorted(unknown))}")
        self.plan = {**DEFAULTS, **plan}
        self.seen = self.hits = 0
        self._numbers = {}

    def __getattr__(self, name):
        try:
            return self.plan[name]
        except KeyError:
            raise AttributeError(name) from None

    def take(self, request):
        """Return whether the rule hits this request, and count it."""
        if self.path not in request.target or (self.method and self.method != request.method):
            return False
        self.seen += 1
        if self.seen <= self.skip or (self.times is not None and self.hits >= self.times):
            return False
        self.hits += 1
        return True

    def spoils(self, identity):
        """Return whether the item with this identity is one of every n-th. Repeated calls return the same."""
        if not self.invalid_every:
            return False
        number = self._numbers.setdefault(identity, len(self._numbers) + 1)
        return number % self.invalid_every == 0

    def answer(self):
        """Return the Response to send instead of the provider's, or None."""
        headers = tuple(self.headers.items())
        if self.html:
            return Response(self.status or 502, HTML, headers, "text/html; charset=UTF-8")
        if self.status is None:
            return None
        if isinstance(self.body, str):
            return Response(self.status, self.body.encode(), headers, "text/plain; charset=UTF-8")
        body = b"" if self.body is None else encode(self.body).encode()
        return Response(self.status, body, headers)


class FaultPlan:
    """The list of rules."""

    def __init__(self):
        self._lock = threading.Lock()
        self._rules = []
        self._cleared = threading.Event()

    def add(self, rules):
        new = [Rule(**rule) for rule in rules]
        with self._lock:
            self._rules = self._rules + new

    def clear(self):
        """Delete all rules, and end hanging requests."""
        with self._lock:
            self._rules = []
            self._cleared.set()
            self._cleared = threading.Event()

    def find(self, request):
        """Return the rule that hits this request, or None."""
        if not self._rules:
            return None
        with self._lock:
            return next((rule for rule in self._rules if rule.take(request)), None)

    def wait(self, seconds):
        self._cleared.wait(seconds)

    def describe(self):
        return [{**rule.plan, "seen": rule.seen, "hits": rule.hits} for rule in self._rules]
