"""Segments: customers that somebody has chosen, or who match a filter. The filter is kept, and not evaluated."""

from kit.wire import Response, json_response

from . import customers
from .checks import body_of, check, whole_number
from .failures import not_found

PATH = "/v1/segments"
SEGMENT = f"{PATH}/{{segment_id}}"
KINDS = ("static", "auto-update", "passive")


def existing(project, segment_id):
    if segment_id not in project.segments:
        raise not_found("segment", segment_id)
    return project.segments[segment_id]


def describe(segment):
    return {name: value for name, value in segment.items() if name != "members"} | {"object": "segment"}


def members(project, segment_id):
    """Return the ids of the customers of a segment."""
    return existing(project, segment_id)["members"]


def list_page(project, request):
    limit = whole_number(request.arguments(), "limit", 10, 100)
    found = [describe(each) for each in project.segments.values()][::-1]
    body = {"object": "list", "data_ref": "data", "data": found[:limit], "total": len(found)}
    return json_response(200, body)


def create(project, request):
    data = body_of(request)
    types = {"name": "string", "type": KINDS, "customers": "array", "filter": "object"}
    check(data, types, required=("name",))
    kind = data.get("type") or "auto-update"
    segment = {
        "id": project.new_id("seg_"),
        "name": data["name"],
        "created_at": project.clock.iso(),
        "type": kind,
        "filter": data.get("filter"),
        "members": [customers.existing(project, each)["id"] for each in data.get("customers") or ()],
    }
    project.segments[segment["id"]] = segment
    return json_response(200, describe(segment))


def read(project, request, segment_id):
    return json_response(200, describe(existing(project, segment_id)))


def delete(project, request, segment_id):
    del project.segments[existing(project, segment_id)["id"]]
    return Response(204)


ROUTES = (
    ("GET", PATH, list_page),
    ("POST", PATH, create),
    ("GET", SEGMENT, read),
    ("DELETE", SEGMENT, delete),
)
