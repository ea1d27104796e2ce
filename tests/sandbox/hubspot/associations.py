"""The associations API: v4 and dated versions."""

import re

from kit.store import now_iso
from kit.wire import Response, json_response

from .association_types import USER_DEFINED
from .envelope import batch_response, completed, inputs_of, whole_number
from .failures import NOT_FOUND, Failure, bad_input, invalid_associations, not_found

MAX_CREATE, MAX_READ = 2_000, 1_000
MAX_LABELS = 10  # of one's own, between two object types: 50 in an Enterprise account
PAGE = 500
RECORD = re.compile(r"(?P<id>[^/]+)/associations(?P<default>/default)?/(?P<to>[^/]+)(?:/(?P<to_id>[^/]+))?")


class Pair:
    """An association to create or remove: two ids, and the association types."""

    __slots__ = ("failure", "kinds", "source_id", "target_id")

    def __init__(self, source_id, target_id, kinds):
        self.source_id, self.target_id, self.kinds = str(source_id), str(target_id), kinds
        self.failure = None


# --- what is asked for ---


def default_kinds(call, target):
    kinds = call.links.types.between(call.object_type, target)
    if not kinds:
        raise bad_input(f"There is no default association between {call.object_type} and {target}")
    return kinds[:1]


def read_specs(call, specs):
    """The association types of a list of {associationCategory, associationTypeId}; raises Failure."""
    if not isinstance(specs, list) or not specs or not all(isinstance(each, dict) for each in specs):
        raise bad_input("Invalid input JSON: each association needs at least one type")
    kinds = []
    for each in specs:
        category, type_id = each.get("associationCategory"), each.get("associationTypeId")
        kind = call.links.types.get(category, type_id)
        if kind is None:
            raise invalid_associations(
                associationSpec=[f"{category}={type_id}"],
                INVALID_ASSOCIATION_TYPE_ID=[
                    f"{category}={type_id} is not a valid association definition id"
                ],
            )
        kinds.append(kind)
    return kinds


def inline(call, data):
    """Return [(association type, id)] for the ``associations`` of a new record, after checking them."""
    if data is None:
        return ()
    if not isinstance(data, list) or not all(isinstance(each, dict) for each in data):
        raise bad_input("Invalid input JSON: associations must be a list of objects")
    found = []
    for each in data:
        target = object_id(each.get("to"))
        for kind in read_specs(call, each.get("types")):
            if kind.source != call.object_type:
                mine, expected = (
                    call.stores[name].schema.type_id for name in (call.object_type, kind.source)
                )
                raise bad_input(
                    f"invalid from object type {mine} for associations to be created. "
                    f"expected: {expected}. For definition 0-{kind.id}"
                )
            check_exists(call, kind.target, target)
            found.append((kind, target))
    return found


def object_id(data):
    if not isinstance(data, dict) or not data.get("id"):
        raise bad_input("Invalid input JSON: an association needs an object with an id")
    return str(data["id"])


def check_exists(call, object_type, record_id):
    if call.stores[object_type].find(record_id) is None:
        name = call.stores[object_type].schema.constant
        raise invalid_associations(
            INVALID_OBJECT_IDS=[f"{name}={record_id} is not valid"],
            objectId=[record_id],
            objectType=[name],
        )


def check_pair(call, pair):
    """Check that the two records fit the association type, whatever the path says."""
    for kind in pair.kinds:
        check_exists(call, kind.source, pair.source_id)
        check_exists(call, kind.target, pair.target_id)


# --- on one record: /crm/v4/objects/{type}/{id}/associations/… ---


def handle_record(call, method, match):
    target = call.type_named(match["to"])
    action = RECORD_ACTIONS.get((method, bool(match["default"]), match["to_id"] is not None))
    if action is None:
        raise Failure(405, "VALIDATION_ERROR", f"{method} is not allowed here")
    with call.lock:
        return action(call, match["id"], target, match["to_id"])


