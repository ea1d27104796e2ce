"""HubSpot's limit for calls of associations, besides the limits for all calls.

Those are counted in the database, for all processes. This one is counted in each process: it is reached only if most
calls are about associations, and HubSpot then asks to wait.
"""

import hashlib
import threading
import time
from collections import deque

CALLS = (
    150  # https://developers.hubspot.com/docs/api-reference/latest/crm/associations/associate-records/guide
)
SECONDS = 10.5  # a rolling window of 10 seconds, and some time on the way

_lock = threading.Lock()
_by_account: dict[bytes, "AssociationLimit"] = {}


class AssociationLimit:
    """Counts calls in a rolling window. Safe to use in several threads."""

    def __init__(self, calls=CALLS, seconds=SECONDS):
        self.calls = calls
        self.seconds = seconds
        self._times = deque()
        self._lock = threading.Lock()
        self.used_at = time.monotonic()

    def take(self):
        """Count a call and return 0; or count none, and return the seconds to wait."""
        with self._lock:
            now = self.used_at = time.monotonic()
            while self._times and self._times[0] <= now - self.seconds:
                self._times.popleft()
            if len(self._times) >= self.calls:
                return self._times[0] + self.seconds - now
            self._times.append(now)
            return 0


def of(settings):
    """Return the limit that all connections of this process to an account share.

    :param settings: of the connector: its address and its access token say which account it is
    """
    key = f"{settings.base_url}\n{settings.credentials.get('access_token')}"
    key = hashlib.blake2b(key.encode()).digest()
    with _lock:
        now = time.monotonic()
        for idle in [each for each, limit in _by_account.items() if now - limit.used_at > limit.seconds]:
            del _by_account[idle]
        return _by_account.setdefault(key, AssociationLimit())
