"""Commands that change an order, version 1."""

from typing import Annotated

from pydantic import Field, StrictBool, StrictInt, model_validator

from ..base import Canonical, Currency
from .base import CommandType, ExternalId, Moment, Paragraphs
from .customer import AddressInputV1
from .order import MAX_LINES, Amount, Code, NotNegative, OrderLineInputV1, OrderResultV1, ShopMoneyV1, subject

Version = Annotated[StrictInt, Field(ge=1, le=2_147_483_647)]


class OrderLineChangeV1(OrderLineInputV1):
    """One line as it is now. With ``quantity`` 0 it is removed, and needs nothing but its ``id``.

    A line keeps its product and its warehouse: another product is another line.
    """

    quantity: NotNegative = "1"
    unit_price: Amount = "0"

    @model_validator(mode="after")
    def _names_a_product(self):
        if self.is_ordered and not self.code:
            raise ValueError("A product needs a product_id, a sku or a barcode.")
        return self

    @property
    def is_ordered(self):
        return float(self.quantity) > 0


class OrderAmendV1(Canonical):
    """Report what an order is now: all its lines, with what they cost. Lines that are left out are removed.

    Addresses, ``promised_at``, ``note`` and the exchange rate of ``shop`` stay as they are if left out. A state
    whose ``version`` (or without it, ``occurred_at``) is older than one that is known changes nothing.
    """

    external_id: ExternalId
    version: Version | None = None
    occurred_at: Moment | None = None
    currency: Currency
    prices_include_tax: StrictBool
    lines: tuple[OrderLineChangeV1, ...] = Field(min_length=1, max_length=MAX_LINES)
    total: NotNegative
    tax: Amount | None = None
    shop: ShopMoneyV1 | None = None
    invoice_address: AddressInputV1 | None = None
    delivery_address: AddressInputV1 | None = None
    promised_at: Moment | None = None
    warehouse: Code = ""
    note: Paragraphs | None = Field(None, max_length=5_000)

    @model_validator(mode="after")
    def _has_different_lines(self):
        if len({line.id for line in self.lines}) < len(self.lines):
            raise ValueError("Two lines have the same id.")
        if not any(line.is_ordered for line in self.lines):
            raise ValueError("No line is left. Cancel the order instead.")
        return self


COMMAND_TYPES = (
    CommandType("order.amend", OrderAmendV1, OrderResultV1, "orders:write", "Change an order", subject),
)
