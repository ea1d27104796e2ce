"""What an order would earn: an estimate, which changes nothing."""

from kit.wire import json_response

from . import customers, earning, orders, programs
from .checks import body_of, check
from .failures import not_found

TYPES = {
    "trigger": "object",
    "customer_identification": "object",
    "customer_order_paid": "object",
    "customer_segment_entered": "object",
    "customer_custom_event": "object",
}
IDENTIFICATION = {
    "type": ("customer_id", "customer_source_id", "member_id"),
    "customer_id": "string",
    "customer_source_id": "string",
    "member_id": "string",
}


def earning_rules(project, request):
    """Estimate what rules for paid orders give. Other triggers are not simulated."""
    data = body_of(request)
    check(data, TYPES, required=("trigger", "customer_identification"), closed=True)
    check(data["trigger"], {"type": ("ALL", "SPECIFIC")}, required=("type",), at=".trigger")
    customer, member_id = identified(project, data["customer_identification"])
    order = (data.get("customer_order_paid") or {}).get("order") or {}
    found = earning.earned(project, customer["id"], "ORDER_PAID", orders.amount_of(order) or 0)
    found = [each for each in found if member_id in (None, each[0].member["id"])]
    is_specific = data["trigger"]["type"] == "SPECIFIC"
    body = {
        "event": "customer.order.paid" if is_specific else None,
        "customer": {name: customer[name] for name in ("id", "source_id", "metadata")}
        | {"object": "customer"},
        "earning_rules": [describe_rule(rule) for _card, rule, _points in found],
        "memberships": memberships(project, found),
        "object": "earnings_examine_result",
    }
    return json_response(200, body)


def identified(project, about):
    """Return (customer, member id or None)."""
    check(about, IDENTIFICATION, required=("type",), at=".customer_identification", closed=True)
    check(about, {}, required=(about["type"],), at=".customer_identification")
    key = about[about["type"]]
    if about["type"] != "member_id":
        return customers.existing(project, key), None
    if key not in project.members:
        raise not_found("member", key)
    return customers.existing(project, project.members[key]["customer_id"]), key


def describe_rule(rule):
    return {"id": rule["id"], "name": rule["name"], "metadata": {}, "object": "earning_rule"}


def memberships(project, found):
    by_member = {}
    for card, rule, points in found:
        by_member.setdefault(card.member["id"], []).append((card, rule, points))
    return [membership(project, each) for each in by_member.values()]


def membership(project, found):
    member = found[0][0].member
    program = programs.simple(project.programs[member["program_id"]])
    names = ("id", "customer_id", "program_id", "metadata", "object")
    return {
        "member": {name: member[name] for name in names},
        "program": {name: program[name] for name in ("id", "name", "metadata", "object")},
        "cards": [estimation(card, found) for card in dict.fromkeys(card for card, _, _ in found)],
        "benefits": [],
        "object": "member_earnings_opportunity",
    }


def estimation(card, found):
    of_card = [(rule, points) for other, rule, points in found if other is card]
    return {
        "card": card.reference(),
        "points_estimation": sum(points for _rule, points in of_card),
        "earning_rules": [
            {
                "earning_rule": {"id": rule["id"], "object": "earning_rule"},
                "points_estimation": points,
                "object": "earning_rule_estimation",
            }
            for rule, points in of_card
        ],
        "object": "card_estimation",
    }


ROUTES = (("POST", "/v2/loyalties/examine/earning-rules", earning_rules),)
