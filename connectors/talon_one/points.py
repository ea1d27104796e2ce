"""Points of Talon.One: requests that change them, and what it says about a member. Pure functions."""

import re
from datetime import UTC, datetime
from decimal import Decimal

from ...core.errors import BusinessError, MappingError
from ..items import Prepared
from ..loyalty import EngineTransaction, Lot, Membership, key_in, order_of, reason_of

ENROLLED = "loyalty.enrolled"
CHANGED = ("loyalty.earned", "loyalty.redeemed", "loyalty.adjusted", "loyalty.expired", "loyalty.reversed")
EVENT_TYPES = frozenset({ENROLLED, *CHANGED})
ENROLL, CHANGE = "enroll", "change"
MAX_REASON = 255
DIGITS = 2  # of points that Talon.One keeps
SIGNS = {"addition": 1, "subtraction": -1}
# The id of a change that Talon.One does not list: an expiry.
_EXPIRY = re.compile(r"expired/([^/]+)/(.+)")


def prepare(item, profile, programs):
    """Return the request that enrolls a customer, or changes their points.

    :param profile: the ID of the customer's profile
    :param programs: ``{Odoo's id of a program: EngineProgram}``
    :raise MappingError: the card is of another program, of nobody, or has a too small part of a point
    """
    data = item.data
    program = programs.get(data["program_id"])
    if program is None:
        raise MappingError(
            "The loyalty program is not linked to one of Talon.One.", code="PROGRAM_NOT_LINKED"
        )
    if not data.get("customer_id"):
        raise MappingError("Talon.One's programs are for customers: the card has none.", code="NO_CUSTOMER")
    body = {"program": program.id, "wallet": program.wallet, "profile": profile}
    if item.event_type == ENROLLED:
        return Prepared(item, ENROLL, body, {}, is_subject=True)
    points = Decimal(data["points"])
    if points != round(points, DIGITS):
        message = f"Talon.One keeps {DIGITS} decimals of a point."
        raise MappingError(message, code="FRACTION", field="points")
    body |= {"points": str(points), "reason": reason_of(item, MAX_REASON)}
    return Prepared(item, CHANGE, body, {}, is_subject=True)


def member_id(program, profile):
    """Return the id of a member's balance. A profile has one in each program and wallet.

    :param program: an :class:`~..loyalty.EngineProgram`, or what has its ``id`` and ``wallet``
    """
    return "/".join(filter(None, (profile, program.id, program.wallet)))


def profile_of(remote_id):
    """Return the profile of a :func:`member_id`."""
    return remote_id.partition("/")[0]


# ----- balances -----


def membership_of(body, program, profile, unused):
    """Return the :class:`~..loyalty.Membership` of a profile.

    :param body: its balances
    :param unused: its active points, lot by lot
    """
    wallets = body.get("subledgerBalances") or {}
    balance = (wallets.get(program.wallet) if program.wallet else body.get("balance")) or {}
    return Membership(
        remote_id=member_id(program, profile),
        balance=number(balance.get("activePoints")) - number(balance.get("negativePoints")),
        pending=number(balance.get("pendingPoints")),
        tier=(balance.get("currentTier") or {}).get("name") or "",
        expiring=next_to_expire(unused, program.wallet),
    )


def next_to_expire(unused, wallet):
    """Return a list of the one :class:`~..loyalty.Lot` that expires next, empty if there is none."""
    by_day = {}
    for each in unused:
        at = time_of(each.get("expiryDate"))
        if at and each.get("subledgerId", "") == wallet:
            by_day[at.date()] = by_day.get(at.date(), Decimal()) + number(each["amount"])
    return [Lot(day=day, points=by_day[day]) for day in sorted(by_day)[:1]]


def number(value):
    return Decimal(str(value or 0))


def time_of(text):
    """Return a time (UTC, naive); None for words such as ``immediate`` and ``unlimited``."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
    except (TypeError, ValueError):
        return None


# ----- transactions -----


def transaction_of(each, originals, now):
    """Return the :class:`~..loyalty.EngineTransaction` of an entry.

    :param originals: see :func:`originals_of`
    :param now: Talon.One's time (UTC, naive)
    """
    session, sign = each.get("customerSessionId") or "", SIGNS[each["type"]]
    return EngineTransaction(
        id=each["transactionUUID"],
        kind=_kind(session, sign, originals.get(_rule(each))),
        state="pending" if _is_waiting(each, now) else "booked",
        points=sign * number(each["amount"]),
        occurred_at=time_of(each["created"]),
        key=key_in(each.get("name") or ""),
        order=session if order_of(session) else "",
        group=session,
        reason=each.get("name") or "",
    )


def _rule(each):
    return each.get("customerSessionId") or "", each.get("rulesetId"), each.get("ruleName")


def originals_of(entries):
    """Return ``{what a rule did in a session: 1 or -1}``: what it added or deducted first is not a reversal.

    :param entries: all those of these sessions
    """
    found = {}
    for each in sorted(entries, key=lambda each: each["id"]):
        found.setdefault(_rule(each), SIGNS[each["type"]])
    return found


def _kind(session, sign, original):
    if not session:  # by hand, or by an event
        return "adjust"
    if original is not None and sign != original:
        return "reverse"
    return "earn" if sign > 0 else "redeem"


def _is_waiting(each, now):
    start = each.get("startDate")
    at = time_of(start)
    return start == "on_action" or (at is not None and at > now)


def expiry_of(lot):
    """Return the :class:`~..loyalty.EngineTransaction` of points that expired: Talon.One lists no transaction of it."""
    at = time_of(lot["expiryDate"])
    return EngineTransaction(
        id=f"expired/{at.isoformat()}/{lot['transactionUUID']}",
        kind="expire",
        state="booked",
        points=-number(lot["amount"]),
        occurred_at=at,
        reason=lot.get("name") or "",
    )


def time_of_expiry(transaction_id):
    """Return when points expired (UTC, naive), of the id of :func:`expiry_of`; None for another id."""
    found = _EXPIRY.fullmatch(transaction_id)
    return datetime.fromisoformat(found[1]) if found else None


# ----- effects -----


def forecast_of(answer, program, profile):
    """Return the points that a session would earn a profile in a program and subledger."""
    added = [
        each.get("props") or {} for each in answer["effects"] if each.get("effectType") == "addLoyaltyPoints"
    ]
    own = [
        Decimal(str(props.get("value") or 0))
        for props in added
        if str(props.get("programId")) == program.id
        and (props.get("subLedgerId") or "") == program.wallet
        and props.get("recipientIntegrationId") in (None, profile)
    ]
    return sum(own, Decimal())


def booked_by(answer, program, points):
    """Return the UUID of the transaction by which an event changed the points; None if its rule did not.

    :param points: a Decimal, negative to deduct
    :raise BusinessError: the rule booked other points, or in another program
    """
    kind = "addLoyaltyPoints" if points > 0 else "deductLoyaltyPoints"
    changes = [each["props"] for each in answer["effects"] if each.get("effectType") == kind]
    if not changes:
        return None
    places = {(str(each.get("programId")), each.get("subLedgerId") or "") for each in changes}
    total = sum(number(each.get("value")) for each in changes)
    if places != {(program.id, program.wallet)} or total != abs(points) or len(changes) > 1:
        raise booked_otherwise(total, points)
    return changes[0]["transactionUUID"]


def booked_otherwise(found, wanted):
    message = (
        f"The rules of Talon.One booked {found} points of {abs(wanted)}, or not in this program. Check the rule for "
        "corrections there, and correct the points."
    )
    return BusinessError(message, code="BOOKED_OTHERWISE")
