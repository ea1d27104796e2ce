"""The answer to a session, a profile or an event: effects, and the parts that ``responseContent`` asks for."""

from . import coupons, programs, rules
from .ledger import points

CAMPAIGNS = {rules.LOYALTY: (rules.NAME, rules.RULESET), coupons.CAMPAIGN: (coupons.NAME, coupons.RULESET)}


def state(deployment, content, profile=None, session=None, effects=(), failures=(), event=None, kind=None):
    """Return the answer. ``event``: an event to show; else one of the type ``kind`` is made up."""
    body = {"effects": list(effects), "createdCoupons": [], "createdReferrals": []}
    parts = {
        "customerSession": lambda: describe_session(session),
        "customerProfile": lambda: profile,
        "coupons": lambda: coupons_of(deployment, session),
        "triggeredCampaigns": lambda: campaigns(deployment, effects),
        "loyalty": lambda: profile and loyalty(deployment, profile["integrationId"], session, effects),
        "event": lambda: event or built_in_event(deployment, kind, profile, session),
        "advancedEvent": lambda: event,
        "previousReturns": lambda: session["returns"],
        "ruleFailureReasons": lambda: list(failures),
        "awardedGiveaways": list,
        "achievements": list,
        "campaignEligibility": list,
    }
    for name in parts.keys() & content:
        shown = parts[name]()
        if shown is not None:
            body[name] = shown
    return body


def describe_session(session):
    """Return a session as the API shows it, with its totals."""
    hidden = ("effects", "returns", "counted")
    items = session["cartItems"]
    own = sum(each["price"] for item in items for each in item.get("additionalCosts", {}).values())
    costs = sum(each["price"] for each in session.get("additionalCosts", {}).values())
    total = rules.item_total(session)
    return {
        **{name: value for name, value in session.items() if name not in hidden},
        "cartItems": [describe_item(item, position) for position, item in enumerate(items)],
        "cartItemTotal": total,
        "additionalCostTotal": round(costs, 2),
        "cartItemAdditionalCostTotal": round(own, 2),
        "total": round(total + costs + own, 2),
    }


def describe_item(item, position):
    returned = item.get("returnedQuantity", 0)
    counted = {"returnedQuantity": returned, "remainingQuantity": item["quantity"] - returned}
    return {**item, "position": position, **counted}


def coupons_of(deployment, session):
    found = [deployment.coupons.get(code) for code in dict.fromkeys(session.get("couponCodes") or ())]
    return [coupons.describe_for(each, session["profileId"]) for each in found if each]


def campaigns(deployment, effects):
    found = dict.fromkeys(each["campaignId"] for each in effects if each["campaignId"] in CAMPAIGNS)
    return [campaign(deployment, key, *CAMPAIGNS[key]) for key in found]


def campaign(deployment, key, name, ruleset):
    return {
        "id": key,
        "created": deployment.clock.iso(deployment.started),
        "applicationId": deployment.settings["application_id"],
        "userId": 1,
        "name": name,
        "description": "",
        "state": "enabled",
        "frontendState": "running",
        "activeRulesetId": ruleset,
        "tags": [],
        "features": ["coupons", "loyalty"],
        "limits": [],
        "type": "advanced",
        "storesImported": False,
        "reevaluateOnReturn": any(each["reevaluate_on_return"] for each in rules.rules_of(deployment)),
    }


def built_in_event(deployment, kind, profile, session):
    """Return an event that Talon.One itself tracks."""
    shown = {
        "id": deployment.new_id(),
        "created": deployment.clock.iso(),
        "applicationId": deployment.settings["application_id"],
        "type": kind,
        "attributes": {},
        "effects": [],
    }
    if profile:
        shown["profileId"] = profile["integrationId"]
    return {**shown, "sessionId": session["integrationId"]} if session else shown


# --- points ---


def loyalty(deployment, key, session=None, effects=()):
    """Return the balances of a profile in all programs; those of an open session are tentative."""
    is_forecast = session is not None and session["state"] == "open"
    found = {}
    for program in deployment.programs.values():
        ledgers = {
            name: describe_ledger(deployment, program, ledger, effects if is_forecast else ())
            for name, ledger in programs.ledgers_of(deployment, program, key).items()
        }
        found[str(program["id"])] = {
            "id": program["id"],
            "name": program["name"],
            "title": program["title"],
            "ledger": ledgers.pop(""),
            "subLedgers": ledgers,
        }
        joined = deployment.joined.get((program["id"], key))
        if joined is not None:
            found[str(program["id"])]["joinDate"] = deployment.clock.iso(joined)
    return {"cards": [], "programs": found}


def describe_ledger(deployment, program, ledger, effects):
    balance = ledger.balance(deployment.clock.now())
    coming = {"active": 0, "pending": 0}
    for each in effects:
        props = each["props"]
        if (props.get("programId"), props.get("subLedgerId")) == (ledger.program, ledger.subledger):
            if each["effectType"] == "addLoyaltyPoints":
                coming["pending" if "startDate" in props else "active"] += props["value"]
            elif each["effectType"] == "deductLoyaltyPoints":
                coming["active"] -= props["value"]
    net = points(balance["active"] - balance["negative"] + coming["active"])
    return {
        "currentBalance": balance["active"],
        "pendingBalance": balance["pending"],
        "negativeBalance": balance["negative"],
        "expiredBalance": 0,
        "spentBalance": 0,
        "tentativeCurrentBalance": max(net, 0),
        "tentativePendingBalance": points(balance["pending"] + coming["pending"]),
        "tentativeNegativeBalance": max(-net, 0),
        **programs.describe_tier(deployment, program, ledger),
    }
