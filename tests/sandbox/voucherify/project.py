"""A Voucherify project: authentication, limits, settings and routing."""

import copy
import secrets

import kit.webhooks
from kit.account import Account, Caller
from kit.clock import Clock

from . import (
    async_actions,
    campaigns,
    customers,
    events,
    examine,
    limits,
    loyalty_v1,
    members,
    memberships,
    oauth,
    orders,
    payments,
    points,
    products,
    programs,
    redemptions,
    rewards,
    rollbacks,
    segments,
    validations,
    vouchers,
    webhooks,
)
from .checks import check_content_type
from .clock import Work
from .failures import Failure

PARTS = (
    async_actions,
    campaigns,
    customers,
    events,
    examine,
    loyalty_v1,
    members,
    memberships,
    oauth,
    orders,
    payments,
    points,
    products,
    programs,
    redemptions,
    rewards,
    rollbacks,
    segments,
    validations,
    vouchers,
)
SETTINGS = {
    "app_id": "sandbox-app",
    "app_token": "sandbox-token",
    "project_id": "proj_5a1d0001",
    "calls": 1_000_000,  # in interval_s: 100 a minute for Business, 2,000 for Organization, 100 an hour for a sandbox
    "bulk_calls": 1_000_000,
    "interval_s": 60,
    "calls_per_cycle": 1_000_000_000,
    "retry_after": None,  # seconds in the Retry-After header of a 429; None: no such header
    "ahead_s": 0,  # seconds that the project's clock is ahead: for expiry, activation, sessions and old redemptions
    "processing_s": 0,  # seconds that what is asynchronous takes; None: until the action "process"
    "reject": {},  # type of card transactions -> the reason to reject them when they are processed
    "wallets": [{}],  # see programs.py
    "programs": [{}],
    "campaigns": [],  # of coupons and promotions, see campaigns.py
    "loyalty_campaigns": [{}],  # of v1, see loyalty_v1.py
    "application_mode": "ALL",  # or PARTIAL: what of a stack can be applied is
    "rollback_order_mode": "WITH_ORDER",  # a rollback cancels the order; or WITHOUT_ORDER
    "webhooks": [],  # of the project: {"url", "secret", "events"}
    "workflows": [],  # for transactions of loyalty v2: {"url", "secret", "types", "statuses"}
    **kit.webhooks.SETTINGS,
}
EXPORTS = (
    "customers",
    "orders",
    "members",
    "vouchers",
    "redemptions",
    "payments",
    "purchases",
    "async_actions",
    "products",
)
# What the actions "back_up" and "restore" keep.
STATE = (
    "customers",
    "customer_ids",
    "orders",
    "order_ids",
    "orders_of",
    "members",
    "members_of",
    "cards",
    "vouchers",
    "voucher_ids",
    "voucher_transactions",
    "cards_of_v1",
    "redemptions",
    "redemptions_of",
    "payments",
    "purchases",
    "earned",
    "locks",
)


