"""Tests that run beside others are counted, and one that breaks off counts as failed."""

import importlib
from pathlib import Path

import pytest

LIB = Path(__file__).parents[3] / "dev" / "lib"


@pytest.fixture
def runner(monkeypatch):
    monkeypatch.syspath_prepend(LIB)
    return importlib.import_module("test_runner")


@pytest.mark.parametrize(
    ("output", "passed", "failed"),
    [
        ("…\n12 s\n57 passed, 0 failed\n", 57, 0),
        ("… 9 passed, 9 failed\n12 s\n56 passed, 1 failed", 56, 1),
        ("57 passed, 0 failed\nTraceback (most recent call last):\n", 0, 1),
        ("", 0, 1),
    ],
)
def test_the_last_line_counts(runner, output, passed, failed):
    assert runner._last_count(output) == runner.Count(passed, failed)


def test_targets_run_beside_each_other(runner, capsys):
    with runner.beside(["tests/pure/dev/test_lint_xml.py"], ["tests/pure/dev/nothing.py"]) as others:
        count = others.wait()
    assert count.passed > 0
    assert count.failed == 1
    printed = capsys.readouterr().out
    assert printed.index("test_lint_xml.py") < printed.index("nothing.py")


def test_each_system_test_runs_once(runner):
    halves = [Path(path).name for half in runner._halves_of_system() for path in half]
    assert sorted([*halves, *runner.QUIET]) == sorted(path.name for path in runner.SYSTEM.glob("test_*.py"))
