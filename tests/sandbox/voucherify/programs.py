"""Loyalty programs, their point wallets (card definitions) and rewards. People make them: tests do by settings."""

from kit.wire import json_response

from . import pages
from .failures import Failure, locked, not_found

PATH = "/v2/loyalties/programs"
PROGRAM = f"{PATH}/{{program_id}}"
DEFINITIONS = "/v2/loyalties/card-definitions"
REWARDS = "/v2/loyalties/rewards"
# What a wallet in the setting "wallets" may have.
WALLET = {
    "id": "lcdef_5a1d000000000001",
    "name": "Points",
    "pending_days": None,  # points that are earned are pending for so many days
    "pending_events": [],  # or until one of these custom events; if none comes in those days, they are cancelled
    "expiration_days": None,  # None: they do not expire
    "exchange_ratio": 1,  # points for one minor unit of an order; None: no payments with points
    "refund_spent": False,  # whether a canceled order returns the points that paid it
    "refund_earned": None,  # what one does to points that it earned: None, PENDING, TO_ZERO, BELOW_ZERO
    "allow_negative": False,
    "most_per_transaction": None,  # points that can be spent at once
}
# What a program in the setting "programs" may have; earning_rules and rewards: see below.
PROGRAM_DEFAULTS = {
    "id": "lprg_5a1d000000000001",
    "name": "Club",
    "status": "ACTIVE",
    "start_date": None,
    "end_date": None,
    "wallets": [WALLET["id"]],
    "earning_rules": [
        # "event": ORDER_PAID, with "points" for each "per" of the amount; or the name of a custom event.
        {
            "id": "lern_5a1d000000000001",
            "name": "Purchases",
            "wallet": WALLET["id"],
            "event": "ORDER_PAID",
            "points": 1,
            "per": 100,
        }
    ],
    "rewards": [
        {
            "id": "lrew_5a1d000000000001",
            "name": "Mug",
            "wallet": WALLET["id"],
            "points": 100,
            "stock": None,
            "refundable": True,
        }
    ],
}
PERIOD = {"PERIOD_BASED": "period_based", "EVENT_BASED": "event_based"}


def build(project):
    """Make the wallets and programs that the settings describe. Members and cards stay."""
    made_at = project.clock.iso()
    wallets = [{**WALLET, **each} for each in project.settings["wallets"]]
    programs = [{**PROGRAM_DEFAULTS, **each} for each in project.settings["programs"]]
    check_names(WALLET, project.settings["wallets"])
    check_names(PROGRAM_DEFAULTS, project.settings["programs"])
    project.wallets = {each["id"]: {**each, "created_at": made_at} for each in wallets}
    project.programs = {each["id"]: {**each, "created_at": made_at, "updated_at": None} for each in programs}
    project.rewards = {
        reward["id"]: {"redeemed": 0, **reward} for each in programs for reward in each["rewards"]
    }


def check_names(known, given):
    for each in given:
        unknown = each.keys() - known.keys()
        if unknown:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")


def existing(project, program_id):
    if program_id not in project.programs:
        raise not_found("program", program_id)
    return project.programs[program_id]


def check_active(project, program, message, details="Invalid program status", late=None):
    """Raise the 423 if the program does not take part in anything now."""
    if program["status"] != "ACTIVE":
        raise locked("non_active_program", message, details)
    today = project.clock.date()
    start, end = program["start_date"] or "", program["end_date"] or "9999"
    if not start[:10] <= today <= end[:10]:
        message = "Program is not available at this time"
        raise locked("program_outside_validity_window", message, late or details)


def is_open(project, program):
    try:
        check_active(project, program, "")
    except Failure:
        return False
    return True


def pending_type(wallet):
    if wallet["pending_events"]:
        return "EVENT_BASED"
    return "IMMEDIATE" if wallet["pending_days"] is None else "PERIOD_BASED"


def expiration_type(wallet):
    return "NO_EXPIRATION" if wallet["expiration_days"] is None else "ROLLING_EXPIRATION"


def describe(program):
    return {
        **{name: program[name] for name in ("id", "name", "status", "start_date", "end_date")},
        "validity_hours": {"type": "ANY_TIME"},
        "metadata": {},
        "created_at": program["created_at"],
        "updated_at": program["updated_at"],
        "object": "program",
    }


def simple(program):
    return {name: program[name] for name in ("id", "name", "status")} | {"metadata": {}, "object": "program"}


