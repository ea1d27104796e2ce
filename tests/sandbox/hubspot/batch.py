"""batch/create, batch/update, batch/upsert, batch/read and batch/archive.

A batch is checked completely before anything is written, so one that is rejected leaves nothing behind.
"""

from kit.store import now_iso
from kit.wire import Response

from . import associations, rules, values
from .envelope import batch_response, inputs_of
from .failures import (
    Failure,
    already_exists,
    bad_input,
    duplicate_ids,
    invalid_values,
    problem,
    some_not_found,
    together,
    value_taken,
)

MAX_INPUTS = 100


class Item:
    """One input of a batch, and its result."""

    __slots__ = (
        "associations",
        "failure",
        "id_property",
        "key",
        "missing",
        "new",
        "properties",
        "record",
        "trace",
    )

    def __init__(self, data):
        self.key, self.id_property = data.get("id"), data.get("idProperty")
        self.trace, self.properties = data.get("objectWriteTraceId"), data.get("properties")
        self.record = self.failure = self.associations = None
        self.new = self.missing = False


def create(call):
    items = read_items(call, needs_id=False)
    for item in items:
        item.new = True
    return write(call, items, 201)


def update(call):
    items = read_items(call)
    by_email = call.settings["batch_update_by_email"]
    reject_id_properties(
        call, items, call.store.schema.unique if by_email else custom_unique(call.store.schema)
    )
    return write(call, items, 200)


def upsert(call):
    items = read_items(call)
    reject_id_properties(call, items, call.store.schema.unique)
    return write(call, items, 200, upsert=True)


def custom_unique(schema):
    return [name for name in schema.unique if name not in schema.builtin_unique]


def read_items(call, needs_id=True):
    """The inputs as Items; raises Failure if the body has not the shape of a batch."""
    inputs = inputs_of(call.json(), MAX_INPUTS)
    items = [Item(each) for each in inputs]
    if not needs_id:  # only a new record brings associations along
        for item, data in zip(items, inputs, strict=True):
            item.associations = data.get("associations")
    for item in items:
        if not isinstance(item.properties, dict):
            raise bad_input("Invalid input JSON: inputs[].properties must be an object")
        if needs_id and (not isinstance(item.key, str) or not item.key):
            raise bad_input("Invalid input JSON: inputs[].id is required and must be a string")
    return items


def reject_id_properties(call, items, allowed):
    for item in items:
        name = item.id_property
        if name is not None and name != "hs_object_id" and name not in allowed:
            kind = call.store.schema.type_id
            raise bad_input(f"Unable to perform update/upsert by non-unique {kind} property {name}")


def write(call, items, status, upsert=False):
    with call.lock:
        resolve(call, items, upsert)
        check(call, items, upsert)
        failures = [item.failure for item in items if item.failure]
        if failures and not is_multi_status(call.settings["partial_failures"], items, upsert):
            raise together(failures)
        now = now_iso()
        results = [apply(call, item, now, upsert) for item in items if not (item.failure or item.missing)]
    errors = [item.failure.item(item.trace) for item in items if item.failure]
    missing = [item.key for item in items if item.missing]
    if missing:
        errors.append(some_not_found(call.store.schema.constant, missing).item(None))
    return batch_response(call, status, now, in_order(call, results), errors)


def resolve(call, items, upsert):
    """Find the records that are meant; raises Failure if two inputs mean the same one."""
    seen, repeated = set(), []
    for item in items:
        if item.key is None:
            continue
        item.record = call.store.find(item.key, item.id_property)
        by_id = item.id_property is None or item.id_property == "hs_object_id"
        item.new = item.record is None and upsert and not by_id
        item.missing = item.record is None and not item.new
        identity = item.record.id if item.record else (item.id_property, normal(item))
        if identity in seen:
            repeated.append(item.key)
        seen.add(identity)
    if repeated:
        raise duplicate_ids(repeated, call.settings["duplicate_ids_status"])


def normal(item):
    return item.key.strip().lower() if item.id_property == "email" else item.key


def check(call, items, upsert):
    """Clean every item's properties, and note its failure where it cannot be written."""
    claimed = {}
    for item in items:
        if item.missing:
            continue
        try:
            check_item(call, item, upsert)
            claim(call.store, item, claimed)
        except Failure as failure:
            item.failure = failure


