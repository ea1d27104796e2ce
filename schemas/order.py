"""The order, version 1: of a salesperson, a web shop or a till."""

from typing import Literal

from ..core.const import EventKind
from .base import Canonical, Currency, Decimal, EventType, Timestamp, _lt
from .customer import AddressV1


class OrderLineV1(Canonical):
    """One line. ``unit_price`` is as the order shows it, ``discount`` in percent; the amounts are after discount.

    ``kind``: what was bought (``product``), or ``delivery``, ``reward``, ``down_payment``. ``tax`` and ``total`` are
    of the line; the document's totals may differ by how its taxes are rounded. ``parent_id`` is the line of the
    combo that this one is a part of.
    """

    id: str
    parent_id: str = ""
    kind: Literal["product", "delivery", "reward", "down_payment"] = "product"
    product_id: str = ""
    sku: str = ""
    name: str
    quantity: Decimal
    unit: str = ""
    unit_price: Decimal
    discount: Decimal = "0"
    untaxed: Decimal
    tax: Decimal
    total: Decimal


class OrderPaymentV1(Canonical):
    """How an order was paid at the till: a negative amount is money given back."""

    method: str
    amount: Decimal


class OrderV1(Canonical):
    """An order at one moment; all amounts are in ``currency``.

    ``customer_id`` is the id of a canonical customer, empty for an anonymous one. ``refunds_id`` is the order that
    this one takes back, in whole or in part: what was sold in exchange. Its payments are told once, with the larger
    of the two: otherwise they are ``total``, ``settled`` and ``rounding``, which is what cash rounding adds.

    A till can settle orders of a salesperson or web shop, or take down payments for them: that makes no second order.
    What tills took for an order, less what they gave back, is its ``paid_at_till``, before cash rounding; ``settled``
    is what was paid for others with an order of the till.
    """

    id: str
    number: str
    channel: Literal["sales", "web", "pos"]
    status: Literal["placed", "cancelled", "refunded"]
    customer_id: str = ""
    company: str = ""
    currency: Currency
    untaxed: Decimal
    tax: Decimal
    total: Decimal
    settled: Decimal = "0"
    paid_at_till: Decimal = "0"
    rounding: Decimal = "0"
    placed_at: Timestamp | None = None
    customer_reference: str = ""
    salesperson: str = ""
    store: str = ""
    delivery_address: AddressV1 | None = None
    lines: tuple[OrderLineV1, ...] = ()
    payments: tuple[OrderPaymentV1, ...] = ()
    refunds_id: str = ""
    external_ids: dict[str, str] = {}


EVENT_TYPES = (
    EventType(
        "order.placed",
        "sale.order",
        EventKind.FACT,
        OrderV1,
        _lt("Order placed"),
        more_model="pos.order",
        is_lasting=True,
    ),
    EventType("order.paid", "sale.order", EventKind.FACT, OrderV1, _lt("Order paid"), more_model="pos.order"),
    EventType(
        "order.updated", "sale.order", EventKind.STATE, OrderV1, _lt("Order updated"), more_model="pos.order"
    ),
    EventType("order.cancelled", "sale.order", EventKind.FACT, OrderV1, _lt("Order cancelled")),
)
