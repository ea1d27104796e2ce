"""The short version: every kind of harm in miniature, in an order by chance, while clerks are at work."""

import pytest
from harm import MOODS, change_mood, kill_one, kill_runner

from stack import shifted_clock


@pytest.mark.short
def test_all_kinds_of_harm(open_stage, cluster, random):
    """Two servers drain together, the clock of one is ten minutes off; all else goes wrong meanwhile."""
    stage = open_stage({}, {"env": shifted_clock(random.choice([-600, 600]))})
    harms = [lambda mood=mood: change_mood(stage.sandbox, mood, times=3) for mood in MOODS]
    harms += [lambda: kill_worker(stage)] * 5
    harms += [lambda: kill_runner(stage.servers, random)]
    harms += [lambda mode=mode: cluster.restart(mode) for mode in ("fast", "immediate")]
    harms += [lambda: take_down(stage)]
    random.shuffle(harms)
    with stage.at_work(3, rarity=15):
        stage.clerk("poisoner").create_poison(20)
        for harm in harms:
            stage.wait_for_work()
            harm()
            stage.pause(0.5, 2)
    stage.judge(timeout=90)


def kill_worker(stage):
    pids = [pid for server in stage.servers for pid in server.pids()]
    stage.harm["workers killed"] += kill_one(pids, stage.random)


def take_down(stage):
    """The remote refuses connections for a while, and cuts those that are open."""
    stage.gate.shut()
    try:
        stage.pause(1, 3)
    finally:
        stage.gate.open()
    stage.harm["remote down"] += 1
