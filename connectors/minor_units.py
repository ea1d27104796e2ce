"""Amounts in minor units, such as cents, for APIs that take integers. Pure functions.

The number of digits is that of ISO 4217; only what differs from two is listed.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

_DIGITS = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0),  # noqa: SIM905
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}


def to_minor(amount: str, currency: str) -> int:
    """Return a decimal amount as an integer of the currency's minor unit: ``("12.5", "EUR")`` is 1250."""
    scaled = Decimal(amount).scaleb(_DIGITS.get(currency, 2))
    return int(scaled.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def from_minor(amount: int, currency: str) -> Decimal:
    """Return an integer of the currency's minor unit as a decimal amount: ``(1250, "EUR")`` is 12.50."""
    return Decimal(amount).scaleb(-_DIGITS.get(currency, 2))


def spread(total: int, weights: Sequence[int]) -> list[int]:
    """Return integers that are in proportion to the weights, and whose sum is the total.

    What is left after rounding down goes to the largest fractions, the first of equals.
    """
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    shares = [divmod(total * weight, whole) for weight in weights]
    parts = [share for share, _rest in shares]
    by_rest = sorted(range(len(parts)), key=lambda index: (-shares[index][1], index))
    for index in by_rest[: total - sum(parts)]:
        parts[index] += 1
    return parts
