"""Loyalty cards, gift cards and eWallets."""

from ....schemas.loyalty_member import LoyaltyMemberV1
from ..endpoint import Endpoint, command_endpoint


def read_member(call):
    """Return the cards of the customer whom the caller knows by this external id.

    :raise Problem: there is none, or it belongs to another company
    """
    return call.client_env["retail.loyalty.member"]._member(call.connector, call.path["external_id"])


def _end(action, operation):
    return command_endpoint(
        "POST",
        f"/loyalty/holds/{{external_id}}/{action}",
        operation,
        f"loyalty.{action}",
        ("not-found", "conflict", "amount-exceeded"),
        may_wait=True,
    )


ENDPOINTS = (
    Endpoint(
        "GET",
        "/loyalty/members/{external_id}",
        "getLoyaltyMember",
        "Read a customer's loyalty cards",
        "loyalty:read",
        LoyaltyMemberV1,
        read_member,
        problems=("not-found", "conflict"),
        path_example={"external_id": "C-1"},
    ),
    command_endpoint(
        "POST",
        "/loyalty/members",
        "enrollCustomer",
        "loyalty.enroll",
        ("not-found", "conflict", "invalid-request"),
    ),
    command_endpoint(
        "POST",
        "/loyalty/holds",
        "holdPoints",
        "loyalty.hold",
        ("not-found", "conflict", "amount-exceeded", "confirmation-required", "invalid-request"),
    ),
    command_endpoint(
        "POST",
        "/loyalty/confirmations",
        "confirmPoints",
        "loyalty.confirm",
        ("not-found", "conflict", "invalid-request"),
    ),
    command_endpoint(
        "POST",
        "/loyalty/points",
        "earnPoints",
        "loyalty.earn",
        ("not-found", "conflict", "invalid-request"),
    ),
    command_endpoint(
        "POST",
        "/loyalty/points/{external_id}/reverse",
        "reversePoints",
        "loyalty.reverse",
        ("not-found", "conflict", "amount-exceeded"),
        may_wait=True,
    ),
    _end("commit", "commitPoints"),
    _end("release", "releasePoints"),
)
