"""What products cost now, as a caller may ask for it. Version 1."""

from typing import Annotated

from pydantic import Field, StringConstraints

from .base import Canonical, Currency, Decimal, Timestamp
from .commands.base import Moment
from .inventory import MAX_ITEMS, Code, CursorText, Number


class PricesQueryV1(Canonical):
    """Which products: those with these ``sku`` or ``barcode``, else all, a page at a time.

    ``at`` is the moment whose prices are asked for; now if it is left out. ``after`` is the ``next`` of the page
    before. ``since`` is the ``cursor`` of an earlier response: then only products whose prices may have changed since.
    """

    sku: tuple[Code, ...] = Field((), max_length=MAX_ITEMS)
    barcode: tuple[Code, ...] = Field((), max_length=MAX_ITEMS)
    at: Moment | None = None
    after: Annotated[str, StringConstraints(pattern=r"^[0-9]{0,18}$")] = ""
    limit: Number = Field(100, ge=1, le=MAX_ITEMS)
    since: CursorText = ""


class PriceBreakV1(Canonical):
    """What a piece costs from a quantity on.

    ``price`` is that of the price list; ``untaxed`` and ``total`` are without and with the product's taxes in the
    company's own country. It is valid from ``starts_at``, and can change at ``ends_at``: ask again then.
    """

    minimum_quantity: Decimal
    price: Decimal
    untaxed: Decimal
    total: Decimal
    starts_at: Timestamp | None = None
    ends_at: Timestamp | None = None


class ProductPriceV1(Canonical):
    """The prices of a product, by quantity."""

    product_id: str
    sku: str = ""
    barcode: str = ""
    unit: str = ""
    prices: tuple[PriceBreakV1, ...]


class PricesV1(Canonical):
    """What products cost. ``pricelist`` is empty for the products' own prices; ``next`` is empty on the last page.

    ``cursor`` is for ``since``: take that of the first page. It is empty if the system has no flows for prices.
    """

    currency: Currency
    pricelist: str = ""
    items: tuple[ProductPriceV1, ...]
    next: str = ""
    cursor: str = ""
