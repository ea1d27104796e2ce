"""One HubSpot account: who may call, how often, which path does what."""

import re
import threading
from datetime import UTC, datetime, timedelta

from wire import json_response

from . import batch, catalog, definitions, objects, search
from .failures import Failure, bad_input
from .limits import Limits
from .store import SYSTEM, Store, now_iso

VERSION = r"(?P<version>v3|\d{4}-\d{2}(?:-beta)?)"
OBJECTS = re.compile(r"/crm/(?:v3/objects|objects/" + VERSION + r")/(?P<type>[^/]+)(?:/(?P<rest>.+))?")
PROPERTIES = re.compile(
    r"/crm/(?:v3/properties|properties/" + VERSION + r")/(?P<type>[^/]+)(?:/(?P<rest>.+))?"
)
ACCOUNT = re.compile(r"/account-info/" + VERSION + r"/(?P<rest>details|api-usage/daily/private-apps)")
SETTINGS = {
    "tokens": ["sandbox-token"],
    "ten_secondly_limit": 1_000_000,
    "interval_s": 10,  # length of the rolling window of ten_secondly_limit
    "daily_limit": 1_000_000_000,
    "retry_after": None,  # seconds in the Retry-After header of a 429; None: no such header
    "partial_failures": "hubspot",  # or "per_item", "whole_batch"
    "duplicate_ids_status": 400,  # or 409
    "result_order": "reversed",  # or "input"
    "strict_strings": True,  # property values must be JSON strings
    "batch_update_by_email": False,
    "merge_keeps_primary_id": False,
    "search_lag_s": 0,
    "custom_properties": [],  # definitions as the properties API takes them; "name" is enough
    "validation_rules": [],  # see rules.py
    "portal_id": 44237313,
}
NEW_PROPERTY = {"type": "string", "fieldType": "text", "groupName": "contactinformation"}


class Call:
    """One authenticated request on one object type. ``is_2026_09``: through that version of the API or a later one."""

    def __init__(self, portal, request, match):
        name = match["type"]
        self.object_type = catalog.ALIASES.get(name, name)
        self.store = portal.stores.get(self.object_type)
        if self.store is None:
            raise bad_input(f"Unable to infer object type from: {name}")
        self.request, self.fault = request, request.fault
        self.lock, self.settings = portal.lock, portal.settings
        version = match["version"] or "v3"
        self.is_2026_09 = version != "v3" and version >= "2026-09"

    def arguments(self):
        return self.request.arguments()

    def wants_archived(self):
        return self.arguments().get("archived", "").lower() == "true"

    def json(self):
        """The body, a dict; raises Failure where HubSpot would not read it."""
        if "json" not in self.request.headers.get("content-type", ""):
            raise Failure(415, "VALIDATION_ERROR", "HTTP 415 Unsupported Media Type")
        try:
            body = self.request.json()
        except ValueError as error:
            raise bad_input(f"Invalid input JSON: {error}") from None
        if not isinstance(body, dict):
            raise bad_input("Invalid input JSON: an object was expected")
        return body

    def shown_properties(self, wanted):
        """Names to answer with, from a list or a comma-separated text; undefined ones are left out."""
        if not wanted:
            return self.store.schema.shown
        if isinstance(wanted, str):
            wanted = wanted.split(",")
        return sorted({*SYSTEM, *(name for name in wanted if name in self.store.schema.properties)})


class Portal:
    """The provider ``hubspot``; what a provider has is said in providers.py."""

    PREFIXES = ("/crm/", "/account-info/")

    def __init__(self):
        self.lock = threading.RLock()
        self.settings = {}
        self.limits = Limits(self.settings)
        self.reset()

    def reset(self):
        with self.lock:
            self.settings.clear()
            self.settings.update(
                {name: list(v) if isinstance(v, list) else v for name, v in SETTINGS.items()}
            )
            self.stores = {name: Store(schema()) for name, schema in catalog.OBJECT_TYPES.items()}
            self.limits.reset()

    def configure(self, changes):
        """Change settings; ``custom_properties`` that do not exist yet are created (for contacts)."""
        with self.lock:
            schema = self.stores["contacts"].schema
            for definition in changes.get("custom_properties", []):
                if definition["name"] not in schema.properties:
                    definitions.define(schema, {**NEW_PROPERTY, "label": definition["name"], **definition})
            self.settings.update(changes)

    def handle(self, request):
        try:
            self.authenticate(request)
        except Failure as failure:
            return failure.response()
        exceeded = self.limits.take()
        if exceeded:
            return self.limit_reached(exceeded)
        try:
            response = self.route(request)
        except Failure as failure:
            response = failure.response()
        response.headers = self.limits.headers()
        return response

    def limit_reached(self, which, retry_after=None):
        """The 429 for ``burst`` or ``daily``."""
        return self.limits.rejection(
            which, self.settings["retry_after"] if retry_after is None else retry_after
        )

    def authenticate(self, request):
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token in self.settings["tokens"]:
            return
        raise Failure(
            401,
            "INVALID_AUTHENTICATION",
            "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more "
            "details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
        )

    def route(self, request):
        match = OBJECTS.fullmatch(request.path)
        if match:
            return route_object(Call(self, request, match), request.method, match["rest"])
        match = PROPERTIES.fullmatch(request.path)
        if match:
            return definitions.handle(Call(self, request, match), match["rest"])
        match = ACCOUNT.fullmatch(request.path)
        if match and request.method == "GET":
            return json_response(200, self.details() if match["rest"] == "details" else self.usage())
        raise Failure(404, "OBJECT_NOT_FOUND", "resource not found")

    def details(self):
        return {
            "portalId": self.settings["portal_id"],
            "accountType": "STANDARD",
            "timeZone": "UTC",
            "companyCurrency": "EUR",
            "additionalCurrencies": [],
            "utcOffset": "+00:00",
            "utcOffsetMilliseconds": 0,
            "uiDomain": "app.hubspot.com",
            "dataHostingLocation": "na1",
        }

    def usage(self):
        midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        entry = {
            "name": "private-apps-api-calls-daily",
            "usageLimit": self.settings["daily_limit"],
            "currentUsage": self.limits.today,
            "collectedAt": now_iso(),
            "fetchStatus": "SUCCESS",
            "resetsAt": midnight.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        return {"results": [entry]}

    def summary(self):
        with self.lock:
            return {
                name: {
                    "active": sum(not record.archived for record in store.order),
                    "archived": sum(
                        record.archived and record.id not in store.aliases for record in store.order
                    ),
                }
                for name, store in self.stores.items()
            }

    def records(self, kind):
        with self.lock:
            return self.stores[kind].export()


COLLECTION = {
    ("GET", None): objects.list_page,
    ("POST", None): objects.create,
    ("POST", "merge"): objects.merge,
    ("POST", "gdpr-delete"): objects.gdpr_delete,
    ("POST", "search"): search.search,
    **{("POST", path): action for path, action in batch.ACTIONS.items()},
}
SINGLE = {"GET": objects.get, "PATCH": objects.update, "DELETE": objects.archive}


def route_object(call, method, rest):
    action = COLLECTION.get((method, rest))
    if action:
        return action(call)
    if rest is None or "/" in rest or method not in SINGLE:
        raise Failure(405, "VALIDATION_ERROR", f"{method} is not allowed here")
    return SINGLE[method](call, rest)
