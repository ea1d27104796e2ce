"""What is given back of a line: the channel's tax per piece, and never a cent more or less than was asked for."""

from decimal import Decimal

import pytest

from odoo.addons.retail_hub.core.refund_money import part_of, priced, total_of, with_total


def amounts(untaxed, *taxes, quantity=3.0):
    return {
        "manual_total_excluded_currency": untaxed,
        "manual_tax_amounts": {
            str(number): {"tax_amount_currency": tax, "base_amount_currency": untaxed}
            for number, tax in enumerate(taxes)
        },
        "quantity": quantity,
        "price_unit": untaxed / quantity,
    }


def taxes_of(found):
    return [each["tax_amount_currency"] for each in found["manual_tax_amounts"].values()]


def test_a_part_has_the_tax_of_its_pieces():
    part = part_of(amounts(30.0, 6.1), 1, 2)
    assert (part["manual_total_excluded_currency"], taxes_of(part), part["quantity"]) == (10.0, [2.03], 1)


def test_the_last_part_gets_what_is_left():
    whole = amounts(30.0, 6.1)
    first = part_of(whole, 1, 2)
    second = part_of(whole, 2, 2, [first])
    assert total_of(first) + total_of(second) == Decimal("36.1")
    assert taxes_of(second) == [4.07]


def test_another_total_splits_like_the_line():
    part = part_of(amounts(30.0, 6.3, 1.8), 1, 2, total=Decimal("10.00"))
    assert total_of(part) == Decimal("10.00")
    assert taxes_of(part) == [1.65, 0.47]


@pytest.mark.parametrize(
    ("places", "total", "expected"), [(0, "1000", 174.0), (2, "0.01", 0.0), (3, "10.001", 1.736)]
)
def test_decimals_of_the_currency(places, total, expected):
    found = with_total(amounts(100.0, 21.0), Decimal(total), places)
    assert (taxes_of(found), total_of(found)) == ([expected], Decimal(total))


def test_a_line_that_was_free():
    found = with_total(amounts(0.0, 0.0), Decimal("5"), 2)
    assert (taxes_of(found), total_of(found)) == ([0.0], Decimal("5"))


@pytest.mark.parametrize(("includes_tax", "price"), [(True, 12.1), (False, 10.0)])
def test_the_price_per_piece(includes_tax, price):
    assert priced(amounts(30.0, 6.3), includes_tax)["price_unit"] == price
