"""What describes a provider and a connector to an adapter. Plain Python: no Odoo, no I/O."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..core import field_map
from ..core.field_map import FieldMap
from ..schemas import EVENT_TYPES
from .items import MatchKeys


@dataclass(frozen=True, slots=True)
class Credential:
    """A secret that an adapter asks the admin for.

    ``auth_method`` is the one that needs it (``token``, ``oauth``), empty for all. ``is_obtained``: the remote
    gives it when the connector is connected, nobody types it.
    ``check`` raises an :class:`AuthError`, in words for the admin, for a value that cannot be one.
    ``former`` names the credential that keeps the old value when this one is replaced.
    """

    name: str
    label: str
    required: bool = True
    auth_method: str = ""
    is_obtained: bool = False
    check: Callable[[str], Any] | None = None
    former: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """What an adapter knows of its connector. ``credentials`` maps names to clear text.

    ``connect_timeout`` and ``read_timeout`` are seconds; ``batch_size`` 0 means the provider's own maximum.
    ``source`` is the URI of this Odoo, as events name it. ``allowed_hosts`` are those that the server's admin trusts,
    although they are not on the internet or do not use TLS; it matters to adapters that call any address.
    ``field_maps`` None: those of the provider. ``order_object`` and ``company_object`` are what orders and business
    customers become: one of the adapter's ``order_objects`` and ``company_objects``; empty: the first one.
    """

    base_url: str
    api_version: str
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    connect_timeout: float = 5.0
    read_timeout: float = 20.0
    batch_size: int = 0
    source: str = ""
    allowed_hosts: Sequence[str] = ()
    field_maps: Sequence[FieldMap] | None = None
    order_object: str = ""
    company_object: str = ""


@dataclass(frozen=True, slots=True)
class RemoteObject:
    """A kind of remote record whose properties are mapped, and the types of the events that feed it.

    ``part`` names the list of the events' data that has an entry for each record, such as ``lines``; empty: the whole
    is one record. ``keys``: by which properties it is found, None: by the adapter's ``default_keys``.
    """

    name: str
    label: str
    event_types: tuple[str, ...]
    part: str = ""
    keys: MatchKeys | None = None

    def fields_schemas(self):
        """Return the JSON Schemas of what its properties are filled from, one for each type of event."""
        types = [EVENT_TYPES[name] for name in self.event_types]
        schemas = {each.schema: each.schema.model_json_schema() for each in types}
        return [field_map.part_schema(schema, self.part) for schema in schemas.values()]


@dataclass(frozen=True, slots=True)
class RemoteProperty:
    """A property that the remote's records have.

    ``type`` is one of ``text``, ``number``, ``boolean``, ``date``, ``datetime``, ``enumeration``; ``options`` are the
    values that an enumeration takes.
    """

    name: str
    label: str = ""
    type: str = "text"
    options: tuple[str, ...] = ()
    is_read_only: bool = False
    is_unique: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What an account may do: ``limits`` maps a window (1, 10, 60 or 86,400 seconds) to calls."""

    code: str
    label: str
    limits: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class QuotaReading:
    """The remote's own figures for one window: its calls in all, and those that are left.

    ``resets_in`` is seconds until a day begins anew, None if the remote does not tell.
    """

    seconds: int
    limit: int
    remaining: int
    resets_in: float | None = None


@dataclass(frozen=True, slots=True)
class ConnectionReport:
    """The answer to "Test connection": the account's name and the remote's clock (UTC), if it tells it.

    ``quota_remaining`` and ``quota_limit`` are calls in the remote's daily window, None if unknown.
    """

    account: str
    server_time: datetime | None = None
    quota_remaining: int | None = None
    quota_limit: int | None = None
