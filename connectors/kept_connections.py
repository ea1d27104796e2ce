"""Connections that outlive a drain: to connect again, with TLS, would take longer than most calls. Plain Python."""

import os
import threading
import time
from collections.abc import Callable, Hashable
from typing import Any

IDLE_SECONDS = 15  # most servers close an idle connection after 5 to 75 seconds
MAX_KEPT = 16  # in a process, of as many connectors


class KeptConnections:
    """Keeps closable objects, such as pools of connections, for whoever needs an equal one next.

    Each is used by one at a time. What has not been used for ``IDLE_SECONDS`` is closed at the next opportunity.

    :param clock: as :func:`time.monotonic`
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: list[tuple[float, Hashable, Any]] = []  # (kept since, key, object), the oldest first

    def take(self, key: Hashable, create: Callable[[], Any]) -> Any:
        """Return what was kept under a key, or else what ``create()`` returns."""
        key = (os.getpid(), key)  # a connection belongs to the process that opened it
        with self._lock:
            expired = self._remove(lambda since, _key: since < self._clock() - IDLE_SECONDS)
            found = next((kept for kept in reversed(self._kept) if kept[1] == key), None)
            if found:
                self._kept.remove(found)
        _close(expired)
        return found[2] if found else create()

    def keep(self, key: Hashable, kept: Any) -> None:
        """Keep an object, which the caller uses no more."""
        with self._lock:
            self._kept.append((self._clock(), (os.getpid(), key), kept))
            surplus, self._kept = self._kept[:-MAX_KEPT], self._kept[-MAX_KEPT:]
        _close(surplus)

    def close(self) -> None:
        """Close all that is kept."""
        with self._lock:
            everything = self._remove(lambda *_kept: True)
        _close(everything)

    def _remove(self, is_removed):
        removed = [kept for kept in self._kept if is_removed(*kept[:2])]
        self._kept = [kept for kept in self._kept if not is_removed(*kept[:2])]
        return removed


def _close(entries):
    for _since, _key, kept in entries:
        kept.close()
