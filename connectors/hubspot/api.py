"""The HubSpot API of one account. After a failure that affects all calls, it makes no more."""

import re
from urllib.parse import quote

from ...core import zones
from ...core.errors import OWN_LIMIT, AuthError, QuotaError, RemoteError, TransientError
from . import association_limit, errors, problems

_PATHS = {
    "contact": "contacts",
    "company": "companies",
    "deal": "deals",
    "order": "orders",
    "order_shipment": "orders",
    "line_item": "line_items",
    "invoice": "invoices",
}
_DATED = re.compile(r"\d{4}-\d{2}(-\w+)?")
# With the objects of v3, too: HubSpot supports their /crm/v4/associations only until 30 March 2027.
_ASSOCIATIONS = "2026-09"


class HubSpotApi:
    """Calls to one account.

    After a failure that affects all calls (credentials, limits, network), further calls fail with the same error
    without being made, until :meth:`resume`.
    """

    def __init__(self, settings, http):
        self.version = settings.api_version
        self.zone = zones.find(settings.time_zone)
        self.http = http
        self.association_limit = association_limit.of(settings)
        self._halted: RemoteError | None = None

    def resume(self):
        """Allow calls again after a failure."""
        self._halted = None

    def objects(self, object_name, method, suffix="", json=None, is_write=None):
        """Call a path below an object's records; see :meth:`call`."""
        return self.call(method, f"{self._folder('objects')}/{_PATHS[object_name]}{suffix}", json, is_write)

    def properties(self, object_name, method="GET", suffix="", json=None):
        """Call a path below an object's property definitions; see :meth:`call`."""
        return self.call(method, f"{self._folder('properties')}/{_PATHS[object_name]}{suffix}", json)

    def associations(self, source, target, suffix, json, is_write=None):
        """Call a path below the associations between two objects; see :meth:`call`.

        :raise QuotaError: HubSpot allows no more calls of associations at the moment (``OWN_LIMIT``)
        """
        wait = 0 if self._halted else self.association_limit.take()
        if wait:
            message = "HubSpot's limit for calls of associations is reached."
            self._halted = QuotaError(message, code=OWN_LIMIT, retry_after=wait).not_sent()
        version = self.version if _DATED.fullmatch(self.version) else _ASSOCIATIONS
        path = f"/crm/associations/{version}/{_PATHS[source]}/{_PATHS[target]}{suffix}"
        return self.call("POST", path, json, is_write)

    def _folder(self, name):
        if _DATED.fullmatch(self.version):
            return f"/crm/{name}/{self.version}"
        return f"/crm/{self.version}/{name}"

    def account(self, suffix):
        """Read a path below the account's information; see :meth:`call`."""
        return self.call("GET", f"/account-info/{self.version}{suffix}")

    def call(self, method, path, json=None, is_write=None):
        """Make one call and return its :class:`~..http_client.Response`, whatever its status.

        :raise RemoteError: no usable response, or no call was made
        """
        if self._halted:
            raise self._halted
        try:
            return self.http.request(method, path, json=json, is_write=is_write)
        except RemoteError as error:
            self._halted = error.not_sent()
            raise

    def refusal(self, response, sent=(), write=True, object_name=""):
        """Return the error for a response of status 400 or more; see :func:`.errors.from_response`."""
        error = errors.from_response(response, write=write, sent=sent, noun=noun(object_name), zone=self.zone)
        if isinstance(error, (AuthError, QuotaError, TransientError)):
            self._halted = error.not_sent()
        return error

    def find(self, object_name, remote_id):
        """Return the current id of a record; None if it does not exist.

        For a record that was merged, this is the id of the resulting record.
        """
        response = self.objects(object_name, "GET", f"/{quote(remote_id, safe='')}")
        if response.status == 404 and response.object:
            return None
        if response.status >= 300:
            raise self.refusal(response, write=False, object_name=object_name)
        return str(response.object.get("id") or remote_id)

    def find_by(self, object_name, name, value):
        """Return the id of the record with this value of a unique property, or None."""
        for record in self._read(
            object_name, {"idProperty": name, "inputs": [{"id": value}], "properties": [name]}
        ):
            properties = record.get("properties") or {}
            # HubSpot also finds a contact by the address of another that was merged into it: that is not the one.
            if str(properties.get(name) or "").lower() == value.lower():
                return str(record.get("id"))
        return None

    def find_unmerged(self, object_name, remote_ids):
        """Return the set of those ids that still belong to a record that was neither merged nor deleted."""
        return set(self.read_values(object_name, remote_ids, "hs_object_id")).intersection(remote_ids)

    def read_values(self, object_name, remote_ids, name):
        """Return ``{id: value of a property}`` for at most 100 records, without those that do not exist."""
        body = {"inputs": [{"id": remote_id} for remote_id in remote_ids], "properties": [name]}
        records = self._read(object_name, body)
        return {str(each.get("id")): (each.get("properties") or {}).get(name) for each in records}

    def _read(self, object_name, body):
        body = {**body, "propertiesWithHistory": []}  # required by HubSpot's API description
        response = self.objects(object_name, "POST", "/batch/read", body, is_write=False)
        if response.status >= 300:
            raise self.refusal(response, write=False, object_name=object_name)
        results = response.object.get("results")
        if not isinstance(results, list):  # taken for "there are none", an erasure would count as done
            raise TransientError("HubSpot did not say which records it has.", code="NO_RESULTS")
        return problems.dicts(results)


def noun(object_name):
    """Return the noun for an object's records, for use in messages."""
    return object_name.replace("_", " ") or "record"
