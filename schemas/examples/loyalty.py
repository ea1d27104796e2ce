"""Examples of the events of a loyalty card."""

from ..code import CodeChangeV1
from ..loyalty import LoyaltyCardV1, LoyaltyChangeV1
from .example import CUSTOMER_ID, ORDER_PROCESS, Example, changed
from .orders import LINE, ORDER, REFERENCE

CARD = LoyaltyCardV1(
    id="2000000060",
    code="SAMPLE-044c-7f31",
    program_id="2000000061",
    program="Tea Club",
    program_type="loyalty",
    customer_id=CUSTOMER_ID,
    unit="points",
    balance="0",
)
EARNED = LoyaltyChangeV1(
    **{**dict(CARD), "balance": "121"},
    transaction_id="2000000062",
    points="121",
    reason=f"Order {REFERENCE.number}",
    channel=REFERENCE.channel,
    order_id=REFERENCE.id,
    order_number=REFERENCE.number,
)
ADJUSTED = LoyaltyChangeV1(
    **{**dict(CARD), "balance": "131"}, transaction_id="2000000063", points="10", reason="Birthday"
)
EXPIRED = LoyaltyChangeV1(
    **{**dict(CARD), "balance": "101"}, transaction_id="2000000064", points="-30", reason="Points of 2025"
)
CODE = CodeChangeV1(
    id=REFERENCE.id,
    number=REFERENCE.number,
    channel=REFERENCE.channel,
    customer_id=CUSTOMER_ID,
    currency=ORDER.currency,
    code="SAMPLE-TEA-10",
    hold=f"sale-{REFERENCE.id}",
    kind="discount",
    amount="12.10",
    lines=(LINE,),
)

EXAMPLES = {
    "code.redeemed": Example(CODE, ORDER_PROCESS),
    "code.reversed": Example(changed(CODE, lines=()), ORDER_PROCESS),
    "loyalty.enrolled": Example(CARD),
    "loyalty.earned": Example(EARNED, ORDER_PROCESS),
    "loyalty.redeemed": Example(changed(EARNED, balance="21", points="-100"), ORDER_PROCESS),
    "loyalty.adjusted": Example(ADJUSTED),
    "loyalty.expired": Example(EXPIRED),
    "loyalty.reversed": Example(changed(EARNED, balance="0", points="-121"), ORDER_PROCESS),
}
