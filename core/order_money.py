"""What the lines of a captured order cost: exact decimals, as the channel charged them. Plain Python."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple


class LineMoney(NamedTuple):
    """What one line costs.

    :param untaxed: the line without tax, after discounts
    :param taxes: the amount of each tax, in the order of the line's taxes
    """

    untaxed: Decimal
    taxes: tuple[Decimal, ...]

    @property
    def total(self) -> Decimal:
        return self.untaxed + sum(self.taxes)


def charged(line, places: int) -> Decimal:
    """Return the amount of a line after its discounts, with tax if the order's prices include it.

    :param line: an :class:`~..schemas.commands.order.OrderLineInputV1`
    :param places: decimals of the currency
    """
    gross = rounded(Decimal(line.unit_price) * Decimal(line.quantity), places)
    return gross - sum(Decimal(discount.amount) for discount in line.discounts)


def line_money(line, includes_tax: bool, places: int) -> LineMoney:
    """Return what a line with given taxes costs. A tax without an amount is calculated from its rate, on the line."""
    amount = charged(line, places)
    taxes = _taxes(amount, line.taxes, includes_tax, places)
    return LineMoney(amount - sum(taxes) if includes_tax else amount, taxes)


def _taxes(amount, taxes: Sequence, includes_tax, places):
    found = _by_rate(amount, taxes, includes_tax, places)
    return tuple(
        each if tax.amount is None else Decimal(tax.amount) for tax, each in zip(taxes, found, strict=True)
    )


def _by_rate(amount, taxes: Sequence, includes_tax, places):
    rates = sum((Decimal(tax.rate) for tax in taxes), Decimal())
    base = 100 + rates if includes_tax else Decimal(100)
    return tuple(rounded(amount * Decimal(tax.rate) / base, places) for tax in taxes)


def odd_taxes(line, includes_tax: bool, places: int) -> list[tuple]:
    """Return ``[(tax, amount by its rate)]`` of the taxes of a line whose amount does not follow from their rate.

    Channels round tax per piece, or share that of the whole order: a cent per piece, and one more, is no difference.
    """
    found = _by_rate(charged(line, places), line.taxes or (), includes_tax, places)
    allowed = (Decimal(line.quantity) + 1) * Decimal(1).scaleb(-places)
    return [
        (tax, each)
        for tax, each in zip(line.taxes or (), found, strict=True)
        if tax.amount is not None and abs(Decimal(tax.amount) - each) > allowed
    ]


def rounded(amount: Decimal, places: int) -> Decimal:
    """Return an amount with the decimals of its currency; a half is rounded away from zero."""
    return amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def decimals(text: str) -> int:
    """Return how many decimals a number has that count: ``"1.50"`` has one."""
    return len(text.partition(".")[2].rstrip("0"))


def tax_share(data: dict, quantity: float, places: int, taken: Sequence[dict] = ()) -> dict:
    """Return the tax amounts of a part of a line, in the form of Odoo's ``extra_tax_data``.

    :param data: of the whole line
    :param quantity: of the part
    :param taken: of the other parts; a part that completes the line gets what they leave
    """
    left = data["quantity"] - sum(each["quantity"] for each in taken)
    is_last = bool(taken) and abs(left - quantity) < 1e-6

    def share(of):
        whole = Decimal(str(of(data)))
        if is_last:
            return float(whole - sum(Decimal(str(of(each))) for each in taken))
        return float(rounded(whole * Decimal(str(quantity)) / Decimal(str(data["quantity"])), places))

    amounts = {
        tax: {
            name: share(lambda each, tax=tax, name=name: each["manual_tax_amounts"][tax][name])
            for name in values
        }
        for tax, values in data["manual_tax_amounts"].items()
    }
    total = share(lambda each: each["manual_total_excluded_currency"])
    return {
        **data,
        "quantity": quantity,
        "manual_tax_amounts": amounts,
        "manual_total_excluded_currency": total,
    }
