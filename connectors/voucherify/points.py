"""Members of Voucherify, their cards and points.

Points are booked some seconds after the call that adds them was answered, and may be rejected then. Such a call has no
idempotency key: its ``reason`` says what it was for, and ends with the key of the item.
"""

from datetime import UTC, date, datetime
from decimal import Decimal

from ...core.errors import AcceptedError, BusinessError, ConflictError, MappingError, RemoteNotFoundError
from ..items import Outcome, Prepared
from ..loyalty import EngineTransaction, Lot, Membership, customer_key, key_in, reason_of

ENROLLED = "loyalty.enrolled"
CHANGED = ("loyalty.earned", "loyalty.redeemed", "loyalty.adjusted", "loyalty.expired", "loyalty.reversed")
EVENT_TYPES = frozenset({ENROLLED, *CHANGED})
ENROLL, ADJUST = "enroll", "adjust"
MAX_REASON = 255
MAX_WAIT = 300.0  # seconds between two questions whether points were booked
STATES = {"APPROVED": "booked", "REJECTED": "rejected"}
# Type of a card transaction -> (kind, sign). Those without a sign do not change what can be spent.
KINDS = {
    "ADMIN_CREDIT": ("adjust", 1),
    "ADMIN_DEBIT": ("adjust", -1),
    "ADMIN_POINTS_EXPIRATION": ("expire", -1),
    "PENDING_POINTS_ACTIVATED": ("earn", 1),
    "PENDING_POINTS_ADDED": ("earn", 0),
    "PENDING_POINTS_CANCELED": ("reverse", 0),
    "POINTS_EARNED": ("earn", 1),
    "POINTS_ACCRUAL": ("earn", 1),
    "POINTS_EXPIRED": ("expire", -1),
    "POINTS_REFUNDED": ("reverse", -1),
    "POINTS_RETURNED": ("reverse", 1),
    "POINTS_SPENT_ON_ORDER": ("redeem", -1),
    "POINTS_SPENT_ON_REWARD": ("redeem", -1),
}


def prepare(item, programs):
    """Return the request that enrolls a customer, or changes the points of their card.

    :param programs: ``{Odoo's id of a program: EngineProgram}``
    :raise MappingError: the card is of another program, of nobody, or has a fraction of a point
    """
    data = item.data
    program = programs.get(data["program_id"])
    if program is None:
        raise MappingError(
            "The loyalty program is not linked to one of Voucherify.", code="PROGRAM_NOT_LINKED"
        )
    if not data.get("customer_id"):
        raise MappingError("Voucherify has no cards without a customer.", code="NO_CUSTOMER")
    body = {"program": program.id, "wallet": program.wallet, "customer": customer_key(data["customer_id"])}
    if item.event_type == ENROLLED:
        return Prepared(item, ENROLL, body, {}, is_subject=True)
    points = Decimal(data["points"])
    if points != points.to_integral_value():
        raise MappingError("Voucherify takes whole points only.", code="FRACTION", field="points")
    body = {**body, "points": int(points), "reason": reason_of(item, MAX_REASON)}
    return Prepared(item, ADJUST, body, {}, is_subject=True)


def forecast_of(body, program):
    """Return the points that an examined order would earn in a program and wallet."""
    cards = [
        card
        for each in body.get("memberships") or ()
        if each["program"]["id"] == program.id
        for card in each.get("cards") or ()
        if program.wallet in ("", card["card"]["card_definition_id"])
    ]
    return sum((Decimal(str(card["points_estimation"])) for card in cards), Decimal())


def membership_of(body, wallet):
    """Return the :class:`~..loyalty.Membership` of an answer; None if it has no card of the wallet."""
    cards = [each["card"] | {"tier_progress": each.get("tier_progress")} for each in body.get("cards") or ()]
    card = next((each for each in cards if wallet in ("", each["card_definition_id"])), None)
    if card is None:
        return None
    balance, expiring = card["balance"], card.get("next_expiration") or {}
    tier = ((card.get("tier_progress") or {}).get("current") or {}).get("tier") or {}
    lots = (
        [Lot(day=date.fromisoformat(expiring["date"]), points=Decimal(expiring["points"]))]
        if expiring
        else []
    )
    return Membership(
        remote_id=f"{body['member']['id']}/{card['id']}",
        balance=Decimal(balance["points"]),
        pending=Decimal(balance["pending_points"]),
        tier=tier.get("name") or "",
        expiring=lots,
    )


