"""The Management API: adding and deducting points by hand, and reading programs, attributes and the Application.

It has keys of its own, and three calls a second for each operation. Nothing here is idempotent.
"""

from kit.account import pattern_of
from kit.limits import Limit
from kit.wire import Response, json_response

from . import campaigns, loyalty, periods, profiles, programs
from .checks import body_of, check, choice, given, moment, page, whole
from .failures import invalid, refused
from .ledger import points

PATH = "/v1/loyalty_programs"
MOST_POINTS = 999_999_999_999.99
DEDUCTION = {"points": "number", "name": "string", "subledgerId": "string", "applicationId": "integer"}
ADDITION = {
    **DEDUCTION,
    "validityDuration": "string",
    "validUntil": "string",
    "pendingDuration": "string",
    "pendingUntil": "string",
}


def change_of(deployment, request, program, profile, types):
    """Return (ledger, data) of a change of points by hand. Raises Failure."""
    program = loyalty.existing_program(deployment, program)
    profiles.existing(deployment, profile)
    data = body_of(request)
    check(data, types, required=("points",))
    data = given(data)
    if not 0 < data["points"] <= MOST_POINTS:
        raise invalid("Out of range", "points must be above 0", "/points")
    if (
        data.get("applicationId", deployment.settings["application_id"])
        != deployment.settings["application_id"]
    ):
        raise invalid("Unknown", "The Application is not connected to the loyalty program", "/applicationId")
    if data.get("subledgerId") and not program["allow_subledger"]:
        raise invalid("Invalid value", "The loyalty program has no subledgers", "/subledgerId")
    return programs.ledger_of(deployment, program, profile, data.get("subledgerId", "")), data


def add_points(deployment, request, program, profile):
    ledger, data = change_of(deployment, request, program, profile, ADDITION)
    start, expiry = dates(deployment, deployment.programs[ledger.program], data)
    name = data.get("name", "")
    programs.add(deployment, ledger, points(data["points"]), start, expiry, name=name, kind="manual")
    return Response(204)


def dates(deployment, program, data):
    """Return when the points start and expire (None: never)."""
    for until, duration in (("validUntil", "validityDuration"), ("pendingUntil", "pendingDuration")):
        if until in data and duration in data:
            raise invalid("Conflict", f"{until} and {duration} exclude each other", f"/{until}")
        if until in data and moment(data[until]) is None:
            raise invalid("Invalid format", f"{until} must be an RFC3339 timestamp", f"/{until}")
    check_period(data, "validityDuration", "unlimited")
    check_period(data, "pendingDuration", "immediate")
    now = deployment.clock.now()
    start, expiry = programs.dates(program, now, data.get("pendingDuration"), data.get("validityDuration"))
    if "pendingUntil" in data:
        start = moment(data["pendingUntil"])
    if "validUntil" in data:
        expiry = moment(data["validUntil"])
    if expiry is not None and expiry <= max(start, now):
        raise invalid("Invalid value", "The points would expire before they are active", "/validUntil")
    return max(start, now), expiry


def check_period(data, name, word):
    if name in data and data[name] != word and not periods.is_period(data[name]):
        raise invalid("Invalid format", f"{name} must be {word}, or a number and a unit", f"/{name}")


def deduct_points(deployment, request, program, profile):
    """Only active points can be deducted."""
    ledger, data = change_of(deployment, request, program, profile, DEDUCTION)
    amount = points(data["points"])
    if amount > ledger.balance(deployment.clock.now())["active"]:
        raise refused("Not enough active points to deduct")
    programs.take(deployment, ledger, amount, spent=amount, name=data.get("name", ""), kind="manual")
    return Response(204)


# --- reading ---


def list_transactions(deployment, request, program):
    program = loyalty.existing_program(deployment, program)
    found = [
        each
        for (program_id, _, _), ledger in deployment.ledgers.items()
        for each in ledger.transactions
        if program_id == program["id"]
    ]
    found = loyalty.filtered(request, loyalty.newest_first(found))
    shown = [{**loyalty.describe(deployment, each), "customerProfileId": each["profile"]} for each in found]
    return json_response(200, page(request, shown))


