"""The HubSpot provider."""

from ..authentication import AuthorizationCode, Credential, Token
from ..items import MatchKeys
from ..oauth import OAuth
from ..provider import ALL_FLOWS, CRM_FLOWS, Plan, Provider, RemoteObject
from . import customers, documents, limits, mapping, shipments
from .adapter import HubSpotAdapter
from .receiver import HubSpotReceiver

URL = "https://api.hubapi.com"
SCOPES = ("oauth", "crm.objects.contacts.read", "crm.objects.contacts.write")
# Optional, because an account may lack some of these objects, and not every connector sends all of them. HubSpot has no
# scope crm.schemas.line_items.write: to create properties of line items takes e-commerce. One scope that it does not
# know makes the whole consent fail.
OPTIONAL_SCOPES = (
    *(
        f"crm.{kind}.{name}.{right}"
        for name in ("companies", "orders", "deals", "invoices")
        for kind, right in (("objects", "read"), ("objects", "write"), ("schemas", "write"))
    ),
    "crm.objects.line_items.read",
    "crm.objects.line_items.write",
    "e-commerce",
)
# For 100 documents with 300 lines: 1 for the documents, 3 for lines, 1 for links to each of customers, orders and
# lines, and 1 for the status of invoices.
CALLS_FOR_ORDERS = 6
CALLS_FOR_INVOICES = 8
CALLS_FOR_PAYMENTS = 3  # without lines
CALLS_FOR_SHIPMENTS = 2  # the present stages are read before
CALLS = {
    **dict.fromkeys(documents.ORDER_EVENTS, CALLS_FOR_ORDERS),
    **dict.fromkeys(documents.INVOICE_EVENTS, CALLS_FOR_INVOICES),
    "invoice.paid": CALLS_FOR_PAYMENTS,
    **dict.fromkeys(shipments.EVENT_TYPES, CALLS_FOR_SHIPMENTS),
}


def oauth(base_url, api_version):
    """Return the OAuth endpoints. The consent page has a host of its own, except in the test sandbox.

    Source: https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/oauth/working-with-oauth
    """
    consent = "https://app.hubspot.com" if base_url == URL else base_url
    return OAuth(f"{consent}/oauth/authorize", f"/oauth/{api_version}/token", SCOPES, OPTIONAL_SCOPES)


def estimate(event_type, items, batches):
    """Return the number of calls: one per merge, and several per full batch of documents, at three lines each."""
    if event_type == "customer.merged":
        return items
    return batches * CALLS.get(event_type, 1)


# The type ids of objects, as they are in the URLs of HubSpot's app.
# Source: https://developers.hubspot.com/docs/guides/crm/understanding-the-crm#object-type-ids
TYPE_IDS = {
    "contact": "0-1",
    "company": "0-2",
    "deal": "0-3",
    "line_item": "0-8",
    "invoice": "0-53",
    "order": "0-123",
}


def page(pages, object_name, remote_id):
    """Return the URL of a record's page in HubSpot's app; empty for objects without pages."""
    type_id = TYPE_IDS.get(object_name or "contact")
    return f"{pages}/{type_id}/{remote_id}" if type_id and remote_id.isdecimal() else ""


HUBSPOT = Provider(
    code="hubspot",
    label="HubSpot",
    adapter=HubSpotAdapter,
    base_url=URL,
    api_versions=("2026-09", "v3"),
    auth_methods=(
        Token((Credential("access_token", "Access token"),)),
        AuthorizationCode(endpoints=oauth),
    ),
    batch_size=100,
    event_types=frozenset({*customers.EVENT_TYPES, *documents.EVENT_TYPES, *shipments.EVENT_TYPES}),
    initial_event_types=frozenset(customers.EVENT_TYPES),
    objects=(
        RemoteObject(
            "contact",
            "Contact",
            customers.CREATED_OR_UPDATED,
            ("customer", "business_customer"),
            keys=MatchKeys("email"),
        ),
        RemoteObject(
            "company", "Company", customers.CREATED_OR_UPDATED, ("business_customer",), keys=mapping.OWN_KEY
        ),
        RemoteObject("order", "Order", documents.ORDER_EVENTS, ("order",), keys=mapping.OWN_KEY),
        RemoteObject(shipments.SHIPMENT, "Order: shipment", shipments.EVENT_TYPES, ("shipment",)),
        RemoteObject("deal", "Deal", documents.ORDER_EVENTS, ("order",), keys=mapping.OWN_KEY),
        RemoteObject("invoice", "Invoice", documents.INVOICE_EVENTS, ("invoice",), keys=mapping.OWN_KEY),
        RemoteObject(
            documents.LINE,
            "Line item",
            (*documents.ORDER_EVENTS, "invoice.posted", "invoice.updated", "invoice.cancelled"),
            ("line_item",),
            part="lines",
        ),
    ),
    default_field_maps=mapping.DEFAULT_FIELD_MAPS,
    transforms=mapping.TRANSFORMS,
    plans=(
        Plan("starter", "Free or Starter", {10: 100, 86_400: 250_000}),
        Plan("professional", "Professional", {10: 190, 86_400: 625_000}),
        Plan("enterprise", "Enterprise", {10: 190, 86_400: 1_000_000}),
    ),
    flow_templates=(CRM_FLOWS, ALL_FLOWS),
    quota_readings=limits.readings,
    estimate=estimate,
    page=page,
    receiver=HubSpotReceiver(),
)
