"""Customer invoices, what is paid of them, and what is given back; version 1."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from ..core.const import EventKind, Mode
from .base import Canonical, Currency, Decimal, EventType, MoneyV1, Timestamp, _lt
from .customer import AddressV1
from .order import OrderLineV1

Date = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class LineTaxV1(Canonical):
    """A tax that applies to a line; ``rate`` in percent, None for a tax that is not a percentage."""

    name: str
    rate: Decimal | None = None


class InvoiceLineV1(OrderLineV1):
    """One line of an invoice or refund; ``order_line_ids`` are the lines of the orders that it bills.

    A down payment that the final invoice takes off is a line of kind ``down_payment`` with negative amounts.
    """

    taxes: tuple[LineTaxV1, ...] = ()
    order_line_ids: tuple[str, ...] = ()


class OrderReferenceV1(Canonical):
    """The order that a document belongs to: its ``id`` is unique within the till (``pos``), or outside of it."""

    id: str
    number: str
    channel: Literal["sales", "web", "pos"]


class InvoiceV1(Canonical):
    """A customer invoice when it was posted; all amounts are in ``currency``. ``residual`` is not paid yet."""

    id: str
    number: str
    invoice_date: Date | None = None
    due_date: Date | None = None
    customer_id: str = ""
    company: str = ""
    currency: Currency
    untaxed: Decimal
    tax: Decimal
    total: Decimal
    residual: Decimal
    orders: tuple[OrderReferenceV1, ...] = ()
    customer_reference: str = ""
    payment_reference: str = ""
    salesperson: str = ""
    billing_address: AddressV1 | None = None
    lines: tuple[InvoiceLineV1, ...] = ()
    external_ids: dict[str, str] = {}


class InvoiceV2(InvoiceV1):
    """A customer invoice at one moment; all amounts are in ``currency``.

    ``status`` and ``residual`` (what is still to be paid) are as Odoo shows them: ``settled`` was credited in full.
    ``total`` = ``untaxed`` + ``tax`` + ``rounding``, which is what cash rounding added. ``payment_date`` is that of the
    last payment that still counts, None without one.
    """

    status: Literal["open", "partial", "paid", "settled", "cancelled"]
    payment_date: Date | None = None
    rounding: Decimal = "0"


class InvoicePaidV1(Canonical):
    """One payment lowered what is left of an invoice, in whole (``is_full``) or in part.

    ``amount`` is what it took off, in the ``currency`` of the invoice, and ``residual`` what was left then;
    ``payment_amount`` is the same in the currency that was paid with. ``written_off``, in that currency, is what the
    payment as a whole settled without money, such as a discount for paying early: negative if more came than was
    due. ``payment_id`` is empty where there is no payment document, such as for a line of a bank statement;
    ``payment_number`` is that of the journal entry.
    """

    id: str
    number: str
    customer_id: str = ""
    company: str = ""
    currency: Currency
    total: Decimal
    amount: Decimal
    residual: Decimal
    is_full: bool
    payment_amount: MoneyV1
    written_off: Decimal = "0"
    payment_id: str = ""
    payment_number: str = ""
    payment_date: Date | None = None
    method: str = ""
    orders: tuple[OrderReferenceV1, ...] = ()


class RefundPaymentV1(Canonical):
    """How money was given back at the till; the amount is positive."""

    method: str
    amount: Decimal


class RefundV1(Canonical):
    """What a customer is given back: a credit note that was posted, or a refund at the till (``source``).

    Amounts and quantities are positive: what is given back; what is sold in exchange has negative ones.
    ``invoice_id`` is the invoice that it reverses, ``orders`` are those that it takes back. ``is_full``: it alone
    gives back everything, which of several partial refunds none does. Of a credit note its total is that of the
    invoice that it reverses, in the same currency, or more; of a refund at the till it takes back every line of the
    order in its whole quantity. ``residual`` is not paid out or set off yet. ``date`` is the date of a credit note,
    ``issued_at`` the time at the till, where the payments are ``total`` and ``rounding``; an exchange tells them
    once, with the refund or with the order, whichever is larger.
    """

    id: str
    source: Literal["credit_note", "pos"]
    number: str
    date: Date | None = None
    issued_at: Timestamp | None = None
    customer_id: str = ""
    company: str = ""
    currency: Currency
    untaxed: Decimal
    tax: Decimal
    total: Decimal
    residual: Decimal = "0"
    rounding: Decimal = "0"
    is_full: bool = False
    reason: str = ""
    invoice_id: str = ""
    invoice_number: str = ""
    orders: tuple[OrderReferenceV1, ...] = ()
    salesperson: str = ""
    store: str = ""
    lines: tuple[InvoiceLineV1, ...] = ()
    payments: tuple[RefundPaymentV1, ...] = ()


class SoldLineV1(Canonical):
    """The line of an order of which goods come back: ``quantity`` of the ``sold``, in the order's unit of measure.

    ``position`` is its place in the order, from 0: among the products with a positive quantity, sorted by the lines'
    ids. Lines that are added to the order later do not change it. It is None for other lines.
    """

    order_id: str
    channel: Literal["sales", "web", "pos"]
    line_id: str
    position: int | None = None
    sold: Decimal
    quantity: Decimal


class RefundLineV1(InvoiceLineV1):
    """One line of a refund. ``sold_lines`` are what it gives back of orders, empty if it names no line of an order."""

    sold_lines: tuple[SoldLineV1, ...] = ()


class RefundV2(RefundV1):
    """What a customer is given back: a credit note that was posted, or a refund at the till (``source``).

    Amounts and quantities are positive: what is given back; what is sold in exchange has negative ones.
    ``invoice_id`` is the invoice that it reverses, ``orders`` are those that it takes back. ``is_full``: it alone
    gives back everything, which of several partial refunds none does. Of a credit note its total is that of the
    invoice that it reverses, in the same currency, or more; of a refund at the till it takes back every line of the
    order in its whole quantity. ``residual`` is not paid out or set off yet. ``date`` is the date of a credit note,
    ``issued_at`` the time at the till, where the payments are ``total`` and ``rounding``; an exchange tells them
    once, with the refund or with the order, whichever is larger.
    """

    lines: tuple[RefundLineV1, ...] = ()


RETIRED = (InvoiceV1, RefundV1)
EVENT_TYPES = (
    EventType(
        "invoice.posted",
        "account.move",
        EventKind.FACT,
        InvoiceV2,
        _lt("Invoice posted"),
        Mode.MICRO_BATCH,
        is_lasting=True,
    ),
    EventType(
        "invoice.updated",
        "account.move",
        EventKind.STATE,
        InvoiceV2,
        _lt("Invoice updated"),
        Mode.MICRO_BATCH,
    ),
    EventType(
        "invoice.cancelled",
        "account.move",
        EventKind.FACT,
        InvoiceV2,
        _lt("Invoice cancelled"),
        Mode.MICRO_BATCH,
    ),
    EventType(
        "invoice.paid", "account.move", EventKind.FACT, InvoicePaidV1, _lt("Invoice paid"), Mode.MICRO_BATCH
    ),
    EventType(
        "refund.issued",
        "account.move",
        EventKind.FACT,
        RefundV2,
        _lt("Refund issued"),
        more_model="pos.order",
        is_lasting=True,
    ),
    EventType("refund.cancelled", "account.move", EventKind.FACT, RefundV2, _lt("Refund cancelled")),
)
