"""Associations between records, such as an order and its customer or its line items."""

from collections import defaultdict
from dataclasses import replace
from functools import partial

from ...core.errors import ReferenceNotFoundError, RemoteError, TransientError
from ..bisect import bisect
from ..items import Outcome, Prepared
from . import problems
from .api import noun

MAX_PAIRS = 2_000
MAX_READ = 1_000
# HubSpot's association types for the label of a primary company. Other pairs are linked without a label.
_PRIMARY_COMPANY = {"contact": 1, "deal": 5, "order": 509}


class Associations:
    """Reads and writes associations between an account's records."""

    def __init__(self, api):
        self.api = api

    def update(self, source, items, outcomes):
        """Link each record as its ``body["associations"]`` says, and end the links to those in ``body["former"]``.

        See :meth:`link` and :meth:`end_former`.
        """
        return self.end_former(source, items, self.link(source, items, outcomes))

    def link(self, source, items, outcomes):
        """Link each record that was written to the records in its ``body["associations"]``, where it is not yet.

        Labels that people gave stay: to set a label, HubSpot takes all that the two records shall have.

        :param source: the object of the items
        :param items: with ``{object: ids}`` as ``body["associations"]``
        :param outcomes: of writing the items; those with an error are not linked
        :return: the outcomes, with an error where linking failed
        """
        is_new = {o.trace_id for o in outcomes if o.response.get("new")}
        failures = {}
        for target, pairs in _pairs(items, outcomes).items():
            old = dict.fromkeys(p.body["from"]["id"] for p in pairs if p.item.trace_id not in is_new)
            try:
                present = self.linked(source, target, list(old)) if old else {}
                pairs = self._current(target, pairs, present)
            except RemoteError as error:
                failures.update({p.item.trace_id: error for p in pairs})
                continue
            failures = {**self._link_missing(source, target, pairs, present), **failures}
        return _with_failures(outcomes, failures)

    def _current(self, target, pairs, present):
        """Return the pairs, with the current id of a record that was merged and may be linked by its new id.

        :raise RemoteError: the call failed
        """
        current, found = [], {}
        for pair in pairs:
            linked, target_id = present.get(pair.body["from"]["id"]), pair.body["to"]["id"]
            if linked and target_id not in linked:
                if target_id not in found:
                    found[target_id] = self.api.find(target, target_id)
                pair = replace(pair, body={**pair.body, "to": {"id": found[target_id] or target_id}})
            current.append(pair)
        return current

    def link_unlinked(self, source, items, outcomes):
        """Like :meth:`link`, for records that are known to have no links yet."""
        failures = {}
        for target, pairs in _pairs(items, outcomes).items():
            failures.update(self._link_missing(source, target, pairs, {}))
        return _with_failures(outcomes, failures)

    def end_former(self, source, items, outcomes):
        """End the links of records to those in their ``body["former"]``, as far as no person gave them a label.

        To end a link that has labels would end these, too. Such a link stays; only our own label is taken off. A former
        record may have been merged since: then the link to the resulting record is ended, unless the record is to have
        it.

        :return: the outcomes, with an error where that failed
        """
        failures = {}
        for target, pairs in _pairs(items, outcomes, "former").items():
            label = _PRIMARY_COMPANY.get(source) if target == "company" else None
            try:
                present = self.linked(
                    source, target, list(dict.fromkeys(p.body["from"]["id"] for p in pairs))
                )
                pairs = self._without_kept(target, self._current(target, pairs, present), items, present)
            except RemoteError as error:
                failures.update({p.item.trace_id: error for p in pairs})
                continue
            for suffix, ended in _endings(pairs, label, present).items():
                for outcome in bisect(ended, partial(self._unlink_part, source, target, suffix)):
                    if outcome.error:
                        failures.setdefault(outcome.trace_id, outcome.error)
        return _with_failures(outcomes, failures)

    def _without_kept(self, target, pairs, items, present):
        """Return the pairs without links that the records are to have, by whatever id of a merged record.

        :raise RemoteError: the call failed
        """
        sources = {p.item.trace_id: p.body["from"]["id"] for p in pairs}
        wanted = [
            _pair(p, sources[p.item.trace_id], each)
            for p in items
            if p.item.trace_id in sources
            for each in p.body.get("associations", {}).get(target, ())
        ]
        kept = {_key(pair) for pair in self._current(target, wanted, present)}
        return [pair for pair in pairs if _key(pair) not in kept]

    def _unlink_part(self, source, target, suffix, pairs):
        response = self.api.associations(source, target, suffix, {"inputs": [p.body for p in pairs]})
        if response.status >= 300:
            raise self.api.refusal(response, object_name=source)
        return [Outcome(p.item.trace_id) for p in pairs]

    def linked(self, source, target, ids):
        """Return ``{id: {id of a record of the target object that is linked to it: association types}}``.

        :raise RemoteError: the call failed
        """
        found = defaultdict(dict)
        asked = [{"id": each} for each in ids]
        while asked:
            part, asked = asked[:MAX_READ], asked[MAX_READ:]
            response = self.api.associations(source, target, "/batch/read", {"inputs": part}, is_write=False)
            if response.status >= 300:
                raise self.api.refusal(response, write=False, object_name=source)
            for each in problems.dicts(response.object.get("results")):
                source_id = str(_dict(each.get("from")).get("id"))
                for to in problems.dicts(each.get("to")):
                    found[source_id][str(to.get("toObjectId"))] = problems.dicts(to.get("associationTypes"))
                after = _after(each)
                if after:
                    asked.append({"id": source_id, "after": after})
        return found

    def _link_missing(self, source, target, pairs, present):
        """Link pairs of records that are not linked, or lack the label. Return ``{trace id: error}``."""
        label = _PRIMARY_COMPANY.get(source) if target == "company" else None
        missing = [p for p in (_missing(pair, label, present) for pair in pairs) if p]
        failures = {}
        for start in range(0, len(missing), MAX_PAIRS):
            part = missing[start : start + MAX_PAIRS]
            for linked in bisect(part, lambda each: self._link_part(source, target, each, bool(label))):
                if linked.error:
                    failures.setdefault(linked.trace_id, linked.error)
        return failures

    def _link_part(self, source, target, pairs, has_label):
        suffix = "/batch/create" if has_label else "/batch/associate/default"
        response = self.api.associations(source, target, suffix, {"inputs": [p.body for p in pairs]})
        if response.status >= 300:
            raise self._refusal(source, target, pairs, response)
        if "results" not in response.object:
            message = f"HubSpot did not confirm that the {noun(source)} is linked to the {noun(target)}."
            raise TransientError(message, code="NOT_ANSWERED", uncertain=True)
        missing = _not_found_ids(problems.dicts(response.object.get("errors")))
        return [
            Outcome(p.item.trace_id, None, _cannot_link(source, target, p) if _ids(p) & missing else None)
            for p in pairs
        ]

    def _refusal(self, source, target, pairs, response):
        if len(pairs) == 1 and _ids(pairs[0]) & _not_found_ids([response.object]):
            return _cannot_link(source, target, pairs[0])
        return self.api.refusal(response, object_name=source)


