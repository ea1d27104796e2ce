"""A code of a loyalty engine, such as of a coupon or a gift card, that an order used. Version 1."""

from typing import Literal

from ..core.const import EventKind
from .base import Canonical, Currency, Decimal, EventType, _lt
from .order import OrderLineV1


class CodeChangeV1(Canonical):
    """An order used a code, or gave it back.

    ``id``, ``number`` and ``channel`` are those of the order. ``amount`` is what the code took off its price, for a
    gift card what was spent of it. ``lines`` are those of the order without what the code took off, and so are what
    it could be used for; they are left out if the order gave it back. ``hold`` is the name under which the engine may
    have held the code for the order.
    """

    id: str
    number: str
    channel: Literal["sales", "web", "pos"]
    customer_id: str = ""
    currency: Currency
    code: str
    hold: str
    kind: Literal["discount", "gift_card"]
    amount: Decimal
    lines: tuple[OrderLineV1, ...] = ()


EVENT_TYPES = (
    EventType(
        "code.redeemed",
        "sale.order",
        EventKind.FACT,
        CodeChangeV1,
        _lt("Code redeemed"),
        more_model="pos.order",
    ),
    EventType(
        "code.reversed",
        "sale.order",
        EventKind.FACT,
        CodeChangeV1,
        _lt("Code given back"),
        more_model="pos.order",
    ),
)
