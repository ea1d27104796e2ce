"""What can be sold now, as a caller may ask for it. Version 1."""

import re
from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints

from .base import Canonical, Decimal

MAX_ITEMS = 500

Code = Annotated[str, StringConstraints(min_length=1, max_length=128)]


def _is_number(text: str | int) -> str | int:
    """
    :raise ValueError: a text has other characters than digits, which Python would accept: ``1_0``
    """
    if isinstance(text, str) and not re.fullmatch(r"[0-9]{1,9}", text):
        raise ValueError("This is not a number.")
    return text


CursorText = Annotated[str, StringConstraints(pattern=r"^([0-9]{1,18}-[0-9]{1,18})?$")]
Number = Annotated[int, BeforeValidator(_is_number)]


class InventoryQueryV1(Canonical):
    """Which products: those with these ``sku`` or ``barcode``, else all, a page at a time.

    ``after`` is the ``next`` of the page before. ``since`` is the ``cursor`` of an earlier response: then only products
    whose stock has changed since.
    """

    sku: tuple[Code, ...] = Field((), max_length=MAX_ITEMS)
    barcode: tuple[Code, ...] = Field((), max_length=MAX_ITEMS)
    warehouse: str = Field("", max_length=128)
    after: Annotated[str, StringConstraints(pattern=r"^[0-9]{0,18}$")] = ""
    limit: Number = Field(100, ge=1, le=MAX_ITEMS)
    since: CursorText = ""


class AvailableV1(Canonical):
    """How much of a product can be promised from a warehouse: what is on hand, less what is reserved and kept back.

    Of a kit, as many as its components allow.
    """

    product_id: str
    sku: str = ""
    barcode: str = ""
    warehouse: str
    available: Decimal


class InventoryV1(Canonical):
    """What can be promised. ``next`` is empty on the last page.

    ``cursor`` is for ``since``: take that of the first page. It is empty if the system has no flow for stock levels.
    """

    items: tuple[AvailableV1, ...]
    next: str = ""
    cursor: str = ""
