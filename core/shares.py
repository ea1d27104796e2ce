"""Sharing points out to the lines of an order, and taking parts of them back, without losing any to rounding."""

import math

POINT = 100  # the smallest share of points is a hundredth, as Odoo rounds points
FINE = 10**6  # for totals that have more decimals, as those of the ledger
ALL = 1 - 1e-6


def spread(total, weights, unit=POINT):
    """Return the parts of a total, in proportion to the weights (floats, not all of them 0, none negative).

    By the largest remainder: their sum is exactly the total. Equal remainders favor the earlier ones.

    :param unit: how many of the smallest parts are 1
    """
    whole = round(total * unit)
    if abs(whole / unit - total) > 1 / FINE / 2:
        unit, whole = FINE, round(total * FINE)
    of_all = sum(weights)
    exact = [whole * weight / of_all for weight in weights]
    parts = [math.floor(each) for each in exact]
    by_remainder = sorted(range(len(parts)), key=lambda index: (round(parts[index] - exact[index], 9), index))
    for index in by_remainder[: whole - sum(parts)]:
        parts[index] += 1
    return [part / unit for part in parts]


def part(points, fraction, unit=POINT):
    """Return which part of the points a fraction is; all of them if it is 1, so that parts of a whole end exactly.

    Points are rounded half up, whole ones (``unit`` 1: a coupon is used or not) down.
    """
    if fraction >= ALL:
        return points
    half = 0.5 if unit > 1 else 0
    return math.floor(points * max(fraction, 0) * unit + half + 1e-9) / unit
