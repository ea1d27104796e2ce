"""Members of loyalty programs. A customer is a member of a program once, with one card for each wallet."""

from kit.wire import json_response

from . import async_actions, customers, filters, pages, programs
from .cards import Card
from .checks import body_of, check
from .failures import Failure, invalid_payload, locked, not_found
from .programs import PROGRAM

MEMBERS = f"{PROGRAM}/members"
MEMBER = f"{MEMBERS}/{{member_id}}"
TYPES = {
    "customer_identification": "object",
    "customer_id": "string",
    "status": ("ACTIVE", "INACTIVE"),
    "metadata": "object",
}
IDENTIFICATION = {
    "type": ("customer_id", "customer_source_id"),
    "customer_id": "string",
    "customer_source_id": "string",
}


def existing(project, program_id, member_id):
    """Return (program, member)."""
    program = programs.existing(project, program_id)
    return program, existing_member(project, program_id, member_id)


def existing_member(project, program_id, member_id):
    member = project.members.get(member_id)
    if member is None or member["program_id"] != program_id or member["status"] == "DELETED":
        raise not_found("member", member_id)
    return member


def of_customer(project, customer_id):
    return [each for each in project.members_of.get(customer_id, ()) if each["status"] != "DELETED"]


def cards_of(project, member):
    return project.cards[member["id"]]


def check_active(project, program, member, what):
    """Raise the 423 if the program or the member is not active. ``what``: "adjust member's card points"."""
    late = f"Cannot {what} when program is not active at this time"
    message = f"Cannot {what} when program status is not ACTIVE"
    programs.check_active(project, program, message, late=late)
    if member["status"] != "ACTIVE":
        message = f"Cannot {what} when member status is not ACTIVE"
        raise locked("non_active_member", message, "Invalid member status")


def identified_customer(project, data):
    """Return the customer that an enrolment names, in either of the two ways that are documented."""
    check(data, TYPES)
    about = data.get("customer_identification")
    if about is None:
        check(data, {}, required=("customer_id",))
        return customers.existing(project, data["customer_id"])
    check(about, IDENTIFICATION, required=("type",), at=".customer_identification")
    check(about, {}, required=(about["type"],), at=".customer_identification")
    key = about[about["type"]]
    customer = customers.existing(project, key)
    if customer["id" if about["type"] == "customer_id" else "source_id"] != key:
        raise not_found("customer", key)
    return customer


def enrol(project, program, data):
    """Create a member, whose cards get their codes later."""
    customer = identified_customer(project, data)
    if any(each["program_id"] == program["id"] for each in of_customer(project, customer["id"])):
        details = f"Customer '{customer['id']}' already is a member of program '{program['id']}'"
        raise Failure(409, "member_already_exists", "Member already exists", details)
    member = {
        "id": project.new_id("lmbr_"),
        "customer_id": customer["id"],
        "program_id": program["id"],
        "status": data.get("status") or "ACTIVE",
        "metadata": dict(data.get("metadata") or {}),
        "created_at": project.clock.iso(),
        "updated_at": None,
        "object": "member",
    }
    project.members[member["id"]] = member
    project.members_of.setdefault(customer["id"], []).append(member)
    project.cards[member["id"]] = cards = [Card(project, member, each) for each in program["wallets"]]
    for card in cards:
        project.work.later(card.name_code)
    return member


def with_cards(project, member):
    return {**member, "cards": [member_card(each) for each in cards_of(project, member)]}


def member_card(card):
    return {
        "member_role": "OWNER",
        "created_at": card.created,
        "card": card.describe(),
        "object": "member_card",
    }


# --- the API ---


def create(project, request, program_id):
    program = programs.existing(project, program_id)
    data = body_of(request)
    check_program(project, program, "Cannot create member when program status is not ACTIVE")
    return json_response(200, with_cards(project, enrol(project, program, data)))


def check_program(project, program, details):
    programs.check_active(project, program, "Invalid program status", details)


def create_many(project, request, program_id):
    program = programs.existing(project, program_id)
    entries = body_of(request, list)
    check_program(project, program, "Cannot create members when program status is not ACTIVE")

    def create_one(data):
        if not isinstance(data, dict):
            raise invalid_payload("Payload must be an object")
        enrol(project, program, data)

    return async_actions.start(project, "LOYALTY.MEMBERS_CREATE", entries, create_one)


def list_page(project, request, program_id):
    programs.existing(project, program_id)
    found = [
        each
        for each in project.members.values()
        if each["program_id"] == program_id and each["status"] != "DELETED"
    ]
    found = filters.matching(request, found, ("id", "status", "customer_id", "created_at"))
    return pages.by_cursor(project, request, found, "lcrsmbr_", ("created_at", "status", "customer_id"))


def read(project, request, program_id, member_id):
    """404 names the member, also if the program is the wrong one."""
    return json_response(200, with_cards(project, existing_member(project, program_id, member_id)))


def update(project, request, program_id, member_id):
    _program, member = existing(project, program_id, member_id)
    data = body_of(request)
    if "metadata" not in data:
        raise invalid_payload("Payload must have required property 'metadata'")
    check(data, {"metadata": "object"}, closed=True)
    if data["metadata"] is None:
        member["metadata"].clear()
    else:
        member["metadata"].update(data["metadata"])
    member["updated_at"] = project.clock.iso()
    return json_response(200, member)


def delete(project, request, program_id, member_id):
    _program, member = existing(project, program_id, member_id)
    member.update(status="DELETED", updated_at=project.clock.iso())
    return json_response(200, member)


def activate(project, request, program_id, member_id):
    return change_status(project, program_id, member_id, "ACTIVE", "INACTIVE")


def deactivate(project, request, program_id, member_id):
    return change_status(project, program_id, member_id, "INACTIVE", "ACTIVE")


def change_status(project, program_id, member_id, status, before):
    _program, member = existing(project, program_id, member_id)
    programs.check_transition("member", member["status"], status, (before,))
    member.update(status=status, updated_at=project.clock.iso())
    return json_response(200, member)


ROUTES = (
    ("POST", MEMBERS, create),
    ("POST", f"{MEMBERS}/batch", create_many),
    ("GET", MEMBERS, list_page),
    ("GET", MEMBER, read),
    ("PUT", MEMBER, update),
    ("DELETE", MEMBER, delete),
    ("POST", f"{MEMBER}/activate", activate),
    ("POST", f"{MEMBER}/deactivate", deactivate),
)
