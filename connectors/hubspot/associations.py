"""Associations between records, such as an order and its customer or its line items."""

from collections import defaultdict
from dataclasses import replace

from ...core.errors import ReferenceNotFoundError, TransientError
from ..bisect import bisect
from ..items import Outcome, Prepared
from . import problems
from .api import noun

MAX_PAIRS = 2_000
MAX_READ = 1_000
# HubSpot's association types for a primary company. Other pairs are linked without a label.
_PRIMARY_COMPANY = {"contact": 1, "deal": 5, "order": 509}


class Associations:
    """Reads and writes associations between an account's records."""

    def __init__(self, api):
        self.api = api

    def link(self, source, items, outcomes):
        """Link each record that was written to the records in its ``body["associations"]``.

        :param source: the object of the items
        :param items: with ``{object: ids}`` as ``body["associations"]``
        :param outcomes: of writing the items; those with an error are not linked
        :return: the outcomes, with an error where linking failed
        """
        pairs = defaultdict(list)
        for prepared, outcome in zip(items, outcomes, strict=True):
            if outcome.error is None:
                for target, ids in prepared.body.get("associations", {}).items():
                    pairs[target] += [_pair(prepared, outcome.remote_id, each) for each in ids]
        failures = {}
        for target, of_target in pairs.items():
            for start in range(0, len(of_target), MAX_PAIRS):
                for linked in self._link(source, target, of_target[start : start + MAX_PAIRS]):
                    if linked.error:
                        failures.setdefault(linked.trace_id, linked.error)
        return [replace(o, error=o.error or failures.get(o.trace_id)) for o in outcomes]

    def linked(self, source, target, ids):
        """Return ``{id: ids of the target object's records that are linked to it}``.

        :raise RemoteError: the call failed
        """
        found = defaultdict(list)
        asked = [{"id": each} for each in ids]
        while asked:
            part, asked = asked[:MAX_READ], asked[MAX_READ:]
            response = self.api.associations(source, target, "/batch/read", {"inputs": part}, is_write=False)
            if response.status >= 300:
                raise self.api.refusal(response, write=False, object_name=source)
            for each in problems.dicts(response.object.get("results")):
                source_id = str(_dict(each.get("from")).get("id"))
                found[source_id] += [str(to.get("toObjectId")) for to in problems.dicts(each.get("to"))]
                after = _after(each)
                if after:
                    asked.append({"id": source_id, "after": after})
        return found

    def _link(self, source, target, pairs):
        return bisect(pairs, lambda part: self._link_part(source, target, part))

    def _link_part(self, source, target, pairs):
        label = _PRIMARY_COMPANY.get(source) if target == "company" else None
        types = {"types": [_type(label)]} if label else {}
        suffix = "/batch/create" if label else "/batch/associate/default"
        inputs = [{**p.body, **types} for p in pairs]
        response = self.api.associations(source, target, suffix, {"inputs": inputs})
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


def _pair(prepared, source_id, target_id):
    body = {"from": {"id": source_id}, "to": {"id": target_id}}
    return Prepared(prepared.item, "link", body, {})


def _type(type_id):
    return {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}


def _ids(pair):
    return {pair.body["from"]["id"], pair.body["to"]["id"]}


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
