"""HubSpot: customers as contacts, through the batch endpoints of the CRM objects API."""

from dataclasses import replace
from functools import cached_property
from typing import ClassVar

from ... import field_map
from ..base import (
    Adapter,
    ConnectionReport,
    Credential,
    GoneError,
    Keys,
    MappingError,
    Outcome,
    Plan,
    Prepared,
    RemoteError,
    RemoteObject,
    failed,
)
from ..oauth import OAuth
from ..retry import narrow
from . import batch as batches
from . import errors, limits, mapping, schema
from .api import HubSpotApi

SCOPES = ("oauth", "crm.objects.contacts.read", "crm.objects.contacts.write")


class HubSpotAdapter(Adapter):
    """Speaks the HubSpot API. See README.md for the facts that it relies on."""

    label = "HubSpot"
    default_base_url = "https://api.hubapi.com"
    api_versions: ClassVar = ("2026-09", "v3")
    credentials: ClassVar = (
        Credential("access_token", "Service key or private app token", auth_method="token"),
        Credential("client_id", "Client ID of the app", auth_method="oauth"),
        Credential("client_secret", "Client secret of the app", auth_method="oauth"),
        Credential("access_token", "Access token", auth_method="oauth", is_obtained=True),
        Credential("refresh_token", "Refresh token", auth_method="oauth", is_obtained=True),
    )
    has_oauth = True
    batch_size = 100
    event_types = frozenset({"customer.created", "customer.updated", "customer.merged", "customer.erased"})
    default_keys = Keys("email", "")
    objects: ClassVar = (RemoteObject("contact", "Contact", ("customer.created", "customer.updated")),)
    default_field_maps = mapping.DEFAULT_FIELD_MAPS
    transforms = mapping.TRANSFORMS
    plans: ClassVar = (
        Plan("starter", "Free or Starter", {10: 100, 86_400: 250_000}),
        Plan("professional", "Professional", {10: 190, 86_400: 625_000}),
        Plan("enterprise", "Enterprise", {10: 190, 86_400: 1_000_000}),
    )

    def __init__(self, settings):
        super().__init__(settings)
        self.api = HubSpotApi(settings)

    @classmethod
    def oauth(cls, base_url, api_version):
        """The consent page is on another host than the API, but for a stand-in. Source: HubSpot's OAuth guide."""
        consent = "https://app.hubspot.com" if base_url == cls.default_base_url else base_url
        return OAuth(f"{consent}/oauth/authorize", f"/oauth/{api_version}/token", SCOPES)

    @property
    def before_call(self):
        return self.api.http.before_call

    @before_call.setter
    def before_call(self, function):
        self.api.http.before_call = function

    def close(self):
        self.api.close()

    def set_deadline(self, deadline):
        self.api.http.deadline = deadline

    def quota_readings(self):
        headers, self.api.http.rate_limit = self.api.http.rate_limit, {}
        return limits.readings(headers)

    @classmethod
    def calls_for(cls, event_type, count, batch_size=0):
        """Contacts are merged one by one."""
        return count if event_type == "customer.merged" else super().calls_for(event_type, count, batch_size)

    # ----- preparing -----

    def prepare(self, item):
        """Turn an item into a request for one contact.

        :raise MappingError: ``KEY_MISSING``, or an event type that HubSpot has no use for
        """
        if item.event_type in ("customer.created", "customer.updated"):
            return self._prepare_contact(item)
        if item.event_type == "customer.merged":
            return self._prepare_merge(item)
        if item.event_type == "customer.erased":
            return self._prepare_archive(item)
        raise MappingError(f"HubSpot does not take {item.event_type}.", code="EVENT_NOT_SUPPORTED")

    def _prepare_contact(self, item):
        values = self.mapped_values(item, "contact")
        content = {name: field_map.text(value) for name, value in values.items()}
        content.update(mapping.own_keys(item, self._contact_lines))
        name, value = mapping.find_key(self, item, self._contact_lines, content)
        if not item.remote_id and not value:
            raise mapping.key_missing(item.keys)
        target = {"id": item.remote_id} if item.remote_id else {"id": value, "idProperty": name}
        body = {**target, "properties": content, "objectWriteTraceId": item.trace_id}
        operation = "update" if item.remote_id else f"upsert:{name}"
        if self._once:
            content = {name: value for name, value in content.items() if name not in self._once}
        return Prepared(item, operation, body, content, value, personal=self._personal)

    @cached_property
    def _contact_lines(self):
        return {line.property: line for line in self.field_maps("contact")}

    @cached_property
    def _once(self):
        return {line.property for line in self.field_maps("contact") if line.only_on_create}

    @cached_property
    def _personal(self):
        return mapping.personal(self.field_maps("contact"))

    def _prepare_merge(self, item):
        losers = dict.fromkeys(item.data.get("merged_remote_ids") or ())
        losers.pop(item.remote_id, None)
        if not item.remote_id or not losers:
            return Prepared(item, "noop", {}, {})
        body = {"primaryObjectId": item.remote_id, "objectIdsToMerge": list(losers)}
        return Prepared(item, "merge", body, body)

    def _prepare_archive(self, item):
        if not item.remote_id:
            return Prepared(item, "noop", {}, {})
        body = {"id": item.remote_id}
        return Prepared(item, "archive", body, body)

    def prepare_search(self, item, operation, key):
        kind, _colon, name = operation.partition(":")
        return Prepared(item, "find", {"id": key, "idProperty": name}, {}, key) if kind == "upsert" else None

    # ----- sending -----

    def send(self, batch):
        self.api.resume()
        outcomes = {}
        for operation, items in batches.by_operation(batch).items():
            for outcome in self._send_group(operation, items):
                outcomes[outcome.trace_id] = outcome
        return [outcomes[p.item.trace_id] for p in batch]

    def _send_group(self, operation, items):
        if operation == "noop":
            return [Outcome(p.item.trace_id, p.item.remote_id) for p in items]
        if operation == "merge":
            return [self._send_merge(p) for p in items]
        if operation == "find":
            return [self._send_search(p) for p in items]
        kind = operation.partition(":")[0]
        size = min(self.settings.batch_size or self.batch_size, self.batch_size)
        outcomes = [o for chunk in batches.chunks(items, size) for o in self._narrow(kind, chunk)]
        return [_archived(o) for o in outcomes] if kind == "archive" else outcomes

    def _send_chunk(self, kind, items):
        """Make one call.

        :raise RemoteError: if it was refused as a whole and HubSpot does not say for which items
        """
        if kind == "archive":
            return self._send_archive(items)
        response = self.api.contacts("POST", f"/batch/{kind}", {"inputs": [p.body for p in items]})
        if response.status < 300:
            return batches.read(items, response)
        error = self.api.refusal(response, [p.body["properties"] for p in items])
        return self._isolate(kind, items, response, error)

    def _isolate(self, kind, items, response, error):
        """Send a refused batch again without the items at fault, and those that only may be at fault alone.

        :raise RemoteError: ``error``, if the answer does not tell which these are
        """
        blamed = batches.blamed(items, response, error)
        suspected = [] if blamed else batches.suspected(items, response)
        if not blamed and not suspected:
            raise error
        apart = {*blamed, *(p.item.trace_id for p in suspected)}
        parts = [[p for p in items if p.item.trace_id not in apart], *([p] for p in suspected)]
        sent = {o.trace_id: o for part in parts for o in self._narrow(kind, part)}
        return [sent.get(p.item.trace_id) or failed([p], blamed[p.item.trace_id])[0] for p in items]

    def _narrow(self, kind, items):
        return narrow(items, lambda part: self._send_chunk(kind, part))

    def settle(self, batch):
        """Send again: every call can be repeated. A contact that got no answer twice may have been merged."""
        outcomes = self.send(batch)
        for n, (prepared, outcome) in enumerate(zip(batch, outcomes, strict=True)):
            if prepared.operation == "update" and outcome.error and outcome.error.code == "NOT_ANSWERED":
                outcomes[n] = self._update_merged(prepared, outcome)
        return outcomes

    def _update_merged(self, prepared, outcome):
        """Update the contact that this one was merged into; ``outcome`` stands if it was not."""
        try:
            winner = self.api.find(prepared.item.remote_id)
        except RemoteError as error:
            return failed([prepared], error)[0]
        if winner is None:
            return failed([prepared], errors.gone())[0]
        if winner == prepared.item.remote_id:
            return outcome
        return self._narrow("update", [replace(prepared, body={**prepared.body, "id": winner})])[0]

    # ----- finding, archiving and merging -----

    def _send_search(self, prepared):
        try:
            found = self.api.find_by(prepared.body["idProperty"], prepared.body["id"])
        except RemoteError as error:
            return failed([prepared], error)[0]
        return Outcome(prepared.item.trace_id, found)

    def _send_archive(self, items):
        """Archive contacts, but not one that was merged: its id now leads to another customer's contact."""
        own = self.api.find_unmerged([p.body["id"] for p in items])
        present = [p for p in items if p.body["id"] in own]
        if present:
            response = self.api.contacts("POST", "/batch/archive", {"inputs": [p.body for p in present]})
            if response.status >= 300:
                raise self.api.refusal(response)
            done = {o.trace_id: o for o in batches.read_done(present, response)}
        else:
            done = {}
        return [done.get(p.item.trace_id) or Outcome(p.item.trace_id, p.item.remote_id) for p in items]

    def _send_merge(self, prepared):
        survivor = prepared.body["primaryObjectId"]
        try:
            for loser in prepared.body["objectIdsToMerge"]:
                survivor = self._merge_pair(survivor, loser, prepared.item.settling)
        except RemoteError as error:
            return failed([prepared], error)[0]
        return Outcome(prepared.item.trace_id, survivor, None, 200, {"id": survivor})

    def _merge_pair(self, survivor, loser, settling):
        """Merge one contact into another; return the id of the result, which HubSpot may have made anew."""
        merged = self._already_merged(survivor, loser) if settling else None
        if merged:
            return merged
        pair = {"primaryObjectId": survivor, "objectIdToMerge": loser}
        response = self.api.contacts("POST", "/merge", pair)
        if response.status < 300:
            return str(response.object.get("id") or survivor)
        error = self.api.refusal(response)
        merged = self._already_merged(survivor, loser) if response.status in (400, 404, 409, 422) else None
        if merged:
            return merged
        raise error

    def _already_merged(self, survivor, loser):
        """Return the id of the contact that both became, or that is left where the loser is gone; else None.

        :raise GoneError: the survivor is gone
        """
        winner = self.api.find(survivor)
        if winner is None:
            raise errors.gone()
        return winner if self.api.find(loser) in (None, winner) else None

    # ----- connection -----

    def remote_properties(self, object_name):
        self.api.resume()
        response = self.api.properties(object_name)
        if response.status >= 300:
            raise self.api.refusal(response, write=False)
        return schema.read(response.object)

    def test_connection(self):
        """Read the account's details, and its daily usage where the token may.

        :raise RemoteError: in words for the admin
        """
        self.api.resume()
        details = self.api.account("/details")
        if details.status >= 300:
            raise self.api.refusal(details, write=False)
        limit, used = self._daily_usage()
        remaining = max(limit - used, 0) if limit is not None and used is not None else None
        return ConnectionReport(_account_name(details.object), details.date, remaining, limit)

    def _daily_usage(self):
        """Return (limit, used) calls of the day; None where it is not told (it may need more rights)."""
        try:
            usage = self.api.account("/api-usage/daily/private-apps")
        except RemoteError:
            return None, None
        rows = usage.object.get("results", usage.json)
        row = rows[0] if usage.status < 300 and isinstance(rows, list) and rows else None
        row = row if isinstance(row, dict) else {}
        return _count(row.get("usageLimit")), _count(row.get("currentUsage"))


def _archived(outcome):
    """What is gone already needs no archiving."""
    return replace(outcome, error=None) if isinstance(outcome.error, GoneError) else outcome


def _count(value):
    return value if isinstance(value, int) else None


def _account_name(details):
    facts = [details.get("accountType"), details.get("timeZone")]
    more = ", ".join(str(fact) for fact in facts if fact)
    name = details.get("portalName") or "HubSpot account"
    return f"{name} {details.get('portalId', '')}".strip() + (f" ({more})" if more else "")
