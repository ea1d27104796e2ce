"""Stages of orders and deals, which people move and other events set: a late event leaves them as they are."""

from dataclasses import replace

from ...core.field_map import parse_values

PROPERTIES = {"order": "hs_pipeline_stage", "deal": "dealstage"}
PIPELINES = ("hs_pipeline", "pipeline")
ALL = frozenset({*PROPERTIES.values(), *PIPELINES})


def of_map(object_map, object_name):
    """Return ``{canonical status: stage}`` of an object's field map; empty if it is no map of values."""
    field = object_map.by_property.get(PROPERTIES[object_name])
    return parse_values(field.argument) if field and field.transform == "map" else {}


def without(prepared):
    """Return the request without the stage."""
    _stage, properties = _split(prepared.body["properties"])
    _stage, comparable = _split(prepared.comparable)
    return replace(prepared, body={**prepared.body, "properties": properties}, comparable=comparable)


def guarded(prepared, replaces):
    """Return the request with its stage apart: it is sent only if the record is in one of the stages ``replaces``."""
    stage, properties = _split(prepared.body["properties"])
    if not stage:
        return prepared
    body = {"properties": properties, "stage": stage, "replaces": sorted(replaces)}
    return replace(prepared, body={**prepared.body, **body})


def is_guarded(prepared):
    """Return whether the present stage decides what is sent."""
    return "stage" in prepared.body


def admitted(api, object_name, items):
    """Return the requests as they are sent, after a look at the present stages if there are guarded ones.

    :param items: at most 100
    :raise RemoteError: the stages cannot be read
    """
    ids = list(dict.fromkeys(p.body["id"] for p in items if is_guarded(p)))
    if not ids:
        return items
    present = api.read_values(object_name, ids, PROPERTIES[object_name])
    return [_admitted(p, present.get(p.body["id"])) if is_guarded(p) else p for p in items]


def _admitted(prepared, present):
    body = prepared.body
    if present not in body["replaces"]:
        return prepared
    return replace(prepared, body={**body, "properties": {**body["properties"], **body["stage"]}})


def _split(properties):
    """Return (properties of the stage, the others)."""
    stage = {name: value for name, value in properties.items() if name in ALL}
    return stage, {name: value for name, value in properties.items() if name not in ALL}
