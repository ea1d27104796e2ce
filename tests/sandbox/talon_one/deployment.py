"""A deployment of Talon.One: keys, limits, settings and routing."""

import contextlib
import copy
import secrets

import kit.webhooks
from kit.account import Account, Caller
from kit.clock import Clock, epoch

from . import (
    campaigns,
    coupons,
    events,
    guards,
    loyalty,
    management,
    notifications,
    profiles,
    programs,
    reservations,
    returns,
    rules,
    sessions,
)
from .failures import Failure

PARTS = (events, loyalty, management, profiles, reservations, returns, sessions)
# The keys have no words of the API in them: where the hub masks secrets, it masks long parts of them too.
SETTINGS = {
    "integration_key": "sandbox-api-key",
    "integration_key_expires": None,  # a time
    "integration_key_is_test": False,  # it makes all requests dry
    "management_key": "sandbox-mgmt-key",
    "management_key_expires": None,
    "management_operations": None,  # those that the key may call; None: all
    "management_calls": 3,  # for each operation, in management_interval_s
    "management_interval_s": 1,
    "application_id": 322,
    "account_id": 31,
    "ahead_s": 0,  # seconds that the clock is ahead
    "busy_s": 0.01,  # seconds that a write keeps its session and profile; others at the same time are refused
    "idempotency_keeps_errors": False,  # whether a 400 is kept under the key, too
    "attributes": {  # entity -> name -> type
        "CustomerProfile": {"Name": "string", "Email": "string", "Language": "string", "BirthDate": "time"},
        "CustomerSession": {"ShippingCity": "string", "PointsToSpend": "number", "OrderNumber": "string"},
        "CartItem": {"material": "string", "gift": "boolean"},
        "Event": {"Points": "number", "Reason": "string"},
    },
    "additional_costs": ["shipping"],
    "audiences": {},  # id -> name
    "stores": ["STORE-001"],
    "events": ["review", "correction"],
    "programs": [{}],  # see programs.py
    "rules": [  # see rules.py
        {"kind": "spend", "name": "Pay with points", "attribute": "PointsToSpend"},
        {"kind": "earn", "name": "A point for each unit of money"},
        {"kind": "event", "name": "Review", "event": "review", "points": 50},
        {"kind": "event", "name": "Correction", "event": "correction", "attribute": "Points"},
    ],
    "coupons": [  # see coupons.py
        {"code": "TENOFF", "percent": 10},
        {"code": "FIVE-EACH", "amount": 5, "per_item": True, "usage_limit": 0},
    ],
    "campaigns": [],  # beside that of the rules and that of the coupons, see campaigns.py
    "notifications": [],  # {"url", "headers", "types"}
    **kit.webhooks.SETTINGS,
}
EXPORTS = ("profiles", "sessions", "coupons", "events")
# What a dry request leaves as it was, and what the actions "back_up" and "restore" keep.
STATE = (*EXPORTS, "ledgers", "joined", "dates", "answers")


