"""What is given back of the lines of captured orders: exact decimals, with the tax that the channel charged.

A line's amounts are in the form of Odoo's ``extra_tax_data``. Plain Python.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from .order_money import rounded, tax_share

Amounts = dict[str, Any]


def total_of(amounts: Amounts) -> Decimal:
    """Return an amount with its taxes."""
    untaxed = Decimal(str(amounts["manual_total_excluded_currency"]))
    return untaxed + sum(_taxes(amounts).values())


def part_of(
    whole: Amounts, quantity: float, places: int, taken: Sequence[Amounts] = (), total: Decimal | None = None
) -> Amounts:
    """Return the amounts of a quantity of a line: those of the channel per piece, unless a total says otherwise.

    :param places: decimals of the currency
    :param taken: of the other parts, see :func:`~.order_money.tax_share`
    :param total: with tax
    """
    share = tax_share(whole, quantity, places, taken)
    return share if total is None or total == total_of(share) else with_total(share, total, places)


def with_total(amounts: Amounts, total: Decimal, places: int) -> Amounts:
    """Return amounts with another total, whose taxes are in proportion to it."""
    before = total_of(amounts)
    taxes = {
        tax: rounded(value * total / before, places) if before else Decimal(0)
        for tax, value in _taxes(amounts).items()
    }
    untaxed = float(total - sum(taxes.values()))
    return {
        **amounts,
        "manual_total_excluded_currency": untaxed,
        "manual_tax_amounts": {
            tax: {"tax_amount_currency": float(value), "base_amount_currency": untaxed}
            for tax, value in taxes.items()
        },
    }


def priced(amounts: Amounts, includes_tax: bool) -> Amounts:
    """Return amounts with the price per piece that belongs to them, without which Odoo ignores them.

    :param includes_tax: whether the price is with tax
    """
    price = total_of(amounts) if includes_tax else Decimal(str(amounts["manual_total_excluded_currency"]))
    return {**amounts, "price_unit": float(price / Decimal(str(amounts["quantity"]))), "discount": 0.0}


def _taxes(amounts):
    return {
        tax: Decimal(str(values["tax_amount_currency"]))
        for tax, values in amounts["manual_tax_amounts"].items()
    }