def transaction_of(each):
    """Return the :class:`~..loyalty.EngineTransaction`; None for what does not change what can be spent."""
    kind, sign = KINDS.get(each["type"], ("adjust", 0))
    if not sign:
        return None
    details = each.get("details") or {}
    reason, rejection = details.get("reason") or "", details.get("rejection") or {}
    return EngineTransaction(
        id=each["id"],
        kind=kind,
        state=STATES.get(each["status"], "pending"),
        # Negative only for ADMIN_DEBIT: the type says which way the others go.
        points=sign * abs(_points(details)),
        occurred_at=time_of(each),
        key=key_in(reason),
        group=str((details.get("metadata") or {}).get("event_id") or ""),
        reason=str(rejection.get("reason") or "") or reason,
    )


def time_of(each):
    """Return when a transaction was created (UTC, naive)."""
    return datetime.fromisoformat(each["created_at"]).astimezone(UTC).replace(tzinfo=None)


def _points(details):
    if details.get("points"):
        return Decimal(details["points"]["total"])
    return Decimal((details.get("bucket") or {}).get("points") or 0)


class PointsHandler:
    """Sends what :func:`prepare` prepared.

    :param api: an :class:`~.api.Api`
    """

    def __init__(self, api):
        self.api = api

    def send(self, prepared):
        """
        :raise RemoteError: a call failed
        """
        checkpoint = prepared.item.checkpoint
        if checkpoint.get("transaction"):
            return self._ask(prepared, checkpoint)
        remote_id = prepared.item.remote_id or self._enrolled(prepared.body)
        if prepared.operation == ENROLL:
            return Outcome(prepared.item.trace_id, remote_id, http_status=200)
        return self._adjust(prepared, remote_id)

    def resolve(self, prepared):
        """Look for the transaction first: the call may have been carried out although its answer was lost."""
        if prepared.operation == ENROLL or prepared.item.checkpoint.get("transaction"):
            return self.send(prepared)
        remote_id = prepared.item.remote_id or self._enrolled(prepared.body)
        found = self._find(prepared, remote_id)
        return self._outcome(prepared, remote_id, found, 0) if found else self._adjust(prepared, remote_id)

    def _enrolled(self, body):
        """Return the remote id of the card; make the customer a member if they are none."""
        try:
            self.api.enroll(body["program"], body["customer"])
        except ConflictError as error:
            if error.code != "member_already_exists":
                raise
        found = membership_of(self.api.membership(body["program"], body["customer"]), body["wallet"])
        if found is None:
            message = (
                "The member has no card of the wallet to which the program is linked. Check the wallet's ID."
            )
            raise BusinessError(message, code="NO_SUCH_WALLET")
        return found.remote_id

    def _adjust(self, prepared, remote_id):
        body = {"points": prepared.body["points"], "reason": prepared.body["reason"]}
        answer = self.api.adjust(prepared.body["program"], *split(remote_id), body)
        if answer.get("status") == "NO_CHANGE":
            return Outcome(prepared.item.trace_id, remote_id, http_status=200)
        return self._outcome(prepared, remote_id, answer["transaction"], 0)

    def _ask(self, prepared, checkpoint):
        """Return the outcome of a transaction that was pending when it was last seen."""
        remote_id = checkpoint["card"]
        found = self._find(prepared, remote_id)
        if found is None:
            message = "Voucherify does not know the transaction any more with which the points were sent."
            error = RemoteNotFoundError(message, code="TRANSACTION_GONE")
            return Outcome(prepared.item.trace_id, remote_id, error, checkpoint={})
        return self._outcome(prepared, remote_id, found, checkpoint["asked"] + 1)

    def _find(self, prepared, remote_id):
        """Return the transaction with the key of the item, or None."""
        key = prepared.item.idempotency_key
        for each in self.api.transactions(prepared.body["program"], *split(remote_id)):
            if key in ((each.get("details") or {}).get("reason") or ""):
                return each
        return None

    def _outcome(self, prepared, remote_id, transaction, asked):
        trace_id, state = prepared.item.trace_id, STATES.get(transaction["status"], "pending")
        response = {"transaction": transaction["id"], "status": transaction["status"]}
        if state == "booked":
            return Outcome(trace_id, remote_id, http_status=200, response=response)
        if state == "rejected":
            return Outcome(trace_id, remote_id, _rejected(transaction), 200, response, checkpoint={})
        error = AcceptedError(
            "Voucherify has accepted the points, and will book them.",
            code="PENDING",
            http_status=200,
            retry_after=min(2.0**asked, MAX_WAIT),
        )
        checkpoint = {"transaction": transaction["id"], "card": remote_id, "asked": asked}
        return Outcome(trace_id, remote_id, error, 200, response, checkpoint)


def split(remote_id):
    """Return (member, card)."""
    member, _slash, card = remote_id.partition("/")
    return member, card


def _rejected(transaction):
    reason = ((transaction.get("details") or {}).get("rejection") or {}).get("reason") or "no reason given"
    message = (
        f"Voucherify accepted the points at first, and then rejected them: {reason}. The card has the others."
    )
    return BusinessError(message, code=str(reason)[:64], http_status=200)