class Deployment(Account):
    """The prefixes are narrow, because other stand-ins have paths that begin with /v1/ too."""

    PREFIXES = (
        "/v1/applications",
        "/v1/attributes",
        "/v1/coupon_reservations",
        "/v1/customer_data",
        "/v1/customer_profiles",
        "/v1/loyalty_programs",
        "/v2/customer_profiles",
        "/v2/customer_sessions",
        "/v2/events",
        "/v3/events",
    )
    SETTINGS = SETTINGS
    LIMITS = management.LIMITS
    ROUTES = tuple(route for part in PARTS for route in part.ROUTES)

    def __init__(self):
        self.webhooks = notifications.Notifications(self)
        self.busy, self.kept = guards.Busy(), guards.Answers(self)
        super().__init__()
        self.actions = {
            "back_up": self.back_up,
            "restore": self.restore,
            "send_webhooks": self.webhooks.send,
        }

    def start(self):
        self.clock = Clock(self.settings)
        self.started = self.clock.now()
        self._last_id = secrets.randbelow(10**6) * 1_000
        self.profiles, self.sessions = {}, {}  # by the IDs of the sender
        self.events = {}
        self.ledgers = {}  # (program, profile, subledger) -> Ledger
        self.joined = {}  # (program, profile) -> epoch seconds
        self.dates = []  # heap of (epoch seconds, key of a ledger) at which something happens
        self.answers = {}  # to idempotency keys
        self.coupons = {}
        self.changes, self.tier_changes = [], []  # what is told after the request
        self.backup = None
        self.webhooks.reset()
        campaigns.build(self)
        self.build()

    def build(self):
        programs.build(self)
        coupons.build(self)
        rules.check_rules(self)

    def new_id(self):
        """Return a number. A new deployment has others: none of them is known in advance."""
        self._last_id += 1
        return self._last_id

    # --- keys ---

    def authenticate(self, request):
        """Accept the key of the API that the call belongs to."""
        api = "management" if management.operation_of(request) else "integration"
        scheme = {"management": "ManagementKey-v1", "integration": "ApiKey-v1"}[api]
        given_scheme, _, key = request.headers.get("authorization", "").partition(" ")
        expires = self.settings[f"{api}_key_expires"]
        is_expired = expires is not None and epoch(expires) <= self.clock.now()
        if given_scheme != scheme or key != self.settings[f"{api}_key"] or is_expired:
            raise self.unauthorized()
        return Caller(key, is_app=api == "management")

    def unauthorized(self):
        return Failure(401, "Invalid API key")

    def failure(self, status, message):
        return Failure(status, message.capitalize())

    def limit_reached(self, which, retry_after=None):
        """Return the 429. It says nothing of when to come back."""
        return Failure(429, "Too many requests").response()

    # --- requests ---

    def route(self, request, caller):
        with self.lock:
            self.catch_up()
            self.check_scope(request, caller)
            things = guards.concerned(self, request)
        with self.busy.hold(things, self.settings["busy_s"]), self.lock:
            return self.once(request, caller)

    def check_scope(self, request, caller):
        allowed = self.settings["management_operations"]
        if caller.is_app and allowed is not None and management.operation_of(request) not in allowed:
            raise Failure(403, "The key does not have access to this endpoint")

    def once(self, request, caller):
        """Answer, with the answer that is kept if the request has a known idempotency key."""
        key = None
        try:
            key = self.kept.key_of(request)
            response = self.kept.find(key) or self.attempt(request, caller, key)
        except Failure as failure:
            failure.has_status = failure.status != 400 or not guards.SESSION.match(request.path)
            response = failure.response()
            self.kept.keep(key, response)
        notifications.tell(self)
        return response

    def attempt(self, request, caller, key):
        is_test = self.settings["integration_key_is_test"] and not caller.is_app
        with self.unchanged(is_test):
            response = super().route(request, caller)
            self.kept.keep(key, response)
            return response

    def catch_up(self):
        """Do what is due by now."""
        programs.catch_up(self)
        notifications.tell(self)

    @contextlib.contextmanager
    def unchanged(self, is_dry=True, at=None):
        """Forget what the block changes, if the request is dry. It takes place at another time, if one is given."""
        if not is_dry:
            yield
            return
        before, ahead = self.state(), self.settings["ahead_s"]
        changes = self.changes, self.tier_changes
        self.changes, self.tier_changes = [], []
        try:
            if at is not None:
                self.settings["ahead_s"] += at - self.clock.now()
                programs.catch_up(self)
            yield
        finally:
            vars(self).update(before)
            self.settings["ahead_s"] = ahead
            self.changes, self.tier_changes = changes

    def state(self):
        """Return a copy of the state."""
        return copy.deepcopy({name: getattr(self, name) for name in STATE})

    # --- the control API ---

    def back_up(self):
        with self.lock:
            self.catch_up()
            self.backup = self.state()

    def restore(self):
        """Go back to the backup. What happened since is forgotten."""
        with self.lock:
            if self.backup is None:
                raise ValueError("there is no backup")
            vars(self).update(copy.deepcopy(self.backup))

    def configure(self, changes):
        """Change settings, after doing what is due under the old ones."""
        with self.lock:
            self.catch_up()
            super().configure(changes)
            if {"programs", "coupons", "rules"} & changes.keys():
                self.build()
            if "campaigns" in changes:
                campaigns.build(self)
            if {"notifications", "webhooks_auto"} & changes.keys():
                self.webhooks.send_by_itself()

    def summary(self):
        with self.lock:
            self.catch_up()
            return {
                **{name: len(getattr(self, name)) for name in EXPORTS},
                "in_progress": sorted(" ".join(each) for each in list(self.busy.taken)),
                "disabled_webhooks": sorted(self.webhooks.disabled),
            }

    def records(self, kind):
        """Return all objects of a kind; ``transactions`` and ``webhooks`` as well as those of ``EXPORTS``."""
        with self.lock:
            self.catch_up()
            if kind == "webhooks":
                return self.webhooks.export()
            if kind == "transactions":
                return [each for ledger in self.ledgers.values() for each in ledger.transactions]
            if kind not in EXPORTS:
                raise KeyError(kind)
            return list(getattr(self, kind).values())
