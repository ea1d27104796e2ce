"""The club's adapter: one call per member, addressed by the property that holds Odoo's ID."""

from urllib.parse import quote

from odoo.addons.retail_hub.connectors.base import Finder
from odoo.addons.retail_hub.connectors.items import Outcome, Prepared
from odoo.addons.retail_hub.connectors.mapper import personal_properties
from odoo.addons.retail_hub.connectors.provider import ConnectionReport
from odoo.addons.retail_hub.connectors.record_adapter import RecordAdapter
from odoo.addons.retail_hub.core.errors import MappingError

EVENT_TYPES = ("customer.created", "customer.updated", "customer.erased")


class ClubAdapter(RecordAdapter, Finder):
    """Calls the club's API: ``PUT`` creates or updates a member, and ``DELETE`` erases one."""

    noun = "member"

    def prepare(self, item):
        if item.event_type not in EVENT_TYPES:
            raise MappingError(f"The club does not accept {item.event_type}.", code="EVENT_NOT_SUPPORTED")
        name = self.mapper.object_for("customer")
        if item.event_type == "customer.erased":
            name = item.remote_object or name
            return Prepared(item, "erase", {"id": item.remote_id}, {"id": item.remote_id}, object=name)
        values = self.mapper.mapped_values(item, name)
        personal = personal_properties(self.mapper.field_maps(name))
        body = {self.mapper.keys_for("customer").primary: item.data["id"], **values}
        return Prepared(item, f"{name}.upsert", body, values, item.data["id"], personal=personal, object=name)

    def prepare_search(self, item, operation, key):
        name, _dot, kind = operation.partition(".")
        if kind != "upsert":
            return None
        return Prepared(item, f"{name}.find", {"odoo_id": key}, {}, key, object=name)

    def send_one(self, prepared):
        if prepared.operation == "erase":
            return self._erase(prepared)
        if prepared.operation.endswith(".find"):
            return self._find(prepared)
        path = f"/club/v1/{prepared.object}s"
        response = self.check(self.http.request("PUT", path, json=prepared.body), prepared.body)
        return Outcome(prepared.item.trace_id, self.remote_id(response), None, response.status)

    def _find(self, prepared):
        path = f"/club/v1/{prepared.object}s/odoo/{quote(prepared.key, safe='')}"
        response = self.http.request("GET", path)
        if response.status == 404:
            return Outcome(prepared.item.trace_id)
        return Outcome(prepared.item.trace_id, self.remote_id(self.check(response, is_write=False)))

    def _erase(self, prepared):
        remote_id = prepared.item.remote_id
        if remote_id:
            path = f"/club/v1/{prepared.object}s/{quote(remote_id, safe='')}"
            response = self.http.request("DELETE", path)
            if response.status != 404:  # a member that does not exist counts as erased
                self.check(response)
        return Outcome(prepared.item.trace_id, remote_id)

    def resolve(self, batch):
        """Resend: every call is safe to repeat."""
        return self.send(batch)

    def test_connection(self):
        response = self.check(self.http.request("GET", "/club/v1/account"), is_write=False)
        return ConnectionReport(response.object.get("name") or "Club", response.date)
