"""A HubSpot account: authentication, limits, and routing of paths."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from kit.account import Account
from kit.store import now_iso
from kit.wire import json_response

from . import associations, associations_v3, batch, definitions, oauth, objects, pipelines, scopes, search
from .association_types import AssociationTypes
from .failures import NOT_FOUND, Failure, bad_input
from .limits import LIMITS, headers, rejection
from .links import Links
from .object_types import LANGUAGES, OBJECT_TYPES
from .store import FIRST_ID, Store
from .versions import DATED, since_2026_09

VERSION = rf"(?P<version>{DATED})"
ACCOUNT_VERSION = rf"(?P<version>v3|{DATED})"


def family(name, rest="(?:/(?P<rest>.+))?", old="v3"):
    """Matches the paths of one API under its legacy and its dated versions."""
    return re.compile(rf"/crm/(?:(?P<old>{old})/{name}|{name}/{VERSION})/(?P<type>[^/]+){rest}")


OBJECTS = family("objects", old="v3|v4")
PROPERTIES = family("properties")
PIPELINES = family("pipelines")
ASSOCIATIONS = family("associations", "/(?P<to>[^/]+)/(?P<rest>.+)", old="v4")
ACCOUNT = re.compile(r"/account-info/" + ACCOUNT_VERSION + r"/(?P<rest>details|api-usage/daily/private-apps)")
SETTINGS = {
    "tokens": ["sandbox-token"],
    "ten_secondly_limit": 1_000_000,
    "interval_s": 10,  # length of the rolling window of ten_secondly_limit
    "associations_limit": 1_000_000,  # calls of associations in a window, of all calls
    "daily_limit": 1_000_000_000,
    "search_limit": 1_000_000,  # searches a second
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
    "currencies": ["EUR"],  # of the account; the first one is the company's
    "time_zone": "UTC",  # of the account: the daily limit ends at its midnight
    "languages": LANGUAGES.split(),  # the options of hs_language of contacts
    "scopes": None,  # of the tokens in "tokens"; None: all
    "unbilled_invoices_need_lines": False,  # also an invoice with hs_invoice_billable false
    "portal_id": 44237313,
    **oauth.SETTINGS,
}
NEW_PROPERTY = {"type": "string", "fieldType": "text"}
IDS_PER_TYPE = 10_000_000_000  # no two records have the same id, of whatever type


class Call:
    """One authenticated request on one object type. ``is_2026_09``: through that version of the API or a later one."""

    def __init__(self, portal, request, match):
        self.stores, self.links, self.names = portal.stores, portal.links, portal.names
        self.object_type = self.type_named(match["type"])
        self.store = self.stores[self.object_type]
        self.request, self.fault = request, request.fault
        self.lock, self.settings = portal.lock, portal.settings
        self.is_2026_09 = since_2026_09(match["version"] or "v3")

    def type_named(self, name):
        """The object type of that name, in the plural as HubSpot's paths have it; raises Failure."""
        if name not in self.names:
            raise bad_input(f"Unable to infer object type from: {name}")
        return self.names[name]

    def arguments(self):
        return self.request.arguments()

    def now(self):
        return now_iso()

    def wants_archived(self):
        return self.arguments().get("archived", "").lower() == "true"

    def json(self):
        """The body, a dict; raises Failure where HubSpot would not read it."""
        body = self.read()
        if not isinstance(body, dict):
            raise bad_input("Invalid input JSON: an object was expected")
        return body

    def json_list(self):
        body = self.read()
        if not isinstance(body, list):
            raise bad_input("Invalid input JSON: a list was expected")
        return body

    def read(self):
        if not self.request.body:
            raise bad_input("Invalid JSON input: a request body was expected, but none found")
        if "json" not in self.request.headers.get("content-type", ""):
            raise Failure(415, "VALIDATION_ERROR", "HTTP 415 Unsupported Media Type")
        try:
            return self.request.json()
        except ValueError as error:
            raise bad_input(f"Invalid input JSON: {error}") from None

    def shown_properties(self, wanted):
        """Return the names of the properties to return, from a list or a comma-separated text, without unknown ones."""
        if not wanted:
            return self.store.schema.shown
        if isinstance(wanted, str):
            wanted = wanted.split(",")
        schema = self.store.schema
        return sorted({*schema.system, *(name for name in wanted if name in schema.properties)})

    def asked_associations(self):
        """The object types in the argument ``associations``."""
        asked = self.arguments().get("associations", "")
        return [self.type_named(name) for name in asked.split(",") if name]

    def check_archivable(self, record):
        if self.store.schema.may_archive:
            self.store.schema.may_archive(record)

    def archive(self, record, now):
        """Move a record to the recycle bin, and remove its associations."""
        self.store.archive(record, now)
        self.links.remove_all((self.object_type, record.id))


