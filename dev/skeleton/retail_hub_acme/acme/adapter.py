"""The Acme adapter: one call per customer, addressed by Odoo's ID. README.md lists the facts that it relies on."""

from contextlib import suppress
from dataclasses import replace
from urllib.parse import quote

from odoo.addons.retail_hub.connectors.base import Finder
from odoo.addons.retail_hub.connectors.items import Outcome, Prepared
from odoo.addons.retail_hub.connectors.mapper import personal_properties
from odoo.addons.retail_hub.connectors.provider import ConnectionReport
from odoo.addons.retail_hub.connectors.record_adapter import RecordAdapter
from odoo.addons.retail_hub.core.errors import MappingError, RemoteNotFoundError

from . import errors

CUSTOMER = "customer"
CREATED_OR_UPDATED = ("customer.created", "customer.updated")
MERGED, ERASED = "customer.merged", "customer.erased"


class AcmeAdapter(RecordAdapter, Finder):
    """Calls Acme's API."""

    noun = "customer"

    # ----- preparing -----

    def prepare(self, item):
        if item.event_type in CREATED_OR_UPDATED:
            return self._prepare_put(item)
        if item.event_type == MERGED:
            losers = list(item.merged_remote_ids) if item.remote_id else []
            return Prepared(item, "merge", {"into": item.remote_id, "ids": losers}, {}, object=CUSTOMER)
        if item.event_type == ERASED:
            ids = [item.remote_id] if item.remote_id else []
            return Prepared(item, "delete", {"ids": ids}, {}, object=CUSTOMER)
        raise MappingError(f"Acme does not accept {item.event_type}.", code="EVENT_NOT_SUPPORTED")

    def _prepare_put(self, item):
        values = self.mapper.mapped_values(item, CUSTOMER)
        personal = personal_properties(self.mapper.field_maps(CUSTOMER))
        return Prepared(item, "put", values, values, item.data["id"], personal=personal, object=CUSTOMER)

    def prepare_search(self, item, operation, key):
        """Look the customer up by the key that an earlier ``PUT`` sent. The hub then erases what was found."""
        return Prepared(item, "find", {"key": key}, {}, key, object=CUSTOMER) if operation == "put" else None

    # ----- sending -----

    def send_one(self, prepared):
        outcome = Outcome(prepared.item.trace_id, prepared.item.remote_id)
        if prepared.operation == "find":
            return replace(outcome, remote_id=self._find(prepared.key))
        if prepared.operation == "put":
            return replace(outcome, remote_id=self._put(prepared))
        end = self._merge if prepared.operation == "merge" else self._delete
        for remote_id in prepared.body["ids"]:
            end(remote_id, prepared.body)
        return outcome

    def resolve(self, batch):
        """Resend: every call is safe to repeat."""
        return self.send(batch)

    def _put(self, prepared):
        """Create or update a customer, and return its remote id."""
        return self.remote_id(self._call("PUT", path_of("key", prepared.key), prepared.body))

    def _find(self, key):
        """Return the remote id of the customer with this key; None if there is none."""
        with suppress(RemoteNotFoundError):
            return self.remote_id(self._call("GET", path_of("key", key)))
        return None

    def _merge(self, loser, body):
        """Merge a customer into another, unless they are merged already or the customer does not exist."""
        with suppress(RemoteNotFoundError):
            if self._call("GET", path_of(loser)).object.get("id") != body["into"]:
                self._call("POST", path_of(loser, "merge"), {"into": body["into"]})

    def _delete(self, remote_id, _body):
        with suppress(RemoteNotFoundError):
            self._call("DELETE", path_of(remote_id))

    def _call(self, method, path, body=None):
        """Make a call, and return the response.

        :raise RemoteError: the call was rejected, or got no response
        """
        response = self.http.request(method, f"/{self.settings.api_version}{path}", json=body)
        return self.check(response, body or (), is_write=method != "GET")

    def refusal(self, response, sent=()):
        return errors.refusal(response, sent) or super().refusal(response, sent)

    # ----- connection -----

    def test_connection(self):
        response = self._call("GET", "/account")
        return ConnectionReport(str(response.object.get("name") or "Acme"), response.date)


def path_of(*parts):
    """Return the path of a customer, with its parts quoted."""
    return "/".join(("/customers", *(quote(part, safe="") for part in parts)))
