"""When a circuit opens, and how its probes are spaced."""

import json
from dataclasses import asdict

import pytest

from odoo.addons.retail_hub.core import breaker


def health(*batches):
    """Return the health after batches of ``(second, answered, failed)``, stored in between."""
    counted = breaker.Health()
    for now, answered, failed in batches:
        stored = json.loads(json.dumps(asdict(counted)))
        counted = breaker.count(breaker.Health.from_json(stored), now, answered, failed)
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
        ([(0, 900, 0), (1, 0, 8), (2, 0, 1), (3, 0, 1)], True),  # nothing since a busy time
        ([(0, 900, 0), (1, 0, 9), (2, 0, 1)], False),  # two calls only
        ([(0, 900, 0), (1, 0, 7), (2, 0, 1), (3, 0, 1)], False),  # nine deliveries only
        ([(0, 900, 0), (1, 0, 9), (2, 1, 9), (3, 0, 9), (4, 0, 9)], False),  # one was answered in between
        ([(0, 900, 0), (1, 0, 9), (302, 0, 9), (303, 0, 9)], True),  # by half of what happened lately
        ([(0, 0, 4), (600, 0, 4), (1200, 0, 4)], False),  # in a row, but too far apart
    ],
)
def test_when_it_opens(batches, broken):
    assert breaker.is_broken(health(*batches)) is broken


def test_tallies_do_not_grow():
    assert len(health(*((second, 1, 0) for second in range(0, 3600, 10))).tallies) == 10


def test_probes_double_up_to_a_quarter_of_an_hour():
    waits = [breaker.next_probe_seconds(0)]
    for _ in range(6):
        waits.append(breaker.next_probe_seconds(waits[-1]))
    assert waits == [30, 60, 120, 240, 480, 900, 900]
