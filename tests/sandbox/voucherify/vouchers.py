"""Vouchers of v1: discount coupons, gift cards, and loyalty cards, which campaigns issue (see loyalty_v1.py)."""

from kit.clock import epoch
from kit.wire import Response, json_response

from . import pages, sessions, webhooks
from .checks import body_of, check
from .failures import Failure, invalid_payload, not_found

PATH = "/v1/vouchers"
VOUCHER = f"{PATH}/{{code}}"
KINDS = {"DISCOUNT_VOUCHER": "discount", "GIFT_VOUCHER": "gift", "LOYALTY_CARD": "loyalty_card"}
TYPES = {
    "code": "string",
    "type": tuple(KINDS),
    "discount": "object",
    "gift": "object",
    "loyalty_card": "object",
    "campaign": "string",
    "campaign_id": "string",
    "category": "string",
    "start_date": "string",
    "expiration_date": "string",
    "active": "boolean",
    "additional_info": "string",
    "metadata": "object",
    "redemption": "object",
}
CONTENTS = {
    "discount": ({"type": ("AMOUNT", "PERCENT"), "amount_off": "number", "percent_off": "number"}, ("type",)),
    "gift": ({"amount": "integer", "balance": "integer", "effect": "string"}, ("amount",)),
    "loyalty_card": ({"points": "integer"}, ("points",)),
}
# Kind of balance -> (its types of transactions: added, removed; unit; webhook).
BALANCES = {
    "gift": ("CREDITS_ADDITION", "CREDITS_REMOVAL", "gift_voucher", "voucher.gift.transaction.created"),
    "loyalty_card": (
        "POINTS_ADDITION",
        "POINTS_REMOVAL",
        "loyalty_card",
        "voucher.loyalty_card.transaction.created",
    ),
}


def find(project, code):
    """Return the voucher with this code or id, or None."""
    return project.vouchers.get(project.voucher_ids.get(code, code))


def existing(project, code):
    voucher = find(project, code)
    if voucher is None:
        raise not_found("voucher", code)
    return voucher


def kind_of(voucher):
    return KINDS[voucher["type"]]


def make(project, code, data, holder=None):
    """Create a voucher from checked data, and return it. Null is as if it was not given."""
    data = {name: value for name, value in data.items() if value is not None}
    kind = KINDS[data["type"]]
    voucher = {
        "id": project.new_id("v_"),
        "code": code,
        "campaign": data.get("campaign"),
        "campaign_id": data.get("campaign_id"),
        "category": data.get("category"),
        "category_id": None,
        "categories": [],
        "type": data["type"],
        **dict.fromkeys(CONTENTS),
        kind: content_of(kind, data[kind]),
        "start_date": data.get("start_date"),
        "expiration_date": data.get("expiration_date"),
        "validity_timeframe": None,
        "validity_day_of_week": None,
        "active": data.get("active", True),
        "additional_info": data.get("additional_info"),
        "metadata": dict(data.get("metadata") or {}),
        "is_referral_code": False,
        "created_at": project.clock.iso(),
        "updated_at": None,
        "holder_id": holder,
        "redemption": {"quantity": (data.get("redemption") or {}).get("quantity"), "redeemed_quantity": 0},
        "object": "voucher",
    }
    project.vouchers[voucher["id"]] = voucher
    project.voucher_ids[code] = voucher["id"]
    project.voucher_transactions[voucher["id"]] = []
    return voucher


def content_of(kind, data):
    data = {name: value for name, value in data.items() if value is not None}
    if kind == "gift":
        return {"effect": "APPLY_TO_ORDER", "balance": data["amount"], **data}
    if kind == "loyalty_card":
        return {"points": data["points"], "balance": data["points"]}
    return {"effect": "APPLY_TO_ORDER", **data}


def describe(voucher, hidden=()):
    """Return a voucher as the API shows it; lists and the loyalty API hide some properties."""
    url = f"{PATH}/{voucher['code']}"
    redemptions = {"object": "list", "url": f"{url}/redemptions?page=1&limit=10"}
    shown = {
        **voucher,
        "redemption": {**voucher["redemption"], **redemptions},
        "publish": {"object": "list", "count": 0, "url": f"{url}/publications?page=1&limit=10"},
        "validation_rules_assignments": {"object": "list", "data_ref": "data", "data": [], "total": 0},
    }
    return {name: value for name, value in shown.items() if name not in hidden}


# --- whether it can be used ---


def check_usable(project, voucher, session_key=None):
    """Raise Failure for a voucher that is not active now, or used as often as it may be."""
    now, code = project.clock.now(), voucher["code"]
    campaign = project.offers.get(voucher["campaign_id"])
    if not voucher["active"] or (campaign and not campaign["active"]):
        message = "The voucher has been disabled and cannot be used."
        raise Failure(400, "voucher_disabled", "voucher is disabled", code, error_message=message)
    if voucher["start_date"] and epoch(voucher["start_date"]) > now:
        raise Failure(400, "voucher_not_active", "voucher not active", code)
    if voucher["expiration_date"] and epoch(voucher["expiration_date"]) <= now:
        raise Failure(400, "voucher_expired", "voucher expired", code)
    quantity, used = voucher["redemption"]["quantity"], voucher["redemption"]["redeemed_quantity"]
    if quantity is not None and used + len(sessions.others(project, voucher, session_key)) >= quantity:
        raise Failure(400, "quantity_exceeded", "quantity exceeded", code)


def available(project, voucher, session_key=None):
    """Return the balance, without what sessions of others lock."""
    locked = sum(each["amount"] for each in sessions.others(project, voucher, session_key))
    return voucher[kind_of(voucher)]["balance"] - locked


