"""Requests for single records: their properties and match keys. Pure functions."""

from dataclasses import replace

from ...core import field_map
from ..items import Prepared
from . import mapping


def prepare_record(adapter, item, subject, own_id, part=None, given=None):
    """Return the request that creates or updates one record.

    :param subject: the canonical kind of record, which decides the HubSpot object and the match keys
    :param own_id: the value of the match key, if that is a property that Odoo manages
    :param part: the entry of the item's data that becomes the record; None for all of the data
    :param given: ``{property: text}`` to send, unless a mapping line fills the property
    :raise MappingError: no match key has a value (``KEY_MISSING``)
    """
    object_name = adapter.mapper.object_for(subject)
    keys = mapping.OWN_KEY if part is not None else adapter.mapper.keys_for(subject)
    if item.remote_object and item.remote_object != object_name:
        item = replace(item, remote_id=None)  # it is mapped to another object now, where it has another id
    maps = adapter.object_map(object_name)
    properties = {**(given or {}), **texts(adapter.mapper.mapped_values(item, object_name, part))}
    properties, warnings = adapter.account_values.fit(object_name, maps.languages, properties)
    properties.update(mapping.own_keys(keys, object_name, own_id, maps.by_property))
    name, value = mapping.find_key(
        adapter.mapper, item, object_name, keys, own_id, maps.by_property, properties
    )
    if not item.remote_id and not value:
        raise mapping.key_missing(keys)
    if item.without:
        properties.update(dict.fromkeys(item.without & properties.keys(), ""))
        value = None if name in item.without else value
    target = {"id": item.remote_id} if item.remote_id else {"id": value, "idProperty": name}
    body = {**target, "properties": properties, "objectWriteTraceId": item.trace_id}
    kind = "update" if item.remote_id else f"upsert:{name}"
    comparable = properties
    if maps.once:
        comparable = {name: value for name, value in properties.items() if name not in maps.once}
    return Prepared(
        item,
        f"{object_name}.{kind}",
        body,
        comparable,
        value,
        personal=maps.personal,
        object=object_name,
        warnings=tuple(warnings),
        key_property=name or "",
    )


def texts(values):
    """Return property values as texts: HubSpot accepts nothing else."""
    return {name: field_map.text(value) for name, value in values.items()}


def with_links(prepared, ids):
    """Return the request with the records to link to, and those to which it is not to be linked any more.

    :param ids: ``{object: ids}`` of all objects of which the event names every record that it refers to
    """
    links = {name: each for name, each in ids.items() if each}
    before = prepared.item.links if prepared.item.remote_id else {}
    former = {name: sorted(set(before.get(name, ())) - set(each)) for name, each in ids.items()}
    former = {name: each for name, each in former.items() if each}
    kept = {name: each for name, each in before.items() if name not in ids}
    body, comparable = prepared.body, prepared.comparable
    if links:
        body, comparable = {**body, "associations": links}, {**comparable, "linked to": links}
    if former:
        body = {**body, "former": former}
    return replace(prepared, body=body, comparable=comparable, links={**kept, **links})
