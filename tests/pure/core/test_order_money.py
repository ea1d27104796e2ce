"""The amounts of captured lines."""

from decimal import Decimal

import pytest

from odoo.addons.retail_hub.core.order_money import charged, decimals, line_money
from odoo.addons.retail_hub.schemas.commands.order import OrderLineInputV1


def line(price="10.00", quantity="1", discounts=(), taxes=()):
    return OrderLineInputV1(
        id="1",
        sku="A",
        unit_price=price,
        quantity=quantity,
        discounts=[{"amount": each} for each in discounts],
        taxes=[{"rate": rate, "amount": amount} for rate, amount in taxes],
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (line("3.335", "3"), "10.01"),
        (line("10.00", "3", ("6.67",)), "23.33"),
        (line("-10.00"), "-10.00"),
        (line("-0.005"), "-0.01"),
    ],
)
def test_charged(given, expected):
    assert charged(given, 2) == Decimal(expected)


@pytest.mark.parametrize(
    ("given", "includes_tax", "untaxed", "taxes"),
    [
        (line(taxes=[("21", None)]), False, "10.00", ["2.10"]),
        (line("12.10", taxes=[("21", None)]), True, "10.00", ["2.10"]),
        (line("0.33", taxes=[("20", None)]), False, "0.33", ["0.07"]),
        (line("9.99", taxes=[("21", "2.09")]), False, "9.99", ["2.09"]),
        (line("127.00", taxes=[("21", None), ("6", None)]), True, "100.00", ["21.00", "6.00"]),
        (line(taxes=[("0", None)]), True, "10.00", ["0.00"]),
        (line(), True, "10.00", []),
    ],
)
def test_line_money(given, includes_tax, untaxed, taxes):
    money = line_money(given, includes_tax, 2)
    assert (money.untaxed, list(money.taxes)) == (Decimal(untaxed), [Decimal(tax) for tax in taxes])
    assert money.total == Decimal(untaxed) + sum(map(Decimal, taxes))


@pytest.mark.parametrize(("text", "expected"), [("1", 0), ("1.50", 1), ("1.005", 3), ("0.000", 0)])
def test_decimals(text, expected):
    assert decimals(text) == expected