class Project(Account):
    """The prefixes are narrow, because other stand-ins have paths that begin with /v1/ too."""

    PREFIXES = (
        "/v1/async-actions",
        "/v1/campaigns",
        "/v1/customers",
        "/v1/events",
        "/v1/loyalties",
        "/v1/oauth",
        "/v1/orders",
        "/v1/products",
        "/v1/redemptions",
        "/v1/segments",
        "/v1/validations",
        "/v1/vouchers",
        "/v2/loyalties",
    )
    SETTINGS = SETTINGS
    LIMITS = limits.LIMITS
    ROUTES = tuple(route for part in PARTS for route in part.ROUTES)

    def __init__(self):
        self.webhooks = webhooks.Webhooks(self)
        super().__init__()
        self.actions = {
            "process": self.process,
            "back_up": self.back_up,
            "restore": self.restore,
            "expire_access_tokens": lambda: self.tokens.clear(),
            "send_webhooks": self.webhooks.send,
        }

    def start(self):
        self.clock = Clock(self.settings)
        self.work = Work(self.clock, self.settings)
        self.today = self.clock.date()
        self.is_silent = False
        self._first_id, self._ids = secrets.randbits(56) << 8, 0
        self.tokens, self.cursors, self.locks = {}, {}, {}
        self.customers, self.customer_ids = {}, {}  # by id; source_id -> id
        self.orders, self.order_ids, self.orders_of = {}, {}, {}  # by id; source_id -> id; customer -> [id]
        self.members, self.members_of = {}, {}  # by id; customer -> [member]
        self.cards = {}  # member -> [Card]
        self.vouchers, self.voucher_ids = {}, {}  # by id; code -> id
        self.voucher_transactions, self.cards_of_v1 = {}, {}  # by voucher; customer -> [voucher]
        self.redemptions, self.redemptions_of = {}, {}  # by id; customer -> [redemption]
        self.payments, self.purchases = [], {}
        self.earned = []  # (order, card, transaction) of all points that were earned
        self.async_actions, self.products, self.segments = {}, {}, {}
        self.webhooks.reset()
        self.backup = None
        programs.build(self)
        loyalty_v1.build(self)
        campaigns.build(self)

    def new_id(self, prefix):
        """Return an id. A new project has others: none of them is known in advance."""
        self._ids += 1
        return f"{prefix}{self._first_id + self._ids:018x}"

    # --- Voucherify's answers ---

    def authenticate(self, request):
        """Accept the two headers, or a bearer token that was made with them."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and request.path != oauth.PATH and oauth.is_valid(self, token):
            return Caller(token, is_app=True)
        given = request.headers.get("x-app-id"), request.headers.get("x-app-token")
        if given != (self.settings["app_id"], self.settings["app_token"]):
            raise self.unauthorized()
        return Caller(given[1])

    def unauthorized(self):
        return Failure(401, "unauthorized", "Unauthorized")

    def failure(self, status, message):
        messages = {
            404: ("not_found", "Resource not found"),
            405: ("method_not_allowed", "HTTP Method Not Allowed"),
        }
        return Failure(status, *messages.get(status, ("invalid_payload", "Invalid payload")), message)

    def headers(self, caller):
        return limits.headers(self)

    def limit_reached(self, which, retry_after=None):
        return limits.rejection(self, which, retry_after)

    # --- time ---

    def route(self, request, caller):
        check_content_type(request)
        with self.lock:
            self.catch_up()
            return super().route(request, caller)

    def catch_up(self):
        """Do what is due by now."""
        self.work.run()
        if self.today != self.clock.date():
            self.today = self.clock.date()
            points.at_a_new_day(self)
            self.work.run()

    def process(self):
        """Do what is asynchronous, whether it is due or not."""
        with self.lock:
            self.catch_up()
            self.work.process()

    def back_up(self):
        """Keep the state as it is, with all that is asynchronous done."""
        with self.lock:
            self.process()
            self.backup = self.copied({name: getattr(self, name) for name in STATE})

    def restore(self):
        """Go back to the backup. What happened since is forgotten."""
        with self.lock:
            if self.backup is None:
                raise ValueError("there is no backup")
            self.work = Work(self.clock, self.settings)
            vars(self).update(self.copied(self.backup))

    def copied(self, state):
        return copy.deepcopy(state, {id(self): self})

    # --- the control API ---

    def configure(self, changes):
        """Change settings, after doing what is due under the old ones."""
        with self.lock:
            self.catch_up()
            super().configure(changes)
            if {"wallets", "programs"} & changes.keys():
                programs.build(self)
            if "loyalty_campaigns" in changes:
                loyalty_v1.build(self)
            if "campaigns" in changes:
                campaigns.build(self)
            if {"webhooks", "workflows", "webhooks_auto"} & changes.keys():
                self.webhooks.send_by_itself()

    def summary(self):
        with self.lock:
            self.catch_up()
            counts = {name: len(getattr(self, name)) for name in EXPORTS}
            return {
                **counts,
                "waiting": self.work.waiting(),
                "disabled_webhooks": sorted(self.webhooks.disabled),
            }

    def records(self, kind):
        """Return all objects of a kind; ``cards`` and ``webhooks`` as well as those of ``EXPORTS``."""
        with self.lock:
            self.catch_up()
            if kind == "webhooks":
                return self.webhooks.export()
            if kind == "cards":
                return [card.describe() for cards in self.cards.values() for card in cards]
            if kind not in EXPORTS:
                raise KeyError(kind)
            found = getattr(self, kind)
            return list(found if isinstance(found, list) else found.values())
