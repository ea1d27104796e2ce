"""The benchmarks of dev/bench as tests: whether they work, not how fast anything is."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(os.environ["RETAIL_HUB_ROOT"], "dev", "bench_runner")))


@pytest.fixture(scope="session")
def bench():
    """A bench of one run and very small sizes; what it installs is there for all rows."""
    from bench import Bench

    with Bench.for_smoke() as smoke:
        yield smoke
