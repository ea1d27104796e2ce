"""Customers: people become contacts, and business customers become contacts or companies, as the admin chose."""

from dataclasses import replace

from ...core.errors import RemoteError
from ..items import Outcome, Prepared, Reference, failed
from . import errors, record_request
from .api import noun
from .associations import Associations
from .handler import Handler

CREATED_OR_UPDATED = ("customer.created", "customer.updated")
EVENT_TYPES = (*CREATED_OR_UPDATED, "customer.merged", "customer.erased")


class CustomerHandler(Handler):
    """Prepares requests for contacts and companies."""

    event_types = EVENT_TYPES

    def references(self, event_type, data):
        """Return the company of a person, if business customers become companies."""
        company_id = data.get("company_id") if event_type in CREATED_OR_UPDATED else None
        if self.mapper.object_for("business_customer") != "company" or not company_id:
            return ()
        return (Reference("customer", int(company_id), is_required=False),)

    def prepare(self, item):
        """Return the request for one contact or company.

        :raise MappingError: no match key has a value (``KEY_MISSING``)
        """
        if item.event_type == "customer.merged":
            return _prepare_merge(item)
        if item.event_type == "customer.erased":
            return _prepare_archive(item)
        subject = "business_customer" if item.data["type"] == "company" else "customer"
        prepared = record_request.prepare_record(self.adapter, item, subject, item.data["id"])
        companies = [remote.id for remote in item.remote_ids.values() if remote.object == "company"]
        prepared = record_request.with_links(prepared, {"company": companies})
        return _with_previous(prepared, item)


def _with_previous(prepared, item):
    """Return the request for a person who became a company with the contact, and the companies that it leaves."""
    companies = item.links.get("company")
    if not companies or not item.remote_id or (item.remote_object, prepared.object) != ("contact", "company"):
        return prepared
    previous = {"contact": [item.remote_id], "company": list(companies)}
    return replace(prepared, body={**prepared.body, "previous": previous})


def _prepare_merge(item):
    losers = dict.fromkeys(item.merged_remote_ids)
    losers.pop(item.remote_id, None)
    if not item.remote_id or not losers:
        return Prepared(item, "noop", {}, {})
    body = {"primaryObjectId": item.remote_id, "objectIdsToMerge": list(losers)}
    return _prepared(item, "merge", body)


def _prepare_archive(item):
    return (
        _prepared(item, "archive", {"id": item.remote_id})
        if item.remote_id
        else Prepared(item, "noop", {}, {})
    )


def _may_be_merged(prepared, outcome):
    """Return whether a record has another id than before, or was found by an address, which merges make additional."""
    if outcome.error is not None:
        return False
    if prepared.item.remote_id is None:
        return prepared.body.get("idProperty") == "email" and outcome.response.get("new") is False
    return prepared.item.remote_id != outcome.remote_id


def _prepared(item, kind, body):
    object_name = item.remote_object or "contact"
    return Prepared(item, f"{object_name}.{kind}", body, body, object=object_name)


class Customers:
    """Writes, merges, archives and finds an account's contacts or companies."""

    def __init__(self, api, records):
        self.api = api
        self.records = records
        self.object_name = records.object_name

    def send(self, kind, items):
        """Send requests of one kind, and return one outcome each, in order.

        :param kind: ``upsert``, ``update``, ``merge``, ``archive`` or ``find``
        """
        if kind == "merge":
            return [self._send_merge(p) for p in items]
        if kind == "find":
            return [self._send_search(p) for p in items]
        if kind == "archive":
            return self.records.archive(items)
        outcomes = self._with_merged_ids(items, self.records.send(kind, items))
        outcomes = Associations(self.api).update(self.object_name, items, outcomes)
        return self._leave(items, outcomes)

    def _with_merged_ids(self, items, outcomes):
        """Return the outcomes; those of records that were merged in HubSpot say with which others, or fail."""
        moved = {o.remote_id for p, o in zip(items, outcomes, strict=True) if _may_be_merged(p, o)}
        if not moved:
            return outcomes
        try:
            merged = self.api.read_values(self.object_name, sorted(moved), "hs_merged_object_ids")
        except RemoteError as error:
            return [replace(o, error=o.error or error) if o.remote_id in moved else o for o in outcomes]
        return [
            replace(o, merged_ids=tuple(filter(None, str(merged.get(o.remote_id) or "").split(";"))))
            if o.remote_id in moved
            else o
            for o in outcomes
        ]

    def _leave(self, items, outcomes):
        """End the links of the contacts of people who became companies. Return the outcomes."""
        leaving = {p.item.trace_id: p for p in items if "previous" in p.body}
        if not leaving:
            return outcomes
        left = [
            replace(o, remote_id=leaving[o.trace_id].body["previous"]["contact"][0])
            for o in outcomes
            if o.trace_id in leaving
        ]
        former = [
            replace(p, body={"former": {"company": p.body["previous"]["company"]}}) for p in leaving.values()
        ]
        errors = {o.trace_id: o.error for o in Associations(self.api).end_former("contact", former, left)}
        return [replace(o, error=errors.get(o.trace_id, o.error)) for o in outcomes]

    def _send_search(self, prepared):
        try:
            found = self.api.find_by(self.object_name, prepared.body["idProperty"], prepared.body["id"])
        except RemoteError as error:
            return failed([prepared], error)[0]
        return Outcome(prepared.item.trace_id, found)

    def _send_merge(self, prepared):
        survivor = prepared.body["primaryObjectId"]
        try:
            for loser in prepared.body["objectIdsToMerge"]:
                survivor = self._merge_pair(survivor, loser, prepared.item.in_doubt)
        except RemoteError as error:
            return failed([prepared], error)[0]
        return Outcome(prepared.item.trace_id, survivor, None, 200, {"id": survivor})

    def _merge_pair(self, survivor, loser, in_doubt):
        """Merge one record into another, and return the id of the result, which may be a new one."""
        merged = self._already_merged(survivor, loser) if in_doubt else None
        if merged:
            return merged
        pair = {"primaryObjectId": survivor, "objectIdToMerge": loser}
        response = self.api.objects(self.object_name, "POST", "/merge", pair)
        if response.status < 300:
            return str(response.object.get("id") or survivor)
        error = self.api.refusal(response, object_name=self.object_name)
        merged = self._already_merged(survivor, loser) if response.status in (400, 404, 409, 422) else None
        if merged:
            return merged
        raise error

    def _already_merged(self, survivor, loser):
        """Return the id of the record that is left if the two were merged, or if the loser was deleted; else None.

        :raise RemoteNotFoundError: the survivor does not exist
        """
        winner = self.api.find(self.object_name, survivor)
        if winner is None:
            raise errors.not_found(noun(self.object_name))
        return winner if self.api.find(self.object_name, loser) in (None, winner) else None