def describe_wallet(wallet):
    no_limit = {"type": "NO_LIMIT", "limits": []}
    most = wallet["most_per_transaction"]
    spending = {"type": "LIMITED", "limits": [{"type": "POINTS", "max": most}]} if most else no_limit
    ratio = wallet["exchange_ratio"]
    paying = {"type": "NO_PAYMENTS"}
    if ratio is not None:
        paying = {"type": "EXCHANGE_RATIO", "exchange_ratio": {"formula": str(ratio)}}
    return {
        "id": wallet["id"],
        "name": wallet["name"],
        "type": "INDIVIDUAL",
        "status": "ACTIVE",
        "code_config": {"pattern": "########", "length": 8, "charset": "0123", "prefix": "", "postfix": ""},
        "points_expiration": describe_expiration(wallet),
        "pending_points": describe_pending(wallet),
        "earning_limits": {"global": no_limit, "transactions": no_limit},
        "spending_limits": {"global": no_limit, "transactions": spending},
        "refunds": describe_refunds(wallet),
        "balance_settings": {"allow_negative": wallet["allow_negative"]},
        "pay_with_points": paying,
        "metadata": {},
        "created_at": wallet["created_at"],
        "updated_at": None,
        "object": "card_definition",
    }


def describe_expiration(wallet):
    kind = expiration_type(wallet)
    if kind == "NO_EXPIRATION":
        return {"type": kind}
    period = {"value": wallet["expiration_days"], "unit": "DAY"}
    return {"type": kind, "rolling_expiration": {"period": period, "rounding": None}}


def describe_pending(wallet):
    kind = pending_type(wallet)
    if kind == "IMMEDIATE":
        return {"type": kind}
    period = {"value": wallet["pending_days"], "unit": "DAY"}
    if kind == "PERIOD_BASED":
        return {"type": kind, "period_based": {"period": period}}
    return {"type": kind, "event_based": {"event_types": wallet["pending_events"], "cancel_period": period}}


def describe_refunds(wallet):
    spent, earned = {"type": "NONE", "methods": []}, {"type": "NONE", "methods": []}
    if wallet["refund_spent"]:
        spent = {"type": "REFUNDABLE", "methods": [{"type": "RETURN_POINTS", "mode": "REFUND_ALL"}]}
    if wallet["refund_earned"] == "PENDING":
        earned = {"type": "REFUNDABLE", "methods": [{"type": "REVOKE_FROM_PENDING"}]}
    elif wallet["refund_earned"]:
        method = {"type": "REVOKE_FROM_BALANCE", "mode": f"REVOKE_{wallet['refund_earned']}"}
        earned = {"type": "REFUNDABLE", "methods": [method]}
    return {"spent_points": spent, "earned_points": earned}


def assigned_reward(reward, program):
    stock = {"type": "UNLIMITED"}
    if reward["stock"] is not None:
        stock = {"type": "LIMITED", "limited": {"quantity": reward["stock"]}}
    return {
        "reward_id": reward["id"],
        "stock": stock,
        "redeemed": reward["redeemed"],
        "created_at": program["created_at"],
        "updated_at": None,
        "object": "program_reward",
    }


# --- the API ---


def list_page(project, request):
    found = [describe(each) for each in project.programs.values()]
    return pages.by_cursor(project, request, found, "lcrsprg_", ("created_at", "name"))


def read(project, request, program_id):
    return json_response(200, describe(existing(project, program_id)))


def activate(project, request, program_id):
    return change_status(project, program_id, "ACTIVE", ("DRAFT", "INACTIVE"))


def deactivate(project, request, program_id):
    return change_status(project, program_id, "INACTIVE", ("ACTIVE",))


def change_status(project, program_id, status, before):
    program = existing(project, program_id)
    check_transition("program", program["status"], status, before)
    program.update(status=status, updated_at=project.clock.iso())
    return json_response(200, describe(program))


def check_transition(kind, now, wanted, before):
    if now not in before:
        details = f"Cannot change status of {kind} from {now} to {wanted}"
        raise Failure(400, "invalid_state_transition", "Invalid state transition", details)


def list_assigned_wallets(project, request, program_id):
    program = existing(project, program_id)
    found = [
        {
            "card_type": "INDIVIDUAL",
            "card_definition_id": each,
            "created_at": program["created_at"],
            "object": "program_card_definition",
        }
        for each in program["wallets"]
    ]
    return pages.by_cursor(project, request, found, "lcrscdefa_")


def list_assigned_rewards(project, request, program_id):
    program = existing(project, program_id)
    found = [assigned_reward(project.rewards[each["id"]], program) for each in program["rewards"]]
    return pages.by_cursor(project, request, found, "lcrsrewa_")


def list_wallets(project, request):
    found = [describe_wallet(each) for each in project.wallets.values()]
    return pages.by_cursor(project, request, found, "lcrscdef_", ("created_at", "name"))


def read_wallet(project, request, wallet_id):
    if wallet_id not in project.wallets:
        raise not_found("card_definition", wallet_id)
    return json_response(200, describe_wallet(project.wallets[wallet_id]))


ROUTES = (
    ("GET", PATH, list_page),
    ("GET", PROGRAM, read),
    ("POST", f"{PROGRAM}/activate", activate),
    ("POST", f"{PROGRAM}/deactivate", deactivate),
    ("GET", f"{PROGRAM}/card-definitions", list_assigned_wallets),
    ("GET", f"{PROGRAM}/rewards", list_assigned_rewards),
    ("GET", DEFINITIONS, list_wallets),
    ("GET", f"{DEFINITIONS}/{{wallet_id}}", read_wallet),
)
