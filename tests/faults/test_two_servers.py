"""Two Odoo servers on one database: they drain together, with clocks that may differ."""

import pytest

from stack import shifted_clock

ROUNDS = 10


@pytest.mark.parametrize("seconds", [0, 600, -600])
def test_two_servers(open_stage, seconds):
    """Both have workers, crons and a job runner in waiting; either runner may be at work, so each is once.

    Nothing may wait for one clock to reach the other's time.
    """
    stage = open_stage({}, {"env": shifted_clock(seconds)} if seconds else {}, connector={"batch_size": 10})
    with stage.at_work(4):
        for number in range(ROUNDS):
            ask_to_wait(stage.sandbox)
            stage.clerk(f"importer{number}x").create_many(100)
            stage.pause(1, 2)
            if number == ROUNDS // 2:
                stage.hand_over_runner()
    stage.judge(timeout=120)


def ask_to_wait(sandbox):
    """Have the remote take its time, and say once that it was called too often."""
    sandbox.faults_clear()
    sandbox.fault(path="/batch/", latency=0.1, limit="burst", retry_after=1, times=1)
    sandbox.fault(path="/batch/", latency=0.1)
