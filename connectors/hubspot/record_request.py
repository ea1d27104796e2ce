"""Items → the request for one record: its properties, and the key by which it is found. Pure functions."""

from dataclasses import replace

from ...core import field_map
from ..items import Prepared
from . import mapping


def prepare_record(adapter, item, subject, own_id, part=None):
    """Turn an item, or an entry of its data, into the request for one record.

    :param subject: what it is: the admin chose what it becomes, and by which keys it is found
    :param own_id: the text by which it is found, if its key is a property of our own
    :param part: the entry, if not all of the data is the record
    :raise MappingError: ``KEY_MISSING``
    """
    object_name = adapter.mapper.object_for(subject)
    keys = mapping.OWN_KEY if part is not None else adapter.mapper.keys_for(subject)
    if item.remote_object and item.remote_object != object_name:
        item = replace(item, remote_id=None)  # it became something else: that has to be found, or made
    maps = adapter.object_map(object_name)
    content = texts(adapter.mapper.mapped_values(item, object_name, part))
    content.update(mapping.own_keys(keys, object_name, own_id, maps.by_property))
    name, value = mapping.find_key(adapter.mapper, item, object_name, keys, own_id, maps.by_property, content)
    if not item.remote_id and not value:
        raise mapping.key_missing(keys)
    target = {"id": item.remote_id} if item.remote_id else {"id": value, "idProperty": name}
    body = {**target, "properties": content, "objectWriteTraceId": item.trace_id}
    kind = "update" if item.remote_id else f"upsert:{name}"
    if maps.once:
        content = {name: value for name, value in content.items() if name not in maps.once}
    return Prepared(
        item, f"{object_name}.{kind}", body, content, value, personal=maps.personal, object=object_name
    )


def texts(values):
    """Return property values as HubSpot takes them: texts only."""
    return {name: field_map.text(value) for name, value in values.items()}


def with_links(prepared, ids):
    """Return the request with the ids of the records that it is linked to, ``{object: ids}``."""
    links = {name: each for name, each in ids.items() if each}
    if not links:
        return prepared
    return replace(
        prepared,
        body={**prepared.body, "associations": links},
        comparable={**prepared.comparable, "linked to": links},
    )