# --- balances ---


def change_balance(project, voucher, change, kind=None, reason=None, source_id=None, details=None):
    """Change the balance of a gift card or a loyalty card at once, and return the transaction.

    :param kind: the type of the transaction, if nobody made it by hand
    """
    content = voucher[kind_of(voucher)]
    added, removed, unit, webhook = BALANCES[kind_of(voucher)]
    content["balance"] += change
    if kind is None or kind == "POINTS_ACCRUAL":
        content["points" if unit == "loyalty_card" else "amount"] += change
    voucher["updated_at"] = project.clock.iso()
    transaction = {
        "id": project.new_id("vtx_"),
        "source_id": source_id,
        "voucher_id": voucher["id"],
        "campaign_id": voucher["campaign_id"],
        "source": "API",
        "reason": reason,
        "type": kind or (added if change >= 0 else removed),
        "details": {"balance": balance(voucher, change, kind is None), **(details or {})},
        "related_transaction_id": None,
        "created_at": project.clock.iso(),
    }
    project.voucher_transactions[voucher["id"]].append(transaction)
    webhooks.notify(
        project, webhook, transaction["id"], {"transaction": transaction, "voucher": describe(voucher)}
    )
    return transaction


def balance(voucher, change, by_hand):
    content, unit = voucher[kind_of(voucher)], BALANCES[kind_of(voucher)][2]
    is_card = unit == "loyalty_card"
    return {
        "points" if is_card else "amount": change,
        "total": content["points" if is_card else "amount"],
        "balance": content["balance"],
        "type": unit,
        "operation_type": "MANUAL" if by_hand else "AUTOMATIC",
        "object": "balance",
        "related_object": {"type": "voucher", "id": voucher["id"]},
    }


# --- the API ---


def create(project, request, code):
    data = body_of(request)
    check(data, TYPES, required=("type",))
    kind = KINDS[data["type"]]
    if data.get(kind) is None:
        raise Failure(400, "invalid_voucher", "Invalid Voucher", f"Property .{kind} is missing")
    types, required = CONTENTS[kind]
    check(data[kind], types, required, at=f".{kind}")
    if kind == "loyalty_card" and data.get("campaign_id") not in project.campaigns:
        raise Failure(400, "invalid_voucher", "Invalid Voucher", "A loyalty card needs a loyalty campaign")
    if find(project, code):
        details = f"Duplicated voucher exists with id {code}"
        raise Failure(409, "duplicate_found", "Duplicated resource found", details, ("voucher", code))
    return json_response(200, describe(make(project, code, data)))


def read(project, request, code):
    return json_response(200, describe(existing(project, code)))


def list_page(project, request):
    arguments = request.arguments()
    filters = {name: arguments[name] for name in ("campaign_id", "code") if name in arguments}
    found = [
        describe(each, ("validation_rules_assignments",))
        for each in project.vouchers.values()
        if all(each[name] == value for name, value in filters.items())
    ]
    return pages.by_number(request, found, "vouchers")


def update(project, request, code):
    """Change a voucher. Null clears a date."""
    voucher, data = existing(project, code), body_of(request)
    check(data, TYPES)
    names = ("start_date", "expiration_date", "active", "additional_info", "category")
    voucher.update({name: data[name] for name in names if name in data}, updated_at=project.clock.iso())
    if data.get("discount"):
        check(data["discount"], *CONTENTS["discount"], at=".discount")
        voucher["discount"] = content_of("discount", data["discount"])
    voucher["metadata"].update(data.get("metadata") or {})
    return json_response(200, describe(voucher))


def delete(project, request, code):
    voucher = existing(project, code)
    del project.vouchers[voucher["id"]], project.voucher_ids[voucher["code"]]
    return Response(204)


def enable(project, request, code):
    return switch(project, code, True)


def disable(project, request, code):
    return switch(project, code, False)


def switch(project, code, active):
    voucher = existing(project, code)
    voucher.update(active=active, updated_at=project.clock.iso())
    return json_response(200, describe(voucher))


def adjust(project, request, code):
    """Add to a gift card, or take from it. The ``source_id`` is stored, no more."""
    voucher = existing(project, code)
    data = body_of(request)
    check(data, {"amount": "integer", "source_id": "string", "reason": "string"}, required=("amount",))
    if kind_of(voucher) not in BALANCES:
        raise invalid_payload("A discount voucher has no balance")
    if available(project, voucher) + data["amount"] < 0:
        details = "The balance would be below zero"
        raise Failure(400, "invalid_add_balance_params", "Invalid add balance params", details)
    made = change_balance(
        project, voucher, data["amount"], reason=data.get("reason"), source_id=data.get("source_id")
    )
    shown = {**made["details"]["balance"], "amount": data["amount"]}
    shown.pop("points", None)
    return json_response(200, shown)


def list_transactions(project, request, code):
    return pages.by_id(request, project.voucher_transactions[existing(project, code)["id"]])


def release(project, request, code, key):
    """End a session before its time."""
    voucher = existing(project, code)
    if not sessions.release(project, voucher, key):
        raise not_found("session", key)
    return Response(204)


ROUTES = (
    ("GET", PATH, list_page),
    ("POST", VOUCHER, create),
    ("GET", VOUCHER, read),
    ("PUT", VOUCHER, update),
    ("DELETE", VOUCHER, delete),
    ("POST", f"{VOUCHER}/enable", enable),
    ("POST", f"{VOUCHER}/disable", disable),
    ("POST", f"{VOUCHER}/balance", adjust),
    ("GET", f"{VOUCHER}/transactions", list_transactions),
    ("DELETE", f"{VOUCHER}/sessions/{{key}}", release),
)
