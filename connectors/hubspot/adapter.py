"""HubSpot: customers, orders and invoices, through the batch endpoints of the CRM objects API."""

from typing import ClassVar

from ...core.errors import MappingError, RemoteError
from ..base import Adapter
from ..items import MatchKeys, Outcome, Prepared
from ..oauth import OAuth
from ..provider import ConnectionReport, Credential, Plan, RemoteObject
from . import batch as batches
from . import customers, documents, limits, mapping, schema, shipments
from .api import HubSpotApi
from .records import Records

SCOPES = ("oauth", "crm.objects.contacts.read", "crm.objects.contacts.write")
# Asked for as optional ones: an account may lack an object, and not every connector sends all.
OPTIONAL_SCOPES = tuple(
    f"crm.{kind}.{name}.{right}"
    for name in ("companies", "orders", "deals", "line_items", "invoices")
    for kind, right in (("objects", "read"), ("objects", "write"), ("schemas", "write"))
)
CALLS_FOR_DOCUMENTS = 6  # for 100 of them: themselves, 300 lines, links to the lines and to the customers
CUSTOMER_OBJECTS = ("contact", "company")


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
    event_types = frozenset({*customers.EVENT_TYPES, *documents.EVENT_TYPES, *shipments.EVENT_TYPES})
    initial_event_types = frozenset(customers.EVENT_TYPES)
    default_keys = MatchKeys("email", "")
    objects: ClassVar = (
        RemoteObject("contact", "Contact", customers.CREATED_OR_UPDATED),
        RemoteObject("company", "Company", customers.CREATED_OR_UPDATED),
        RemoteObject("order", "Order", documents.ORDER_EVENTS, keys=mapping.OWN_KEY),
        RemoteObject(
            shipments.SHIPMENT, "Order: what was shipped", shipments.EVENT_TYPES, keys=mapping.OWN_KEY
        ),
        RemoteObject("deal", "Deal", documents.ORDER_EVENTS, keys=mapping.OWN_KEY),
        RemoteObject("invoice", "Invoice", documents.INVOICE_EVENTS, keys=mapping.OWN_KEY),
        RemoteObject(documents.LINE, "Line item", (*documents.ORDER_EVENTS, "invoice.posted"), part="lines"),
    )
    order_objects = ("order", "deal")
    company_objects = ("contact", "company")
    has_set_up = True
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
        self._lines = {}

    @classmethod
    def oauth(cls, base_url, api_version):
        """The consent page is on another host than the API, but for a stand-in. Source: HubSpot's OAuth guide."""
        consent = "https://app.hubspot.com" if base_url == cls.default_base_url else base_url
        return OAuth(f"{consent}/oauth/authorize", f"/oauth/{api_version}/token", SCOPES, OPTIONAL_SCOPES)

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
        """Contacts are merged one by one; documents have their lines and links, taken for three lines each."""
        if event_type == "customer.merged":
            return count
        calls = super().calls_for(event_type, count, batch_size)
        return calls * CALLS_FOR_DOCUMENTS if event_type in documents.EVENT_TYPES else calls

    # ----- preparing -----

    def references(self, event_type, data):
        if event_type in customers.CREATED_OR_UPDATED:
            return customers.references(self, data)
        if event_type in shipments.EVENT_TYPES:
            return shipments.references(data)
        return documents.references(data) if event_type in documents.EVENT_TYPES else ()

    def prepare(self, item):
        """Turn an item into a request for one record, and what belongs to it.

        :raise MappingError: ``KEY_MISSING``, or an event type that HubSpot has no use for
        """
        if item.event_type in customers.EVENT_TYPES:
            return customers.prepare(self, item)
        if item.event_type in documents.EVENT_TYPES:
            return documents.prepare(self, item)
        if item.event_type in shipments.EVENT_TYPES:
            return shipments.prepare(self, item)
        raise MappingError(f"HubSpot does not take {item.event_type}.", code="EVENT_NOT_SUPPORTED")

    def prepare_search(self, item, operation, key):
        object_name, _dot, kind = operation.partition(".")
        kind, _colon, name = kind.partition(":")
        if kind != "upsert" or object_name not in CUSTOMER_OBJECTS:
            return None
        body = {"id": key, "idProperty": name}
        return Prepared(item, f"{object_name}.find", body, {}, key, object=object_name)

    def lines(self, object_name):
        """Return the :class:`~.mapping.Lines` of an object."""
        if object_name not in self._lines:
            self._lines[object_name] = mapping.Lines.of(self.field_maps(object_name))
        return self._lines[object_name]

    def keys_of(self, object_name, item):
        """Return the keys by which a record is found: those of the flow, unless they are about another object."""
        return mapping.OWN_KEY if object_name in ("company", documents.LINE) else item.keys

    # ----- sending -----

    def send(self, batch):
        self.api.resume()
        outcomes = {}
        for operation, items in batches.by_operation(batch).items():
            for outcome in self._send_group(operation, items):
                outcomes[outcome.trace_id] = outcome
        return [outcomes[p.item.trace_id] for p in batch]

    def resolve(self, batch):
        """Send again: every call can be repeated."""
        return self.send(batch)

    def _send_group(self, operation, items):
        if operation == "noop":
            return [Outcome(p.item.trace_id, p.item.remote_id) for p in items]
        object_name, _dot, kind = operation.partition(".")
        return self._sender(object_name).send(kind.partition(":")[0], items)

    def _sender(self, object_name):
        records = self._records(object_name)
        if object_name in CUSTOMER_OBJECTS:
            return customers.Customers(self.api, records)
        return documents.Documents(self.api, records, self._records(documents.LINE))

    def _records(self, object_name):
        return Records(
            self.api, object_name, min(self.settings.batch_size or self.batch_size, self.batch_size)
        )

    # ----- connection -----

    def remote_properties(self, object_name):
        self.api.resume()
        response = self.api.properties(object_name)
        if response.status >= 300:
            raise self.api.refusal(response, write=False)
        return schema.read(response.object)

    def set_up(self, objects):
        """Make the property by which our records are found, where an object lacks it.

        An object that the token may not touch does not keep the others from being set up.
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


def _count(value):
    return value if isinstance(value, int) else None


def _account_name(details):
    facts = [details.get("accountType"), details.get("timeZone")]
    more = ", ".join(str(fact) for fact in facts if fact)
    name = details.get("portalName") or "HubSpot account"
    return f"{name} {details.get('portalId', '')}".strip() + (f" ({more})" if more else "")
