"""The contract between the hub and an adapter. Plain Python: no Odoo, no I/O.

The hub hands an adapter a list of :class:`Item`; the adapter turns each into a remote request body
(:meth:`Adapter.prepare`), sends them in batches (:meth:`Adapter.send`) and answers with one
:class:`Outcome` per item, in the same order.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from ..core import field_map
from ..core.errors import MappingError
from ..core.field_map import FieldMap, FieldMapError, Transform
from ..schemas import EVENT_TYPES
from .items import Item, MatchKeys, Outcome, Prepared, Reference
from .provider import ConnectionReport, Credential, Plan, QuotaReading, RemoteObject, RemoteProperty, Settings

if TYPE_CHECKING:
    from .oauth import OAuth


class Adapter(ABC):
    """Speaks one provider's API. A context manager that owns one pooled HTTP session.

    An adapter holds no state about records, and never sleeps: what has to wait is told as an outcome.

    ``initial_event_types`` are those whose flows are on at first, None: all that are not optional.
    ``optional_event_types`` are so many that only a person switches them on. ``plans`` are those that the
    provider sells, the smallest first. ``objects`` are those whose properties an admin may map; ``order_objects`` and
    ``company_objects`` name those of them among which the admin chooses what orders and business customers become; the
    first of the latter is also what persons become.
    ``default_field_maps`` are the maps to begin with, and ``transforms`` what these may name: the common ones and, as
    ``provider.name``, the provider's own. ``before_call`` is set by the hub, and is
    called before each HTTP request (hand it to :class:`~.http_client.HttpClient`): it counts the call, or raises
    a :class:`QuotaError`; no more calls are then tried in the batch.
    """

    label: ClassVar[str]
    default_base_url: ClassVar[str]
    api_versions: ClassVar[Sequence[str]]
    credentials: ClassVar[Sequence[Credential]]
    batch_size: ClassVar[int]
    event_types: ClassVar[frozenset[str]]
    initial_event_types: ClassVar[frozenset[str] | None] = None
    optional_event_types: ClassVar[frozenset[str]] = frozenset()
    default_keys: ClassVar[MatchKeys]
    plans: ClassVar[Sequence[Plan]] = ()
    has_oauth: ClassVar[bool] = False
    objects: ClassVar[Sequence[RemoteObject]] = ()
    order_objects: ClassVar[Sequence[str]] = ()
    company_objects: ClassVar[Sequence[str]] = ()
    has_set_up: ClassVar[bool] = False
    default_field_maps: ClassVar[Sequence[FieldMap]] = ()
    transforms: ClassVar[Mapping[str, Transform]] = field_map.TRANSFORMS
    before_call: Callable[[], None] | None = None

    def __init__(self, settings: Settings):
        self.settings = settings
        self._compiled_lines: dict[tuple[str, str], list[tuple[Any, ...]]] = {}

    @classmethod
    def calls_for(cls, event_type: str, count: int, batch_size: int = 0) -> int:
        """Return how many calls it takes to send so many items, in full batches.

        :param batch_size: of the connector; 0: the provider's maximum
        """
        return -(-count // min(batch_size or cls.batch_size, cls.batch_size))

    def references(self, event_type: str, data: Mapping[str, Any]) -> Sequence[Reference]:
        """Return the records that must be at the remote before this one is sent; it waits for them."""
        return ()

    @classmethod
    def credentials_for(cls, auth_method: str) -> Sequence[Credential]:
        """Return the credentials that one way to authenticate needs."""
        return [each for each in cls.credentials if each.auth_method in ("", auth_method)]

    @classmethod
    def oauth(cls, base_url: str, api_version: str) -> "OAuth":
        """Return where a token is had, and for which scopes; asked for only if ``has_oauth``."""
        raise NotImplementedError

    # ----- field maps -----

    @classmethod
    def keys_for(cls, event_type: str) -> MatchKeys:
        """Return the keys that a new flow for such events begins with."""
        found = next((each.keys for each in cls.objects if event_type in each.event_types), None)
        return found or cls.default_keys

    @property
    def order_object(self) -> str:
        """The name of the object that orders become."""
        return self.settings.order_object or next(iter(self.order_objects), "")

    @property
    def company_object(self) -> str:
        """The name of the object that business customers become."""
        return self.settings.company_object or next(iter(self.company_objects), "")

    @classmethod
    def is_used(cls, remote_object: RemoteObject, order_object: str, company_object: str) -> bool:
        """Tell whether records become such an object, given what orders and business customers become."""
        name = remote_object.name
        is_other_order = name in cls.order_objects and name != order_object
        is_other_company = name in cls.company_objects[1:] and name != company_object
        return not is_other_order and not is_other_company

    def field_maps(self, object_name: str) -> Sequence[FieldMap]:
        """Return the lines by which an object is sent."""
        return self._field_maps_by_object.get(object_name, ())

    @cached_property
    def _field_maps_by_object(self):
        maps = self.settings.field_maps
        grouped: dict[str, list[FieldMap]] = {}
        for line in self.default_field_maps if maps is None else maps:
            if line.is_sent:
                grouped.setdefault(line.object, []).append(line)
        return grouped

    def _compiled(self, event_type, object_name):
        """Return ``[(line, its value as a function of (data, record_values), paths of Odoo fields), …]``."""
        key = (event_type, object_name)
        if key not in self._compiled_lines:
            found = next(each for each in self.objects if each.name == object_name)
            self._compiled_lines[key] = [
                (line, field_map.compile_line(line, self.transforms), frozenset(field_map.record_paths(line)))
                for line in self.field_maps_for(found, event_type)
            ]
        return self._compiled_lines[key]

    def field_maps_for(self, remote_object: RemoteObject, event_type: str) -> Sequence[FieldMap]:
        """Return the lines by which an object is sent with events of a type: those whose fields such events have."""
        return [
            line
            for line in self.field_maps(remote_object.name)
            if all(
                _has_path(event_type, remote_object.part, path) for path in field_map.canonical_paths(line)
            )
        ]

    def record_paths(self, event_type: str) -> Sequence[str]:
        """Return the paths of Odoo fields whose values an event's item needs in ``record_values``."""
        fed = (each for each in self.objects if event_type in each.event_types)
        lines = (line for each in fed for line in self.field_maps(each.name))
        return tuple(dict.fromkeys(path for line in lines for path in field_map.record_paths(line)))

    def mapped_value(self, line: FieldMap, item: Item) -> Any:
        """Return what a line makes of an item: a JSON value.

        :raise MappingError: it cannot be made
        """
        try:
            return field_map.value_of(line, item.data, item.record_values, self.transforms)
        except FieldMapError as error:
            raise _not_filled(line, error) from error

    def mapped_values(
        self, item: Item, object_name: str, part: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return ``{property: JSON value}`` of the lines that are sent for this item.

        Without those for new records only, if it is linked, and those for which the Odoo record is gone.

        :param part: that entry of the item's data which becomes the object, if not all of it does
        :raise MappingError: a line cannot be filled; ``field`` names the property
        """
        values = {}
        line = None
        data = item.data if part is None else part
        try:
            for line, read, paths in self._compiled(item.event_type, object_name):
                if not (line.only_on_create and item.remote_id) and paths <= item.record_values.keys():
                    values[line.property] = read(data, item.record_values)
        except FieldMapError as error:
            raise _not_filled(line, error) from error
        return values

    def set_up(self, objects: Sequence[RemoteObject]) -> Sequence[str]:
        """Make what the remote lacks for records to become such objects; return what was made, in words.

        :raise RemoteError: in words for the admin
        """
        return ()

    def remote_properties(self, object_name: str) -> Sequence[RemoteProperty] | None:
        """Ask the remote for the properties of an object's records; None if it cannot be asked.

        :raise RemoteError: in words for the admin
        """
        return None

    # ----- use -----

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    @abstractmethod
    def close(self):
        """Release the HTTP session."""

    @abstractmethod
    def set_deadline(self, deadline: float):
        """Begin no call after ``deadline`` (of :func:`time.monotonic`).

        What could not be sent by then is a :class:`TransientError`: the hub holds a batch only for a while.
        """

    @abstractmethod
    def prepare(self, item: Item) -> Prepared:
        """Turn an item into a remote request, without any I/O.

        :raise MappingError: if it cannot be expressed; ``field`` names the property
        """

    @abstractmethod
    def send(self, batch: Sequence[Prepared]) -> list[Outcome]:
        """Send items (at most ``batch_size``, of any operations) and return one outcome each, in order.

        Remote failures are outcomes, never raised. An item that fails does not take others with it.
        """

    @abstractmethod
    def test_connection(self) -> ConnectionReport:
        """Make one cheap authenticated call.

        :raise RemoteError: in words for the admin
        """

    def quota_readings(self) -> Sequence[QuotaReading]:
        """Return what the remote told of its limits since this was last asked; nothing if it does not tell."""
        return ()

    def prepare_search(self, item: Item, operation: str, key: str) -> Prepared | None:
        """Turn an item whose record of ours is gone into a request that finds the remote record, or finds none.

        An earlier try to make it, by ``operation`` and ``key`` of its :class:`Prepared`, has an uncertain outcome.
        None if the remote cannot be asked.
        """
        return None

    @abstractmethod
    def resolve(self, batch: Sequence[Prepared]) -> list[Outcome]:
        """Find out, or make sure, that items of uncertain outcome are applied exactly once in effect.

        Send again only what the remote knows how to repeat: by the item's idempotency key, or because the call
        sets a state. Read back anything else first.
        """


@cache
def _has_path(event_type, part, path):
    """Tell whether the data of such events have what a path leads to; a type that is not known has everything."""
    if event_type not in EVENT_TYPES:
        return True
    schema = field_map.part_schema(EVENT_TYPES[event_type].schema.model_json_schema(), part)
    try:
        field_map.value_type_of(schema, path)
    except FieldMapError:
        return False
    return True


def _not_filled(line, error):
    return MappingError(
        f"The property {line.property} cannot be filled: {error}.", code="FIELD_MAP", field=line.property
    )
