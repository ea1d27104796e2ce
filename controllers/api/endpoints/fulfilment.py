"""What warehouse systems report about orders."""

from ..endpoint import command_endpoint

PROBLEMS = ("not-found", "conflict", "unknown-reference")

ENDPOINTS = (
    command_endpoint(
        "POST",
        "/orders/{external_id}/shipments",
        "confirmShipment",
        "shipment.confirm",
        PROBLEMS,
        may_wait=True,
    ),
    command_endpoint(
        "POST", "/orders/{external_id}/returns", "receiveReturn", "return.receive", PROBLEMS, may_wait=True
    ),
)
