"""PostgreSQL restarts in the middle, cleanly and by a crash."""

import pytest

RESTARTS = 3


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_postgres_restarted(open_stage, cluster, mode):
    """Clerks, drains, cron and the job runner all lose their connections, each in the middle of something."""
    stage = open_stage({"workers": 3})
    with stage.at_work(3):
        for _ in range(RESTARTS):
            stage.pause(2, 5)
            stage.wait_for_work()
            cluster.restart(mode)
            stage.harm["restarts"] += 1
        stage.pause(5, 8)
    stage.judge(timeout=120)
