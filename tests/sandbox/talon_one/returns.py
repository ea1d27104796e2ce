"""Returns of items. A position is the place of an item in the list that was sent, and its identity."""

import copy

from kit.wire import json_response

from . import answers, booking, profiles, sessions
from .checks import body_of, check, flag, given
from .failures import invalid, refused

ITEM = {"position": "integer", "sku": "string", "quantity": "integer"}
CONTENT = (
    "customerSession",
    "customerProfile",
    "coupons",
    "triggeredCampaigns",
    "referral",
    "loyalty",
    "event",
    "previousReturns",
)
AT = "/return/returnedCartItems"


def create(deployment, request, key):
    data = body_of(request)
    check(data, {"return": "object", "responseContent": "array"}, required=("return",))
    content = profiles.content_of(data, CONTENT, is_dry=True)
    check(data["return"], {"returnedCartItems": "array"}, required=("returnedCartItems",), at="/return")
    session = sessions.existing(deployment, key)
    if session["state"] not in ("closed", "partially_returned"):
        raise refused(f"Items of a session that is {session['state']} cannot be returned")
    runs_rules = flag(request, "runRuleEngine")
    with deployment.unchanged(flag(request, "dry")):
        session = sessions.existing(deployment, key)
        body = returned(deployment, session, data["return"]["returnedCartItems"], runs_rules, content)
    return json_response(200, body)


def returned(deployment, session, entries, runs_rules, content):
    previous = list(session["returns"])
    items = copy.deepcopy(session["cartItems"])
    units, money = take_units(items, entries)
    session["cartItems"] = items
    sessions.count(deployment, session, 0, -money)
    effects = booking.roll_back(deployment, session, lambda effect: place_of(effect) in units)
    if runs_rules:
        effects += booking.reevaluate(deployment, session)
    session.update(state="partially_returned", updateCount=session["updateCount"] + 1)
    session["updated"] = deployment.clock.iso()
    made = describe(deployment, session, entries)
    session["returns"].append(made)
    profile = deployment.profiles.get(session["profileId"])
    about = {"profile": profile, "session": session, "effects": effects, "kind": "talon_cart_items_returned"}
    body = answers.state(deployment, content, **about)
    if "previousReturns" in body:
        body["previousReturns"] = previous
    return {**body, "return": made}


def take_units(items, entries):
    """Mark units as returned. Return ({(position, subPosition)}, what they cost)."""
    if not entries:
        raise invalid("Required", "returnedCartItems is empty", AT)
    found, money = set(), 0
    wanted = [
        part for number, entry in enumerate(entries) for part in parts_of(items, entry, f"{AT}/{number}")
    ]
    for position, quantity, at in wanted:
        item = items[position]
        before = item.get("returnedQuantity", 0)
        left = item["quantity"] - before
        quantity = left if quantity is None else quantity
        if not 1 <= quantity <= left:
            raise invalid("Out of range", f"{left} units of the item are left", f"{at}/quantity")
        found |= {(position, sub) for sub in range(before, before + quantity)}
        money += item["price"] * quantity
        item["returnedQuantity"] = before + quantity
    return found, round(money, 2)


def parts_of(items, entry, at):
    """Return (position, quantity, pointer) of each line that an entry is about. No quantity: all that is left."""
    if not isinstance(entry, dict):
        raise invalid("Invalid type", "must be of type object", at)
    check(entry, ITEM, at=at)
    entry = given(entry)
    if ("position" in entry) == ("sku" in entry):
        raise invalid("Required", "either position or sku is required", at)
    quantity = entry.get("quantity")
    if "position" in entry:
        if not 0 <= entry["position"] < len(items):
            raise invalid("Out of range", "There is no item at this position", f"{at}/position")
        return [(entry["position"], quantity, at)]
    lines = [n for n, item in enumerate(items) if item["sku"] == entry["sku"] and left_of(item)]
    if not lines:
        raise invalid("Unknown", "No unit of this sku is left", f"{at}/sku")
    return spread(items, lines, quantity, at)


def spread(items, lines, quantity, at):
    """Take the units of a sku from its lines, one after the other."""
    if quantity is None:
        return [(line, None, at) for line in lines]
    found = []
    for line in lines:
        part = quantity if line == lines[-1] else min(quantity, left_of(items[line]))
        if part or not found:
            found.append((line, part, at))
        quantity -= part
    return found


def left_of(item):
    return item["quantity"] - item.get("returnedQuantity", 0)


def place_of(effect):
    """Return (position, subPosition) of the unit that an effect is about; None for one of the whole session."""
    props = effect["props"]
    for position, sub in (("position", "subPosition"), ("cartItemPosition", "cartItemSubPosition")):
        if position in props:
            return props[position], props[sub]
    return None


def describe(deployment, session, entries):
    profile = deployment.profiles.get(session["profileId"])
    shown = {
        "id": deployment.new_id(),
        "created": deployment.clock.iso(),
        "applicationId": deployment.settings["application_id"],
        "accountId": deployment.settings["account_id"],
        "returnedCartItems": [given(each) for each in entries],
        "eventId": deployment.new_id(),
        "sessionId": session["id"],
        "sessionIntegrationId": session["integrationId"],
    }
    if profile:
        shown |= {"profileId": profile["id"], "profileIntegrationId": profile["integrationId"]}
    return shown


ROUTES = (("POST", f"{sessions.PATH}/returns", create),)
