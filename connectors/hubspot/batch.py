"""Cutting items into calls, and reading HubSpot's batch answers. Pure functions."""

from ...core.errors import TransientError
from ..items import Outcome
from . import errors, problems
from .api import noun

_INPUT = frozenset({"id", "idProperty", "properties", "objectWriteTraceId"})
# What a refusal of the whole batch may be due to single items for; else they are all sent in vain.
_ITEM_STATUS = frozenset({400, 404, 409, 413, 422})


def by_operation(batch):
    """Return {operation: [prepared, …]}, in order of appearance."""
    groups = {}
    for prepared in batch:
        groups.setdefault(prepared.operation, []).append(prepared)
    return groups


def input_of(prepared):
    """Return what a batch call gets for an item."""
    return {name: value for name, value in prepared.body.items() if name in _INPUT}


def chunks(items, size):
    """Cut items into lists of at most ``size``, none with the same record twice: HubSpot refuses those.

    Items of the same record stay in order: the later one is in a later list.
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
    """Return the outcomes of a 2xx answer, one for each item.

    ``errors[]`` comes first: an item that is in both lists has failed. An item that is in neither may have
    been applied or not.
    """
    refused = read_refused(items, response.object)
    results = _read_results(items, response.object)
    correlation = problems.correlation(response.object)
    return [
        _outcome(p, refused.get(p.item.trace_id), results.get(p.item.trace_id), response.status, correlation)
        for p in items
    ]


def read_done(items, response):
    """Return the outcomes of an answer without content, such as that to an archive call."""
    refused = read_refused(items, response.object)
    return [
        failure(p, refused[p.item.trace_id])
        if p.item.trace_id in refused
        else Outcome(p.item.trace_id, p.item.remote_id, None, response.status)
        for p in items
    ]


def read_refused(items, body):
    """Return {trace id: entry of ``errors[]``} for the items that failed.

    An entry that names no item is about the only item, if there is only one.
    """
    entries = problems.dicts(body.get("errors"))
    found = _named(items, entries) if entries else {}
    if entries and not found and len(items) == 1:
        return {items[0].item.trace_id: entries[0]}
    return found


def blamed(items, response, error):
    """Return {trace id: error} for the items to which the refusal of a whole batch is due; empty if not told.

    ``error`` is the refusal; all items get it if it is not about items at all.
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
    """Return the items that the refusal of a whole batch may be due to, without being a proof.

    These are the records that HubSpot found twice in the batch (under two ids, or under two addresses of one
    contact), and the items with a value that it quotes or without one that it misses.
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
    if str(problem.get("error")).startswith("MISSING_"):
        return not value
    return bool(value) and value in str(problem.get("message"))


def _is_duplicate(body):
    return "Duplicate IDs" in str(body.get("message") or "")


def failure(prepared, problem):
    """Return the outcome of an item for which ``errors[]`` has an entry."""
    error = errors.from_item(problem, (prepared.body.get("properties", {}),), noun(prepared.object))
    response = {k: problem[k] for k in ("category", "subCategory") if problem.get(k)}
    return Outcome(prepared.item.trace_id, prepared.item.remote_id, error, error.http_status, response)


def _outcome(prepared, problem, result, status, correlation):
    if problem is not None:
        return failure(prepared, problem)
    if result is None or not result.get("id"):
        return Outcome(prepared.item.trace_id, prepared.item.remote_id, _not_answered(), status, correlation)
    remote_id = str(result["id"])
    response = {"id": remote_id, "new": bool(result.get("new", False)), **correlation}
    return Outcome(prepared.item.trace_id, remote_id, None, status, response)


def _not_answered():
    return TransientError(
        "HubSpot responded without a result for this record.", code="NOT_ANSWERED", uncertain=True
    )


def _read_results(items, body):
    """Return {trace id: result}: by ``objectWriteTraceId``, else by record id or by the key's value."""
    results = problems.dicts(body.get("results"))
    found = {r["objectWriteTraceId"]: r for r in results if isinstance(r.get("objectWriteTraceId"), str)}
    missing = [p for p in items if p.item.trace_id not in found]
    if missing and len(found) < len(results):
        _match_by_key(missing, [r for r in results if not r.get("objectWriteTraceId")], found)
    return found


def _match_by_key(items, results, found):
    by_id = {str(r.get("id")): r for r in results}
    for p in items:
        name = p.body.get("idProperty")
        result = _with_value(results, name, p.body["id"]) if name else by_id.get(p.body["id"])
        if result is not None:
            found[p.item.trace_id] = result


def _with_value(results, name, value):
    for result in results:
        values = result.get("properties")
        if isinstance(values, dict) and str(values.get(name) or "").lower() == value.lower():
            return result
    return None


def _named(items, entries):
    """Return {trace id: entry}: an entry's context has ``objectWriteTraceId`` or the ids that were sent."""
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
