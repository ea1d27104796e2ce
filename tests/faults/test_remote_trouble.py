"""The remote is down, busy, broken or slow, and does not always say whether it did what it was asked."""

from collections import Counter

import pytest
from harm import MOODS

OUTAGES = 3


def test_remote_down(open_stage):
    """Connections are refused for a while, those at work are cut."""
    stage = open_stage({"workers": 3})
    with stage.at_work(3):
        for _ in range(OUTAGES):
            stage.pause(1, 3)
            stage.wait_for_work()
            stage.take_down(3, 10)
    stage.judge(timeout=120)


@pytest.mark.parametrize("mood", MOODS)
def test_storm(open_stage, mood):
    """For a while, half of the calls go wrong in one way."""
    stage = open_stage({"workers": 3})
    hits = 0
    with stage.at_work(3):
        for _ in range(10):
            stage.wait_for_work()
            stage.change_mood(mood, times=3)
            stage.pause(1, 3)
            hits += sum(rule["hits"] for rule in stage.sandbox.faults())
    assert hits > 0
    stage.judge(timeout=180)


def test_poison_under_trouble(open_stage):
    """One bad record among a hundred, while calls are lost: exactly it is dead, the other 99 arrive."""
    stage = open_stage({"workers": 3}, connector={"batch_size": 100})
    stage.change_mood("closed after the write", times=2, skip=2)
    stage.clerk("poisoner").create_poison(100)
    stage.judge(timeout=120)
    assert Counter(state for (state,) in stage.hub.deliveries("state")) == {"delivered": 99, "dead": 1}
