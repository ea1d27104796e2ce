"""The Talon.One adapter."""

import hashlib
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Lock

from ...core.errors import (
    AuthError,
    BusinessError,
    MappingError,
    RemoteNotFoundError,
    ValidationError,
)
from ..base import Finder
from ..items import Outcome, Reference
from ..loyalty import CodeEngine, LoyaltyEngine, customer_key
from ..promotions import PromotionEngine
from ..provider import ConnectionReport
from ..record_adapter import RecordAdapter
from . import codes, corrections, customers, kept, orders, points, promotions, returns
from .api import MANAGEMENT_KEY, Api, authorization
from .returning import Returning

MARGIN = timedelta(seconds=60)  # by which times of Talon.One may be apart
NOBODY = "odoo-0"  # the ID of no profile


class TalonOneAdapter(RecordAdapter, Finder, LoyaltyEngine, CodeEngine, PromotionEngine):
    """Sends customers, orders, returns, points and codes, one per call. README.md says what Talon.One does with them.

    Two calls at the same time about one profile are refused: those of a batch wait for each other.
    """

    def __init__(self, settings, mapper, http):
        super().__init__(settings, mapper, http)
        self.api = Api(http, settings.credentials)
        self._returning = Returning(self.api, kept.owned(settings.loyalty_programs))
        self._locks = {}
        self._calls = {
            customers.SAVE: self._save_profile,
            customers.ERASE: self._erase_profile,
            customers.FIND: self._find_profile,
            orders.UPDATE: self._save_session,
            returns.RETURN: self._returning.send,
            codes.CODE: self._put_code,
            points.ENROLL: self._correct,
            points.CHANGE: self._correct,
        }

    # ----- preparing -----

    def references(self, event_type, data):
        customer_id = data.get("customer_id")
        is_needed = event_type in points.EVENT_TYPES | codes.EVENT_TYPES or event_type in orders.SAVED
        return (Reference("customer", int(customer_id)),) if is_needed and customer_id else ()

    def prepare(self, item):
        """Return the request for an item.

        :raise MappingError: a value cannot be mapped, or the event type is not supported
        """
        if item.event_type in customers.EVENT_TYPES:
            return customers.prepare(item, self.mapper)
        if item.event_type in orders.EVENT_TYPES:
            return orders.prepare(item, _buyer(item), self.mapper, self.settings.code_products)
        if item.event_type in codes.EVENT_TYPES:
            return codes.prepare(item, _buyer(item), self.settings.code_products)
        if item.event_type in returns.EVENT_TYPES:
            return returns.prepare(item)
        if item.event_type in points.EVENT_TYPES:
            corrections.event_of(self.settings)
            return points.prepare(item, _member(item), self.settings.loyalty_programs)
        raise MappingError(f"Talon.One does not support {item.event_type}.", code="EVENT_NOT_SUPPORTED")

    def prepare_search(self, item, operation, key):
        return customers.prepare_search(item, key) if operation == customers.SAVE else None

    @classmethod
    def request_of(cls, url, request):
        """Return the body without what is in the URL."""
        return {
            name: value
            for name, value in request.items()
            if name not in ("operation", "profile", "session", "program", "wallet", "code")
        }

    # ----- sending -----

    def send_one(self, prepared):
        return self._call(prepared, False)

    def resolve(self, batch):
        """Send again what has a key: the same one. What has none is looked for first."""
        return self.call_each(batch, lambda prepared: self._call(prepared, True))

    def is_about_endpoint(self, error):
        return error.http_status != 409 and error.code != "NOT_CLOSED" and super().is_about_endpoint(error)

    def _call(self, prepared, is_in_doubt):
        data = prepared.item.data
        with self._locks.setdefault(data.get("customer_id") or data.get("id"), Lock()):
            return self._calls[prepared.operation](prepared, is_in_doubt)

    def _done(self, prepared, remote_id=None, **values):
        return Outcome(prepared.item.trace_id, remote_id, http_status=200, **values)

    # ----- customers -----

    def _save_profile(self, prepared, _is_in_doubt):
        profile = prepared.body["profile"]
        self.api.save_profile(profile, {"attributes": prepared.body["attributes"]})
        return self._done(prepared, profile)

    def _erase_profile(self, prepared, _is_in_doubt):
        with suppress(RemoteNotFoundError):  # it was never there
            self.api.erase_profile(prepared.body["profile"])
        return self._done(prepared)

    def _find_profile(self, prepared, _is_in_doubt):
        profile = prepared.body["profile"]
        try:
            self.api.profile(profile)
        except RemoteNotFoundError:
            return self._done(prepared)
        return self._done(prepared, profile)

    # ----- orders -----

    def _save_session(self, prepared, _is_in_doubt):
        """Update a session. A session that is where the order wants it, or further, is left alone."""
        session = prepared.body["session"]
        body = {name: prepared.body[name] for name in ("customerSession", "responseContent")}
        key = f"{prepared.item.idempotency_key}-{_digest(body)}"
        warnings = ()
        try:
            warnings = _rejected(self.api.save_session(session, body, key))
        except ValidationError:
            if not orders.is_reached(self.api.session(session), prepared.item.event_type):
                # The refusal may be the one of an earlier attempt, kept under the key although what was wrong is
                # mended. Without a key nothing is closed twice: a closed session cannot be closed.
                warnings = _rejected(self.api.save_session(session, body, ""))
        is_cancelled = prepared.item.event_type == "order.cancelled"
        kept_points = self._returning.kept_of_cancelled(session) if is_cancelled else ()
        return self._done(prepared, session, warnings=warnings, kept_points=kept_points)

    # ----- codes -----

    def forecast(self, program, order):
        profile = _profile(order)
        answer = self.api.dry_run_session(f"till-{order['id']}", orders.trial(order, profile))
        return points.forecast_of(answer, program, profile)

    def ask_code(self, question):
        data, code = question.order, question.code
        profile, products = _profile(data), self.settings.code_products
        answer = self.api.dry_run_session(question.hold, codes.question(code, data, profile, products))
        error = codes.rejection(answer, code)
        if error:
            if error.code == codes.UNKNOWN:
                return None
            raise error
        doubled = self.api.dry_run_session(question.hold, codes.question(code, data, profile, products, 2))
        return codes.code_of(code, answer, doubled)

    def release_code(self, code, hold):
        """Nothing is held: a dry request leaves no trace."""

    def _put_code(self, prepared, _is_in_doubt):
        """Set the codes of the session of an order. One that is not open any more has its codes."""
        key, code = prepared.body["session"], prepared.body["code"]
        event_type = prepared.item.event_type
        session = self.api.session(key)
        if session is None and event_type == codes.REVERSED:
            return self._done(prepared)
        if session is not None and session.get("state") != "open":
            codes.check_closed(event_type, session, code)
            return self._done(prepared)
        content = prepared.body["customerSession"]
        content = {**content, "couponCodes": codes.codes_after(event_type, session, code)}
        body = {"customerSession": content, "responseContent": prepared.body["responseContent"]}
        answer = self.api.save_session(key, body, "")
        error = codes.rejection(answer, code) if event_type == codes.REDEEMED else None
        if error:
            raise error
        return self._done(prepared)

    # ----- points -----

    def _correct(self, prepared, is_in_doubt):
        event = corrections.event_of(self.settings)
        return corrections.Corrections(self.api, event).send(prepared, is_in_doubt)

    def has_program(self, program):
        if not (self.settings.credentials.get(MANAGEMENT_KEY) or "").strip():
            return None
        return program.id in self.api.program_ids()

    def membership(self, program, customer_id):
        profile = customer_key(customer_id)
        try:
            balances = self.api.balances(program.id, profile)
        except RemoteNotFoundError:
            return None
        unused = self.api.unused(program.id, profile, status="active", sort="expiryDate")
        return points.membership_of(balances, program, profile, unused)

    def transactions(self, program, remote_id, after="", since=None):
        profile, found = points.profile_of(remote_id), []
        known_until = points.time_of_expiry(after)
        since = max(filter(None, (since, known_until and known_until - MARGIN)), default=None)
        for each in self.api.transactions(program.id, profile):
            at = points.time_of(each["created"])
            if each["transactionUUID"] == after or (since and at < since):
                since = max(filter(None, (since, at - MARGIN)))
                break
            if each.get("subledgerId", "") == program.wallet:
                found.append(each)
        originals = points.originals_of(self._of_sessions(program, profile, found))
        now = self._now()
        listed = {each["transactionUUID"]: points.transaction_of(each, originals, now) for each in found}
        changes = [*reversed(listed.values()), *self._expiries(program, profile, since)]
        return sorted(changes, key=lambda each: each.occurred_at)

    def _of_sessions(self, program, profile, entries):
        """Return all entries of the sessions of these entries."""
        sessions = sorted({each["customerSessionId"] for each in entries if each.get("customerSessionId")})
        found = []
        for start in range(0, len(sessions), 50):
            wanted = {"customerSessionIDs": sessions[start : start + 50]}
            found += self.api.transactions(program.id, profile, **wanted)
        return found

    def _expiries(self, program, profile, since):
        for lot in self.api.unused(program.id, profile, status="expired"):
            is_new = since is None or points.time_of(lot["expiryDate"]) >= since
            if is_new and lot.get("subledgerId", "") == program.wallet:
                yield points.expiry_of(lot)

    def _now(self):
        """Return Talon.One's time (UTC, naive)."""
        return datetime.now(UTC).replace(tzinfo=None) + timedelta(seconds=self.http.clock_skew or 0)

    # ----- promotions -----

    def _promotions(self):
        application = (self.settings.credentials.get(promotions.APPLICATION) or "").strip()
        return promotions.Promotions(self.api, application)

    def campaigns(self, codes):
        return self._promotions().campaigns()

    def prices(self):
        return ()

    def segments(self, names):
        return ()

    def create_campaign(self, campaign):
        raise BusinessError(
            "Create this campaign in Talon.One: its rules are made there.", code="NOT_CREATED"
        )

    def change_campaign(self, campaign_id, changes):
        self._promotions().change(campaign_id, changes)

    def change_price(self, price_id, price):
        raise BusinessError("Talon.One has no prices.", code="NO_PRICES")

    # ----- connection -----

    def test_connection(self):
        """Look up a profile that is not there, and list the programs if there is a management key.

        :raise RemoteError: a call failed; the message is for the admin
        """
        response = None
        with suppress(RemoteNotFoundError):
            response = self.api.call("GET", f"/v1/customer_profiles/{NOBODY}/inventory")
        if authorization(self.settings.credentials, MANAGEMENT_KEY):
            try:
                response = self.api.programs()
            except AuthError as error:
                if error.code != "FORBIDDEN":  # a key may be for other calls
                    raise AuthError(f"The management key: {error.message}", code=error.code) from None
        return ConnectionReport(self.http.host, response.date if response else None)


def _buyer(item):
    """Return the ID of the profile of an order or card; empty for an order of nobody."""
    found = next(iter(item.remote_ids.values()), None)
    if found:
        return found.id
    return _profile(item.data)


def _profile(data):
    customer_id = data.get("customer_id")
    return customer_key(customer_id) if customer_id else ""


def _rejected(answer):
    """Return warnings about the codes that Talon.One rejects although the order has them."""
    return [
        f"Talon.One rejected the code {each['props']['value']}: {each['props']['rejectionReason']}."
        for each in answer["effects"]
        if each.get("effectType") == "rejectCoupon"
    ]


def _member(item):
    """Return the ID of the profile of a card: that to which it is linked, also if its customer was merged in Odoo."""
    customer_id, linked = item.data.get("customer_id"), points.profile_of(item.remote_id or "")
    return linked if customer_id and linked == customer_key(customer_id) else _buyer(item)


def _digest(body):
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:12]
