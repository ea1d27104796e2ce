"""Codes of Voucherify: coupons and gift cards. Asked before an order is confirmed, redeemed and rolled back after it.

A redemption has an order of its own, which stays CREATED: it earns nothing, and has what the order amounted to before
the code. That of the order itself is what the customer pays. Voucherify would use the data of an order that it has
already, and not those of the redemption. A call has no idempotency key: the metadata of a redemption names the order,
and the key of the item.
"""

from datetime import date
from decimal import Decimal

from ...core.errors import BusinessError, MappingError, RemoteNotFoundError, TransientError
from ..items import Outcome, Prepared
from ..loyalty import EngineCode, customer_key, order_key
from ..minor_units import from_minor, to_minor
from ..texts import clean
from . import orders

REDEEMED, REVERSED = "code.redeemed", "code.reversed"
EVENT_TYPES = frozenset({REDEEMED, REVERSED})
REDEEM, ROLL_BACK = "redeem", "roll_back"
OPERATIONS = (REDEEM, ROLL_BACK)
ALREADY = "already_rolled_back"
WHOLE_ORDER = ("", "APPLY_TO_ORDER")
NOTHING_REDEEMED = "Voucherify has no redemption of this code for the order: nothing was given back."


# ----- asking -----


def ask(api, question):
    """Return the :class:`~..loyalty.EngineCode`; None if there is no such code.

    The voucher says what it is worth, a validation whether it can be used for the order. That locks it, too.

    :raise BusinessError: it cannot be used; the message says why
    """
    voucher = _voucher(api, question.code)
    if voucher is None:
        return None
    found = code_of(voucher, question.order["currency"])
    answer = api.validate(validation(voucher["code"], question))
    if not answer.get("valid"):
        raise _refusal(answer)
    return found


def _voucher(api, code):
    """Return the voucher with a code; None if there is none."""
    try:
        voucher = api.voucher(code)
    except RemoteNotFoundError:
        return None
    return voucher if voucher["code"].casefold() == code.casefold() else None  # it was found by its id


def balance_of(api, code, currency):
    """Return what is left of a gift card; None if there is none with this code."""
    voucher = _voucher(api, code)
    is_gift_card = voucher and voucher.get("type") == "GIFT_VOUCHER"
    return from_minor(voucher["gift"]["balance"], currency) if is_gift_card else None


def validation(code, question):
    """Return the body of a validation that locks a code for an order."""
    order = question.order
    return {
        "redeemables": [{"object": "voucher", "id": code}],
        "order": {"metadata": _order_metadata(order), **orders.amounts(order)},
        "session": {
            "type": "LOCK",
            "key": session_key(question.hold, code),
            "ttl": question.minutes,
            "ttl_unit": "MINUTES",
        },
        **_customer(order),
    }


def session_key(hold, code):
    """Return the key of a lock: each order has one for each of its codes."""
    return f"{hold}/{code}"


def code_of(voucher, currency):
    """Return the :class:`~..loyalty.EngineCode` of a voucher.

    :raise BusinessError: Odoo cannot do what it does
    """
    about = {"code": voucher["code"], "expires_on": _last_day(voucher.get("expiration_date"))}
    if voucher.get("type") == "GIFT_VOUCHER":
        balance = from_minor(voucher["gift"]["balance"], currency)
        return EngineCode(kind="gift_card", value=balance, uses=None, **about)
    discount = voucher.get("discount") or {}
    if voucher.get("type") != "DISCOUNT_VOUCHER" or (discount.get("effect") or "") not in WHOLE_ORDER:
        raise _not_supported()
    about["uses"] = _uses(voucher.get("redemption") or {})
    if discount.get("type") == "AMOUNT":
        return EngineCode(kind="amount", value=_money(discount["amount_off"], currency), **about)
    if discount.get("type") != "PERCENT":
        raise _not_supported()
    limit = discount.get("amount_limit")
    maximum = _money(limit, currency) if limit else None
    return EngineCode(kind="percent", value=Decimal(str(discount["percent_off"])), maximum=maximum, **about)


def _money(amount, currency):
    return from_minor(round(amount), currency)


def _uses(redemption):
    quantity = redemption.get("quantity")
    return None if quantity is None else max(quantity - (redemption.get("redeemed_quantity") or 0), 0)


def _last_day(expiration):
    """Return the last day; Voucherify itself knows the minute."""
    return date.fromisoformat(expiration[:10]) if expiration else None


def _not_supported():
    message = (
        "Odoo can only use codes that take an amount or a percentage off the whole order, and gift cards."
    )
    return BusinessError(message, code="CODE_NOT_SUPPORTED")


# What customers and colleagues read, where Voucherify's own words say too little.
REASONS = {
    "gift_amount_exceeded": "the gift card has nothing left, or is being used in another order",
}


