"""Memberships: what a customer has, in one program or in all."""

from kit.wire import json_response

from . import customers, members, programs
from .failures import invalid_query, not_found
from .programs import PROGRAM

NO_TIER = {
    "current": None,
    "tier_structure": None,
    "deferred": [],
    "risks": [],
    "opportunities": [],
    "object": "member_tier_progress",
}


def resolve(project, request, key):
    """Return (customer id, member id or None) that the path means, by ``identification_type``."""
    kind = request.arguments().get("identification_type", "customer_id")
    if kind == "member_id":
        member = project.members.get(key)
        return (member["customer_id"], key) if member else (None, None)
    if kind not in ("customer_id", "customer_source_id"):
        raise invalid_query("Property .identification_type should be equal to one of the allowed values")
    customer = customers.find(project, key)
    if customer and customer["id" if kind == "customer_id" else "source_id"] == key:
        return customer["id"], None
    return None, None


def found_members(project, request, key):
    customer_id, member_id = resolve(project, request, key)
    return customer_id, [
        each for each in members.of_customer(project, customer_id) if member_id in (None, each["id"])
    ]


def describe(project, member, has_tiers):
    cards = [members.member_card(each) for each in members.cards_of(project, member)]
    return {
        "member": member,
        "program": programs.simple(project.programs[member["program_id"]]),
        "cards": [{**each, "tier_progress": NO_TIER} for each in cards] if has_tiers else cards,
        "object": "membership",
    }


def read(project, request, program_id, key):
    programs.existing(project, program_id)
    _customer_id, found = found_members(project, request, key)
    for member in found:
        if member["program_id"] == program_id:
            return json_response(200, describe(project, member, has_tiers=True))
    raise not_found("member", key)


def read_all(project, request, key):
    customer_id, found = found_members(project, request, key)
    customer = project.customers.get(customer_id)
    if customer is None:
        raise not_found("customer", key)
    body = {
        "customer": {"id": customer_id, "source_id": customer["source_id"], "object": "customer"},
        "memberships": [describe(project, each, has_tiers=False) for each in found],
        "object": "memberships_result",
    }
    return json_response(200, body)


ROUTES = (
    ("GET", f"{PROGRAM}/memberships/{{key}}", read),
    ("GET", "/v2/loyalties/memberships/{key}", read_all),
)
