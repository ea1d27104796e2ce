"""Orders."""

from ....core.problem import Problem
from ....schemas.commands.order import OrderResultV1
from ....schemas.order_process import OrderProcessV1
from ..endpoint import Endpoint, command_endpoint


def read_order(call):
    """Return the order that the caller knows by this external id.

    :raise Problem: there is none, or it belongs to another company
    """
    orders = call.client_env["retail.captured.order"]
    external_id = call.path["external_id"]
    order = orders._known(call.connector, external_id)
    if not order:
        message = orders._waiting(call.connector, external_id)[:1]
        if not message:
            raise Problem("not-found", "There is no order with this external_id.")
        return orders._not_yet(message, external_id, "unchanged", "incomplete")
    return orders._result(order, external_id, "unchanged")


def read_process(call):
    """Return the process of the order that the caller knows by this external id.

    :raise Problem: there is none, or it belongs to another company
    """
    orders, process = call.client_env["retail.captured.order"], call.client_env["retail.order.process"]
    external_id = call.path["external_id"]
    order = orders._known(call.connector, external_id)
    if order:
        return process._canonical(order, external_id)
    message = orders._waiting(call.connector, external_id)[:1]
    if not message:
        raise Problem("not-found", "There is no order with this external_id.")
    return process._canonical_not_yet(message, external_id)


def _change(action, operation):
    return command_endpoint(
        "POST",
        f"/orders/{{external_id}}/{action}",
        operation,
        f"order.{action}",
        ("not-found", "conflict"),
        may_wait=True,
    )


ENDPOINTS = (
    command_endpoint(
        "POST",
        "/orders",
        "placeOrder",
        "order.place",
        ("out-of-stock", "unknown-reference", "total-mismatch"),
        may_wait=True,
    ),
    Endpoint(
        "GET",
        "/orders/{external_id}",
        "getOrder",
        "Read an order",
        "orders:read",
        OrderResultV1,
        read_order,
        problems=("not-found", "conflict"),
    ),
    Endpoint(
        "GET",
        "/orders/{external_id}/process",
        "getOrderProcess",
        "Read the process of an order",
        "orders:read",
        OrderProcessV1,
        read_process,
        problems=("not-found", "conflict"),
    ),
    _change("hold", "holdOrder"),
    _change("confirm", "confirmOrder"),
    _change("release", "releaseOrder"),
    command_endpoint(
        "POST",
        "/orders/{external_id}/amend",
        "amendOrder",
        "order.amend",
        ("not-found", "conflict", "out-of-stock", "unknown-reference", "total-mismatch"),
        may_wait=True,
    ),
    command_endpoint(
        "POST",
        "/orders/{external_id}/cancel",
        "cancelOrder",
        "order.cancel",
        ("not-found", "conflict"),
        may_wait=True,
    ),
)