def list_programs(deployment, request):
    found = [describe_program(deployment, each) for each in deployment.programs.values()]
    return json_response(200, {"totalResultSize": len(found), "data": found})


def read_program(deployment, request, program):
    return json_response(200, describe_program(deployment, loyalty.existing_program(deployment, program)))


def describe_program(deployment, program):
    settings, created = deployment.settings, deployment.clock.iso(deployment.started)
    tiers = [
        {
            "id": programs.FIRST_TIER_ID + number,
            "created": created,
            "programID": program["id"],
            "name": each["name"],
            "minPoints": each["min_points"],
        }
        for number, each in enumerate(program["tiers"])
    ]
    shown = {
        "id": program["id"],
        "created": created,
        "accountID": settings["account_id"],
        "name": program["name"],
        "title": program["title"],
        "description": program["description"],
        "defaultValidity": program["default_validity"],
        "defaultPending": program["default_pending"],
        "subscribedApplications": [settings["application_id"]],
        "allowSubledger": program["allow_subledger"],
        "timezone": "Etc/UTC",
        "cardBased": False,
        "sandbox": False,
        "programJoinPolicy": program["join_policy"],
        "returnPolicy": program["return_policy"],
        "tiers": tiers,
    }
    if program["tiers_expire_in"]:
        shown |= {
            "tiersExpirationPolicy": "tier_start_date",
            "tiersExpireIn": program["tiers_expire_in"],
            "tiersDowngradePolicy": program["tiers_downgrade_policy"],
        }
    return shown


def list_attributes(deployment, request):
    """List the custom attributes: what may be sent with sessions, profiles, items and events."""
    defined = deployment.settings["attributes"]
    entity = choice(request, "entity", tuple(defined))
    found = [
        {
            "id": number,
            "created": deployment.clock.iso(deployment.started),
            "accountId": deployment.settings["account_id"],
            "entity": owner,
            "name": name,
            "title": name,
            "type": kind,
            "description": "",
            "suggestions": [],
            "editable": True,
            "subscribedApplicationsIds": [deployment.settings["application_id"]],
        }
        for number, (owner, name, kind) in enumerate(
            ((owner, name, kind) for owner, names in defined.items() for name, kind in names.items()), 1
        )
        if entity in (None, owner)
    ]
    size, skip = whole(request, "pageSize", 1000), whole(request, "skip", 0)
    return json_response(200, {"totalResultSize": len(found), "data": found[skip : skip + size]})


# (operation, HTTP method, path, function)
OPERATIONS = (
    ("getLoyaltyPrograms", "GET", PATH, list_programs),
    ("getLoyaltyProgram", "GET", f"{PATH}/{{program}}", read_program),
    ("getLoyaltyProgramTransactions", "GET", f"{PATH}/{{program}}/transactions", list_transactions),
    ("addLoyaltyPoints", "PUT", f"{loyalty.PATH}/add_points", add_points),
    ("removeLoyaltyPoints", "PUT", f"{loyalty.PATH}/deduct_points", deduct_points),
    ("getAttributes", "GET", "/v1/attributes", list_attributes),
    *campaigns.OPERATIONS,
)
ROUTES = tuple(operation[1:] for operation in OPERATIONS)
PATTERNS = [(name, method, pattern_of(path)) for name, method, path, _ in OPERATIONS]


def operation_of(request):
    """Return the name of the operation of the Management API, None if the request is not one."""
    path = request.target.partition("?")[0]
    for name, method, pattern in PATTERNS:
        if method == request.method and pattern.fullmatch(path):
            return name
    return None


def limit_of(operation):
    return Limit(
        "management_calls", "management_interval_s", lambda request: operation_of(request) == operation
    )


LIMITS = {name: limit_of(name) for name, *_ in OPERATIONS}
