"""Commands about orders, version 1."""

from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictInt, StringConstraints, model_validator

from ..base import Canonical, Currency, Decimal, Timestamp
from ..customer import Country
from .base import CommandType, ExternalId, Line, LineId, Moment, Paragraphs
from .customer import AddressInputV1, CustomerInputV1

MAX_LINES = 500
MAX_HOLD = 10_080  # minutes: a week

# Nobody orders more than 10 to the 12th of anything, and a double keeps 15 digits.
Amount = Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,12}(\.[0-9]{1,6})?$")]
Positive = Annotated[
    str,
    StringConstraints(pattern=r"^([0-9]*[1-9][0-9]*(\.[0-9]{1,6})?|0+\.[0-9]*[1-9][0-9]*)$", max_length=19),
]
NotNegative = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,12}(\.[0-9]{1,6})?$")]
Code = Annotated[Line, StringConstraints(max_length=128)]
HoldMinutes = Annotated[StrictInt, Field(ge=1, le=MAX_HOLD)]


class OrderCustomerV1(CustomerInputV1):
    """Who buys. Without ``external_id`` a guest: the customer with this email address or phone number, else a new one.

    A guest changes nothing of a customer who is there already.
    """

    external_id: ExternalId | None = None

    @model_validator(mode="after")
    def _is_somebody(self):
        if not (self.external_id or self.name or self.company_name):
            raise ValueError("A customer needs an external_id or a name.")
        return self


class LineTaxV1(Canonical):
    """A tax of a line: ``rate`` in percent, and the ``amount`` that the customer was charged for the whole line.

    Without ``amount``, it follows from the rate. Without ``country``, it is that of the company.
    """

    rate: NotNegative
    country: Country | None = None
    amount: Amount | None = None


class LineDiscountV1(Canonical):
    """What a line costs less: its part of a discount, as an amount of the whole line."""

    code: Code = ""
    amount: NotNegative


class OrderLineInputV1(Canonical):
    """One line. Its amount is ``unit_price`` × ``quantity`` - ``discounts``, with tax if the order's prices include it.

    A product is named by ``product_id`` (the channel's own), ``sku`` or ``barcode``: the first that Odoo knows.
    Without ``taxes`` Odoo decides; an empty list means none.
    """

    id: LineId
    kind: Literal["product", "delivery", "tip", "fee", "duty"] = "product"
    product_id: Code = ""
    sku: Code = ""
    barcode: Code = ""
    name: Line = Field("", max_length=512)
    quantity: Positive = "1"
    unit_price: Amount
    discounts: tuple[LineDiscountV1, ...] = Field((), max_length=50)
    taxes: tuple[LineTaxV1, ...] | None = Field(None, max_length=5)
    warehouse: Code = ""

    @property
    def codes(self):
        """What the line calls its product, as ``[(name, code)]``, the most exact first; for other lines, their kind."""
        given = [(name, getattr(self, name)) for name in ("product_id", "sku", "barcode")]
        found = [(name, code) for name, code in given if code]
        return found or ([] if self.kind == "product" else [("kind", self.kind)])

    @property
    def code(self):
        """The most exact of the codes; "" if there is none."""
        return self.codes[0][1] if self.codes else ""

    @model_validator(mode="after")
    def _names_a_product(self):
        if not self.code:
            raise ValueError("A product needs a product_id, a sku or a barcode.")
        return self


class RiskV1(Canonical):
    """Why an order may be a fraud. ``review``: it is captured and reserved, and shipped when somebody releases it."""

    level: Literal["review"]
    reason: Line = Field(min_length=1, max_length=512)


class ShopMoneyV1(Canonical):
    """An order in the currency in which the shop keeps its books, at the shop's own exchange rate."""

    currency: Currency
    total: Amount


