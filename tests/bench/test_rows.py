"""Each row of dev/bench runs to its end: its checks hold, and it has figures."""

import math

import pytest
from rows import BENCHMARKS


@pytest.mark.parametrize("name", BENCHMARKS)
def test_row(bench, name):
    """A benchmark raises when hub and peer do not send the same, or something is lost, doubled or out of order."""
    figures = bench.measure(BENCHMARKS[name])
    assert figures
    assert all(math.isfinite(figure.value) for figure in figures)
