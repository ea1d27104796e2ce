"""Single records: create, read, update, archive, list, merge, GDPR delete."""

from kit.store import now_iso
from kit.wire import Response, json_response

from . import batch
from .associations_v3 import with_associations
from .envelope import whole_number
from .failures import Failure, bad_input, not_found
from .store import additional_emails

MAX_PAGE = 100
DEFAULT_PAGE = 10


def create(call):
    """201 with the new record."""
    body = call.json()
    item = batch.Item({"properties": properties_of(body)})
    item.new, item.associations = True, body.get("associations")
    needed = call.store.schema.create_needs
    if needed and not any(item.properties.get(name) for name in needed):
        raise bad_input(f"At least one of {', '.join(needed)} is required")
    return json_response(201, write(call, item))


def update(call, key):
    item = batch.Item({"id": key, "properties": properties_of(call.json())})
    with call.lock:
        item.record = find(call, key)
        return json_response(200, write(call, item))


def write(call, item):
    with call.lock:
        batch.check_item(call, item, upsert=False)
        batch.claim(call.store, item, {})
        return batch.apply(call, item, now_iso(), upsert=False)


def properties_of(body):
    properties = body.get("properties")
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
        record = find(call, key, call.wants_archived())
        described = record.describe(call.shown_properties(arguments.get("properties")))
        return json_response(200, with_associations(call, record, described, call.asked_associations()))


def archive(call, key):
    """Archive a record, and return 204 even for an id that is unknown or archived already."""
    with call.lock:
        record = call.store.find(key, call.arguments().get("idProperty"))
        if record:
            call.check_archivable(record)
            call.archive(record, now_iso())
    return Response(204)


def list_page(call):
    arguments = call.arguments()
    limit = whole_number(arguments, "limit", DEFAULT_PAGE)
    if not 1 <= limit <= MAX_PAGE:
        raise bad_input(f"limit must be between 1 and {MAX_PAGE}")
    start = whole_number(arguments, "after", 0)
    names = call.shown_properties(arguments.get("properties"))
    targets = call.asked_associations()
    with call.lock:
        records, after = call.store.page(start, limit, call.wants_archived())
        body = {"results": [with_associations(call, r, r.describe(names), targets) for r in records]}
    if after:
        link = f"https://api.hubapi.com{call.request.path}?limit={limit}&after={after}"
        body["paging"] = {"next": {"after": after, "link": link}}
    return json_response(200, body)


def merge(call):
    """Merge two contacts, companies or deals.

    The result has a new id, or the primary's (setting ``merge_keeps_primary_id``). The old ids lead to it.
    """
    if not call.store.schema.mergeable:
        raise Failure(405, "VALIDATION_ERROR", f"{call.object_type} cannot be merged")
    body, now = call.json(), now_iso()
    with call.lock:
        primary = call.store.find(str(body.get("primaryObjectId")))
        loser = call.store.find(str(body.get("objectIdToMerge")))
        if primary is None or loser is None:
            raise not_found()
        if primary is loser:
            raise Failure(400, "VALIDATION_ERROR", "Cannot merge an object with itself")
        merged = merge_records(call.store, primary, loser, now, call.settings["merge_keeps_primary_id"])
        for old in (primary, loser):
            if old is not merged:
                call.links.move(call.object_type, old.id, merged.id)
        return json_response(200, merged.describe(call.shown_properties(None)))


def merge_records(store, primary, loser, now, keep_id):
    target = primary if keep_id else store.create(now)
    combined = {**loser.properties, **primary.properties}
    for name in store.schema.system:
        combined[name] = target.properties[name]
    emails = other_emails(primary, loser)
    if emails:
        combined["hs_additional_emails"] = ";".join(emails)
    target.merged = [
        each for record in (primary, loser) for each in (*record.merged, record.id) if each != target.id
    ]
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
    """Delete a contact permanently, and block its email. An email that is not found is blocked as well."""
    if not call.store.schema.deletable_for_good:
        raise Failure(405, "VALIDATION_ERROR", f"{call.object_type} cannot be deleted for good")
    body = call.json()
    key, by_email = str(body.get("objectId")), body.get("idProperty") == "email"
    with call.lock:
        record = call.store.find(key, body.get("idProperty"))
        if record is None and not by_email:
            raise not_found()
        call.store.blocked.update(
            [key.strip().lower()] if by_email else [], emails_of(record) if record else []
        )
        if record is not None:
            call.links.remove_all((call.object_type, record.id))
            call.store.forget(record)
    return Response(204)