class OrderPlaceV1(Canonical):
    """Capture an order: confirmed, and its stock reserved, in one step.

    ``number`` is what customers call the order; ``total`` what they pay, with tax. ``warehouse`` is the code of the
    warehouse that ships, unless a line says otherwise. If the order was captured before, it stays as it is.

    With ``hold_minutes`` it is held: not shipped until it is confirmed, and cancelled if it is not confirmed in time.

    ``currency`` is the one in which the customer pays, and all amounts are in it. ``shop`` is for shops that keep their
    books in another one.
    """

    external_id: ExternalId
    number: Line = Field("", max_length=64)
    placed_at: Moment | None = None
    promised_at: Moment | None = None
    currency: Currency
    prices_include_tax: StrictBool
    customer: OrderCustomerV1
    invoice_address: AddressInputV1 | None = None
    delivery_address: AddressInputV1 | None = None
    lines: tuple[OrderLineInputV1, ...] = Field(min_length=1, max_length=MAX_LINES)
    total: NotNegative
    tax: Amount | None = None
    shop: ShopMoneyV1 | None = None
    warehouse: Code = ""
    note: Paragraphs = Field("", max_length=5_000)
    hold_minutes: HoldMinutes | None = None
    risk: RiskV1 | None = None

    @model_validator(mode="after")
    def _has_different_lines(self):
        if len({line.id for line in self.lines}) < len(self.lines):
            raise ValueError("Two lines have the same id.")
        return self


# Of an order as Odoo has it.
OrderStatus = Literal["incomplete", "quotation", "held", "review", "placed", "cancelled"]


class OrderLineResultV1(Canonical):
    """What is reserved of a line, and when the rest is expected, if that is known. Services have nothing to reserve."""

    id: str
    quantity: Decimal
    reserved: Decimal
    backordered: Decimal
    expected_at: Timestamp | None = None


class OrderResultV1(Canonical):
    """An order as Odoo has it. ``id`` and ``number`` are Odoo's, ``external_id`` is the caller's.

    ``outcome`` says what the command did: ``superseded``: a newer state of the order is known, so nothing was changed.
    ``rounding`` is part of ``total``: what the channel's total has more than its lines. ``paid`` is what was captured,
    ``refunded`` what was given back of it, ``authorized`` what is authorized and not captured yet. An ``incomplete``
    order is kept until a person has mapped what it names: it has no ``id`` yet, and no amounts. ``held`` and ``review``
    orders are not shipped: those that the customer has not confirmed, and those that somebody has to release.
    """

    id: str
    number: str
    external_id: str
    outcome: Literal[
        "created", "unchanged", "amended", "superseded", "cancelled", "extended", "confirmed", "released"
    ]
    status: OrderStatus
    held_until: Timestamp | None = None
    customer_id: str
    currency: Currency
    untaxed: Decimal
    tax: Decimal
    total: Decimal
    rounding: Decimal = "0"
    paid: Decimal = "0"
    authorized: Decimal = "0"
    refunded: Decimal = "0"
    lines: tuple[OrderLineResultV1, ...] = ()
    warnings: tuple[str, ...] = ()


class LineCancelV1(Canonical):
    """How much less is ordered of a line. Without ``quantity``: all that was not shipped."""

    id: LineId
    quantity: Positive | None = None


class OrderCancelV1(Canonical):
    """Cancel an order, or with ``lines`` a part of it. What was not shipped is free again.

    ``cancel_id`` is your identifier of a partial cancellation: the same one is carried out once.
    """

    external_id: ExternalId
    lines: tuple[LineCancelV1, ...] = Field((), max_length=MAX_LINES)
    cancel_id: Code = ""
    reason: Line = Field("", max_length=512)

    @model_validator(mode="after")
    def _says_what(self):
        if "lines" in self.model_fields_set and not self.lines:
            raise ValueError("Leave lines out to cancel the whole order.")
        if len({line.id for line in self.lines}) < len(self.lines):
            raise ValueError("Two lines have the same id.")
        return self


def subject(command):
    """Return the subject of a command about an order."""
    return f"order/{command.external_id}"


COMMAND_TYPES = (
    CommandType("order.place", OrderPlaceV1, OrderResultV1, "orders:write", "Capture an order", subject),
    CommandType("order.cancel", OrderCancelV1, OrderResultV1, "orders:write", "Cancel an order", subject),
)
