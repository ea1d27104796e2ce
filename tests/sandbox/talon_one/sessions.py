"""Customer sessions, which are orders. An update is merged into what is there; what is closed stays as it is."""

from kit.wire import json_response

from . import answers, booking, profiles, rules
from .checks import (
    body_of,
    check,
    check_attributes,
    check_list,
    flag,
    given,
    merge_attributes,
    time_argument,
)
from .failures import Failure, invalid, not_found, refused

PATH = "/v2/customer_sessions/{key}"
MOST_ITEMS = 1_000
MOST_UNITS = 10_000
STATES = ("open", "closed", "partially_returned", "cancelled")
# What an update may change the state to. Other ways are calls of their own.
TRANSITIONS = {
    None: ("open", "closed"),
    "open": ("open", "closed", "cancelled"),
    "closed": ("cancelled",),
    "partially_returned": ("cancelled",),
    "cancelled": (),
}
SESSION = {
    "profileId": "string",
    "storeIntegrationId": "string",
    "evaluableCampaignIds": "array",
    "couponCodes": "array",
    "referralCode": "string",
    "loyaltyCards": "array",
    "state": STATES,
    "cartItems": "array",
    "experimentVariantAllocations": "array",
    "additionalCosts": "object",
    "identifiers": "array",
    "attributes": "object",
}
KEPT = (
    "profileId",
    "storeIntegrationId",
    "couponCodes",
    "referralCode",
    "additionalCosts",
    "identifiers",
)
ITEM = {
    "sku": "string",
    "quantity": "integer",
    "name": "string",
    "price": "number",
    "category": "string",
    "product": "object",
    **dict.fromkeys(("weight", "height", "width", "length"), "number"),
    "attributes": "object",
    "additionalCosts": "object",
}
# Calculated by Talon.One: what is sent is ignored.
READ_ONLY = {
    "position": "number",
    "returnedQuantity": "integer",
    "remainingQuantity": "integer",
    "catalogItemID": "integer",
    "selectedPriceType": "string",
    "prices": "object",
}
CONTENT = (
    *profiles.CONTENT,
    "customerSession",
    "coupons",
    "referral",
    "previousReturns",
)


def existing(deployment, key):
    if key not in deployment.sessions:
        raise not_found("Customer session")
    return deployment.sessions[key]


# --- checks ---


def check_session(deployment, data):
    at = "/customerSession"
    check(data, SESSION, at=at)
    check_list(data, "couponCodes", "string", at)
    check_list(data, "identifiers", "string", at, most=5)
    check_list(data, "loyaltyCards", "string", at, most=1)
    if data.get("loyaltyCards"):
        raise invalid("Unknown", "There is no card-based loyalty program", f"{at}/loyaltyCards/0")
    for code in (*(data.get("couponCodes") or ()), data.get("referralCode") or ""):
        if len(code) > 100:
            raise invalid("Too long", "A code has at most 100 characters", f"{at}/couponCodes")
    store = data.get("storeIntegrationId")
    if store is not None and store not in deployment.settings["stores"]:
        raise invalid("Unknown", f"There is no store {store}", f"{at}/storeIntegrationId")
    check_attributes(deployment, "CustomerSession", data.get("attributes"))
    check_costs(deployment, data, at)
    check_items(deployment, data.get("cartItems") or (), f"{at}/cartItems")


def check_items(deployment, items, at):
    if len(items) > MOST_ITEMS:
        raise invalid("Too many items", f"A session has at most {MOST_ITEMS} items", at)
    for number, item in enumerate(items):
        check_item(deployment, item, f"{at}/{number}")
    if sum(item["quantity"] for item in items) > MOST_UNITS:
        raise invalid("Too many items", f"The sum of all quantities is at most {MOST_UNITS}", at)


def check_item(deployment, item, at):
    if not isinstance(item, dict):
        raise invalid("Invalid type", "must be of type object", at)
    check(item, {**ITEM, **READ_ONLY}, required=("sku", "quantity", "price"), at=at)
    if not item["sku"] or item["quantity"] < 1:
        raise invalid("Out of range", "An item has a sku, and a quantity of at least 1", at)
    if item.get("product") is not None:
        check(item["product"], {"name": "string"}, required=("name",), at=f"{at}/product")
    check_attributes(deployment, "CartItem", item.get("attributes"), at)
    check_costs(deployment, item, at)


def check_costs(deployment, data, at):
    for name, cost in (data.get("additionalCosts") or {}).items():
        pointer = f"{at}/additionalCosts/{name}"
        if name not in deployment.settings["additional_costs"]:
            raise invalid("Unknown", f'The additional cost "{name}" is not defined.', pointer)
        if not isinstance(cost, dict):
            raise invalid("Invalid type", "must be of type object", pointer)
        check(cost, {"price": "number"}, required=("price",), at=pointer)


def check_now(deployment, request, is_dry):
    """The argument ``now`` is a time in the future, and only for dry requests."""
    at = time_argument(request, "now")
    if at is not None and (not is_dry or at <= deployment.clock.now()):
        raise invalid("Invalid value", "now must be in the future, and needs dry=true", parameter="now")
    return at


# --- updating ---