def _refusal(answer):
    """Return the error for a code that is not valid, with the reason that Voucherify gives."""
    results = [each.get("result") or {} for each in answer.get("redeemables") or () if isinstance(each, dict)]
    error = next((each["error"] for each in results if isinstance(each.get("error"), dict)), {})
    key = str(error.get("key") or "INVALID")[:64]
    texts = [REASONS.get(key), clean((error.get("error") or {}).get("message")), clean(error.get("message"))]
    return BusinessError(next(filter(None, texts), "no reason given"), code=key)


# ----- redeeming -----


def prepare(item):
    """Return the request that redeems a code, or rolls that back.

    :raise MappingError: the event is not about a code
    """
    data = item.data
    if not data.get("code"):
        raise MappingError("There is no code to redeem.", code="NO_CODE", field="code")
    order = order_key(data["channel"], data["id"])
    metadata = {"order": order, "key": item.idempotency_key}
    if item.event_type == REVERSED:
        body = {"code": data["code"], "reason": f"Odoo: {data['number']}", "metadata": metadata}
        if data["kind"] == "gift_card":
            body["amount"] = to_minor(data["amount"], data["currency"])
        return Prepared(item, ROLL_BACK, body, {}, is_subject=False)
    redeemable = {"object": "voucher", "id": data["code"]}
    if data["kind"] == "gift_card":
        redeemable["gift"] = {"credits": to_minor(data["amount"], data["currency"])}
    body = {
        "redeemables": [redeemable],
        "order": {
            "source_id": f"{order}/{item.idempotency_key}",
            "status": "CREATED",
            "metadata": _order_metadata(data),
            **orders.amounts(data),
        },
        "session": {"type": "LOCK", "key": session_key(data["hold"], data["code"])},
        "metadata": metadata,
        **_customer(data),
    }
    return Prepared(item, REDEEM, body, {}, is_subject=False)


def _order_metadata(data):
    return {"number": data["number"], "channel": data["channel"], "currency": data["currency"]}


def _customer(data):
    customer_id = data.get("customer_id")
    return {"customer": {"source_id": customer_key(customer_id)}} if customer_id else {}


def send(api, prepared):
    """
    :raise RemoteError: a call failed
    """
    if prepared.operation == ROLL_BACK:
        return _roll_back(api, prepared)
    return _outcome(prepared, _redeemed(api.redeem(prepared.body)))


def resolve(api, prepared):
    """Look for the redemption first: the call may have been carried out although its answer was lost."""
    if prepared.operation == ROLL_BACK:
        return _roll_back(api, prepared)
    key, code = prepared.body["metadata"]["key"], prepared.body["redeemables"][0]["id"]
    for each in api.redemptions(code):
        if (each.get("metadata") or {}).get("key") == key:
            return _outcome(prepared, each["id"])
    return send(api, prepared)


def _redeemed(answer):
    """
    :raise TransientError: the answer names no redemption: nobody knows what became of the call
    """
    made = answer.get("redemptions") or [{}]
    if not isinstance(made[0].get("id"), str):
        raise TransientError(
            "The response of Voucherify has no redemption.", code="BAD_RESPONSE", uncertain=True
        )
    return made[0]["id"]


def _roll_back(api, prepared):
    """Roll back what the order redeemed. Nothing is left to do if that was never redeemed, or is rolled back.

    A part of what was spent of a gift card is added to it: Voucherify rolls back whole redemptions only.
    """
    order, code = prepared.body["metadata"]["order"], prepared.body["code"]
    for each in api.redemptions(code):
        about = each.get("metadata") or {}
        if about.get("order") == order and each.get("status") == "SUCCEEDED":
            if prepared.body.get("amount") not in (None, each.get("amount")):
                return _add_back(api, prepared, each["id"])
            return _outcome(prepared, _rolled_back(api, each["id"], prepared.body["reason"]))
    return _outcome(prepared, "", NOTHING_REDEEMED)


def _add_back(api, prepared, redemption):
    """Add a part of a redemption to a gift card, unless that was done."""
    code, key = prepared.body["code"], prepared.body["metadata"]["key"]
    if not prepared.item.in_doubt or all(
        each.get("source_id") != key for each in api.voucher_transactions(code)
    ):
        body = {"amount": prepared.body["amount"], "source_id": key, "reason": prepared.body["reason"]}
        api.change_balance(code, body)
    return _outcome(prepared, redemption)


def _rolled_back(api, redemption, reason):
    try:
        return api.roll_back(redemption, {"reason": reason}).get("id") or redemption
    except BusinessError as error:
        if error.code != ALREADY:
            raise
        return redemption


def _outcome(prepared, redemption, *warnings):
    response = {"redemption": redemption or "none"}
    return Outcome(prepared.item.trace_id, None, http_status=200, response=response, warnings=warnings)
