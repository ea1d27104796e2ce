"""Where the time of a realtime change goes, from what the rows of its delivery, attempt and job say.

A change may be taken along by a job that runs already; then the first two stages take no time.
"""

from figures import percentile

STAGES = """
    SELECT d.queued_at, greatest(j.date_created, d.queued_at), greatest(j.date_started, d.queued_at),
           a.started_at, d.finished_at
      FROM retail_delivery d
      JOIN retail_delivery_attempt a ON a.delivery_id = d.id
     CROSS JOIN LATERAL (
           SELECT date_created, date_started FROM queue_job
            WHERE date_started < a.started_at AND channel = 'root.retail.realtime'
         ORDER BY date_started DESC LIMIT 1) j
     WHERE d.lane = 'realtime' AND d.state = 'delivered'
       AND d.queued_at > to_timestamp(%s) AT TIME ZONE 'UTC'
"""
NAMES = (
    "commit, and make the job that drains",
    "until a worker starts the job",
    "wait for a drain that runs already, claim, prepare",
    "send and record",
)


def print_stages(cursor, start):
    """Print how long the changes since `start` (seconds since 1970) spent in each stage."""
    cursor.execute(STAGES, [start])
    rows = cursor.fetchall()
    print("\n p50 ms  p95 ms  stage of a change")
    for number, name in enumerate(NAMES):
        _print_stage(name, [(row[number + 1] - row[number]).total_seconds() for row in rows])
    _print_stage("all", [(row[-1] - row[0]).total_seconds() for row in rows])


def _print_stage(name, seconds):
    p50, p95 = (1000 * percentile(seconds, percent) for percent in (50, 95))
    print(f"{p50:7.1f} {p95:7.1f}  {name}")
