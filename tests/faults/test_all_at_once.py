"""The short version: every kind of harm in miniature, in an order by chance, while clerks are at work."""

import pytest
from harm import MOODS

from stack import shifted_clock


@pytest.mark.short
def test_all_kinds_of_harm(open_stage, cluster, random):
    """Two servers drain together, the clock of one is ten minutes off; all else goes wrong meanwhile."""
    stage = open_stage({}, {"env": shifted_clock(random.choice([-600, 600]))})
    harms = [lambda mood=mood: stage.change_mood(mood, times=3) for mood in MOODS]
    harms += [stage.kill_worker] * 5
    harms += [stage.kill_runner, stage.hand_over_runner]
    harms += [lambda mode=mode: cluster.restart(mode) for mode in ("fast", "immediate")]
    harms += [lambda: stage.take_down(1, 3)]
    random.shuffle(harms)
    with stage.at_work(3, rarity=15):
        stage.clerk("poisoner").create_poison(20)
        for harm in harms:
            stage.wait_for_work()
            harm()
            stage.pause(0.5, 2)
    stage.judge(timeout=90)
