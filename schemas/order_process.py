"""The process of an order: what has happened to it, in which system, and what is still to come. Version 1."""

from typing import Literal

from .base import Canonical, Timestamp, _lt
from .commands.order import OrderStatus

STEPS = (
    ("order.captured", _lt("Order captured")),
    ("order.held", _lt("Held for the customer")),
    ("order.confirmed", _lt("Confirmed by the customer")),
    ("order.expired", _lt("Hold expired")),
    ("order.review", _lt("Review")),
    ("order.released", _lt("Released for shipping")),
    ("order.cancelled", _lt("Order cancelled")),
    ("payment.pending", _lt("Payment pending")),
    ("payment.authorized", _lt("Payment authorized")),
    ("payment.captured", _lt("Payment captured")),
    ("payment.failed", _lt("Payment failed")),
    ("payment.released", _lt("Authorization used up or void")),
    ("shipment.planned", _lt("Shipment to do")),
    ("shipment.confirmed", _lt("Shipped")),
    ("return.planned", _lt("Return to receive")),
    ("return.received", _lt("Return received")),
    ("invoice.posted", _lt("Invoice posted")),
    ("refund.issued", _lt("Refund issued")),
    ("payment.refunded", _lt("Payment refunded")),
    ("points.earned", _lt("Points earned")),
    ("points.redeemed", _lt("Points redeemed")),
    ("points.reversed", _lt("Points reversed")),
    ("event", _lt("Event")),
    ("request", _lt("Request")),
)


class ProcessStepV1(Canonical):
    """A step of an order's process.

    ``state`` is ``done``, ``waiting`` or ``failed``; ``system`` the name of where it happened; ``at`` when, or since
    when it waits. ``reference`` names it there: a payment by its ``id``, a transfer or an invoice by its number, points
    by their program, an ``event`` by its type, a ``request`` by its command.
    """

    step: Literal[tuple(name for name, _label in STEPS)]
    state: Literal["done", "waiting", "failed"]
    system: str
    at: Timestamp
    reference: str = ""
    detail: str = ""


class OrderProcessV1(Canonical):
    """What has happened to an order, the oldest first. ``id`` and ``number`` are empty if it is not in Odoo yet."""

    id: str
    number: str
    external_id: str
    status: OrderStatus
    steps: tuple[ProcessStepV1, ...]
