"""What the Integration API says of points: balances, transactions, unused points; and joining a program."""

from kit.wire import Response, json_response

from . import profiles, programs
from .checks import choice, every, flag, page, time_argument
from .failures import invalid, not_found, refused

PATH = "/v1/loyalty_programs/{program}/profile/{profile}"
KINDS = ("manual", "session", "import")


def existing_program(deployment, key):
    if not key.isdecimal() or int(key) not in deployment.programs:
        raise not_found("Loyalty program")
    return deployment.programs[int(key)]


# --- balances ---


def balances(deployment, request, program, profile):
    program = existing_program(deployment, program)
    profiles.existing(deployment, profile)
    at = time_argument(request, "endDate")
    has_tiers, is_projected = flag(request, "includeTiers"), flag(request, "includeProjectedTier")
    wanted = request.arguments().get("subledgerId")
    shown = {}
    for subledger, ledger in programs.ledgers_of(deployment, program, profile).items():
        shown[subledger] = balance(deployment, ledger, at)
        if has_tiers:
            shown[subledger] |= programs.describe_tier(deployment, program, ledger)
        if is_projected:
            shown[subledger] |= {"projectedTier": projected(deployment, program, ledger)}
    body = {"balance": shown.pop("")}
    body["subledgerBalances"] = {name: each for name, each in shown.items() if wanted in (None, name)}
    return json_response(200, body)


def balance(deployment, ledger, at=None):
    found = ledger.balance(deployment.clock.now() if at is None else at)
    return {f"{name}Points": amount for name, amount in found.items()}


def projected(deployment, program, ledger):
    """Return the tier after the current one expires, with what is active then."""
    at = ledger.tier["expiry"] if ledger.tier and ledger.tier["expiry"] else deployment.clock.now()
    active = ledger.balance(at)["active"]
    reached = programs.tier_for(program, active)
    shown = {"projectedActivePoints": active}
    return {**shown, "projectedTierName": reached["name"]} if reached else shown


# --- lists ---


def transactions(deployment, request, program, profile):
    program = existing_program(deployment, program)
    profiles.existing(deployment, profile)
    found = [
        each
        for ledger in programs.ledgers_of(deployment, program, profile).values()
        for each in ledger.transactions
    ]
    found = filtered(request, newest_first(found))
    return json_response(200, page(request, [describe(deployment, each) for each in found]))


def newest_first(found):
    return sorted(found, key=lambda each: each["id"], reverse=True)


def filtered(request, found):
    """Return the transactions that the arguments ask for."""
    if "awaitsActivation" in request.arguments():
        if not flag(request, "awaitsActivation"):
            raise invalid("Invalid value", "awaitsActivation can only be true", parameter="awaitsActivation")
        return []
    start, end = time_argument(request, "startDate"), time_argument(request, "endDate")
    kind = choice(request, "loyaltyTransactionType", KINDS)
    subledger = request.arguments().get("subledgerId")
    return [
        each
        for each in of_sessions_and_ids(request, found)
        if (start is None or each["at"] >= start)
        and (end is None or each["at"] <= end)
        and kind in (None, each["kind"])
        and subledger in (None, each["subledger"])
    ]


def of_sessions_and_ids(request, found):
    sessions, ids = every(request, "customerSessionIDs"), every(request, "transactionUUIDs")
    return [
        each
        for each in found
        if (not sessions or each.get("session") in sessions) and (not ids or each["transactionUUID"] in ids)
    ]


def describe(deployment, transaction):
    """Return a transaction as both APIs list it."""
    shown = {
        **describe_points(deployment, transaction),
        "type": transaction["type"],
    }
    if transaction.get("rule"):
        shown |= {"rulesetId": transaction["ruleset"], "ruleName": transaction["rule"]}
    if transaction["type"] == "subtraction":
        shown["flags"] = {"createsNegativeBalance": transaction["is_below"]}
    return shown


def describe_points(deployment, transaction):
    clock, start, expiry = deployment.clock, transaction["start"], transaction["expiry"]
    shown = {
        "id": transaction["id"],
        "transactionUUID": transaction["transactionUUID"],
        "created": clock.iso(transaction["at"]),
        "programId": transaction["program"],
        "name": transaction["name"],
        "startDate": "immediate" if start <= transaction["at"] else clock.iso(start),
        "expiryDate": "unlimited" if expiry is None else clock.iso(expiry),
        "subledgerId": transaction["subledger"],
        "amount": transaction["amount"],
    }
    if transaction.get("session"):
        shown["customerSessionId"] = transaction["session"]
    return shown


def unused(deployment, request, program, profile):
    """List the points that are left of each addition, in one status."""
    program = existing_program(deployment, program)
    profiles.existing(deployment, profile)
    status = choice(request, "status", ("active", "pending", "expired"), "active")
    sort = choice(request, "sort", ("startDate", "-startDate", "expiryDate", "-expiryDate"))
    wanted, now = every(request, "subledgerId"), deployment.clock.now()
    found = []
    for subledger, ledger in programs.ledgers_of(deployment, program, profile).items():
        if not wanted or subledger in wanted:
            by_id = {each["transactionUUID"]: each for each in ledger.transactions}
            lots = ledger.lots_at(status, now)
            found += [{**by_id[lot.transaction], "amount": lot.left(now)} for lot in lots]
    found = in_order(of_sessions_and_ids(request, found), sort)
    return json_response(200, page(request, [describe_points(deployment, each) for each in found]))


def in_order(found, sort):
    name = {"startDate": "start", "expiryDate": "expiry"}.get((sort or "").lstrip("-"), "at")
    never = float("inf")
    key = lambda each: never if each[name] is None else each[name]  # noqa: E731
    return sorted(found, key=key, reverse=(sort or "").startswith("-"))


# --- joining ---


def join(deployment, request, program, profile):
    """Join for good. A profile that does not exist is created."""
    program = existing_program(deployment, program)
    if (program["id"], profile) in deployment.joined:
        raise refused("The customer profile has already joined the loyalty program")
    profiles.ensure(deployment, profile)
    programs.join(deployment, program, profile)
    return Response(200)


ROUTES = (
    ("GET", f"{PATH}/balances", balances),
    ("GET", f"{PATH}/transactions", transactions),
    ("GET", f"{PATH}/points", unused),
    ("POST", f"{PATH}/join", join),
)