def update(deployment, request, key):
    """Create or update. With ``dry=true`` only what is sent counts, and nothing is kept."""
    data, is_dry = body_of(request), flag(request, "dry")
    check(data, {"customerSession": "object", "responseContent": "array"}, required=("customerSession",))
    content = profiles.content_of(data, CONTENT, is_dry)
    check_session(deployment, data["customerSession"])
    at = check_now(deployment, request, is_dry)
    with deployment.unchanged(is_dry, at):
        if is_dry:
            deployment.sessions.pop(key, None)
        body = updated(deployment, key, given(data["customerSession"]), content)
    return json_response(200, body)


def updated(deployment, key, data, content):
    session = deployment.sessions.get(key)
    before = session and session["state"]
    state = data.get("state") or ("open" if before is None else before)
    if state not in TRANSITIONS[before] or ("state" not in data and before not in (None, "open")):
        raise Failure(400, f"A session that is {before or 'new'} cannot become {state}", has_status=False)
    if before in ("closed", "partially_returned"):
        check_same(session, data)
        effects, failures = cancel(deployment, session), ()
    else:
        session = merge(deployment, key, session, data)
        session["state"] = state
        effects, failures = evaluate(deployment, session)
    if session["profileId"]:
        profiles.touch(deployment, deployment.profiles[session["profileId"]])
    return answers.state(
        deployment,
        content,
        profile=deployment.profiles.get(session["profileId"]),
        session=session,
        effects=effects,
        failures=failures,
        kind=f"talon_session_{'created' if before is None else 'updated'}",
    )


def check_same(session, data):
    """What is closed cannot be changed, not even while it is cancelled."""
    same = {name: data[name] for name in (*KEPT, "attributes", "cartItems") if name in data}
    if "attributes" in same:
        same["attributes"] = {**session["attributes"], **same["attributes"]}
    if "cartItems" in same:
        same["cartItems"] = [plain(each) for each in same["cartItems"]]
    stored = {**session, "cartItems": [plain(each) for each in session["cartItems"]]}
    for name, value in same.items():
        if value != stored.get(name):
            raise refused(f"The session is {session['state']} and cannot be modified: {name}")


def plain(item):
    return {name: item[name] for name in ITEM if item.get(name) is not None}


def merge(deployment, key, session, data):
    """Set what is given; what is not stays. Attributes are merged one by one."""
    is_new = session is None
    if is_new:
        session = new_session(deployment, key)
    if data.get("profileId"):
        profiles.ensure(deployment, data["profileId"])
    session.update({name: data[name] for name in KEPT if name in data})
    if is_new:
        others = [each for each in deployment.sessions.values() if each["profileId"] == session["profileId"]]
        session["firstSession"] = not session["profileId"] or not others
        deployment.sessions[key] = session
    if "cartItems" in data:
        session["cartItems"] = [plain(each) for each in data["cartItems"]]
    merge_attributes(session["attributes"], data.get("attributes"))
    session.update(updateCount=session["updateCount"] + 1, updated=deployment.clock.iso())
    return session


def new_session(deployment, key):
    now = deployment.clock.iso()
    return {
        "id": deployment.new_id(),
        "integrationId": key,
        "created": now,
        "updated": now,
        "applicationId": deployment.settings["application_id"],
        "profileId": "",
        "state": "open",
        "cartItems": [],
        "attributes": {},
        "firstSession": True,
        "updateCount": 0,
        "effects": [],
        "returns": [],
    }


def evaluate(deployment, session):
    """Return (effects, failures): all that follow from the session now. They are booked once it is closed."""
    if session["state"] == "cancelled":
        session["effects"] = []
        return [], []
    found = rules.Evaluation(deployment, session=session).run()
    effects = found.effects
    if session["state"] == "closed":
        effects = booking.book(deployment, effects, session["profileId"], session["integrationId"])
        count(deployment, session, 1, rules.item_total(session))
    session["effects"] = list(effects)
    return effects, found.failures


def count(deployment, session, sessions, money):
    """Change the numbers of the profile."""
    profile = deployment.profiles.get(session["profileId"])
    if profile:
        profile["closedSessions"] += sessions
        profile["totalSales"] = round(profile["totalSales"] + money, 2)


def cancel(deployment, session):
    count(deployment, session, -1, -rules.remaining_total(session))
    effects = booking.roll_back(deployment, session)
    session.update(state="cancelled", updateCount=session["updateCount"] + 1, updated=deployment.clock.iso())
    return effects


def read(deployment, request, key):
    """Only the effects that are still valid are shown."""
    session = existing(deployment, key)
    body = {"customerSession": answers.describe_session(session), "effects": session["effects"]}
    return json_response(200, body)


def reopen(deployment, request, key):
    """Open a closed session again: what it did is taken back until it is closed anew."""
    session = existing(deployment, key)
    if session["state"] != "closed":
        raise refused(f"A session that is {session['state']} cannot be reopened")
    count(deployment, session, -1, -rules.item_total(session))
    effects = booking.roll_back(deployment, session)
    session.update(state="open", updateCount=session["updateCount"] + 1, updated=deployment.clock.iso())
    return json_response(200, {"effects": effects})


ROUTES = (
    ("PUT", PATH, update),
    ("GET", PATH, read),
    ("PUT", f"{PATH}/reopen", reopen),
)
