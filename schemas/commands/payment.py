"""Commands about the payments of an order, version 1."""

from typing import Literal

from pydantic import Field, model_validator

from ..base import Canonical, Currency, Decimal
from .base import CommandType, ExternalId, Line, LineId, Moment
from .order import MAX_LINES, Code, OrderStatus, Positive


class PaymentInputV1(Canonical):
    """A payment of an order. ``external_id`` is the order's, ``id`` the payment's, which no other payment has.

    ``method`` is what the system calls the way of payment, such as ``card``. An order may have several payments.
    """

    external_id: ExternalId
    id: LineId
    amount: Positive
    currency: Currency
    occurred_at: Moment | None = None


class PaymentAuthorizeV1(PaymentInputV1):
    """Report a payment that was authorized, and not captured yet."""

    method: Code = ""


class PaymentCaptureV1(PaymentInputV1):
    """Report money that was captured.

    ``authorization`` is the ``id`` of the payment that was authorized, if the capture has an ``id`` of its own: the
    rest of it can be captured later. Without it, a capture of a payment that was authorized releases the rest.
    """

    method: Code = ""
    authorization: LineId | None = None


class PaymentFailV1(PaymentInputV1):
    """Report a payment that was refused, or an authorization that was voided or has expired."""

    method: Code = ""
    reason: Line = Field("", max_length=512)


class PaymentRefundV1(PaymentInputV1):
    """Report money of a payment that was given back. ``id`` is the refund's, ``payment`` that of the payment."""

    payment: LineId
    reason: Line = Field("", max_length=512)


class PaymentResultV1(Canonical):
    """A payment, or the refund of one, and what its order has by now.

    ``id`` is the caller's, ``transaction_id`` Odoo's. ``paid`` is what was captured of the order, ``refunded`` what was
    given back of it, ``authorized`` what is authorized and not captured yet. ``order_status`` is ``cancelled`` if a
    failed payment has cancelled the order.
    """

    id: str
    transaction_id: str
    external_id: str
    order_id: str
    order_status: OrderStatus
    outcome: Literal["created", "updated", "unchanged"]
    status: Literal["authorized", "captured", "failed", "cancelled", "refunded"]
    amount: Decimal
    currency: Currency
    paid: Decimal
    authorized: Decimal
    refunded: Decimal


class RefundLineInputV1(Canonical):
    """What is given back of an order line: for ``quantity`` pieces what they cost, unless ``amount`` says otherwise.

    ``id`` is the order line's; ``amount`` is with tax. Without ``quantity`` it is a lower price.
    """

    id: LineId
    quantity: Positive | None = None
    amount: Positive | None = None

    @model_validator(mode="after")
    def _is_something(self):
        if not (self.quantity or self.amount):
            raise ValueError("A line needs a quantity or an amount.")
        return self


class RefundPaymentInputV1(Canonical):
    """Money that is given back: ``id`` is the refund's, as in ``payment.refund``, ``payment`` that of the payment."""

    id: LineId
    payment: LineId
    amount: Positive


class OrderRefundV1(Canonical):
    """Refund an order: credit the customer, and give money back.

    ``external_id`` is the order's, ``id`` the refund's. ``amount`` is all that is credited, with tax: without it, the
    ``lines`` and the ``shipping``, or else the ``payments``. What it has more or less becomes a line of its own.
    """

    external_id: ExternalId
    id: LineId
    currency: Currency
    lines: tuple[RefundLineInputV1, ...] = Field((), max_length=MAX_LINES)
    shipping: Positive | None = None
    amount: Positive | None = None
    payments: tuple[RefundPaymentInputV1, ...] = Field((), max_length=50)
    reason: Line = Field("", max_length=512)
    occurred_at: Moment | None = None

    @model_validator(mode="after")
    def _is_something(self):
        if not (self.lines or self.shipping or self.amount or self.payments):
            raise ValueError("A refund needs lines, shipping, an amount or payments.")
        for each in (self.lines, self.payments):
            if len({one.id for one in each}) < len(each):
                raise ValueError("Two lines or payments have the same id.")
        return self


class OrderRefundResultV1(Canonical):
    """A refund, and what its order has by now: ``paid``, ``authorized`` and ``refunded`` as in payments.

    ``credit_note`` is its number in Odoo; it is empty if nothing of this was invoiced yet.
    """

    id: str
    external_id: str
    order_id: str
    outcome: Literal["created", "unchanged"]
    amount: Decimal
    currency: Currency
    credit_note_id: str = ""
    credit_note: str = ""
    paid: Decimal
    authorized: Decimal
    refunded: Decimal


def _payment(command):
    return f"payment/{command.id}"


def _refund(command):
    return f"refund/{command.id}"


SCOPE = "payments:write"
COMMAND_TYPES = (
    CommandType(
        "payment.authorize", PaymentAuthorizeV1, PaymentResultV1, SCOPE, "Authorize a payment", _payment
    ),
    CommandType("payment.capture", PaymentCaptureV1, PaymentResultV1, SCOPE, "Capture a payment", _payment),
    CommandType("payment.fail", PaymentFailV1, PaymentResultV1, SCOPE, "Report a failed payment", _payment),
    CommandType("payment.refund", PaymentRefundV1, PaymentResultV1, SCOPE, "Refund a payment", _refund),
    CommandType("order.refund", OrderRefundV1, OrderRefundResultV1, SCOPE, "Refund an order", _refund),
)