class Portal(Account):
    """The provider ``hubspot``."""

    PREFIXES = ("/crm/", "/account-info/", "/oauth/")
    SETTINGS = SETTINGS
    LIMITS = LIMITS
    SECRET_PATHS = oauth.SECRET_PATHS
    oauth_class = oauth.OAuth

    def start(self):
        self.links, self.stores, self.names = Links(AssociationTypes()), {}, {}
        for number, (name, new_schema) in enumerate(OBJECT_TYPES.items()):
            self.add_type(name, Store(new_schema(), FIRST_ID + number * IDS_PER_TYPE))
        self.publish_options()

    def add_type(self, name, store):
        self.stores[name] = store
        for each in (name, store.schema.type_id, *store.schema.names):
            self.names[each] = name
        store.pipelines = pipelines.new_account(name, now_iso())
        if store.pipelines:
            pipelines.publish(store)

    def publish_options(self):
        """Make the account's currencies the options of all currency properties, and its languages those of contacts."""
        self.stores["contacts"].schema.properties["hs_language"].set_options(self.settings["languages"])
        for store in self.stores.values():
            if store.schema.currency:
                store.schema.properties[store.schema.currency].set_options(self.settings["currencies"])

    def configure(self, changes):
        """Change settings; ``custom_properties`` that do not exist yet are created (for ``objectType``)."""
        if not changes.get("currencies", ["EUR"]):
            raise ValueError("an account has at least one currency")
        unknown = scopes.unknown([*(changes.get("scopes") or ()), *(changes.get("oauth_scopes") or ())])
        if unknown:
            raise ValueError(f"HubSpot has no scopes {', '.join(unknown)}")
        with self.lock:
            for definition in changes.get("custom_properties", []):
                self.define(definition)
            super().configure(changes)
            self.publish_options()

    def define(self, definition):
        schema = self.stores[definition.get("objectType", "contacts")].schema
        if definition["name"] not in schema.properties:
            defaults = {**NEW_PROPERTY, "label": definition["name"], "groupName": schema.group}
            definitions.define(schema, {**defaults, **definition})

    def authenticate(self, request):
        return self.bearer(request)

    def unauthorized(self):
        return Failure(
            401,
            "INVALID_AUTHENTICATION",
            "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more "
            "details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
        )

    def headers(self, caller):
        return headers(self.limits, daily=not caller.is_app)

    def limit_reached(self, which, retry_after=None):
        """The 429 for ``burst``, ``daily`` or ``search``."""
        wait = self.settings["retry_after"] if retry_after is None else retry_after
        return rejection(self.limits, which, wait)

    def route(self, request, caller):
        granted = caller.scopes
        match = OBJECTS.fullmatch(request.path)
        if match:
            call = Call(self, request, match)
            scopes.check(granted, scopes.for_records(call.object_type, request.method, match["rest"]))
            return route_object(call, request.method, match)
        match = ASSOCIATIONS.fullmatch(request.path)
        if match:
            call = Call(self, request, match)
            scopes.check(granted, scopes.for_records(call.object_type, request.method, match["rest"]))
            return associations.handle_batch(call, request.method, match)
        for pattern, handle in ((PROPERTIES, definitions.handle), (PIPELINES, pipelines.handle)):
            match = pattern.fullmatch(request.path)
            if match:
                call = Call(self, request, match)
                scopes.check(granted, scopes.for_schemas(call.object_type, request.method))
                return handle(call, match["rest"])
        match = ACCOUNT.fullmatch(request.path)
        if match and request.method == "GET":
            return json_response(200, self.details() if match["rest"] == "details" else self.usage())
        raise Failure(404, "OBJECT_NOT_FOUND", "resource not found")

    def details(self):
        offset = datetime.now(ZoneInfo(self.settings["time_zone"]))
        return {
            "portalId": self.settings["portal_id"],
            "accountType": "STANDARD",
            "timeZone": self.settings["time_zone"],
            "companyCurrency": self.settings["currencies"][0],
            "additionalCurrencies": self.settings["currencies"][1:],
            "utcOffset": f"{offset:%z}"[:3] + ":" + f"{offset:%z}"[3:],
            "utcOffsetMilliseconds": int(offset.utcoffset().total_seconds() * 1000),
            "uiDomain": "app.hubspot.com",
            "dataHostingLocation": "na1",
        }

    def usage(self):
        now = datetime.now(ZoneInfo(self.settings["time_zone"]))
        midnight = (now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)).astimezone(
            UTC
        )
        entry = {
            "name": "private-apps-api-calls-daily",
            "usageLimit": self.settings["daily_limit"],
            "currentUsage": self.limits.used("daily"),
            "collectedAt": now_iso(),
            "fetchStatus": "SUCCESS",
            "resetsAt": midnight.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        return {"results": [entry]}

    def records(self, kind):
        with self.lock:
            records = super().records(kind)
            return [{**each, "associations": self.links.export(kind, each["id"])} for each in records]


COLLECTION = {
    ("GET", None): objects.list_page,
    ("POST", None): objects.create,
    ("POST", "merge"): objects.merge,
    ("POST", "gdpr-delete"): objects.gdpr_delete,
    ("POST", "search"): search.search,
    **{("POST", path): action for path, action in batch.ACTIONS.items()},
}
SINGLE = {"GET": objects.get, "PATCH": objects.update, "DELETE": objects.archive}


def route_object(call, method, match):
    rest, path = match["rest"], match["rest"] or ""
    if match["old"] == "v3" and "/associations/" in path:
        found = associations_v3.RECORD.fullmatch(path)
        return associations_v3.handle_record(call, method, found or not_there())
    found = associations.RECORD.fullmatch(path)
    if found:
        return associations.handle_record(call, method, found)
    if match["old"] == "v4":
        not_there()
    action = COLLECTION.get((method, rest))
    if action:
        return action(call)
    if rest is None or "/" in rest or method not in SINGLE:
        raise Failure(405, "VALIDATION_ERROR", f"{method} is not allowed here")
    return SINGLE[method](call, rest)


def not_there():
    raise Failure(404, NOT_FOUND, "resource not found")
