"""The mapper: turns canonical data into properties of remote records, by a connector's field maps. Plain Python."""

import re
from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from typing import Any

from ..core import field_map
from ..core.errors import MappingError
from ..core.field_map import FieldMap, FieldMapError
from ..core.redaction import is_personal
from ..schemas import EVENT_TYPES
from .items import Item, MatchKeys
from .provider import Provider, RemoteObject, Settings

# A path to a whole address is personal, although no part of it has a personal name such as "street".
_ADDRESS = re.compile(r"(^|\.)(\w+_address|addresses\.[^.]+)$")


class Mapper:
    """The object mapping and the field maps of one connector. The hub creates it and passes it to the adapter."""

    def __init__(self, provider: Provider, settings: Settings):
        self.provider = provider
        self.settings = settings
        self._compiled_lines: dict[tuple[str, str], list[tuple[Any, ...]]] = {}

    # ----- objects -----

    def object_for(self, subject: str) -> str:
        """Return the name of the object to which a subject is mapped; empty if there is none."""
        choice = self.provider.choice(subject, self.settings)
        return choice.object if choice else ""

    def keys_for(self, subject: str) -> MatchKeys:
        """Return the match keys for records of a subject."""
        choice = self.provider.choice(subject, self.settings)
        return choice.keys if choice else MatchKeys("")

    # ----- lines -----

    def field_maps(self, object_name: str) -> Sequence[FieldMap]:
        """Return the mapping lines that fill an object's properties."""
        return self._field_maps_by_object.get(object_name, ())

    @cached_property
    def _field_maps_by_object(self):
        maps = self.settings.field_maps
        grouped: dict[str, list[FieldMap]] = {}
        for line in self.provider.default_field_maps if maps is None else maps:
            if line.is_sent:
                grouped.setdefault(line.object, []).append(line)
        return grouped

    def field_maps_for(self, remote_object: RemoteObject, event_type: str) -> Sequence[FieldMap]:
        """Return an object's mapping lines for one event type: those whose canonical fields its payload has."""
        return [
            line
            for line in self.field_maps(remote_object.name)
            if all(
                _has_path(event_type, remote_object.part, path) for path in field_map.canonical_paths(line)
            )
        ]

    def record_paths(self, event_type: str) -> Sequence[str]:
        """Return the paths of the Odoo fields that items of this event type need in ``record_values``."""
        fed = (each for each in self.provider.objects if event_type in each.event_types)
        lines = (line for each in fed for line in self.field_maps(each.name))
        return tuple(dict.fromkeys(path for line in lines for path in field_map.record_paths(line)))

    # ----- values -----

    def mapped_value(self, line: FieldMap, item: Item) -> Any:
        """Return the value of a mapping line for an item: a JSON value.

        :raise MappingError: the value cannot be computed
        """
        try:
            return field_map.value_of(line, item.data, item.record_values, self.provider.transforms)
        except FieldMapError as error:
            raise _not_filled(line, error) from error

    def mapped_values(
        self, item: Item, object_name: str, part: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return ``{property: JSON value}`` to send for an item, such as ``{"name": "Ann Lee", "phone": None}``.

        Send empty values (None, an empty text) too: they clear the property at the remote. Omits lines that are for new
        records only, if the record is linked; lines that read the Odoo record, if it was deleted; and lines whose value
        in Odoo is unreadable.

        :param part: the entry of the item's data that becomes the object; None for all of the data
        :raise MappingError: a value cannot be computed; ``field`` names the property
        """
        values = {}
        line = None
        data = item.data if part is None else part
        try:
            for line, read, paths, roots in self._compiled(item.event_type, object_name):
                if item.unreadable and not item.unreadable.isdisjoint(roots):
                    continue
                if not (line.only_on_create and item.remote_id) and paths <= item.record_values.keys():
                    values[line.property] = read(data, item.record_values)
        except FieldMapError as error:
            raise _not_filled(line, error) from error
        return values

    def _compiled(self, event_type, object_name):
        """Return a list of the lines, each with what sending it takes.

        These are a function of (data, record_values) that returns its value, the paths of its Odoo fields, and its
        canonical fields.
        """
        key = (event_type, object_name)
        if key not in self._compiled_lines:
            lines = self.field_maps_for(self.provider.object(object_name), event_type)
            self._compiled_lines[key] = [
                (
                    line,
                    field_map.compile_line(line, self.provider.transforms),
                    frozenset(field_map.record_paths(line)),
                    frozenset(path.partition(".")[0] for path in field_map.canonical_paths(line)),
                )
                for line in lines
            ]
        return self._compiled_lines[key]


def personal_properties(lines: Sequence[FieldMap]) -> frozenset[str]:
    """Return the names of properties that hold personal data although their names do not say so.

    The source of the value decides: a property ``x_note`` that is filled from ``name.full`` is personal, and so is
    one that is filled from a whole address.
    """
    return frozenset(
        line.property
        for line in lines
        if not is_personal(line.property)
        and any(
            _ADDRESS.search(path) or any(is_personal(part) for part in path.split("."))
            for path in (*field_map.canonical_paths(line), *field_map.record_paths(line))
        )
    )


@cache
def _has_path(event_type, part, path):
    """Return whether payloads of an event type have this path. Unknown event types are assumed to have it."""
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
        f"The property {line.property} cannot be set: {error}.", code="FIELD_MAP", field=line.property
    )
