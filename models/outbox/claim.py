"""Claiming deliveries and recording their outcomes: the state machine, in SQL, a batch at a time."""

from datetime import datetime
from typing import Any, NamedTuple

from odoo import api, fields, models
from odoo.tools import SQL

from ...core.const import EventKind, Lane, State
from .rows import as_table
from .state_sets import IN_CLAIMABLE, IN_OPEN


class Claim(NamedTuple):
    """A delivery that a drain holds until ``lease_until``.

    :param payload: of a fact, as it was saved; else None
    :param company_id: the event's; None for a preview
    """

    id: int
    lease_until: datetime | None
    uuid: str
    event_type: str
    kind: str
    flow_id: int | None
    res_model: str
    res_id: int
    attempts: int = 0
    is_manual: bool = False
    is_in_doubt: bool = False
    payload: dict[str, Any] | None = None
    details: dict[str, Any] | None = None
    occurred_at: datetime | None = None
    correlation_id: str | None = None
    causation_id: str | None = None
    lane: str = Lane.REALTIME.value
    checkpoint: dict[str, Any] | None = None
    is_replay: bool = False
    company_id: int | None = None


RESOLVE_DELAY_SECONDS = 5  # a remote may still carry out a call so long after it timed out
# An earlier attempt may have taken effect. The delivery is in doubt, and must be resolved, not simply repeated.
IS_UNCERTAIN = SQL(
    "EXISTS (SELECT FROM retail_delivery_attempt a WHERE a.delivery_id = d.id AND a.state = 'unknown')"
)

# An older open delivery of the same subject that this one does not supersede. OFFSET 0 prevents PostgreSQL from turning
# this into a join over all waiting deliveries, which it does if its statistics are from a time when none waited.
BLOCKED = SQL(
    """EXISTS (
        SELECT FROM retail_delivery o
         WHERE o.connector_id = d.connector_id AND o.res_model = d.res_model AND o.res_id = d.res_id
           AND o.id < d.id AND o.state %s
           AND NOT (o.state = 'pending' AND o.kind = 'state' AND d.kind = 'state') OFFSET 0)""",
    IN_OPEN,
)

# Whether a delivery of this connector waits for the record of ``d``. OFFSET 0 has PostgreSQL use the index for each.
IS_AWAITED = SQL(
    """EXISTS (
        SELECT FROM retail_delivery w
         WHERE w.connector_id = d.connector_id AND w.waits_for = d.res_model || ',' || d.res_id OFFSET 0)"""
)
# Whether an older state of the same record has failed.
HAS_DEAD = SQL(
    """EXISTS (
        SELECT FROM retail_delivery o
         WHERE o.connector_id = d.connector_id AND o.res_model = d.res_model AND o.res_id = d.res_id
           AND o.state = 'dead' AND o.kind = 'state' AND o.id < d.id OFFSET 0)"""
)


class Recorded(NamedTuple):
    """What a delivery that was recorded may affect, as it was before: see ``IS_AWAITED`` and ``HAS_DEAD``."""

    is_awaited: bool
    has_dead: bool


def _claim_columns(is_manual, is_in_doubt):
    """Return the SQL columns of a :class:`Claim`, for a delivery ``d`` and its event ``e``."""
    return SQL(
        "d.id, d.lease_until, e.uuid, d.event_type, d.kind, d.flow_id, d.res_model, d.res_id, d.attempts, %s, %s,"
        " e.payload, e.details, e.occurred_at, e.correlation_id, e.causation_id, d.lane, d.checkpoint, d.is_replay,"
        " d.company_id",
        is_manual,
        is_in_doubt,
    )


