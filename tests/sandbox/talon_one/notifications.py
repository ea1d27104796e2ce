"""Loyalty notifications: points that were added or deducted, and tiers. No signature; a header that is configured.

Setting ``notifications``: [{"url", "headers", "types"}].
"""

import uuid

import kit.webhooks

from . import programs

BALANCES = "LoyaltyAddedDeductedPointsBalances"
SINGLE = {"addition": "LoyaltyPointsAdded", "subtraction": "LoyaltyPointsDeducted"}
TIERS = {True: "TierUpgrade", False: "TierDowngrade"}
DEFAULT_TYPES = (BALANCES,)


class Notifications(kit.webhooks.Webhooks):
    def headers(self, delivery):
        return {"X-UUID": delivery["id"], **delivery["hook"].get("headers", {})}

    def is_wanted(self):
        return bool(self.account.settings["notifications"])


def tell(deployment):
    """Tell what the last request, or time, changed: one message for each balance that changed."""
    changes, tiers = deployment.changes, deployment.tier_changes
    deployment.changes, deployment.tier_changes = [], []
    groups = {}
    for ledger, transaction in changes:
        groups.setdefault(id(ledger), (ledger, []))[1].append(transaction)
    for ledger, transactions in groups.values():
        deposit(deployment, BALANCES, balances(deployment, ledger, transactions))
        for each in transactions:
            single = {**about(ledger, each), **action(deployment, each)}
            deposit(deployment, SINGLE[each["type"]], single)
    for ledger, old, new in tiers:
        program = deployment.programs[ledger.program]
        kind = TIERS[programs.rank(program, new) > programs.rank(program, old)]
        deposit(deployment, kind, tier(deployment, program, ledger, old, new))


def deposit(deployment, kind, body):
    for hook in deployment.settings["notifications"]:
        if kind in hook.get("types", DEFAULT_TYPES):
            deployment.webhooks.deposit(hook, str(uuid.uuid4()), kind, {**body, "NotificationType": kind})


def balances(deployment, ledger, transactions):
    return {
        **about(ledger, transactions[0]),
        "CurrentPoints": ledger.balance(deployment.clock.now())["active"],
        "Actions": [action(deployment, each) for each in transactions],
    }


def about(ledger, transaction):
    """What is empty is null, and not left out."""
    return {
        "ProfileIntegrationID": ledger.profile,
        "LoyaltyProgramID": ledger.program,
        "SubledgerID": ledger.subledger,
        "TypeOfChange": "management_api" if transaction["kind"] == "manual" else "rule_engine",
        "SessionIntegrationID": transaction.get("session"),
        "EmployeeName": None,
        "UserID": None,
    }


def action(deployment, transaction):
    clock, start, expiry = deployment.clock, transaction["start"], transaction["expiry"]
    return {
        "Amount": transaction["amount"],
        "Operation": transaction["type"],
        "Reason": transaction["name"],
        "StartDate": clock.iso(start) if start > transaction["at"] else None,
        "ExpiryDate": None if expiry is None else clock.iso(expiry),
        "TransactionUUID": transaction["transactionUUID"],
    }


def tier(deployment, program, ledger, old, new):
    shown = programs.describe_tier(deployment, program, ledger)
    one = {
        "CustomerProfileID": ledger.profile,
        "LoyaltyProgramID": ledger.program,
        "SubledgerID": ledger.subledger,
        "CurrentTier": new,
        "CurrentPoints": ledger.balance(deployment.clock.now())["active"],
        "OldTier": old,
        "TierExpirationDate": shown.get("currentTier", {}).get("expiryDate"),
        "TimestampOfTierChange": deployment.clock.iso(),
    }
    if programs.rank(program, new) > programs.rank(program, old):
        one["PointsRequiredToTheNextTier"] = shown.get("pointsToNextTier")
        one["NextTier"] = shown.get("nextTierName")
    return {"TotalResultSize": 1, "Data": [one]}
