"""SIGKILL of queue_job's runner, with another server on the same database as standby."""

from stage import PATIENCE

from stack import wait_until

KILLS = 5


def test_runner_killed(open_stage):
    """Its server starts another one at once, which takes over what the dead one had enqueued."""
    stage = open_stage({}, {})
    with stage.at_work(3):
        for _ in range(KILLS):
            stage.wait_for_work()
            stage.kill_runner()
            stage.pause(1, 5)
    assert stage.harm["runners killed"] == KILLS
    stage.judge(timeout=120)


def test_standby_takes_over(open_stage):
    """The runner goes back and forth between two servers."""
    stage = open_stage({}, {})
    with stage.at_work(3):
        for _ in range(KILLS):
            stage.pause(1, 3)
            stage.wait_for_work()
            stage.hand_over_runner()
    stage.judge(timeout=120)


def test_server_killed(open_stage):
    """The server with the runner at work dies as a whole, and stays dead: the other one goes on."""
    stage = open_stage({}, {})
    with stage.at_work(3):
        stage.pause(2, 4)
        stage.wait_for_work()
        dead = wait_until(stage.server_with_runner, PATIENCE, "a job runner at work")
        dead.kill()
        stage.harm["servers killed"] += 1
        wait_until(stage.server_with_runner, PATIENCE, "the other job runner")
        stage.pause(2, 4)
    assert stage.server_with_runner() is not dead
    stage.judge(timeout=120)