# "due": the subjects of the oldest due deliveries. "run": the deliveries of each subject of which only the newest is
# sent. (The condition lists all open states and then excludes one, so that only the index of open rows per subject
# fits, even with stale statistics.) "held": those that this transaction could lock. "head": the newest of each run, if
# all of the run are held. It is claimed, and the others are superseded.
CLAIM = """
SET LOCAL synchronous_commit = off;
WITH due AS (
      SELECT DISTINCT res_model, res_id FROM (
          SELECT d.res_model, d.res_id FROM retail_delivery d
           WHERE d.connector_id = %(connector)s AND d.lane = %(lane)s
             AND d.state %(in_claimable)s
             AND d.next_attempt_at <= statement_timestamp() AT TIME ZONE 'UTC'
             AND NOT %(blocked)s
        ORDER BY d.next_attempt_at, d.id LIMIT %(limit)s FOR UPDATE OF d SKIP LOCKED) oldest
  ), run AS MATERIALIZED (
      SELECT d.id, count(*) OVER subject AS size, bool_or(d.is_manual) OVER subject AS is_manual
        FROM due CROSS JOIN LATERAL (
          SELECT d.id, d.res_model, d.res_id, d.is_manual FROM retail_delivery d
           WHERE d.connector_id = %(connector)s
             AND d.res_model = due.res_model AND d.res_id = due.res_id
             AND d.state %(in_open)s AND d.state != 'in_flight'
             AND NOT %(blocked)s OFFSET 0) d
      WINDOW subject AS (PARTITION BY d.res_model, d.res_id)
  ), held AS MATERIALIZED (
      SELECT d.id, d.res_model, d.res_id, d.state, run.size, run.is_manual
        FROM retail_delivery d JOIN run ON run.id = d.id
         FOR UPDATE OF d SKIP LOCKED
  ), head AS (
      SELECT res_model, res_id, max(id) AS id, bool_or(state = 'unknown') AS is_in_doubt,
             bool_or(is_manual) AS is_manual, array_agg(id) AS ids
        FROM held GROUP BY res_model, res_id HAVING count(*) = min(size)
  ), claimed AS (
      UPDATE retail_delivery d
         SET state = CASE WHEN d.id = head.id THEN 'in_flight' ELSE 'superseded' END,
             superseded_by_id = CASE WHEN d.id != head.id THEN head.id END,
             finished_at = CASE WHEN d.id != head.id
                                THEN clock_timestamp() AT TIME ZONE 'UTC' END,
             lease_until = CASE WHEN d.id = head.id THEN clock_timestamp() AT TIME ZONE 'UTC'
                                + make_interval(secs => %(lease)s) END,
             is_manual = head.is_manual
        FROM head WHERE d.id = ANY(head.ids)
   RETURNING d.id, d.event_id, d.company_id, d.state, d.lease_until, d.event_type, d.kind, d.flow_id, d.res_model,
             d.res_id, d.attempts, d.is_manual, d.lane, d.checkpoint, d.is_replay, head.is_in_doubt
  )
  SELECT %(columns)s
    FROM claimed d JOIN retail_event e ON e.id = d.event_id
   WHERE d.state = 'in_flight'
ORDER BY d.id
"""


