"""Examples of the events of an order, and of its payments."""

from ..invoice import OrderReferenceV1
from ..order import OrderLineV1, OrderV1
from ..payment import PaymentV1
from .customers import ADDRESS
from .example import COMPANY, CUSTOMER_ID, ORDER_ID, ORDER_PROCESS, Example, changed

REFERENCE = OrderReferenceV1(id=ORDER_ID, number="SAMPLE-7", channel="web")
LINE = OrderLineV1(
    id="2000000009",
    product_id="2000000012",
    sku="TEA-100",
    name="Green tea, 100 g",
    quantity="10",
    unit="Units",
    unit_price="10",
    untaxed="100.00",
    tax="21.00",
    total="121.00",
)
ORDER = OrderV1(
    id=ORDER_ID,
    number=REFERENCE.number,
    channel=REFERENCE.channel,
    status="placed",
    customer_id=CUSTOMER_ID,
    company=COMPANY,
    currency="EUR",
    untaxed="100.00",
    tax="21.00",
    total="121.00",
    paid_at_till="0.00",
    placed_at="2026-11-23T14:00:01Z",
    delivery_address=ADDRESS,
    lines=(LINE,),
)
PAYMENT = PaymentV1(
    id="2000000021",
    status="captured",
    amount="121.00",
    currency="EUR",
    provider="demo",
    method="Card",
    reference="SAMPLE-7-1",
    provider_reference="pay_sample",
    customer_id=CUSTOMER_ID,
    company=COMPANY,
    orders=(REFERENCE,),
    is_test=True,
)
GIVEN_BACK = changed(
    PAYMENT,
    id="2000000022",
    kind="refund",
    status="refunded",
    amount="24.20",
    reference="R-SAMPLE-7-1",
    provider_reference="refund_sample",
    refunded_payment_id=PAYMENT.id,
)
FAILED = changed(PAYMENT, status="failed", failure_message="The card was declined.")

EXAMPLES = {
    "order.placed": Example(ORDER, ORDER_PROCESS),
    "order.paid": Example(ORDER, ORDER_PROCESS),
    "order.updated": Example(changed(ORDER, customer_reference="PO-1234"), ORDER_PROCESS),
    "order.cancelled": Example(changed(ORDER, status="cancelled"), ORDER_PROCESS),
    "payment.authorized": Example(changed(PAYMENT, status="authorized"), ORDER_PROCESS),
    "payment.captured": Example(PAYMENT, ORDER_PROCESS),
    "payment.failed": Example(FAILED, ORDER_PROCESS),
    "payment.refunded": Example(GIVEN_BACK, ORDER_PROCESS),
}