def put_default(call, source_id, target, target_id):
    started = now_iso()
    pair = Pair(source_id, target_id, default_kinds(call, target))
    check_pair(call, pair)
    return json_response(200, completed(started, associate_default(call, pair)))


def associate_default(call, pair):
    """Return the results for both directions, as HubSpot lists them."""
    (kind,) = pair.kinds
    source_id, target_id = real_ids(call, kind, pair)
    call.links.add(kind, source_id, target_id)
    return [
        {"from": {"id": source_id}, "to": {"id": target_id}, "associationSpec": kind.spec()},
        {"from": {"id": target_id}, "to": {"id": source_id}, "associationSpec": kind.inverse.spec()},
    ]


def real_ids(call, kind, pair):
    """Return the current ids of two records, which may have been merged."""
    return real_id(call, kind.source, pair.source_id), real_id(call, kind.target, pair.target_id)


def real_id(call, object_type, record_id):
    return call.stores[object_type].aliases.get(record_id, record_id)


def end(call, source_id, target, target_id):
    """Remove all associations between two records."""
    links = (
        (call.object_type, real_id(call, call.object_type, source_id)),
        (target, real_id(call, target, target_id)),
    )
    call.links.remove(*links)


def put_labels(call, source_id, target, target_id):
    pair = Pair(source_id, target_id, read_specs(call, call.json_list()))
    check_pair(call, pair)
    return json_response(201, associate(call, pair, target))


def associate(call, pair, target):
    """Set exactly these labels on the pair, and say so."""
    for kind in call.links.types.between(call.object_type, target):
        if kind.label and kind not in pair.kinds:
            call.links.remove_type(kind, *real_ids(call, kind, pair))
    for kind in pair.kinds:
        call.links.add(kind, *real_ids(call, kind, pair))
    return {
        "fromObjectTypeId": call.store.schema.type_id,
        "fromObjectId": int(pair.source_id),
        "toObjectTypeId": call.stores[target].schema.type_id,
        "toObjectId": int(pair.target_id),
        "labels": [kind.label for kind in pair.kinds if kind.label],
    }


def get_of_record(call, source_id, target, _target_id):
    record = call.store.find(source_id)
    if record is None:
        raise not_found()
    arguments = call.arguments()
    limit = min(whole_number(arguments, "limit", PAGE), PAGE)
    return json_response(200, associated(call, record.id, target, arguments.get("after", ""), limit))


def associated(call, record_id, target, after="", limit=PAGE):
    """One page {results, paging} of the associations with records of type ``target``."""
    found = call.links.of(call.object_type, record_id, target)
    ids = [other for other, _kinds in found]
    start = ids.index(after) + 1 if after in ids else 0
    results = [
        {"toObjectId": int(other), "associationTypes": [kind.describe() for kind in kinds]}
        for other, kinds in found[start : start + limit]
    ]
    page = {"results": results}
    if start + limit < len(found):
        page["paging"] = {"next": {"after": ids[start + limit - 1]}}
    return page


def delete_of_record(call, source_id, target, target_id):
    end(call, source_id, target, target_id)
    return Response(204)


RECORD_ACTIONS = {
    ("PUT", True, True): put_default,
    ("PUT", False, True): put_labels,
    ("GET", False, False): get_of_record,
    ("DELETE", False, True): delete_of_record,
}


# --- in batches: /crm/v4/associations/{from}/{to}/… ---


def handle_batch(call, method, match):
    target = call.type_named(match["to"])
    action = BATCH_ACTIONS.get((method, match["rest"]))
    if action is None:
        raise Failure(405, "VALIDATION_ERROR", f"{method} is not allowed here")
    with call.lock:
        return action(call, target)


def labels(call, target):
    results = [kind.describe() for kind in call.links.types.between(call.object_type, target)]
    return json_response(200, {"results": sorted(results, key=lambda each: each["label"] is None)})


