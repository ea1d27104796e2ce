"""When a circuit opens, and how its probes are spaced."""

import pytest

from odoo.addons.retail_hub import breaker


def tallies(*batches):
    """Return the tallies after batches of ``(second, answered, failed)``."""
    counted = []
    for now, answered, failed in batches:
        counted = breaker.count(counted, now, answered, failed)
    return counted


@pytest.mark.parametrize(
    ("batches", "broken"),
    [
        ([(0, 0, 5), (1, 0, 5)], True),
        ([(0, 0, 5), (1, 0, 4)], False),  # fewer than ten
        ([(0, 0, 100)], False),  # one call alone
        ([(0, 5, 0), (1, 0, 4), (2, 0, 1)], True),  # exactly half
        ([(0, 6, 0), (1, 0, 4), (2, 0, 1)], False),  # less than half
        ([(0, 0, 5), (299, 0, 5)], True),
        ([(0, 0, 5), (301, 0, 5)], False),  # too long ago
    ],
)
def test_when_it_opens(batches, broken):
    assert breaker.is_broken(tallies(*batches)) is broken


def test_tallies_do_not_grow():
    assert len(tallies(*((second, 1, 0) for second in range(0, 3600, 10)))) == 10


def test_probes_double_up_to_a_quarter_of_an_hour():
    waits = [breaker.next_probe_seconds(0)]
    for _ in range(6):
        waits.append(breaker.next_probe_seconds(waits[-1]))
    assert waits == [30, 60, 120, 240, 480, 900, 900]
