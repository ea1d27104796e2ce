"""The rule engine: what the rules of the settings, and coupons, make of a session or an event.

An effect is a plan. :mod:`booking` books those of a closed session, and takes them back.
"""

import math
import uuid

from . import coupons, programs
from .ledger import points

LOYALTY, RULESET, NAME = 11, 21, "Loyalty"  # the campaign of the rules
RULE = {
    "kind": None,  # earn: points for money; spend: money for points; event: points for an event
    "name": None,
    "program": 5,
    "subledger": "",
    "points": 1,  # earn: for each "per"; event: how many
    "per": 1,  # money
    "per_item": True,  # earn for each unit, which is what returns take back; else for the session
    "decimals": 0,  # points are rounded down to so many
    "pending": None,  # when they become active; None: as the program says
    "validity": None,
    "attribute": None,  # spend: of the session, how many points; event: of the event, points to add, or to deduct
    "worth": 0.01,  # spend: money for a point
    "event": None,  # event: its type
    "reevaluate_on_return": False,
}


class Evaluation:
    """The effects of one request, and why rules had none."""

    def __init__(self, deployment, session=None, event=None):
        self.deployment, self.session, self.event = deployment, session, event
        self.profile = (session or event)["profileId"]
        self.effects, self.failures = [], []
        self.spent = {}  # (program, subledger) -> points that effects before deduct
        self.earned = set()

    def run(self):
        if self.session is not None:
            for code in dict.fromkeys(self.session.get("couponCodes") or ()):
                self.apply_coupon(code)
            if self.session.get("referralCode"):
                about = {"value": self.session["referralCode"], "rejectionReason": "ReferralNotFound"}
                self.effects.append(effect("rejectReferral", about, 0, 0, 0, ""))
        for index, rule in enumerate(rules_of(self.deployment)):
            KINDS[rule["kind"]](self, index, rule)
        return self

    # --- coupons ---

    def apply_coupon(self, code):
        coupon = self.deployment.coupons.get(code)
        total = item_total(self.session)
        reason = coupons.rejection(self.deployment, coupon, self.session, total)
        if reason:
            self.reject(code, coupon, reason)
            return
        self.of_coupon(coupon, "acceptCoupon", value=code)
        if coupon["per_item"]:
            for position, sub, item in units(self.session):
                about = {"position": position, "subPosition": sub, "scope": "price"}
                value = discount(coupon, item["price"])
                self.of_coupon(coupon, "setDiscountPerItem", name=f"{code}#{position}", value=value, **about)
        elif discount(coupon, total):
            about = {"value": discount(coupon, total), "scope": "cartItems"}
            self.of_coupon(coupon, "setDiscount", name=code, **about)

    def reject(self, code, coupon, reason):
        about = {"value": code, "rejectionReason": reason}
        if coupon is None:
            self.effects.append(effect("rejectCoupon", about, 0, 0, 0, ""))
            return
        if reason == "CouponRejectedByCondition":
            about["conditionIndex"] = 1
        self.of_coupon(coupon, "rejectCoupon", **about)
        self.failures.append(
            {
                "campaignID": coupons.CAMPAIGN,
                "campaignName": coupons.NAME,
                "rulesetID": coupons.RULESET,
                "ruleIndex": 0,
                "ruleName": f"Coupon {code}",
                "couponID": coupon["id"],
                "couponValue": code,
                "details": reason,
            }
        )

    def of_coupon(self, coupon, kind, **props):
        about = (coupons.CAMPAIGN, coupons.RULESET, 0, f"Coupon {coupon['code']}")
        self.effects.append(effect(kind, props, *about) | {"triggeredByCoupon": coupon["id"]})

    # --- points ---

    def earn(self, index, rule):
        if self.session is None or not units_or_costs(self.session):
            return
        if not self.profile:
            self.fail(index, rule, "The session has no customer profile")
        elif rule["per_item"]:
            for position, sub, item in units(self.session):
                place = {"cartItemPosition": position, "cartItemSubPosition": sub}
                self.add(index, rule, earned(rule, item["price"]), place)
        else:
            self.add(index, rule, earned(rule, remaining_total(self.session)))

    def spend(self, index, rule):
        """Deduct what the session's attribute says. Without enough active points, the rule does nothing."""
        amount = self.session and self.session["attributes"].get(rule["attribute"])
        if not amount or amount < 0:
            return
        if self.deduct(index, rule, points(amount)):
            value = round(amount * rule["worth"], 2)
            self.effects.append(
                of_rule(index, rule, "setDiscount", name=rule["name"], value=value, scope="cartItems")
            )

    def on_event(self, index, rule):
        if self.event is None or self.event["type"] != rule["event"]:
            return
        amount = self.event["attributes"].get(rule["attribute"], 0) if rule["attribute"] else rule["points"]
        if amount < 0:
            self.deduct(index, rule, points(-amount))
        else:
            self.add(index, rule, points(amount))

    def add(self, index, rule, amount, place=None):
        if not amount:
            return
        clock, program = self.deployment.clock, self.deployment.programs[rule["program"]]
        now = clock.now()
        start, expiry = programs.dates(program, now, rule["pending"], rule["validity"])
        props = {
            "name": rule["name"],
            "programId": program["id"],
            "subLedgerId": rule["subledger"],
            "value": amount,
            "recipientIntegrationId": self.profile,
            "transactionUUID": str(uuid.uuid4()),
            **(place or {}),
        }
        if start > now:
            props["startDate"] = clock.iso(start)
        if expiry is not None:
            props["expiryDate"] = clock.iso(expiry)
        self.effects.append(of_rule(index, rule, "addLoyaltyPoints", **props))

    def deduct(self, index, rule, amount):
        """Return whether there are enough active points."""
        key = (rule["program"], rule["subledger"])
        if amount > self.available(*key) - self.spent.get(key, 0):
            self.fail(index, rule, "Not enough active loyalty points")
            return False
        self.spent[key] = self.spent.get(key, 0) + amount
        props = {
            "ruleTitle": rule["name"],
            "name": rule["name"],
            "programId": rule["program"],
            "subLedgerId": rule["subledger"],
            "value": amount,
            "transactionUUID": str(uuid.uuid4()),
        }
        self.effects.append(of_rule(index, rule, "deductLoyaltyPoints", **props))
        return True

    def available(self, program, subledger):
        if not self.profile:
            return 0
        ledger = self.deployment.ledgers.get((program, self.profile, subledger))
        return ledger.balance(self.deployment.clock.now())["active"] if ledger else 0

    def fail(self, index, rule, details):
        self.failures.append(
            {
                "campaignID": LOYALTY,
                "campaignName": NAME,
                "rulesetID": RULESET,
                "ruleIndex": index,
                "ruleName": rule["name"],
                "conditionIndex": 0,
                "details": details,
            }
        )


