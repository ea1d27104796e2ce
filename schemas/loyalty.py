"""The loyalty card and its points, version 1."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from ..core.const import EventKind
from .base import Canonical, Decimal, EventType, _lt

Date = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
ProgramType = Literal[
    "coupons",
    "gift_card",
    "loyalty",
    "promotion",
    "ewallet",
    "promo_code",
    "buy_x_get_y",
    "next_order_coupons",
]


class LoyaltyCardV1(Canonical):
    """A card that holds points: a loyalty card, a gift card, an eWallet or a coupon, by ``program_type``.

    ``customer_id`` is the id of a canonical customer, empty for a card that is not personal. ``unit`` is what the
    program calls its points. ``balance`` is that of the card at the end of the transaction in which the event
    happened, None if the card no longer existed then.
    """

    id: str
    code: str
    program_id: str
    program: str
    program_type: ProgramType
    customer_id: str = ""
    unit: str = ""
    balance: Decimal | None = None
    expires_on: Date | None = None


class LoyaltyChangeV1(LoyaltyCardV1):
    """Points that were added to a card (positive), or taken from it (negative): ``points``.

    ``transaction_id`` is the line of the card's history, empty if Odoo keeps none, such as when customers are merged;
    what was earned and what was redeemed with one order are two events of one line. ``order_id`` is the order that
    the points came or went with, in the ``channel`` of its canonical order, empty for points changed by hand.
    """

    transaction_id: str = ""
    points: Decimal
    reason: str = ""
    channel: Literal["", "sales", "web", "pos"] = ""
    order_id: str = ""
    order_number: str = ""


EVENT_TYPES = (
    EventType(
        "loyalty.enrolled", "loyalty.card", EventKind.FACT, LoyaltyCardV1, _lt("Loyalty customer enrolled")
    ),
    EventType(
        "loyalty.earned", "loyalty.card", EventKind.FACT, LoyaltyChangeV1, _lt("Loyalty points earned")
    ),
    EventType(
        "loyalty.redeemed", "loyalty.card", EventKind.FACT, LoyaltyChangeV1, _lt("Loyalty points redeemed")
    ),
    EventType(
        "loyalty.adjusted", "loyalty.card", EventKind.FACT, LoyaltyChangeV1, _lt("Loyalty points adjusted")
    ),
    EventType(
        "loyalty.expired", "loyalty.card", EventKind.FACT, LoyaltyChangeV1, _lt("Loyalty points expired")
    ),
    EventType(
        "loyalty.reversed", "loyalty.card", EventKind.FACT, LoyaltyChangeV1, _lt("Loyalty points reversed")
    ),
)
