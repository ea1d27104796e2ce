"""Examples of the events of an invoice, and of a credit note for 2 of its 10 pieces."""

from ..base import MoneyV1
from ..invoice import InvoiceLineV1, InvoicePaidV1, InvoiceV2, LineTaxV1, RefundLineV1, RefundV2, SoldLineV1
from .customers import ADDRESS
from .example import COMPANY, CUSTOMER_ID, ORDER_PROCESS, Example, changed
from .orders import LINE, REFERENCE

INVOICE_LINE = InvoiceLineV1(
    **{**dict(LINE), "id": "2000000031"},
    taxes=(LineTaxV1(name="21%", rate="21"),),
    order_line_ids=(LINE.id,),
)
INVOICE = InvoiceV2(
    id="2000000030",
    number="SAMPLE/2026/00030",
    invoice_date="2026-11-24",
    due_date="2026-12-24",
    customer_id=CUSTOMER_ID,
    company=COMPANY,
    currency="EUR",
    untaxed="100.00",
    tax="21.00",
    total="121.00",
    residual="121.00",
    status="open",
    orders=(REFERENCE,),
    payment_reference="SAMPLE/2026/00030",
    billing_address=ADDRESS,
    lines=(INVOICE_LINE,),
)
PAID = InvoicePaidV1(
    id=INVOICE.id,
    number=INVOICE.number,
    customer_id=CUSTOMER_ID,
    company=COMPANY,
    currency="EUR",
    total="121.00",
    amount="121.00",
    residual="0.00",
    is_full=True,
    payment_amount=MoneyV1(amount="121.00", currency="EUR"),
    payment_id="2000000032",
    payment_number="SAMPLE/PBNK/00032",
    payment_date="2026-11-25",
    method="Manual Payment",
    orders=(REFERENCE,),
)
SOLD_LINE = SoldLineV1(
    order_id=REFERENCE.id,
    channel=REFERENCE.channel,
    line_id=LINE.id,
    position=0,
    sold=LINE.quantity,
    quantity="2",
)
REFUND_LINE = RefundLineV1(
    **{
        **dict(INVOICE_LINE),
        "id": "2000000036",
        "quantity": "2",
        "untaxed": "20.00",
        "tax": "4.20",
        "total": "24.20",
    },
    sold_lines=(SOLD_LINE,),
)
REFUND = RefundV2(
    id="2000000035",
    source="credit_note",
    number="SAMPLE/R/2026/00035",
    date="2026-11-30",
    customer_id=CUSTOMER_ID,
    company=COMPANY,
    currency="EUR",
    untaxed="20.00",
    tax="4.20",
    total="24.20",
    residual="24.20",
    reason="Damaged",
    invoice_id=INVOICE.id,
    invoice_number=INVOICE.number,
    orders=(REFERENCE,),
    lines=(REFUND_LINE,),
)
PARTLY_PAID = changed(INVOICE, status="partial", residual="21.00")

EXAMPLES = {
    "invoice.posted": Example(INVOICE, ORDER_PROCESS),
    "invoice.updated": Example(PARTLY_PAID, ORDER_PROCESS),
    "invoice.cancelled": Example(changed(INVOICE, status="cancelled", residual="0.00"), ORDER_PROCESS),
    "invoice.paid": Example(PAID, ORDER_PROCESS),
    "refund.issued": Example(REFUND, ORDER_PROCESS),
    "refund.cancelled": Example(REFUND, ORDER_PROCESS),
}