KINDS = {"earn": Evaluation.earn, "spend": Evaluation.spend, "event": Evaluation.on_event}


def check_rules(deployment):
    """Raises ValueError."""
    for rule in rules_of(deployment):
        if (
            rule.keys() != RULE.keys()
            or rule["kind"] not in KINDS
            or rule["program"] not in deployment.programs
        ):
            raise ValueError(f"a rule is wrong: {rule}")


def rules_of(deployment):
    found = deployment.settings["rules"]
    return [{**RULE, "name": f"Rule {number}", **each} for number, each in enumerate(found, 1)]


def of_rule(index, rule, kind, **props):
    return effect(kind, props, LOYALTY, RULESET, index, rule["name"])


def effect(kind, props, campaign, ruleset, index, name):
    return {
        "campaignId": campaign,
        "rulesetId": ruleset,
        "ruleIndex": index,
        "ruleName": name,
        "effectType": kind,
        "props": props,
    }


# --- money ---


def units(session):
    """Yield (position, subPosition, item) of each unit that was not returned: those that were are the first ones."""
    for position, item in enumerate(session["cartItems"]):
        for sub in range(item.get("returnedQuantity", 0), item["quantity"]):
            yield position, sub, item


def units_or_costs(session):
    return session["cartItems"] or session.get("additionalCosts")


def item_total(session):
    return round(sum(each["price"] * each["quantity"] for each in session["cartItems"]), 2)


def remaining_total(session):
    return round(sum(item["price"] for _, _, item in units(session)), 2)


def earned(rule, money):
    scale = 10 ** rule["decimals"]
    return points(math.floor(round(money / rule["per"] * rule["points"] * scale, 6)) / scale)


def discount(coupon, price):
    return (
        round(price * coupon["percent"] / 100, 2) if coupon["percent"] else min(coupon["amount"] or 0, price)
    )