def _pairs(items, outcomes, name="associations"):
    """Return ``{target object: pairs of records}`` of a part of the bodies, without items that were not written."""
    pairs = defaultdict(list)
    for prepared, outcome in zip(items, outcomes, strict=True):
        if outcome.error is None:
            for target, ids in prepared.body.get(name, {}).items():
                pairs[target] += [_pair(prepared, outcome.remote_id, each) for each in ids]
    return pairs


def _pair(prepared, source_id, target_id):
    body = {"from": {"id": source_id}, "to": {"id": target_id}}
    return Prepared(prepared.item, "link", body, {})


def _missing(pair, label, present):
    """Return the pair as it must be sent, with all labels that it shall have; None if nothing is missing.

    :param label: the association type of a label that the pair needs; None for no label
    :param present: see :meth:`Associations.linked`
    """
    types = present.get(pair.body["from"]["id"], {}).get(pair.body["to"]["id"])
    if not label:
        return pair if types is None else None
    given = [_type(each.get("typeId"), each.get("category")) for each in types or () if each.get("label")]
    if _type(label) in given:
        return None
    return replace(pair, body={**pair.body, "types": [_type(label), *given]})


def _endings(pairs, label, present):
    """Return ``{call: pairs}`` that end what is ours of the links: the whole link, or its label.

    :param label: see :func:`_missing`
    :param present: see :meth:`Associations.linked`
    """
    endings = defaultdict(list)
    for pair in pairs:
        source_id, target_id = pair.body["from"]["id"], pair.body["to"]["id"]
        types = present.get(source_id, {}).get(target_id)
        labels = [
            _type(each.get("typeId"), each.get("category")) for each in types or () if each.get("label")
        ]
        own = [each for each in labels if label and each == _type(label)]
        if types is not None and labels == own:
            body = {"from": pair.body["from"], "to": [pair.body["to"]]}
            endings["/batch/archive"].append(replace(pair, body=body))
        elif own:
            endings["/batch/labels/archive"].append(replace(pair, body={**pair.body, "types": own}))
    return endings


def _with_failures(outcomes, failures):
    return [replace(o, error=o.error or failures.get(o.trace_id)) for o in outcomes]


def _type(type_id, category="HUBSPOT_DEFINED"):
    return {"associationCategory": category, "associationTypeId": type_id}


def _key(pair):
    return pair.body["from"]["id"], pair.body["to"]["id"]


def _ids(pair):
    return set(_key(pair))


def _not_found_ids(entries):
    contexts = map(problems.context_of, entries)
    return {each for context in contexts for each in problems.strings(context.get("objectId"))}


def _cannot_link(source, target, pair):
    error = ReferenceNotFoundError(
        f"The {noun(target)} {pair.body['to']['id']} was deleted in HubSpot, so the {noun(source)} cannot be linked "
        f"to it. Resync the Odoo record of that {noun(target)}, then replay this event.",
        code="LINKED_RECORD_GONE",
        field=target,
        http_status=404,
    )
    error.remote_id = pair.body["to"]["id"]
    return error


def _after(result):
    return _dict(_dict(result.get("paging")).get("next")).get("after")


def _dict(value):
    return value if isinstance(value, dict) else {}
