"""Associations in v3: below single records (``/crm/v3/objects/{type}/{id}/associations/…``), and in their bodies."""

import re

from kit.wire import Response, json_response

from .associations import Pair, check_pair, real_ids
from .failures import Failure, bad_input, not_found

RECORD = re.compile(r"(?P<id>[^/]+)/associations/(?P<to>[^/]+)(?:/(?P<to_id>[^/]+)/(?P<kind>[^/]+))?")


def handle_record(call, method, match):
    target = call.type_named(match["to"])
    with call.lock:
        record = call.store.find(match["id"])
        if record is None:
            raise not_found()
        if method == "GET" and match["kind"] is None:
            return json_response(200, {"results": listed(call, record.id, target)})
        if method not in ("PUT", "DELETE") or match["kind"] is None:
            raise Failure(405, "VALIDATION_ERROR", f"{method} is not allowed here")
        kind = kind_named(call, match["kind"])
        if method == "DELETE":
            call.links.remove_type(kind, record.id, match["to_id"])
            return Response(204)
        pair = Pair(record.id, match["to_id"], [kind])
        check_pair(call, pair)
        call.links.add(kind, *real_ids(call, kind, pair))
        return json_response(
            200, with_associations(call, record, record.describe(call.store.schema.system), [target])
        )


def kind_named(call, text):
    """An association type by its id or its name."""
    named = [kind for kind in call.links.types if text in (str(kind.id), kind.name)]
    kinds = [kind for kind in named if kind.source == call.object_type]
    if not kinds:
        raise bad_input(f"{text} is not a valid association type of {call.object_type}")
    return kinds[0]


def listed(call, record_id, target):
    """Return an entry for each association type, as in the ``associations`` of a record."""
    return [
        {"id": other, "type": kind.name}
        for other, kinds in call.links.of(call.object_type, record_id, target)
        for kind in kinds
    ]


def with_associations(call, record, described, targets):
    """Return the described record with its ``associations``, without object types that it has none with."""
    found = {target: listed(call, record.id, target) for target in targets}
    associations = {
        target.replace("_", " "): {"results": results} for target, results in found.items() if results
    }
    return {**described, "associations": associations} if associations else described
