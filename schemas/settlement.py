"""What a till took in between its opening and its closing; version 1."""

from typing import Literal

from ..core.const import EventKind, Mode
from .base import Canonical, Currency, Decimal, EventType, Timestamp, _lt
from .invoice import LineTaxV1


class SettlementAmountsV1(Canonical):
    """A part of what a till sold: ``total`` is ``untaxed`` and ``tax``."""

    untaxed: Decimal
    tax: Decimal
    total: Decimal


class SettlementPaymentV1(Canonical):
    """What was paid with one method: what was given back is taken off, such as change and refunds.

    ``difference`` is what was counted more (or less, if negative) than expected when the till was closed.
    """

    method: str
    kind: Literal["cash", "bank", "pay_later"]
    count: int
    amount: Decimal
    difference: Decimal = "0"


class SettlementCashV1(Canonical):
    """The cash drawer: ``opening``, ``payments`` and what was put in or taken out (``moves``) are the ``expected``."""

    opening: Decimal
    payments: Decimal
    moves: Decimal
    expected: Decimal
    counted: Decimal
    difference: Decimal


class SettlementTaxV1(LineTaxV1):
    """One tax, refunds taken off. ``is_invoiced``: of the orders that invoices account for."""

    is_invoiced: bool = False
    base: Decimal
    amount: Decimal


class SettlementV1(Canonical):
    """A session of a till when it was closed; all amounts are in ``currency``.

    ``untaxed``, ``tax`` and ``total`` are ``sales`` less ``refunds`` (both positive) and what was ``settled``: paid for
    orders of a salesperson or web shop, which are no orders of the till. The payments are ``total`` and ``rounding``,
    which is what cash rounding added. The part that is ``invoiced`` is accounted for by invoices;
    the rest is what the accounting entry of the session says (``entry_number``, empty if there is none).
    An exchange counts as an order and as a refund. ``discounts`` is what discounts of lines took off the prices, tax
    included, and ``rewards`` what loyalty rewards did. ``is_recovery``: made by Odoo for orders that came too late.
    """

    id: str
    number: str
    store: str
    company: str = ""
    currency: Currency
    opened_at: Timestamp | None = None
    closed_at: Timestamp | None = None
    cashier: str = ""
    is_recovery: bool = False
    order_count: int
    refund_count: int
    untaxed: Decimal
    tax: Decimal
    total: Decimal
    rounding: Decimal = "0"
    sales: SettlementAmountsV1
    refunds: SettlementAmountsV1
    settled: SettlementAmountsV1
    invoiced: SettlementAmountsV1
    discounts: Decimal = "0"
    rewards: Decimal = "0"
    taxes: tuple[SettlementTaxV1, ...] = ()
    payments: tuple[SettlementPaymentV1, ...] = ()
    cash: SettlementCashV1 | None = None
    entry_number: str = ""


EVENT_TYPES = (
    EventType(
        "settlement.closed",
        "pos.session",
        EventKind.FACT,
        SettlementV1,
        _lt("Settlement closed"),
        Mode.SCHEDULED,
    ),
)
