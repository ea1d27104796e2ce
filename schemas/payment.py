"""The payment through a payment provider, version 1."""

from typing import Literal

from ..core.const import EventKind
from .base import Canonical, Currency, Decimal, EventType, _lt
from .invoice import OrderReferenceV1


class PaymentV1(Canonical):
    """A payment, or the refund of one (``kind``), at one moment. It has no data of a card or account.

    ``amount`` is positive, also for a refund. ``provider_reference`` is what the provider calls it. A capture of a
    part has the ``authorization_id`` of the payment that was authorized, and a refund the ``refunded_payment_id`` of
    the one that it gives back. ``status`` is ``cancelled`` if it was given up or voided, ``failed`` if it was refused:
    ``failure_message`` is the provider's. ``is_test``: no money moved.
    """

    id: str
    kind: Literal["payment", "refund"] = "payment"
    status: Literal["authorized", "captured", "failed", "cancelled", "refunded"]
    amount: Decimal
    currency: Currency
    provider: str
    method: str = ""
    reference: str
    provider_reference: str = ""
    customer_id: str = ""
    company: str = ""
    orders: tuple[OrderReferenceV1, ...] = ()
    invoice_ids: tuple[str, ...] = ()
    authorization_id: str = ""
    refunded_payment_id: str = ""
    failure_message: str = ""
    is_test: bool = False


EVENT_TYPES = (
    EventType(
        "payment.authorized", "payment.transaction", EventKind.FACT, PaymentV1, _lt("Payment authorized")
    ),
    EventType("payment.captured", "payment.transaction", EventKind.FACT, PaymentV1, _lt("Payment captured")),
    EventType("payment.failed", "payment.transaction", EventKind.FACT, PaymentV1, _lt("Payment failed")),
    EventType("payment.refunded", "payment.transaction", EventKind.FACT, PaymentV1, _lt("Payment refunded")),
)
