"""SQL for what deliveries are shown as, besides their states: blocked, corrected, or failed for good."""

from odoo.tools import SQL

from .state_sets import IN_CLAIMABLE, IN_OPEN, IN_UNFINISHED

BLOCKED, CORRECTED = "blocked", "corrected"  # what a delivery is shown as, besides its states
MAX_CHAIN = 8

# The delivery that decides whether a record ("model,id") will arrive: the oldest fact that is still to be sent, after
# which all newer events are sent, or else its newest state, or a fact that failed.
_LAST = """
    SELECT x.id, x.state, x.waits_for FROM retail_delivery x
     WHERE x.connector_id = %(d)s.connector_id
       AND x.res_model = split_part(%(name)s, ',', 1) AND x.res_id = split_part(%(name)s, ',', 2)::int
       AND (x.kind = 'state' OR x.state %(in_unfinished)s)
  ORDER BY CASE WHEN x.kind = 'fact' AND x.state != 'dead' THEN x.id END NULLS LAST, x.id DESC LIMIT 1
"""


def blocker_sql(d):
    """Return the SQL for the id of the failed delivery without which ``d`` is never sent; NULL if there is none.

    It may be further away: an invoice waits for its order, which waits for its customer.

    :param d: alias of the delivery's table
    """
    return SQL(
        """(CASE WHEN %(d)s.waits_for IS NOT NULL AND %(d)s.state %(in_claimable)s THEN (
            WITH RECURSIVE chain AS (
                SELECT first.*, 1 AS depth FROM (%(first)s) first
             UNION ALL
                SELECT next.*, c.depth + 1 FROM chain c CROSS JOIN LATERAL (%(next)s) next
                 WHERE c.waits_for IS NOT NULL AND c.state %(in_claimable)s AND c.depth < %(max)s)
            SELECT id FROM chain WHERE state = 'dead' LIMIT 1) END)""",
        d=d,
        first=SQL(_LAST, d=d, name=SQL("%s.waits_for", d), in_unfinished=IN_UNFINISHED),
        next=SQL(_LAST, d=d, name=SQL("c.waits_for"), in_unfinished=IN_UNFINISHED),
        in_claimable=IN_CLAIMABLE,
        max=MAX_CHAIN,
    )


def blocked_sql(d):
    """Return the SQL condition: a delivery waits for a record that has failed.

    :param d: alias of the delivery's table
    """
    return SQL("(%s.waits_for IS NOT NULL AND %s IS NOT NULL)", d, blocker_sql(d))


def replacement_sql(d):
    """Return the SQL for the id of the newer waiting state that takes the place of a failed one; NULL if there is none.

    :param d: alias of the delivery's table
    """
    return SQL(
        """(CASE WHEN %(d)s.state = 'dead' AND %(d)s.kind = 'state' THEN (
            SELECT max(x.id) FROM retail_delivery x
             WHERE x.connector_id = %(d)s.connector_id AND x.res_model = %(d)s.res_model AND x.res_id = %(d)s.res_id
               AND x.id > %(d)s.id AND x.kind = 'state' AND x.state %(in_open)s) END)""",
        d=d,
        in_open=IN_OPEN,
    )


def corrected_sql(d):
    """Return the SQL condition: a delivery has failed, but a newer one is sent instead.

    :param d: alias of the delivery's table
    """
    return SQL("(%s.state = 'dead' AND %s IS NOT NULL)", d, replacement_sql(d))


def failed_sql(d):
    """Return the SQL condition: a delivery has failed, and nobody has corrected it: what counts of failures show.

    :param d: alias of the delivery's table
    """
    return SQL("(%s.state = 'dead' AND %s IS NULL)", d, replacement_sql(d))


def planned_sql(d, now, holds):
    """Return the SQL for the time of the next attempt; NULL if it is due already, or waits for something else first.

    :param d: alias of the delivery's table
    :param holds: ``[(connector id, lane, until or None)]`` of the lanes that send nothing now
    """
    ids, lanes, ends = (list(column) for column in zip(*holds, strict=True)) if holds else ([], [], [])
    return SQL(
        """(CASE WHEN %(d)s.state %(in_claimable)s AND %(d)s.next_attempt_at > %(now)s
                  AND %(d)s.waits_for IS NULL
                  AND NOT EXISTS (
                      SELECT FROM unnest(%(ids)s::int[], %(lanes)s::text[], %(ends)s::timestamp[])
                                  AS h(connector_id, lane, until)
                       WHERE h.connector_id = %(d)s.connector_id AND h.lane = %(d)s.lane
                         AND (h.until IS NULL OR h.until > %(d)s.next_attempt_at))
                  AND NOT EXISTS (
                      SELECT FROM retail_delivery x
                       WHERE x.connector_id = %(d)s.connector_id AND x.res_model = %(d)s.res_model
                         AND x.res_id = %(d)s.res_id AND x.id < %(d)s.id
                         AND x.state %(in_open)s
                         AND (%(d)s.kind = 'fact' OR x.state != 'pending' OR x.kind = 'fact'))
             THEN %(d)s.next_attempt_at END)""",
        d=d,
        now=now,
        ids=ids,
        lanes=lanes,
        ends=ends,
        in_claimable=IN_CLAIMABLE,
        in_open=IN_OPEN,
    )
