"""SIGKILL of workers at random moments: nothing is lost, nothing comes twice, nothing overtakes."""

DELIVERIES = 5000
KILLS = 50


def test_workers_killed(open_stage):
    """Any moment may be hit: between two calls, between send and record, in a clerk's transaction."""
    stage = open_stage({"workers": 3}, connector={"batch_size": 10})
    stage.sandbox.fault(path="/batch/", latency=0.05)
    with stage.at_work(3):
        importer = stage.clerk("importer")
        while stage.harm["workers killed"] < KILLS or sum(stage.hub.count().values()) < DELIVERIES:
            if stage.count_open() < 300:
                importer.create_many(200)
            stage.wait_for_work()
            stage.kill_worker()
            stage.pause(0, 1)
    stage.judge(timeout=300)
    assert stage.hub.attempts("a.state").count(("unknown",)) > 0, "no kill hit a call"
