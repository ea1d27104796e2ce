"""Points of a card: adjustment by hand, transactions, and buckets that are pending or expire."""

from kit.wire import json_response

from . import filters, members, pages, programs, transactions
from .checks import body_of, check
from .failures import invalid_payload, locked, not_found
from .members import MEMBER

CARD = f"{MEMBER}/cards/{{card_id}}"
MOST_REASON = 255
# Action -> (status of the bucket, type of the transaction, words in messages).
ENDS = {
    "activate": ("ACTIVATED", "PENDING_POINTS_ACTIVATED", "activation", "activated"),
    "cancel": ("CANCELED", "PENDING_POINTS_CANCELED", "cancellation", "canceled"),
}


def existing(project, program_id, member_id, card_id):
    """Return (program, member, card)."""
    program, member = members.existing(project, program_id, member_id)
    for card in members.cards_of(project, member):
        if card.id == card_id:
            return program, member, card
    raise not_found("card", card_id)


# --- by hand ---


def adjust(project, request, program_id, member_id, card_id):
    """Neither idempotent, nor done when it answers."""
    program, member, card = existing(project, program_id, member_id, card_id)
    data = body_of(request)
    if data.get("points") is None:
        raise invalid_payload("Payload must have required property 'points'")
    check(data, {"points": "integer", "reason": "string"}, closed=True)
    if len(data.get("reason") or "") > MOST_REASON:
        raise invalid_payload(f"Property .reason must NOT have more than {MOST_REASON} characters")
    members.check_active(project, program, member, "adjust member's card points")
    points, reason = data["points"], data.get("reason")
    if points == 0:
        message = "Provided amount is zero, transaction was not created"
        return json_response(200, {"transaction": None, "status": "NO_CHANGE", "message": message})
    made = credit(project, card, points, reason) if points > 0 else debit(project, card, -points, reason)
    word = "addition" if points > 0 else "subtraction"
    return json_response(200, transactions.created(made, f"Points {word} transaction created"))


def credit(project, card, points, reason):
    details = {"points": {"total": points, "expiration_date": card.expiration_date()}}
    return transactions.create(
        project, card, "ADMIN_CREDIT", details, lambda: card.add(points, "added"), reason
    )


def debit(project, card, points, reason):
    def apply():
        if points > card.balance() and not card.wallet["allow_negative"]:
            return "NOT_ENOUGH_BALANCE"
        return card.take(points, "subtracted")

    return transactions.create(project, card, "ADMIN_DEBIT", {"points": {"total": -points}}, apply, reason)


# --- lists ---


def list_transactions(project, request, program_id, member_id, card_id):
    card = existing(project, program_id, member_id, card_id)[2]
    found = filters.matching(request, card.transactions, ("id", "created_at"))
    return pages.by_cursor(project, request, found, "lcrsctx_")


def list_pending(project, request, program_id, member_id, card_id):
    card = existing(project, program_id, member_id, card_id)[2]
    found = [card.describe_pending(each) for each in card.waiting()]
    return pages.by_cursor(project, request, found, "lcrscppb_", ("date",), default="date")


def list_expiring(project, request, program_id, member_id, card_id):
    card = existing(project, program_id, member_id, card_id)[2]
    found = [card.describe_bucket(each) for each in card.buckets if each["expiration_date"]]
    return pages.by_cursor(
        project, request, found, "lcrspeb_", ("expiration_date",), default="expiration_date"
    )


# --- pending points ---


def activate(project, request, bucket_id, **ids):
    return end(project, "activate", bucket_id, ids)


def cancel(project, request, bucket_id, **ids):
    return end(project, "cancel", bucket_id, ids)


def end(project, action, bucket_id, ids):
    program, member, card = existing(project, **ids)
    status, kind, word, past = ENDS[action]
    bucket = next((each for each in card.pending if each["id"] == bucket_id), None)
    if bucket is None:
        raise not_found("card_pending_points_bucket", bucket_id)
    members.check_active(project, program, member, f"{action} pending points")
    if bucket["status"] != "PENDING":
        details = f"Pending points bucket must be in PENDING status in order to be {past}"
        message = "Invalid pending points bucket status"
        raise locked("invalid_pending_points_bucket_status", message, details)
    made = end_bucket(project, card, bucket, status, kind, f"Manual points {word}")
    return json_response(200, transactions.created(made, f"Points {word} transaction created"))


def end_bucket(project, card, bucket, status, kind, reason):
    """Create the transaction that activates or cancels a bucket."""

    def apply():
        if bucket["status"] != "PENDING":
            return "INVALID_PENDING_POINTS_BUCKET_STATUS"
        return card.end_pending(bucket, status)

    points = {"total": bucket["points"], "date": bucket["date"], "type": bucket["type"]}
    return transactions.create(project, card, kind, {"points": points}, apply, reason)


# --- expiration ---


def expire(project, request, program_id, member_id, card_id, bucket_id):
    program, member, card = existing(project, program_id, member_id, card_id)
    bucket = next((each for each in card.buckets if each["id"] == bucket_id), None)
    if bucket is None:
        raise not_found("card_points_bucket", bucket_id)
    members.check_active(project, program, member, "expire points")
    if programs.expiration_type(card.wallet) == "NO_EXPIRATION":
        raise locked("points_expiration_not_enabled", "Points expiration is not enabled", None)
    details = {"bucket": card.simple_bucket(bucket)}
    made = transactions.create(
        project,
        card,
        "ADMIN_POINTS_EXPIRATION",
        details,
        lambda: remove(card, [bucket]),
        "Manual points expiration",
    )
    return json_response(200, transactions.created(made, "Points expiration transaction created"))


def remove(card, buckets):
    """Let the points expire that are left in these buckets."""
    gone = [each for each in card.buckets if each in buckets]
    card.lifetime["expired"] += sum(each["points"] for each in gone)
    card.buckets = [each for each in card.buckets if each not in gone]


def at_a_new_day(project):
    """Begin the transactions of this date: points expire, pending ones are activated or cancelled."""
    today = project.clock.date()
    for cards in project.cards.values():
        for card in cards:
            expire_today(project, card, today)
            for bucket in [each for each in card.waiting() if each["date"] <= today]:
                end_today(project, card, bucket)


def expire_today(project, card, today):
    buckets = card.expired(today)
    if buckets:
        points = sum(each["points"] for each in buckets)
        listed = [card.simple_bucket(each) for each in buckets]
        details = {"points": {"total": points}, "date": today, "buckets": listed}
        transactions.create(
            project, card, "POINTS_EXPIRED", details, lambda: remove(card, buckets), "Points expiration"
        )


def end_today(project, card, bucket):
    """A bucket that waits for an event is cancelled at its date, others are activated."""
    if bucket["type"] == "EVENT_BASED":
        end_bucket(project, card, bucket, *ENDS["cancel"][:2], "Pending points canceled")
    else:
        end_bucket(project, card, bucket, *ENDS["activate"][:2], "Pending points activated")


ROUTES = (
    ("POST", f"{CARD}/points", adjust),
    ("GET", f"{CARD}/transactions", list_transactions),
    ("GET", f"{CARD}/pending-points", list_pending),
    ("POST", f"{CARD}/pending-points/{{bucket_id}}/activate", activate),
    ("POST", f"{CARD}/pending-points/{{bucket_id}}/cancel", cancel),
    ("GET", f"{CARD}/expiring-points", list_expiring),
    ("POST", f"{CARD}/expiring-points/{{bucket_id}}/expire", expire),
)
