"""Points are shared out, and taken back in parts, to the last hundredth."""

import random

from odoo.addons.retail_hub.core.shares import part, spread


def test_in_proportion():
    assert spread(41, [20.5, 20.5]) == [20.5, 20.5]
    assert spread(100, [1, 1, 1]) == [33.34, 33.33, 33.33]
    assert spread(0, [1, 2]) == [0, 0]


def test_the_largest_remainder_gets_the_rest():
    assert spread(0.1, [1, 2, 5]) == [0.01, 0.03, 0.06]
    assert spread(1, [1, 3, 1], unit=1) == [0, 1, 0]


def test_totals_with_more_decimals():
    parts = spread(0.333333, [1, 1])
    assert parts == [0.166667, 0.166666]


def test_the_sum_is_the_total():
    chance = random.Random(7)
    for _ in range(500):
        total = chance.randrange(0, 10**7) / 100
        weights = [chance.random() * 100 for _ in range(chance.randrange(1, 9))]
        assert abs(sum(spread(total, weights)) - total) < 1e-9


def test_parts_end_exactly():
    back = [part(10, returned / 3) for returned in range(4)]
    assert back == [0, 3.33, 6.67, 10]
    assert part(0.333333, 2 / 2) == 0.333333
    assert part(5, 7) == 5
    assert part(5, -1) == 0


def test_a_coupon_is_whole():
    assert [part(1, returned / 3, unit=1) for returned in range(4)] == [0, 0, 0, 1]