def check_item(call, item, upsert):
    store, properties = call.store, item.properties
    if item.new and upsert:
        properties = {item.id_property: item.key, **properties}
    item.properties = properties = values.clean(
        store.schema, properties, strict=call.settings["strict_strings"], any_time=call.is_2026_09
    )
    if properties.get("email") in store.blocked:
        message = f"Email address {properties['email']} is blocked after a GDPR delete"
        raise invalid_values([problem("email", "INVALID_EMAIL", message)])
    if call.fault is not None and call.fault.spoils(item.key or repr(properties)):
        name = next(iter(properties), "email")
        raise invalid_values(
            [problem(name, "INVALID_OPTION", f"{properties.get(name)} was spoilt by the fault plan")]
        )
    if item.associations is not None:
        item.associations = associations.inline(call, item.associations)
    for check in store.schema.checks:
        check(call, item)
    if call.settings["validation_rules"]:
        rules.enforce(call, item.properties, item.record.properties if item.record else None)


def claim(store, item, claimed):
    """Raise Failure if a unique value belongs to another record or to an earlier item."""
    taken = store.owner(item.properties, item.record)
    if taken is not None:
        raise conflict(store.schema, item, *taken)
    for name in store.schema.unique:
        value = item.properties.get(name)
        if value and claimed.setdefault((name, value), item) is not item:
            raise Failure(409, "CONFLICT", f"{store.schema.label} already exists")


def conflict(schema, item, name, value, owner):
    """Creating over an email is a 409; any other unique value of another record is a 400."""
    if item.new and name in schema.builtin_unique:
        return already_exists(schema.label, owner.id)
    return value_taken(schema.constant, name, value, item.record.id if item.record else "0", owner.id)


def is_multi_status(mode, items, upsert):
    """Return whether good items are written although others failed; see README.md for the known facts."""
    if mode != "hubspot":
        return mode == "per_item"
    traces = {item.trace for item in items}
    if None in traces or len(traces) < len(items):
        return False
    return not (upsert and any(item.id_property == "email" for item in items))


def apply(call, item, now, upsert):
    store, record = call.store, item.record
    if record is None:
        record = store.create(now)
    store.write(record, item.properties, now)
    for kind, target_id in item.associations or ():
        call.links.add(kind, record.id, call.stores[kind.target].find(target_id).id)
    result = record.written(item.properties, store.schema)
    if upsert:
        result["new"] = item.new
    if item.trace is not None:
        result["objectWriteTraceId"] = item.trace
    return result


def read(call):
    """Records by id or by a unique property; unknown ones are listed in a 207."""
    body = call.json()
    keys = [each.get("id") for each in inputs_of(body, MAX_INPUTS)]
    id_property = body.get("idProperty")
    if id_property is not None and id_property not in call.store.schema.unique:
        raise bad_input(f"{id_property} is not a unique property")
    archived = call.wants_archived()
    names = call.shown_properties(body.get("properties"))
    with call.lock:
        found = {key: call.store.find(str(key), id_property, archived) for key in keys}
        results = [record.describe(names) for record in found.values() if record]
    missing = [str(key) for key, record in found.items() if record is None]
    errors = [some_not_found(call.store.schema.constant, missing).item(None)] if missing else []
    return batch_response(call, 200, now_iso(), in_order(call, results), errors)


def archive(call):
    """Archive records, and return 204 whether or not the ids exist."""
    keys = [str(each.get("id")) for each in inputs_of(call.json(), MAX_INPUTS)]
    now = now_iso()
    with call.lock:
        records = [record for record in map(call.store.find, keys) if record]
        for record in records:
            call.check_archivable(record)
        for record in records:
            call.archive(record, now)
    return Response(204)


def in_order(call, results):
    """Return the results in HubSpot's order, which differs from that of the inputs."""
    return results[::-1] if call.settings["result_order"] == "reversed" else results


ACTIONS = {
    "batch/create": create,
    "batch/update": update,
    "batch/upsert": upsert,
    "batch/read": read,
    "batch/archive": archive,
}
