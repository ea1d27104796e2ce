"""The HubSpot adapter: customers, orders and invoices, through the batch endpoints of the CRM objects API."""

import re
from datetime import UTC, datetime

from ...core import field_map, remote_data
from ...core.errors import MappingError, RemoteError, TransientError
from ..base import Adapter, Finder, Provisioner, SchemaReader
from ..call_log import about
from ..items import Outcome, Prepared
from ..provider import ConnectionReport
from . import batch as batches
from . import mapping, schema
from .account_values import AccountValues
from .api import HubSpotApi
from .customers import CustomerHandler, Customers
from .documents import CUSTOMER_OBJECTS, LINE, DocumentHandler, Documents
from .records import Records
from .shipments import SHIPMENT, ShipmentHandler, Shipments


class HubSpotAdapter(Adapter, SchemaReader, Provisioner, Finder):
    """Calls the HubSpot API. README.md lists the facts that it relies on, with their sources."""

    def __init__(self, settings, mapper, http):
        super().__init__(settings, mapper, http)
        self.api = HubSpotApi(settings, http)
        self.account_values = AccountValues(settings)
        self._object_maps = {}
        handlers = CustomerHandler(self), DocumentHandler(self), ShipmentHandler(self)
        self._handlers = {name: handler for handler in handlers for name in handler.event_types}

    # ----- preparing -----

    def references(self, event_type, data):
        handler = self._handlers.get(event_type)
        return handler.references(event_type, data) if handler else ()

    def prepare(self, item):
        """Return the request for one record, with its line items and links.

        :raise MappingError: no match key has a value (``KEY_MISSING``), or the event type is not supported
        """
        handler = self._handlers.get(item.event_type)
        if handler is None:
            raise MappingError(f"HubSpot does not accept {item.event_type}.", code="EVENT_NOT_SUPPORTED")
        return handler.prepare(item)

    def prepare_search(self, item, operation, key):
        object_name, _dot, kind = operation.partition(".")
        kind, _colon, name = kind.partition(":")
        if kind != "upsert" or object_name not in CUSTOMER_OBJECTS:
            return None
        body = {"id": key, "idProperty": name}
        return Prepared(item, f"{object_name}.find", body, {}, key, object=object_name)

    def object_map(self, object_name):
        """Return the :class:`~.mapping.ObjectMap` of an object."""
        if object_name not in self._object_maps:
            self._object_maps[object_name] = mapping.ObjectMap.of(self.mapper.field_maps(object_name))
        return self._object_maps[object_name]

    # ----- sending -----

    def send(self, batch):
        self.api.resume()
        outcomes = {}
        for operation, items in batches.by_operation(batch).items():
            with about(self.http, items):
                for outcome in self._send_group(operation, items):
                    outcomes[outcome.trace_id] = outcome
        return [outcomes[p.item.trace_id] for p in batch]

    def resolve(self, batch):
        """Resend: every call is safe to repeat."""
        return self.send(batch)

    @classmethod
    def request_of(cls, url, request):
        body = super().request_of(url, request)
        return {"inputs": [body]} if "/batch/" in url else body

    def _send_group(self, operation, items):
        if operation == "noop":
            return [Outcome(p.item.trace_id, p.item.remote_id) for p in items]
        object_name, _dot, kind = operation.partition(".")
        return self._sender(object_name).send(kind.partition(":")[0], items)

    def _sender(self, object_name):
        records = self._records(object_name)
        if object_name in CUSTOMER_OBJECTS:
            return Customers(self.api, records)
        if object_name == SHIPMENT:
            return Shipments(self.api, self._records("order"))
        return Documents(self.api, records, self._records(LINE))

    def _records(self, object_name):
        languages = self.object_map(object_name).languages
        return Records(self.api, object_name, self.settings.batch_size, languages)

    # ----- connection -----

    def remote_properties(self, object_name):
        self.api.resume()
        response = self.api.properties(object_name)
        if response.status >= 300:
            raise self.api.refusal(response, write=False)
        return schema.read(response.object, object_name)

    def set_up(self, objects):
        """Create the match key property of each object that lacks it.

        If one object fails, such as for a missing scope, the others are still set up.

        :raise RemoteError: the first failure
        """
        made, refusals = [], []
        for name in [each.name for each in objects if each.name != "contact"]:
            self.api.resume()
            try:
                made.append(schema.add_key(self.api, name))
            except RemoteError as error:
                refusals.append(error)
        if refusals:
            raise refusals[0]
        return [each for each in made if each]

    def test_connection(self):
        """Read the account's details, and its daily usage if the token has the right to.

        :raise RemoteError: the call failed; the message is for the admin
        """
        self.api.resume()
        details = self.api.account("/details")
        if details.status >= 300:
            raise self.api.refusal(details, write=False)
        if not details.object.get("portalId"):
            raise TransientError("HubSpot did not say which account this is.", code="NO_ACCOUNT")
        usage = self._daily_usage()
        limit, used = _count(usage.get("usageLimit")), _count(usage.get("currentUsage"))
        return ConnectionReport(
            _account_name(details.object),
            details.date,
            max(limit - used, 0) if limit is not None and used is not None else None,
            limit,
            _moment(usage.get("resetsAt")),
            str(details.object.get("timeZone") or ""),
            _pages(details.object),
        )

    def _daily_usage(self):
        """Return the day's calls as HubSpot describes them; empty if the token lacks the right to read them."""
        try:
            usage = self.api.account("/api-usage/daily/private-apps")
        except RemoteError:
            return {}
        rows = usage.object.get("results", usage.json)
        row = rows[0] if usage.status < 300 and isinstance(rows, list) and rows else None
        return row if isinstance(row, dict) else {}


def _count(value):
    return remote_data.count(value) if isinstance(value, int) else None


def _moment(value):
    """Return the moment (UTC) that a text says; None if it says none."""
    moment = field_map.parse_date(value)
    try:
        return moment.astimezone(UTC) if isinstance(moment, datetime) and moment.tzinfo else None
    except OverflowError:
        return None


def _pages(details):
    """Return the URL of the account's records in HubSpot's app; empty if the answer names no domain of HubSpot."""
    domain, portal = str(details.get("uiDomain") or ""), str(details.get("portalId") or "")
    is_hubspot = re.fullmatch(r"app(-[a-z0-9]{1,10})?\.hubspot\.com", domain)
    return f"https://{domain}/contacts/{portal}/record" if is_hubspot and portal.isdecimal() else ""


def _account_name(details):
    facts = [details.get("accountType"), details.get("timeZone")]
    more = ", ".join(str(fact) for fact in facts if fact)
    name = details.get("portalName") or "HubSpot account"
    return f"{name} {details.get('portalId', '')}".strip() + (f" ({more})" if more else "")
