"""What describes a provider and a connector to the hub and to adapters. Plain Python: no Odoo, no I/O."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..core import field_map
from ..core.field_map import FieldMap, Transform
from ..schemas import EVENT_TYPES
from .authentication import AuthMethod, Token
from .items import MatchKeys

if TYPE_CHECKING:
    from .base import Adapter


@dataclass(frozen=True, slots=True)
class ObjectChoice:
    """What the admin chose for one subject: an object of the provider, and by which properties it is found."""

    object: str
    keys: MatchKeys


@dataclass(frozen=True, slots=True)
class Settings:
    """What an adapter knows of its connector. ``credentials`` maps names to clear text.

    ``connect_timeout`` and ``read_timeout`` are seconds; ``batch_size`` 0 means the provider's own maximum.
    ``source`` is the URI of this Odoo, as events name it. ``allowed_hosts`` are those that the server's admin trusts,
    although they are not on the internet or do not use TLS; it matters to adapters that call any address.
    ``field_maps`` None: those of the provider. ``objects`` is the admin's choice by subject; a subject that is not in
    it gets the provider's first object for it. ``auth_method`` is the code of one of the provider's, empty: the first.
    ``parallel_calls`` may be in the air at once, for an adapter that sends one record per call.
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
    objects: Mapping[str, ObjectChoice] = field(default_factory=dict)
    auth_method: str = ""
    parallel_calls: int = 1


@dataclass(frozen=True, slots=True)
class RemoteObject:
    """A kind of remote record whose properties are mapped, and the types of the events that feed it.

    ``subjects`` are the canonical kinds of records that may become such an object (``customer``,
    ``business_customer``, ``order``, ``invoice``, …): objects with the same subject are alternatives, among which
    the admin chooses. ``keys`` are the properties by which it is found, None if the admin has no say in them.
    ``part`` names the list of the events' data that has an entry for each record, such as ``lines``; empty: the
    whole is one record.
    """

    name: str
    label: str
    event_types: tuple[str, ...]
    subjects: tuple[str, ...] = ()
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
    """What an account may do: ``limits`` maps a window in seconds (a key of ``core.quota.WINDOWS``) to calls."""

    code: str
    label: str
    limits: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class FlowTemplate:
    """The flows that a connector usually wants, so that they are added in one click.

    ``event_types`` are names of event types, in which ``*`` stands for any text.
    """

    code: str
    label: str
    event_types: Sequence[str]

    def names(self) -> list[str]:
        """Return the names of its event types, in the order of the canonical model."""
        return [
            name for name in EVENT_TYPES if any(fnmatchcase(name, pattern) for pattern in self.event_types)
        ]


CRM_FLOWS = FlowTemplate(
    "crm",
    "Customers, orders, shipments, invoices and refunds",
    ("customer.*", "order.*", "shipment.confirmed", "invoice.*", "refund.issued"),
)
ALL_FLOWS = FlowTemplate("all", "All events that the system accepts", ("*",))


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


def _no_readings(headers):
    return ()


def _no_options(settings):
    return {}


def _full_batches(event_type, items, batches):
    return batches


def one_call_each(event_type, items, batches):
    """Return how many calls it takes where each item is a call: for :attr:`Provider.estimate`."""
    return items


@dataclass(frozen=True, kw_only=True)
class Provider:
    """A kind of external system, as data."""

    code: str
    """What connectors store, such as ``hubspot``; never changes."""
    label: str
    """What the admin sees."""
    adapter: type["Adapter"]
    """The class that speaks to it."""
    base_url: str
    """Where its API is; the admin may enter another."""
    api_versions: Sequence[str]
    """The versions that the adapter speaks; the first one is the default."""
    event_types: frozenset[str]
    """The events that it takes."""
    auth_methods: Sequence[AuthMethod] = (Token(),)
    """The ways to authenticate; the first one is the default."""
    batch_size: int = 1
    """How many items ``send`` gets at most."""
    initial_event_types: frozenset[str] | None = None
    """Those whose flows are on at first; None: all that are not optional."""
    optional_event_types: frozenset[str] = frozenset()
    """Those that come in great numbers: only a person switches them on."""
    objects: Sequence[RemoteObject] = ()
    """The kinds of records whose properties are mapped, and what becomes them."""
    default_field_maps: Sequence[FieldMap] = ()
    """The mapping that a new connector begins with."""
    transforms: Mapping[str, Transform] = field(default_factory=lambda: field_map.TRANSFORMS)
    """What the mapping may name: the common ones and, as ``provider.name``, its own."""
    plans: Sequence[Plan] = ()
    """What the provider sells, with its call limits; the smallest first."""
    flow_templates: Sequence[FlowTemplate] = (ALL_FLOWS,)
    """Sets of flows that the admin adds in one click."""
    quota_readings: Callable[[Mapping[str, str]], Sequence[QuotaReading]] = _no_readings
    """What the rate-limit headers of an answer say: takes them with lower-case names."""
    http_options: Callable[[Settings], Mapping[str, Any]] = _no_options
    """Options of :class:`~.http_client.HttpClient` other than the default: ``guard``, ``max_bytes``, ``reads_json``."""
    estimate: Callable[[str, int, int], int] = _full_batches
    """How many calls it takes to send items: takes the event type, how many items, how many full batches these are."""

    def size_of(self, batch_size: int) -> int:
        """Return how many items go into a call, given what the connector says (0: as many as possible)."""
        return min(batch_size or self.batch_size, self.batch_size)

    def calls_for(self, event_type: str, count: int, batch_size: int = 0) -> int:
        """Return how many calls it takes to send so many items."""
        return self.estimate(event_type, count, -(-count // self.size_of(batch_size)))

    def auth_method(self, code: str) -> AuthMethod:
        """Return the way to authenticate with this code, else the first one."""
        return next((each for each in self.auth_methods if each.code == code), self.auth_methods[0])

    def object(self, name: str) -> RemoteObject | None:
        """Return the object of this name, None if there is none."""
        return next((each for each in self.objects if each.name == name), None)

    def choices(self) -> Mapping[str, Sequence[RemoteObject]]:
        """Return ``{subject: the objects that it may become}``, the default first."""
        return self._choices

    @cached_property
    def _choices(self):
        found: dict[str, list[RemoteObject]] = {}
        for each in self.objects:
            for subject in each.subjects:
                found.setdefault(subject, []).append(each)
        return found

    def choice(self, subject: str, settings: Settings) -> ObjectChoice | None:
        """Return what records of a subject become, as the admin chose; None if the provider has nothing for them."""
        chosen = settings.objects.get(subject)
        if chosen:
            return chosen
        first = next(iter(self.choices().get(subject, ())), None)
        return ObjectChoice(first.name, first.keys or MatchKeys("")) if first else None
