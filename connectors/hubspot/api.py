"""Calls to one HubSpot account, and none any more once one showed that it is no use."""

import re

from ..base import AuthError, QuotaError, RemoteError, TransientError
from ..http_client import HttpClient
from . import errors, problems

_TYPES = {"contact": "contacts"}
_DATED = re.compile(r"\d{4}-\d{2}(-\w+)?")


class HubSpotApi:
    """The contacts of an account.

    After a failure that is not about single records (credentials, limits, network) all further calls fail
    with the same error, without being made, until :meth:`resume`.
    """

    def __init__(self, settings):
        token = (settings.credentials.get("access_token") or "").strip()
        self.version = settings.api_version
        self.http = HttpClient(settings, {"Authorization": f"Bearer {token}"})
        self._has_token = bool(token)
        self._halted: RemoteError | None = None

    def close(self):
        """Release the HTTP session."""
        self.http.close()

    def resume(self):
        """Make calls again."""
        self._halted = None

    def contacts(self, method, suffix="", json=None, is_write=None):
        """Call a path below that of the contacts; see :meth:`call`."""
        dated = _DATED.fullmatch(self.version)
        folder = f"/crm/objects/{self.version}" if dated else f"/crm/{self.version}/objects"
        return self.call(method, f"{folder}/contacts{suffix}", json, is_write)

    def properties(self, object_name):
        """Read the definitions of an object's properties; see :meth:`call`."""
        dated = _DATED.fullmatch(self.version)
        folder = f"/crm/properties/{self.version}" if dated else f"/crm/{self.version}/properties"
        return self.call("GET", f"{folder}/{_TYPES[object_name]}")

    def account(self, suffix):
        """Read a path below that of the account's information; see :meth:`call`."""
        return self.call("GET", f"/account-info/{self.version}{suffix}")

    def call(self, method, path, json=None, is_write=None):
        """Make one call and return its :class:`~..http_client.Response`, whatever its status.

        :raise RemoteError: there is no usable answer, or no call is made
        """
        if self._halted:
            raise self._halted
        try:
            if not self._has_token:
                raise AuthError("The connector has no access token. Enter one.", code="NO_CREDENTIALS")
            return self.http.request(method, path, json=json, is_write=is_write)
        except RemoteError as error:
            self._halted = error.not_sent()
            raise

    def refusal(self, response, sent=(), write=True):
        """Return the error for an answer of status 400 or more; see :func:`.errors.from_response`."""
        error = errors.from_response(response, write=write, sent=sent)
        if isinstance(error, (AuthError, QuotaError, TransientError)):
            self._halted = error.not_sent()
        return error

    def find(self, remote_id):
        """Return the id under which HubSpot has this contact now, None if it is gone.

        For a contact that was merged this is the id of the contact that it became.
        """
        response = self.contacts("GET", f"/{remote_id}")
        if response.status == 404 and response.object:
            return None
        if response.status >= 300:
            raise self.refusal(response, write=False)
        return str(response.object.get("id") or remote_id)

    def find_by(self, name, value):
        """Return the id of the contact with this value of a unique property, None if there is none."""
        body = {"idProperty": name, "inputs": [{"id": value}], "properties": [name]}
        response = self.contacts("POST", "/batch/read", body, is_write=False)
        if response.status >= 300:
            raise self.refusal(response, write=False)
        for record in problems.dicts(response.object.get("results")):
            properties = record.get("properties") or {}
            # Not one that only took the address over from a contact that was merged into it.
            if str(properties.get(name) or "").lower() == value.lower():
                return str(record.get("id"))
        return None

    def find_unmerged(self, remote_ids):
        """Return those ids under which HubSpot still has a contact of its own."""
        body = {"inputs": [{"id": remote_id} for remote_id in remote_ids], "properties": ["hs_object_id"]}
        response = self.contacts("POST", "/batch/read", body, is_write=False)
        if response.status >= 300:
            raise self.refusal(response, write=False)
        found = {str(record.get("id")) for record in problems.dicts(response.object.get("results"))}
        return found.intersection(remote_ids)