def create_label(call, target):
    """A label of the account's own, with that of the opposite direction."""
    data, types = call.json(), call.links.types
    if not data.get("label") or not data.get("name"):
        raise bad_input("Invalid input JSON: label and name are required")
    present = types.between(call.object_type, target)
    if not present:
        raise bad_input(f"There are no associations between {call.object_type} and {target}")
    if data["name"] in [kind.name for kind in present] or data["label"] in [kind.label for kind in present]:
        raise Failure(400, "VALIDATION_ERROR", f"The label {data['label']} already exists")
    if sum(kind.category == USER_DEFINED for kind in present) >= MAX_LABELS:
        raise bad_input(f"There can be at most {MAX_LABELS} labels between two object types")
    made = types.add_label(call.object_type, target, data["name"], data["label"], data.get("inverseLabel"))
    results = [made.describe()] if made.inverse is made else [made.describe(), made.inverse.describe()]
    return json_response(200, {"results": results})


def batch_create(call, target):
    """With labels; the pairs that are not valid are in the errors of a 207."""
    pairs = [
        Pair(object_id(each.get("from")), object_id(each.get("to")), read_specs(call, each.get("types")))
        for each in inputs_of(call.json(), MAX_CREATE)
    ]
    return write_pairs(call, pairs, 201, lambda pair: [associate(call, pair, target)])


def batch_default(call, target):
    kinds = default_kinds(call, target)
    pairs = [
        Pair(object_id(each.get("from")), object_id(each.get("to")), kinds)
        for each in inputs_of(call.json(), MAX_CREATE)
    ]
    return write_pairs(call, pairs, 200, lambda pair: associate_default(call, pair))


def write_pairs(call, pairs, status, write):
    started, results, errors = now_iso(), [], []
    for pair in pairs:
        try:
            check_pair(call, pair)
            results += write(pair)
        except Failure as failure:
            errors.append(failure.item(None))
    return batch_response(call, status, started, results, errors)


def batch_read(call, target):
    """A record without such associations (or that does not exist) is in the errors of a 207."""
    started, results, errors = now_iso(), [], []
    for each in inputs_of(call.json(), MAX_READ):
        record = call.store.find(object_id(each))
        page = associated(call, record.id, target, str(each.get("after") or "")) if record else {}
        if page.get("results"):
            found = {"from": {"id": str(each["id"])}, "to": page["results"]}
            results.append({**found, "paging": page["paging"]} if "paging" in page else found)
        else:
            errors.append(no_associations(call, str(each["id"]), target))
    return batch_response(call, 200, started, results, errors)


def no_associations(call, record_id, target):
    mine, other = (call.stores[name].schema.constant.lower() for name in (call.object_type, target))
    failure = Failure(
        404,
        NOT_FOUND,
        f"No {other} is associated with {mine} {record_id}.",
        {"fromObjectId": [record_id], "fromObjectType": [mine], "toObjectType": [other]},
    )
    return {**failure.item(None), "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND"}


def batch_archive(call, target):
    for each in inputs_of(call.json(), MAX_CREATE):
        source_id, targets = object_id(each.get("from")), each.get("to")
        if not isinstance(targets, list):
            raise bad_input("Invalid input JSON: inputs[].to must be a list of objects")
        for one in targets:
            end(call, source_id, target, object_id(one))
    return Response(204)


def labels_archive(call, _target):
    for each in inputs_of(call.json(), MAX_CREATE):
        pair = Pair(
            object_id(each.get("from")), object_id(each.get("to")), read_specs(call, each.get("types"))
        )
        for kind in pair.kinds:
            call.links.remove_type(kind, *real_ids(call, kind, pair))
    return Response(204)


BATCH_ACTIONS = {
    ("GET", "labels"): labels,
    ("POST", "labels"): create_label,
    ("POST", "batch/create"): batch_create,
    ("POST", "batch/associate/default"): batch_default,
    ("POST", "batch/read"): batch_read,
    ("POST", "batch/archive"): batch_archive,
    ("POST", "batch/labels/archive"): labels_archive,
}
