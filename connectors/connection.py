"""An open connection of a connector: the HTTP client, and the adapter that uses it. Plain Python."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from ..core import zones
from ..core.known_secrets import known_secrets
from ..core.quota import DAY_SECONDS
from .base import Adapter
from .guard import Guard
from .http_client import HttpClient
from .mapper import Mapper
from .provider import Provider, QuotaReading, Settings
from .record_adapter import RecordAdapter

MAX_ROUNDS = 12  # calls that a batch makes one after the other, if each record takes one


class Connection:
    """A context manager that yields a provider's adapter, and closes its HTTP connections afterwards.

    :param settings: of the connector
    :param before_call: called before each request; may raise a :class:`~..core.errors.RemoteError` to prevent it
    """

    def __init__(self, provider: Provider, settings: Settings, before_call: Callable[[], None] | None = None):
        method = provider.auth_method(settings.auth_method)
        self.provider = provider
        self.settings = replace(settings, batch_size=_batch_size(provider, settings))
        self.http = HttpClient(
            settings,
            method.headers(settings.credentials),
            guard=Guard(settings.allowed_hosts),
            refusal=method.missing(settings.credentials),
            secrets=known_secrets(frozenset(method.secrets(settings.credentials))),
            **provider.http_options(settings),
        )
        self.http.before_call = before_call
        self.http.after_answer = self._read_limits
        self._readings: dict[int, QuotaReading] = {}
        self.adapter: Adapter = provider.adapter(self.settings, Mapper(provider, self.settings), self.http)

    def __enter__(self) -> Adapter:
        return self.adapter

    def __exit__(self, *exc_info):
        self.http.close()

    def set_deadline(self, deadline: float):
        """Start no call after ``deadline``, a time of :func:`time.monotonic`."""
        self.http.deadline = deadline

    def quota_readings(self) -> Sequence[QuotaReading]:
        """Return the newest reading of each rate limit since the last call of this method."""
        readings, self._readings = self._readings, {}
        return list(readings.values())

    def _read_limits(self, headers):
        for reading in self.provider.quota_readings(headers):
            self._readings[reading.seconds] = self._with_reset(reading)

    def _with_reset(self, reading):
        """Return the reading of a day with its end: midnight of the account, unless the remote says when."""
        zone = zones.find(self.settings.time_zone)
        if reading.seconds != DAY_SECONDS or reading.resets_in is not None or zone is None:
            return reading
        return replace(reading, resets_in=zones.seconds_to_midnight(datetime.now(UTC), zone))


def _batch_size(provider, settings):
    size = provider.size_of(settings.batch_size)
    takes_one = issubclass(provider.adapter, RecordAdapter)
    return min(size, MAX_ROUNDS * settings.parallel_calls) if takes_one else size
