"""One database, the Odoo servers on it, the sandbox behind a gate, the clerks: what a scenario plays on."""

import contextlib
import os
import signal
import time
from collections import Counter

from gate import Gate
from harm import LATE, MOODS, kill_one
from hub import let_cron_run, open_connector
from oracle import Oracle
from workload import POISON, Clerk, at_work, keep_history, summary

from stack import JOB_RUNNER_LOCK, Database, OdooServer, Sandbox, database_name, wait_until

RULE = {"property": "jobtitle", "pattern": f"(?!{POISON}).*", "error": "INVALID_ALPHA", "message": "not this"}
TIMEOUTS = {"connect_timeout": 0.5, "read_timeout": 1.0}
RUNNER = "WorkerJobRunner"
PATIENCE = 60  # seconds for what normally takes a second or two


class Stage:
    """Real processes for one scenario; a context manager.

    :param servers: options of each Odoo server (see OdooServer); the first one has the connector opened
    :param connector: values of the connector
    """

    def __init__(self, image, seed, random, servers=({},), connector=None):
        self.image = image
        self.seed = seed
        self.random = random
        self.options = servers
        self.values = {"batch_size": 20, **TIMEOUTS, **(connector or {})}
        self.harm = Counter()  # what was done, for the report of a failure
        self._clerks = []

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self.db = Database(database_name("stage")).create(source=self.image)
            stack.callback(self.db.drop)
            keep_history(self.db)
            process = stack.enter_context(Sandbox(label="stage_sandbox"))
            self.sandbox = process.client()
            self.sandbox.configure(validation_rules=[RULE])
            self.gate = stack.enter_context(Gate(int(process.url.rpartition(":")[2])))
            self.servers = [
                OdooServer(self.db, label=f"server{number}", **options)
                for number, options in enumerate(self.options)
            ]
            for server in self.servers:
                stack.callback(server.kill)
                server.begin()
            for server in self.servers:
                server.wait_until_ready()
            self.hub = open_connector(self.servers[0], self.gate, **self.values)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exc_info):
        print(f"seed {self.seed}; harm: {dict(self.harm)}; calls: {summary(self._clerks)}")
        self._stack.close()

    # -- work --------------------------------------------------------------------------------------

    def clerk(self, name, **options):
        """Return a new clerk, who uses the servers that run."""
        servers = [server for server in self.servers if server.process]
        self._clerks.append(Clerk(name, self.seed, servers, **options))
        return self._clerks[-1]

    def at_work(self, count=3, **options):
        """Have some clerks at work meanwhile."""
        return at_work([self.clerk(f"clerk{number}x", **options) for number in range(count)])

    # -- looking and waiting -----------------------------------------------------------------------

    def count_open(self):
        counts = self.hub.count()
        return sum(counts.get(state, 0) for state in ("pending", "in_flight", "unknown"))

    def wait_for_work(self, least=1):
        """Wait until something is under way, since harm that meets no work proves nothing."""
        self.revive()
        wait_until(lambda: self.count_open() >= least, PATIENCE, "deliveries to be open")

    def pause(self, least, most):
        """Let time pass, by chance."""
        time.sleep(self.random.uniform(least, most))

    def server_with_runner(self):
        """Return the server whose job runner is at work, None if there is none. Odoo tells PostgreSQL its pid."""
        self.revive()
        rows = self.db.query(
            "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
            " WHERE l.locktype = 'advisory' AND l.granted AND l.classid = %s AND l.objid = %s",
            JOB_RUNNER_LOCK >> 32,
            JOB_RUNNER_LOCK & 0xFFFFFFFF,
        )
        names = {name for (name,) in rows}
        running = [server for server in self.servers if server.process]
        return next((one for one in running for pid in one.pids(RUNNER) if f"odoo-{pid}" in names), None)

    def hand_over_runner(self):
        """SIGKILL the job runner at work, whose server may not start another one before a standby took over."""
        server = wait_until(self.server_with_runner, PATIENCE, "a job runner at work")
        os.kill(server.process.pid, signal.SIGSTOP)
        try:
            kill_one(server.pids(RUNNER), self.random)
            taken_over = wait_until(self.server_with_runner, PATIENCE, "another job runner")
        finally:
            os.kill(server.process.pid, signal.SIGCONT)
        assert taken_over is not server
        self.harm["runners killed"] += 1

    def revive(self):
        """Start servers that have ended, as a service manager does.

        Odoo's parent process ends if PostgreSQL does not answer at the moment in which it starts a worker.
        """
        for server in self.servers:
            if server.process and server.process.poll() is not None:
                server.kill()
                server.start()

    # -- harm --------------------------------------------------------------------------------------

    def kill_worker(self):
        """SIGKILL a worker that serves HTTP, which is also where jobs run."""
        pids = [pid for server in self.servers for pid in server.pids()]
        self.harm["workers killed"] += kill_one(pids, self.random)

    def kill_runner(self):
        """SIGKILL one of the servers' job runners, at work or standing by."""
        pids = [pid for server in self.servers for pid in server.pids(RUNNER)]
        self.harm["runners killed"] += kill_one(pids, self.random)

    def take_down(self, least, most):
        """The remote refuses connections for a while, and cuts those that are open."""
        self.gate.shut()
        try:
            self.pause(least, most)
        finally:
            self.gate.open()
        self.harm["remote down"] += 1

    def change_mood(self, mood, times, skip=0):
        """Have the remote do that, instead of answering well, to the next calls that write contacts."""
        self.sandbox.faults_clear()
        self.sandbox.fault(path="/crm/objects/", method="POST", times=times, skip=skip, **MOODS[mood])
        self.harm[mood] += 1

    # -- the end -----------------------------------------------------------------------------------

    def resolve(self, timeout):
        """End the trouble, and do in seconds what a day would do until nothing is open any more."""
        self.sandbox.faults_clear()

        def is_finished():
            self._bring_forward()
            let_cron_run(self.db)
            return not self.count_open() and not self.hub.jobs_in("enqueued", "started")

        try:
            wait_until(is_finished, timeout, "", interval=1)
        except TimeoutError:
            raise AssertionError(f"not finished after {timeout} s: {self._describe()}") from None

    def _bring_forward(self):
        """Make due what waits for its next attempt, but for what may still be under way to the remote."""
        self.db.query(
            """
            UPDATE retail_delivery d SET next_attempt_at = now() AT TIME ZONE 'UTC'
             WHERE connector_id = %s AND state IN ('pending', 'unknown') AND next_attempt_at > now() AT TIME ZONE 'UTC'
               AND NOT EXISTS (SELECT FROM retail_delivery_attempt a WHERE a.delivery_id = d.id
                                  AND a.started_at > now() AT TIME ZONE 'UTC' - make_interval(secs => %s))
            """,
            self.hub.id,
            2 * LATE,
        )
        if self.db.query("SELECT 1 FROM pg_class WHERE relname = 'retail_circuit'"):
            self.db.query("UPDATE retail_circuit SET next_probe_at = now() AT TIME ZONE 'UTC'")

    def _describe(self):
        rows = self.hub.deliveries(
            "id, res_id, event_type, state, attempts, next_attempt_at, lease_until, error_code"
        )
        open_rows = [str(row) for row in rows if row[3] in ("pending", "in_flight", "unknown")]
        jobs = Counter(state for (state,) in self.hub.jobs("state"))
        return f"{self.hub.count()}, jobs {dict(jobs)}, connector {self.hub.state()}\n" + "\n".join(
            open_rows[:10]
        )

    def judge(self, timeout=PATIENCE):
        """Wait for the end, then compare both sides."""
        self.revive()
        self.resolve(timeout)
        Oracle(self.hub, self.sandbox).check()
