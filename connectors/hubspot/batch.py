"""Splitting items into batch calls, and reading HubSpot's batch responses. Pure functions."""

from ...core import remote_data
from ...core.errors import TransientError
from ..items import Outcome
from . import errors, problems
from .api import noun

_INPUT = frozenset({"id", "idProperty", "properties", "objectWriteTraceId"})
# With these statuses, single items may be the reason why a whole batch was refused.
_ITEM_STATUS = frozenset({400, 404, 409, 413, 422})


def by_operation(batch):
    """Return ``{operation: [prepared, …]}``, in order of first appearance."""
    groups = {}
    for prepared in batch:
        groups.setdefault(prepared.operation, []).append(prepared)
    return groups


def input_of(prepared):
    """Return an item's entry in the ``inputs`` of a batch call."""
    return {name: value for name, value in prepared.body.items() if name in _INPUT}


def chunks(items, size):
    """Split items into lists of at most ``size``, without the same record twice in a list: HubSpot refuses that.

    Items of one record stay in order: a later item is in a later list.
    """
    cut, last = [], {}
    for prepared in items:
        identity = prepared.body["id"]
        number = last.get(identity, -1) + 1
        while number < len(cut) and len(cut[number]) >= size:
            number += 1
        if number == len(cut):
            cut.append([])
        cut[number].append(prepared)
        last[identity] = number
    return cut


def read(items, response):
    """Return the outcomes of a 2xx response, one per item.

    ``errors[]`` takes precedence: an item in both ``errors[]`` and ``results[]`` has failed. An item in neither is in
    doubt.
    """
    refused = read_refused(items, response.object)
    results = _read_results(items, response.object)
    correlation = problems.correlation(response.object)
    return [
        _outcome(p, refused.get(p.item.trace_id), results.get(p.item.trace_id), response.status, correlation)
        for p in items
    ]


def read_done(items, response):
    """Return the outcomes of a 2xx response without ``results[]``, such as to an archive call, one per item."""
    refused = read_refused(items, response.object)
    return [
        failure(p, refused[p.item.trace_id])
        if p.item.trace_id in refused
        else Outcome(p.item.trace_id, p.item.remote_id, None, response.status)
        for p in items
    ]


def read_refused(items, body):
    """Return ``{trace id: entry of errors[]}`` for the items that failed.

    If there is only one item, an entry that names no item is about that one.
    """
    entries = problems.dicts(body.get("errors"))
    found = _named(items, entries) if entries else {}
    if entries and not found and len(items) == 1:
        return {items[0].item.trace_id: entries[0]}
    return found


def blamed(items, response, error):
    """Return ``{trace id: error}`` for the items because of which a whole batch was refused; empty if unknown.

    :param error: the refusal; if it is not about single items, all of them get it
    """
    if response.status not in _ITEM_STATUS or error.code == "KEY_NOT_UNIQUE":
        return {p.item.trace_id: error for p in items}
    body = response.object
    if error.code == "PROPERTY_DOESNT_EXIST":
        return {p.item.trace_id: error for p in items if error.field in p.body.get("properties", ())}
    if _is_duplicate(body):
        return {}
    shared = {k: body[k] for k in ("category", "message") if k in body}
    entries = [{**shared, **entry} for entry in (*problems.dicts(body.get("errors")), body)]
    sent = {p.item.trace_id: p.body.get("properties", {}) for p in items}
    nouns = {p.item.trace_id: noun(p.object) for p in items}
    named = _named(items, entries)
    return {trace: errors.from_item(entry, (sent[trace],), nouns[trace]) for trace, entry in named.items()}


def suspected(items, response):
    """Return the items that may be the reason why a whole batch was refused.

    These are the records that HubSpot found twice in the batch (by two ids, or by two addresses of one contact),
    items that contain a value that the message quotes, and items that lack a required property.
    """
    body = response.object
    if len(items) < 2:
        return []
    if _is_duplicate(body):
        named = _named(items, [body])
        return [p for p in items if p.item.trace_id in named]
    wrong = problems.property_problems(body)
    return [p for p in items if any(_fits(p.body.get("properties", {}), problem) for problem in wrong)]


def _fits(properties, problem):
    value = properties.get(problem.get("name"))
    if problems.text(problem, "error").startswith("MISSING_"):
        return not value
    return bool(value) and value in problems.text(problem, "message")


def _is_duplicate(body):
    return "Duplicate IDs" in problems.text(body, "message")


def failure(prepared, problem):
    """Return the outcome of an item with an entry in ``errors[]``."""
    error = errors.from_item(problem, (prepared.body.get("properties", {}),), noun(prepared.object))
    response = {k: problem[k] for k in ("category", "subCategory") if problem.get(k)}
    return Outcome(prepared.item.trace_id, prepared.item.remote_id, error, error.http_status, response)


def _outcome(prepared, problem, result, status, correlation):
    if problem is not None:
        return failure(prepared, problem)
    if result is None or not result.get("id"):
        return Outcome(prepared.item.trace_id, prepared.item.remote_id, _not_answered(), status, correlation)
    remote_id = remote_data.short(result["id"], remote_data.MAX_ID + 1)  # one that is too long is refused
    response = {"id": remote_id, "new": bool(result.get("new", False)), **correlation}
    return Outcome(prepared.item.trace_id, remote_id, None, status, response)


def _not_answered():
    return TransientError(
        "HubSpot responded without a result for this record.", code="NOT_ANSWERED", uncertain=True
    )


def _read_results(items, body):
    """Return ``{trace id: result}``, matched by ``objectWriteTraceId``, or else by record id or match key."""
    results = problems.dicts(body.get("results"))
    found = {r["objectWriteTraceId"]: r for r in results if isinstance(r.get("objectWriteTraceId"), str)}
    missing = [p for p in items if p.item.trace_id not in found]
    if missing and len(found) < len(results):
        _match_by_key(missing, [r for r in results if not r.get("objectWriteTraceId")], found)
    return found


def _match_by_key(items, results, found):
    names = {p.body.get("idProperty") for p in items}
    by_key = {name: _by_value(results, name) if name else _by_id(results) for name in names}
    for p in items:
        name, key = p.body.get("idProperty"), p.body["id"]
        result = by_key[name].get(key.lower() if name else key)
        if result is not None:
            found[p.item.trace_id] = result


def _by_id(results):
    return {str(r.get("id")): r for r in results}


def _by_value(results, name):
    """Return ``{value of a property in lower case: result}``, with the first of several."""
    found = {}
    for result in results:
        values = result.get("properties")
        value = values.get(name) if isinstance(values, dict) else None
        if value:
            found.setdefault(str(value).lower(), result)
    return found


def _named(items, entries):
    """Return ``{trace id: entry}``, by the ``objectWriteTraceId`` or the ids in each entry's context."""
    traces = {p.item.trace_id.lower(): p.item.trace_id for p in items}
    ids = {str(p.body["id"]).lower(): p.item.trace_id for p in items}
    found = {}
    for entry in entries:
        context = problems.context_of(entry)
        named = _known(context.get("objectWriteTraceId"), traces) or _known(context.get("ids"), ids)
        for trace in named:
            found.setdefault(trace, entry)
    return found


def _known(names, known):
    names = names if isinstance(names, list) else [names]
    return [known[name] for name in (str(n).lower() for n in names) if name in known]
