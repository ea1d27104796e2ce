"""Books effects: points, coupons, tiers; and takes them back when items are returned or a session does not count."""

from kit.clock import epoch

from . import coupons, programs, rules
from .ledger import points

ROLLED_BACK = ("addLoyaltyPoints", "deductLoyaltyPoints", "acceptCoupon", "setDiscount", "setDiscountPerItem")


def book(deployment, effects, profile, session=None):
    """Book these effects, in their order. Return them with those that follow: changes of tiers."""
    before = len(deployment.tier_changes)
    for each in effects:
        if each["effectType"] in BOOKINGS:
            BOOKINGS[each["effectType"]](deployment, each, profile, session)
    return [*effects, *(tier_effect(deployment, *change) for change in deployment.tier_changes[before:])]


def ledger_for(deployment, props, profile):
    return programs.ledger_of(
        deployment, deployment.programs[props["programId"]], profile, props["subLedgerId"]
    )


def origin(effect, session):
    return {
        "name": effect["props"].get("name", effect["ruleName"]),
        "kind": "session",
        "session": session,
        "ruleset": effect["rulesetId"],
        "rule": effect["ruleName"],
    }


def add(deployment, effect, profile, session):
    props, now = effect["props"], deployment.clock.now()
    start = epoch(props["startDate"]) if "startDate" in props else now
    expiry = epoch(props["expiryDate"]) if "expiryDate" in props else None
    about = {"transactionUUID": props["transactionUUID"], **origin(effect, session)}
    programs.add(deployment, ledger_for(deployment, props, profile), props["value"], start, expiry, **about)


def deduct(deployment, effect, profile, session):
    props = effect["props"]
    about = {"transactionUUID": props["transactionUUID"], "spent": props["value"], **origin(effect, session)}
    programs.take(deployment, ledger_for(deployment, props, profile), props["value"], **about)


def redeem(deployment, effect, profile, session):
    coupons.count(deployment.coupons[effect["props"]["value"]], profile, 1)


BOOKINGS = {"addLoyaltyPoints": add, "deductLoyaltyPoints": deduct, "acceptCoupon": redeem}


def tier_effect(deployment, ledger, old, new):
    about = {"ruleTitle": rules.NAME, "programId": ledger.program, "subLedgerId": ledger.subledger}
    props = {**about, "newTierName": new or ""}
    if old:
        props["previousTierName"] = old
    if ledger.tier and ledger.tier["expiry"] is not None:
        props["expiryDate"] = deployment.clock.iso(ledger.tier["expiry"])
    return rules.effect("changeLoyaltyTierLevel", props, rules.LOYALTY, rules.RULESET, 0, rules.NAME)


# --- taking back ---


def roll_back(deployment, session, concerns=lambda effect: True):
    """Take back the booked effects of a session that this concerns. Return the effects of doing so."""
    made, kept = [], []
    for each in session["effects"]:
        if each["effectType"] not in ROLLED_BACK or not concerns(each):
            kept.append(each)
            continue
        done, is_gone = ROLLBACKS[each["effectType"]](deployment, session, each)
        made += done
        kept += [] if is_gone else [each]
    session["effects"] = kept
    return made


def take_back(deployment, session, effect, amount=None):
    """Take back points that were added; active ones only if the return policy says so."""
    props, profile = effect["props"], session["profileId"]
    amount = props["value"] if amount is None else amount
    ledger = ledger_for(deployment, props, profile)
    about = origin(effect, session["integrationId"])
    transaction = programs.roll_back(deployment, ledger, props["transactionUUID"], amount, **about)
    if transaction is None:
        return [], False
    places = {name: props[name] for name in ("cartItemPosition", "cartItemSubPosition") if name in props}
    about = {
        "programId": props["programId"],
        "subLedgerId": props["subLedgerId"],
        "value": transaction["amount"],
        "recipientIntegrationId": profile,
        "transactionUUID": transaction["transactionUUID"],
        **places,
    }
    return [again(effect, "rollbackAddedLoyaltyPoints", about)], True


def give_back(deployment, session, effect):
    """Give back points that were deducted, as new points."""
    props, profile, clock = effect["props"], session["profileId"], deployment.clock
    program = deployment.programs[props["programId"]]
    ledger, now = ledger_for(deployment, props, profile), clock.now()
    _, expiry = programs.dates(program, now, "immediate")
    about = {"spent": -props["value"], **origin(effect, session["integrationId"])}
    transaction = programs.add(deployment, ledger, props["value"], now, expiry, **about)
    made = {
        "programId": props["programId"],
        "subLedgerId": props["subLedgerId"],
        "value": props["value"],
        "recipientIntegrationId": profile,
        "transactionUUID": transaction["transactionUUID"],
    }
    if expiry is not None:
        made["expiryDate"] = clock.iso(expiry)
    return [again(effect, "rollbackDeductedLoyaltyPoints", made)], True


def unredeem(deployment, session, effect):
    code = effect["props"]["value"]
    if code in deployment.coupons:
        coupons.count(deployment.coupons[code], session["profileId"], -1)
    return [again(effect, "rollbackCoupon", {"value": code})], True


def undiscount(deployment, session, effect):
    props = effect["props"]
    made = {name: props[name] for name in ("name", "value", "scope") if name in props}
    if "position" in props:
        made |= {"cartItemPosition": props["position"], "cartItemSubPosition": props["subPosition"]}
    return [again(effect, "rollbackDiscount", made)], True


ROLLBACKS = {
    "addLoyaltyPoints": take_back,
    "deductLoyaltyPoints": give_back,
    "acceptCoupon": unredeem,
    "setDiscount": undiscount,
    "setDiscountPerItem": undiscount,
}


def again(effect, kind, props):
    """Return an effect of the same rule."""
    return {**effect, "effectType": kind, "props": props}


def reevaluate(deployment, session):
    """After a return, take back what whole-session rules would give less for what is left of the session."""
    made = []
    for index, rule in enumerate(rules.rules_of(deployment)):
        if rule["kind"] != "earn" or rule["per_item"] or not rule["reevaluate_on_return"]:
            continue
        now_earned = rules.earned(rule, rules.remaining_total(session))
        for each in session["effects"]:
            if each["effectType"] == "addLoyaltyPoints" and each["ruleIndex"] == index:
                less = points(each["props"]["value"] - now_earned)
                made += reduce(deployment, session, each, less, now_earned)
    return made


def reduce(deployment, session, effect, less, rest):
    if less <= 0:
        return []
    made, is_done = take_back(deployment, session, effect, less)
    if is_done:
        effect["props"] = {**effect["props"], "value": rest}
    return made
