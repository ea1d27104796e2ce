"""Providers, and the settings of connectors, as data. Plain Python: no Odoo, no I/O."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..core import field_map, remote_data, zones
from ..core.field_map import FieldMap, Transform
from ..core.redaction import redact_text
from ..schemas import EVENT_TYPES
from .authentication import AuthMethod, Token
from .items import MatchKeys
from .loyalty import EngineProgram, LoyaltyAbilities
from .promotions import PromotionAbilities

if TYPE_CHECKING:
    from .base import Adapter
    from .receiver import Receiver

MAX_PROPERTIES = 5_000  # of an object that are kept
MAX_OPTIONS = 5_000  # of a property
MAX_OPTION_CHARACTERS = 1_000_000  # of all options of an object's properties


@dataclass(frozen=True, slots=True)
class ObjectChoice:
    """The admin's choice for one subject: an object of the provider, and its match keys."""

    object: str
    keys: MatchKeys


@dataclass(frozen=True, slots=True)
class Settings:
    """A connector's settings, for its adapter.

    :param base_url: of the API. The client adds it to each path
    :param api_version: one of the provider's; empty if it has none
    :param credentials: ``{name: clear text}``
    :param connect_timeout: in seconds
    :param read_timeout: in seconds
    :param batch_size: items per call; 0 for the provider's maximum
    :param source: the URI of this Odoo, used as the source of events
    :param allowed_hosts: hosts that the server's admin trusts although they are not on the internet or do not use
        TLS; for adapters that call any URL
    :param field_maps: the mapping lines; None for the provider's defaults
    :param objects: the admin's choice by subject; a subject without one uses the provider's first object for it
    :param auth_method: the code of one of the provider's methods; empty for its first
    :param parallel_calls: the maximum number of concurrent calls of one worker, for adapters that send one record per
        call
    :param time_zone: the remote account's, as the last successful test of the connection reported it (IANA name);
        empty if unknown. Daily limits are taken to end at its midnight.
    :param remote_properties: ``{object: {name: property}}`` as last read; without objects that were never read
    :param lang: Odoo's code of the language in which names are sent, such as ``nl_BE``; empty for English
    :param code_products: canonical ids of the products by which codes of a loyalty engine reduce the price of an order
    :param loyalty_programs: ``{Odoo's id of a loyalty program: the engine's program}`` of those that are linked
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
    time_zone: str = ""
    remote_properties: Mapping[str, Mapping[str, "RemoteProperty"]] = field(default_factory=dict, repr=False)
    lang: str = ""
    loyalty_programs: Mapping[str, EngineProgram] = field(default_factory=dict)
    code_products: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RemoteObject:
    """A kind of remote record with mapped properties.

    :param name: stored on connectors and mapping lines, such as ``contact``. Never change it
    :param label: the name that the admin sees
    :param event_types: the events that create or change such records
    :param subjects: the canonical kinds of records that can be mapped to it (``customer``, ``business_customer``,
        ``order``, ``invoice``, …). Objects with the same subject are alternatives: the admin chooses one.
    :param part: the list in the payload that has one entry per record, such as ``lines``; empty if the whole
        payload is one record
    :param keys: the default match keys; None if the admin cannot choose them
    """

    name: str
    label: str
    event_types: tuple[str, ...]
    subjects: tuple[str, ...] = ()
    part: str = ""
    keys: MatchKeys | None = None

    def fields_schemas(self):
        """Return the JSON Schemas of the payloads (or of their ``part``) that fill its properties."""
        types = [EVENT_TYPES[name] for name in self.event_types]
        schemas = {each.schema: each.schema.model_json_schema() for each in types}
        return [field_map.part_schema(schema, self.part) for schema in schemas.values()]


@dataclass(frozen=True, slots=True)
class RemoteProperty:
    """A property of the remote's records.

    :param name: as the API spells it
    :param label: the name that people see at the remote
    :param type: ``text``, ``number``, ``boolean``, ``date``, ``datetime`` or ``enumeration``
    :param options: the values that an enumeration accepts
    :param is_read_only: whether the API refuses values for it
    :param is_unique: whether no two records have the same value, so that it can be a match key
    """

    name: str
    label: str = ""
    type: str = "text"
    options: tuple[str, ...] = ()
    is_read_only: bool = False
    is_unique: bool = False


def bounded_properties(properties: Iterable[RemoteProperty]) -> list[RemoteProperty]:
    """Return the properties to store, of those that a remote named.

    At most ``MAX_PROPERTIES``, without those whose names are too long. Where there are too many options, or too long
    ones, there are none: it is not known which values the property accepts.
    """
    named = (each for each in properties if 0 < len(each.name) <= remote_data.MAX_NAME)
    left, kept = MAX_OPTION_CHARACTERS, []
    for each in islice(named, MAX_PROPERTIES):
        options = each.options if remote_data.fits(each.options, MAX_OPTIONS, left) else ()
        left -= sum(map(len, options))
        label = remote_data.short(each.label, remote_data.MAX_NAME)
        kept.append(replace(each, label=label, options=options))
    return kept


@dataclass(frozen=True, slots=True)
class Plan:
    """A provider's subscription plan.

    :param code: stored on connectors. Never change it
    :param label: the name that the admin sees
    :param limits: ``{seconds: calls}``; the seconds are one of ``core.quota.WINDOWS``: 1, 10, 60, 3,600 or 86,400
    """

    code: str
    label: str
    limits: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class FlowTemplate:
    """A set of flows that the admin can add in one click.

    :param code: identifies the template
    :param label: the name that the admin sees
    :param event_types: names of event types; ``*`` stands for any text
    """

    code: str
    label: str
    event_types: Sequence[str]

    def names(self) -> list[str]:
        """Return the names of the event types that match, in the order of ``EVENT_TYPES``."""
        return [
            name for name in EVENT_TYPES if any(fnmatchcase(name, pattern) for pattern in self.event_types)
        ]


CRM_FLOWS = FlowTemplate(
    "crm",
    "Customers, orders, shipments, invoices and refunds",
    (
        "customer.*",
        "order.placed",
        "order.updated",
        "order.cancelled",
        "shipment.*",
        "invoice.*",
        "refund.*",
    ),
)
ALL_FLOWS = FlowTemplate("all", "All events that the system accepts", ("*",))


@dataclass(frozen=True, slots=True)
class QuotaReading:
    """A rate limit as the remote reports it.

    :param seconds: the window's length
    :param limit: the calls that the window allows
    :param remaining: the calls that are left in it
    :param resets_in: seconds until a daily window starts again; None if unknown
    """

    seconds: int
    limit: int
    remaining: int
    resets_in: float | None = None

    def __post_init__(self):
        for name in ("limit", "remaining"):
            object.__setattr__(self, name, min(max(getattr(self, name), 0), remote_data.MAX_COUNT))
        object.__setattr__(self, "resets_in", remote_data.seconds(self.resets_in))


_YEARS = range(2000, 2200)  # in which a moment can be shown in any timezone


@dataclass(frozen=True, slots=True)
class ConnectionReport:
    """The result of *Test Connection*.

    :param account: the account's name, for the admin
    :param server_time: the remote's clock (UTC); None if unknown
    :param quota_remaining: calls that are left in the daily window; None if unknown
    :param quota_limit: calls that the daily window allows; None if unknown
    :param quota_resets_at: when the daily window starts again (UTC); None if unknown
    :param time_zone: the account's timezone (IANA name); empty if unknown
    :param pages: the URL below which the account's records have their pages, see :attr:`Provider.page`; empty if
        unknown
    """

    account: str
    server_time: datetime | None = None
    quota_remaining: int | None = None
    quota_limit: int | None = None
    quota_resets_at: datetime | None = None
    time_zone: str = ""
    pages: str = ""

    def __post_init__(self):
        account = redact_text(remote_data.short(self.account, remote_data.MAX_NAME))
        object.__setattr__(self, "account", account)
        for name in ("quota_remaining", "quota_limit"):
            object.__setattr__(self, name, remote_data.count(getattr(self, name)))
        if self.quota_limit is None:
            object.__setattr__(self, "quota_remaining", None)
        at = self.quota_resets_at
        object.__setattr__(self, "quota_resets_at", at if at and at.year in _YEARS else None)
        object.__setattr__(self, "time_zone", self.time_zone if zones.find(self.time_zone) else "")


def _no_readings(headers):
    return ()


def _no_options(settings):
    return {}


def _full_batches(event_type, items, batches):
    return batches


def one_call_each(event_type, items, batches):
    """Return the number of calls if each item takes one: a value for :attr:`Provider.estimate`."""
    return items


@dataclass(frozen=True, kw_only=True)
class Provider:
    """A kind of remote system, as data."""

    code: str
    """Stored on connectors, such as ``hubspot``. Never change it."""
    label: str
    """The name that the admin sees."""
    adapter: type["Adapter"]
    """The adapter class."""
    base_url: str
    """The default URL of the API. The admin can change it."""
    api_versions: Sequence[str] = ()
    """The API versions that the adapter supports. The first is the default. Empty: the API has no versions."""
    event_types: frozenset[str]
    """The event types that the adapter supports."""
    auth_methods: Sequence[AuthMethod] = (Token(),)
    """The supported authentication methods. The first is the default."""
    batch_size: int = 1
    """The maximum number of items that ``send`` receives."""
    initial_event_types: frozenset[str] | None = None
    """The event types whose flows are active on a new connector. None: all but the optional ones."""
    optional_event_types: frozenset[str] = frozenset()
    """High-volume event types, whose flows only the admin activates."""
    objects: Sequence[RemoteObject] = ()
    """The remote objects with mapped properties, and the subjects that can be mapped to them."""
    default_field_maps: Sequence[FieldMap] = ()
    """The mapping lines of a new connector."""
    transforms: Mapping[str, Transform] = field(default_factory=lambda: field_map.TRANSFORMS)
    """The transforms that mapping lines can use: the common ones, and the provider's own, named ``provider.name``."""
    plans: Sequence[Plan] = ()
    """The provider's subscription plans with their call limits, the smallest first."""
    flow_templates: Sequence[FlowTemplate] = (ALL_FLOWS,)
    """The sets of flows that the admin can add in one click."""
    quota_readings: Callable[[Mapping[str, str]], Sequence[QuotaReading]] = _no_readings
    """Reads rate-limit headers: takes a response's headers with lower-case names."""
    http_options: Callable[[Settings], Mapping[str, Any]] = _no_options
    """Options for :class:`~.http_client.HttpClient`: ``max_bytes``, ``reads_json``, ``uses_proxy``."""
    estimate: Callable[[str, int, int], int] = _full_batches
    """Estimates the calls for some items: takes the event type, the number of items, and that of full batches."""
    page: Callable[[str, str, str], str] | None = None
    """Returns the URL of a record's page, or an empty text: takes ``ConnectionReport.pages``, the object (empty if
    unknown) and the remote id. None if records have no pages."""
    receiver: "Receiver | None" = None
    """Reads the provider's webhooks. None if it sends none."""
    loyalty: LoyaltyAbilities | None = None
    """What it can do as a loyalty engine. None if it keeps no points."""
    promotions: PromotionAbilities | None = None
    """What it can do with promotions and prices. None if it has none."""

    def size_of(self, batch_size: int) -> int:
        """Return the number of items per call.

        :param batch_size: the connector's setting; 0 for the provider's maximum
        """
        return min(batch_size or self.batch_size, self.batch_size)

    def calls_for(self, event_type: str, count: int, batch_size: int = 0) -> int:
        """Return the estimated number of calls that it takes to send ``count`` items."""
        return self.estimate(event_type, count, -(-count // self.size_of(batch_size)))

    def auth_method(self, code: str) -> AuthMethod:
        """Return the authentication method with this code, or the default one."""
        return next((each for each in self.auth_methods if each.code == code), self.auth_methods[0])

    def object(self, name: str) -> RemoteObject | None:
        """Return the object with this name, or None."""
        return next((each for each in self.objects if each.name == name), None)

    def choices(self) -> Mapping[str, Sequence[RemoteObject]]:
        """Return ``{subject: the objects to which it can be mapped}``, the default first."""
        return self._choices

    @cached_property
    def _choices(self):
        found: dict[str, list[RemoteObject]] = {}
        for each in self.objects:
            for subject in each.subjects:
                found.setdefault(subject, []).append(each)
        return found

    def choice(self, subject: str, settings: Settings) -> ObjectChoice | None:
        """Return the object and match keys for a subject: the admin's choice, or the default; None without either."""
        chosen = settings.objects.get(subject)
        if chosen:
            return chosen
        first = next(iter(self.choices().get(subject, ())), None)
        return ObjectChoice(first.name, first.keys or MatchKeys("")) if first else None
