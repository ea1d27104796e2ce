"""Validations: 200 also for what cannot be used, with ``valid: false``. They may lock what they found."""

import base64
import hashlib

from kit.wire import json_response

from . import orders, sessions, stack
from .checks import body_of

SKIPPED = {
    "key": "preceding_validation_failed",
    "message": "Redeemable cannot be applied due to preceding validation failure",
}


def validate(project, request):
    data = body_of(request)
    stack.check_request(project, data)
    session = sessions.wanted(data)
    uses = stack.evaluate(project, data, session and session["key"])
    valid = stack.is_valid(project, uses)
    body = {
        "id": project.new_id("valid_"),
        "valid": valid,
        **listed(data, uses, valid),
        "tracking_id": data.get("tracking_id") or tracking_id(data),
        "stacking_rules": stacking_rules(project),
    }
    if valid and data.get("order"):
        body["order"] = order_after(data, uses, sum(each.discount for each in uses))
    if valid and session:
        applied = [each for each in uses if each.status == "APPLICABLE"]
        sessions.open_(project, session, [(each.voucher, each.amount) for each in applied])
        body["session"] = session
    return json_response(200, body)


def listed(data, uses, valid):
    """All redeemables if it is not valid; else those that were applied, and the others apart."""
    shown = [(each.status, describe(data, uses, each)) for each in uses]
    if not valid:
        return {"redeemables": [each for _, each in shown]}
    lists = {}
    for status, each in shown:
        lists.setdefault(status, []).append(each)
    return {
        "redeemables": lists.get("APPLICABLE", []),
        "inapplicable_redeemables": lists.get("INAPPLICABLE", []),
        "skipped_redeemables": lists.get("SKIPPED", []),
    }


def describe(data, uses, use):
    shown = {"status": use.status, "id": use.redeemable["id"], "object": "voucher"}
    if use.status == "SKIPPED":
        return {**shown, "result": {"details": SKIPPED}}
    if use.failure:
        return {**shown, "result": {"error": use.failure.body()}}
    empty = {"data": [], "total": 0, "data_ref": "data", "object": "list"}
    described = {**shown, "applicable_to": empty, "inapplicable_to": empty, "result": result_of(use)}
    if data.get("order"):
        before = uses[: uses.index(use)]
        described["order"] = order_after(data, [*before, use], use.discount)
    return described


def result_of(use):
    kind = use.voucher["type"]
    if kind == "GIFT_VOUCHER":
        return {"gift": {"balance": use.voucher["gift"]["balance"] - use.amount, "credits": use.amount}}
    if kind == "LOYALTY_CARD":
        return {"loyalty_card": {"points": use.amount}}
    return {"discount": use.voucher["discount"]}


def order_after(data, uses, applied):
    """Return the order of the request, with the discounts of these uses. It is not stored."""
    order = data["order"]
    amount, off = orders.amount_of(order) or 0, sum(each.discount for each in uses)
    return {
        "amount": amount,
        "discount_amount": off,
        "total_discount_amount": off,
        "total_amount": amount - off,
        "applied_discount_amount": applied,
        "total_applied_discount_amount": applied,
        "metadata": order.get("metadata") or {},
        "customer_id": None,
        "referrer_id": None,
        "object": "order",
    }


def tracking_id(data):
    """Return the hash of the customer's source_id that answers have; None without a customer."""
    about = data.get("customer") or {}
    key = about.get("source_id") or about.get("id")
    if not key:
        return None
    return f"track_{base64.b64encode(hashlib.sha256(key.encode()).digest()[:16]).decode()}"


def stacking_rules(project):
    return {
        "redeemables_limit": stack.MOST,
        "applicable_redeemables_limit": stack.MOST,
        "applicable_redeemables_per_category_limit": stack.MOST,
        "applicable_redeemables_category_limits": {},
        "applicable_exclusive_redeemables_limit": 1,
        "applicable_exclusive_redeemables_per_category_limit": 1,
        "exclusive_categories": [],
        "joint_categories": [],
        "redeemables_application_mode": project.settings["application_mode"],
        "redeemables_sorting_rule": "REQUESTED_ORDER",
        "redeemables_products_application_mode": "STACK",
        "redeemables_no_effect_rule": "REDEEM_ANYWAY",
        "no_effect_skip_categories": [],
        "no_effect_redeem_anyway_categories": [],
        "redeemables_rollback_order_mode": project.settings["rollback_order_mode"],
    }


ROUTES = (("POST", "/v1/validations", validate),)