class RetailDelivery(models.Model):
    _inherit = "retail.delivery"

    # -- claim -------------------------------------------------------------------------------------

    @api.model
    def _claim(self, connector, lane, limit, lease_seconds):
        """Claim due deliveries in order, without waiting for locks.

        Of several waiting states of one subject, the newest is claimed and the older ones are superseded. A subject is
        skipped if an older delivery of it is open, or if another drain holds any of its rows. (At REPEATABLE READ, a
        drain that touches a row which was changed meanwhile fails, and repeats the claim.)

        The commit after a claim does not need to wait for the disk. If a crash of the database loses the claim, nothing
        was sent yet: the commit of the attempt waits for the disk, and so for all commits before it.

        :param limit: the maximum number of deliveries
        :param lease_seconds: how long the caller holds them
        :return: a list of :class:`Claim`, the oldest first
        """
        rows = self.env.execute_query(
            SQL(
                CLAIM,
                connector=connector.id,
                lane=lane,
                limit=limit,
                lease=lease_seconds,
                blocked=BLOCKED,
                in_claimable=IN_CLAIMABLE,
                in_open=IN_OPEN,
                columns=_claim_columns(SQL("d.is_manual"), SQL("d.is_in_doubt")),
                to_flush=self._fields["state"],
            )
        )
        self.invalidate_model()
        return [Claim(*row) for row in rows]

    def _as_claims(self):
        """Return the :class:`Claim` list that a drain would get after a replay, without claiming anything."""
        rows = self.env.execute_query(
            SQL(
                "SELECT %s FROM retail_delivery d JOIN retail_event e ON e.id = d.event_id"
                " WHERE d.id = ANY(%s) ORDER BY d.id",
                _claim_columns(SQL("TRUE"), IS_UNCERTAIN),
                self.ids,
                to_flush=self._fields["state"],
            )
        )
        return [Claim(*row) for row in rows]

    @api.model
    def _expire_leases(self):
        """Free the deliveries whose lease has expired, because the worker stopped.

        Those with a started attempt are in doubt; the others wait again.

        :return: whether there were any
        """
        rows = self.env.execute_query(
            SQL(
                """
                WITH expired AS (
                    SELECT d.id, a.id AS attempt_id
                      FROM retail_delivery d
                 LEFT JOIN retail_delivery_attempt a ON a.delivery_id = d.id AND a.state = 'started'
                     WHERE d.state = 'in_flight' AND d.lease_until < statement_timestamp() AT TIME ZONE 'UTC'
                       FOR UPDATE OF d SKIP LOCKED
                ), attempt AS (
                    UPDATE retail_delivery_attempt a SET state = 'unknown', error_message = %s
                      FROM expired x WHERE a.id = x.attempt_id
                )
                UPDATE retail_delivery d
                   SET state = CASE WHEN x.attempt_id IS NULL AND NOT %s THEN 'pending' ELSE 'unknown' END,
                       attempts = d.attempts + CASE WHEN x.attempt_id IS NULL THEN 0 ELSE 1 END,
                       next_attempt_at = clock_timestamp() AT TIME ZONE 'UTC', lease_until = NULL
                  FROM expired x WHERE d.id = x.id
             RETURNING d.id
                """,
                self.env._("The worker stopped before it could record the response."),
                IS_UNCERTAIN,
            )
        )
        if rows:
            self.invalidate_model()
        return bool(rows)

    @api.model
    def _has_due(self, connector, lane):
        """Return whether the lane has a due delivery that can be claimed."""
        return bool(
            self.env.execute_query(
                SQL(
                    """
                    SELECT 1 FROM retail_delivery d
                     WHERE d.connector_id = %s AND d.lane = %s AND d.state %s
                       AND d.next_attempt_at <= statement_timestamp() AT TIME ZONE 'UTC' AND NOT %s
                  ORDER BY d.next_attempt_at, d.id LIMIT 1
                    """,
                    connector.id,
                    lane,
                    IN_CLAIMABLE,
                    BLOCKED,
                )
            )
        )

    @api.model
    def _has_probe(self, connector, lane):
        """Return whether the lane has a delivery that can be sent as a probe: it is due, or waits for a retry."""
        return bool(
            self.env.execute_query(
                SQL(
                    """
                    SELECT 1 FROM retail_delivery d
                     WHERE d.connector_id = %s AND d.lane = %s AND d.state %s
                       AND (d.attempts > 0 OR d.next_attempt_at <= statement_timestamp() AT TIME ZONE 'UTC')
                       AND NOT %s LIMIT 1
                    """,
                    connector.id,
                    lane,
                    IN_CLAIMABLE,
                    BLOCKED,
                    to_flush=self._fields["state"],
                )
            )
        )

    @api.model
    def _bring_forward(self, connector):
        """Make deliveries due that wait for a retry after a transient error: the remote responds again."""
        self._bring_forward_where(SQL("connector_id = %s AND error_class = 'transient'", connector.id))

    @api.model
    def _bring_forward_one(self, connector, lane):
        """Make the oldest delivery due that waits for a retry, as a probe."""
        self._bring_forward_where(
            SQL(
                """id = (SELECT id FROM retail_delivery
                          WHERE connector_id = %s AND lane = %s AND attempts > 0 AND state %s
                       ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)""",
                connector.id,
                lane,
                IN_CLAIMABLE,
            )
        )

    def _bring_forward_where(self, condition):
        """Make deliveries due that wait for a retry, in the order in which they were queued: before newer ones.

        Those in doubt wait for ``RESOLVE_DELAY_SECONDS`` after their attempt, because the remote may still be
        carrying it out.
        """
        self.env.execute_query(
            SQL(
                """
                UPDATE retail_delivery d
                   SET next_attempt_at = LEAST(next_attempt_at, GREATEST(
                           COALESCE(d.queued_at, clock_timestamp() AT TIME ZONE 'UTC'),
                           (SELECT max(a.started_at + make_interval(secs => %s + a.duration_ms / 1000.0))
                              FROM retail_delivery_attempt a WHERE a.delivery_id = d.id AND a.state = 'unknown')))
                 WHERE %s AND state %s
             RETURNING id
                """,
                RESOLVE_DELAY_SECONDS,
                condition,
                IN_CLAIMABLE,
            )
        )
        self.invalidate_model(["next_attempt_at"], flush=False)

    # -- outcomes ----------------------------------------------------------------------------------

    @api.model
    def _record(self, rows):
        """Write the new states of claimed deliveries, except those whose lease has expired.

        :param rows: a list of :class:`~.rows.DeliveryRow`, at least one
        :return: ``{delivery id: Recorded}``, of those that were written
        """
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE retail_delivery d
                   SET state = r.state, attempts = r.attempts, lease_until = NULL,
                       next_attempt_at = clock_timestamp() AT TIME ZONE 'UTC' + make_interval(secs => r.delay),
                       finished_at = CASE WHEN r.state %s THEN NULL
                                          ELSE clock_timestamp() AT TIME ZONE 'UTC' END,
                       error_class = r.error_class, error_code = r.error_code, error_field = r.error_field,
                       error_message = r.error_message, fingerprint = r.fingerprint, warning = r.warning,
                       waits_for = r.waits_for, conflicts_with = r.conflicts_with, checkpoint = r.checkpoint::jsonb
                  FROM %s
                 WHERE d.id = r.id AND d.state = 'in_flight' AND d.lease_until = r.lease
             RETURNING d.id, %s, %s
                """,
                IN_OPEN,
                as_table(rows),
                IS_AWAITED,
                HAS_DEAD,
            )
        )
        self.invalidate_model()
        return {id_: Recorded(*found) for id_, *found in rows}

    @api.model
    def _end_waits(self, connector, names):
        """Make deliveries due that wait for these records.

        :param names: ``model,id`` of records that have just been delivered
        """
        if not names:
            return
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE retail_delivery
                   SET waits_for = NULL, next_attempt_at = clock_timestamp() AT TIME ZONE 'UTC'
                 WHERE waits_for = ANY(%s) AND connector_id = %s AND state %s
             RETURNING id
                """,
                list(names),
                connector.id,
                IN_CLAIMABLE,
            )
        )
        if rows:
            self.invalidate_model()
            self.env["retail.wake"]._wake_deliveries(self.browse(id_ for (id_,) in rows))

    @api.model
    def _cancel_dead_states(self, connector, res_model, ids, reason):
        """Cancel the failed states of deleted records, which can no longer be sent."""
        dead = self.search(
            [
                ("connector_id", "=", connector.id),
                ("res_model", "=", res_model),
                ("res_id", "in", list(ids)),
                ("state", "=", State.DEAD.value),
                ("kind", "=", EventKind.STATE.value),
            ]
        )
        dead.write({"state": State.CANCELLED.value, "finished_at": fields.Datetime.now(), "warning": reason})

    @api.model
    def _supersede_dead(self, delivery_ids):
        """Mark failed states as superseded by newer states of the same subject that were delivered."""
        self.env.execute_query(
            SQL(
                """
                UPDATE retail_delivery d
                   SET state = 'superseded', superseded_by_id = n.id,
                       finished_at = clock_timestamp() AT TIME ZONE 'UTC'
                  FROM retail_delivery n CROSS JOIN LATERAL (
                    SELECT o.id FROM retail_delivery o
                     WHERE o.connector_id = n.connector_id AND o.res_model = n.res_model AND o.res_id = n.res_id
                       AND o.state = 'dead' AND o.kind = 'state' AND o.id < n.id OFFSET 0) dead
                 WHERE n.id = ANY(%s) AND n.kind = 'state' AND d.id = dead.id
             RETURNING d.id
                """,
                list(delivery_ids),
            )
        )
