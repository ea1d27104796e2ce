"""The demo's account of a system: what is missing, doubled or wrong is named, and fails the demo."""

import importlib
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[3] / "dev" / "demo_runner"
EXPECTED = {"S1": "10.00", "S2": "20.00"}


@pytest.fixture
def arrival(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    return importlib.import_module("arrival")


@pytest.mark.parametrize(
    ("arrived", "missing", "doubled", "wrong"),
    [
        ([("S2", "20.00"), ("S1", "10.00")], [], [], []),
        ([("S1", "10.00")], ["S2"], [], []),
        ([], ["S1", "S2"], [], []),
        ([("S1", "10.00"), ("S2", "20.00"), ("S1", "10.00")], [], ["S1"], []),
        ([("S1", "10.00"), ("S2", "20.01")], [], [], ["S2: '20.01', not '20.00'"]),
        ([("S1", "10.00"), ("S2", "20.00"), ("S3", "5.00")], [], [], ["S3: not at its source"]),
    ],
)
def test_account(arrival, arrived, missing, doubled, wrong):
    row = arrival.Arrival("orders", EXPECTED, tuple(arrived))
    assert (row.missing, row.doubled, row.wrong) == (missing, doubled, wrong)
    is_right = not (missing or doubled or wrong)
    assert row.is_right is is_right
    assert arrival.System("Middleware", [row]).is_right is is_right
