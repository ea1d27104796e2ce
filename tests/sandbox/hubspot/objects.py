"""Single records: create, read, update, archive, list, merge, GDPR delete."""

from wire import Response, json_response

from . import batch
from .failures import Failure, bad_input, not_found
from .store import additional_emails, now_iso

MAX_PAGE = 100
DEFAULT_PAGE = 10


def create(call):
    """201; one of the properties of CREATE_NEEDS must have a value."""
    item = batch.Item({"properties": properties_of(call.json())})
    item.new = True
    if call.object_type == "contacts" and not any(item.properties.get(name) for name in CREATE_NEEDS):
        raise bad_input(f"At least one of {', '.join(CREATE_NEEDS)} is required")
    return json_response(201, write(call, item))


CREATE_NEEDS = ("email", "firstname", "lastname")


def update(call, key):
    item = batch.Item({"id": key, "properties": properties_of(call.json())})
    with call.lock:
        item.record = find(call, key)
        return json_response(200, write(call, item))


def write(call, item):
    with call.lock:
        batch.check_item(call, item, upsert=False)
        batch.claim(call.store, item, {})
        return batch.apply(call.store, item, now_iso(), upsert=False)


def properties_of(body):
    properties = body.get("properties") if isinstance(body, dict) else None
    if not isinstance(properties, dict):
        raise bad_input("Invalid input JSON: properties must be an object")
    return properties


def find(call, key, archived=False):
    id_property = call.arguments().get("idProperty")
    if id_property and id_property != "hs_object_id" and id_property not in call.store.schema.unique:
        raise bad_input(f"{id_property} is not a unique property")
    record = call.store.find(key, id_property, archived)
    if record is None:
        raise not_found()
    return record


def get(call, key):
    arguments = call.arguments()
    with call.lock:
        record = find(call, key, arguments.get("archived") == "true")
        return json_response(200, record.describe(call.shown_properties(arguments.get("properties"))))


def archive(call, key):
    """204, also for an id that is unknown or archived already."""
    with call.lock:
        record = call.store.find(key, call.arguments().get("idProperty"))
        if record:
            call.store.archive(record, now_iso())
    return Response(204)


def list_page(call):
    arguments = call.arguments()
    limit = int(arguments.get("limit", DEFAULT_PAGE))
    if not 1 <= limit <= MAX_PAGE:
        raise bad_input(f"limit must be between 1 and {MAX_PAGE}")
    names = call.shown_properties(arguments.get("properties"))
    with call.lock:
        records, after = call.store.page(arguments.get("after"), limit, arguments.get("archived") == "true")
        body = {"results": [record.describe(names) for record in records]}
    if after:
        link = f"https://api.hubapi.com{call.request.path}?limit={limit}&after={after}"
        body["paging"] = {"next": {"after": after, "link": link}}
    return json_response(200, body)


def merge(call):
    """The merged record has a new id, or the primary's (setting ``merge_keeps_primary_id``); old ids lead to it."""
    body = call.json()
    now = now_iso()
    with call.lock:
        primary = call.store.find(str(body.get("primaryObjectId")))
        loser = call.store.find(str(body.get("objectIdToMerge")))
        if primary is None or loser is None:
            raise not_found()
        if primary is loser:
            raise Failure(400, "VALIDATION_ERROR", "Cannot merge an object with itself")
        merged = merge_records(call.store, primary, loser, now, call.settings["merge_keeps_primary_id"])
        return json_response(200, merged.describe(call.shown_properties(None)))


def merge_records(store, primary, loser, now, keep_id):
    target = primary if keep_id else store.create(now)
    combined = {**loser.properties, **primary.properties}
    for name in ("createdate", "hs_object_id", "lastmodifieddate"):
        combined[name] = target.properties[name]
    emails = other_emails(primary, loser)
    if emails:
        combined["hs_additional_emails"] = ";".join(emails)
    target.merged = [each for record in (primary, loser) for each in (*record.merged, record.id) if each != target.id]
    combined["hs_merged_object_ids"] = ";".join(target.merged)
    for record in (primary, loser):
        store.release(record)
        if record is not target:
            record.archived = True
    target.properties = {}
    store.write(target, combined, now)
    for email in emails:
        store.index.setdefault("email", {})[email] = target
    store.aliases.update({old: target.id for old in target.merged})
    return target


def other_emails(primary, loser):
    """The emails that the merged record has besides its own, in order."""
    own = primary.properties.get("email") or loser.properties.get("email")
    found = [each for record in (primary, loser) for each in emails_of(record)]
    return [email for email in dict.fromkeys(found) if email != own]


def emails_of(record):
    own = record.properties.get("email")
    return [*([own] if own else []), *additional_emails(record)]


def gdpr_delete(call):
    body = call.json()
    with call.lock:
        record = call.store.find(str(body.get("objectId")), body.get("idProperty"))
        if record is None:
            raise not_found()
        call.store.forget(record)
    return Response(204)
