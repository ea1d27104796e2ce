"""The feed: a connector's events in an order that its system can follow with a cursor, without gaps.

Ids are no such order: a transaction that commits later may have smaller ones. The feed is ordered by the transactions
that inserted the events, and ends before the oldest one that is still open: whatever commits later comes after it.
"""

import re
from typing import NamedTuple

from odoo import api, models, modules
from odoo.tools import SQL

from .state_sets import IN_DROPPED

CURSOR = re.compile(r"([0-9]{1,18})-([0-9]{1,18})", re.ASCII)

# The transactions that were open when this one began. Those of other databases, of which PostgreSQL shows a number of
# 32 bits, insert nothing here.
OLDEST_OPEN = SQL("""
    SELECT COALESCE(min(x::text::bigint), max(pg_snapshot_xmax(pg_current_snapshot())::text::bigint))
      FROM (SELECT) one LEFT JOIN pg_snapshot_xip(pg_current_snapshot()) x
        ON NOT EXISTS (SELECT FROM pg_stat_activity a
                        WHERE a.datname != current_database()
                          AND a.backend_xid::text::bigint = x::text::bigint & 4294967295)
""")


class Cursor(NamedTuple):
    """A place in a feed: after the delivery ``id`` of the transaction ``position``."""

    position: int
    id: int

    def __str__(self):
        return f"{self.position}-{self.id}"


START = Cursor(0, 0)


def read_cursor(text):
    """Return the :class:`Cursor` of a text; the start of the feed for an empty one.

    :raise ValueError: it is none
    """
    if not text:
        return START
    found = CURSOR.fullmatch(text)
    if not found:
        raise ValueError("This is not a cursor of this feed.")
    return Cursor(int(found[1]), int(found[2]))


class FeedPage(NamedTuple):
    """A part of a feed.

    :param ids: of deliveries, in the order of the feed
    :param next: the cursor after them, or after all that there is
    :param has_more: whether there are more already
    """

    ids: list[int]
    next: Cursor
    has_more: bool


class Change(NamedTuple):
    """An event that says that something has changed, without its content.

    :param res_model: the model of the record that has changed
    """

    event_type: str
    res_model: str
    res_id: int
    event_id: int


class RetailDelivery(models.Model):
    _inherit = "retail.delivery"

    def init(self):
        """Add the column of the order. It is PostgreSQL's, which alone knows the transaction."""
        result = super().init()
        self.env.cr.execute(
            SQL(
                """
                ALTER TABLE retail_delivery ADD COLUMN IF NOT EXISTS feed_position bigint DEFAULT 0;
                CREATE SEQUENCE IF NOT EXISTS retail_feed_base MINVALUE 0 START 0
                 OWNED BY retail_delivery.feed_position;
                SELECT setval('retail_feed_base', last_value, TRUE) FROM retail_feed_base;
                ALTER TABLE retail_delivery ALTER COLUMN feed_position
                  SET DEFAULT pg_current_xact_id()::text::bigint + pg_sequence_last_value('retail_feed_base');
                CREATE INDEX IF NOT EXISTS retail_delivery_feed_idx
                    ON retail_delivery (connector_id, feed_position, id);
                CREATE INDEX IF NOT EXISTS retail_delivery_level_idx
                    ON retail_delivery (connector_id, feed_position, id) WHERE event_type = 'stock.level_changed';
                CREATE INDEX IF NOT EXISTS retail_delivery_price_idx
                    ON retail_delivery (connector_id, feed_position, id)
                 WHERE event_type IN ('price.changed', 'price.removed')
                """
            )
        )
        return result

    def _register_hook(self):
        """Go on after the newest event if the database was restored to a server that counts from the beginning."""
        result = super()._register_hook()
        [(newest, upcoming)] = self.env.execute_query(
            SQL(
                """
                SELECT COALESCE(max(d.feed_position), 0),
                       pg_snapshot_xmax(pg_current_snapshot())::text::bigint
                       + pg_sequence_last_value('retail_feed_base')
                  FROM retail_connector c CROSS JOIN LATERAL (
                       SELECT feed_position FROM retail_delivery WHERE connector_id = c.id
                     ORDER BY feed_position DESC LIMIT 1) d
                """
            )
        )
        if newest >= upcoming:
            self.env.execute_query(
                SQL(
                    "SELECT setval('retail_feed_base', last_value + %s) FROM retail_feed_base",
                    newest - upcoming + 1,
                )
            )
        return result

    @api.model
    def _feed_end(self):
        """Return the position before which no event can appear any more."""
        oldest = OLDEST_OPEN
        if modules.module.current_test:  # all of it happens in one transaction
            oldest = SQL("SELECT pg_current_xact_id()::text::bigint + 1")
        [(position,)] = self.env.execute_query(
            SQL("SELECT (%s) + pg_sequence_last_value('retail_feed_base')", oldest)
        )
        return position

    @api.model
    def _feed(self, connector, after, event_types, limit):
        """Return a :class:`FeedPage` of a connector's feed.

        :param after: a :class:`Cursor`
        :param event_types: only these; all if empty
        """
        end = self._feed_end()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT feed_position, id FROM retail_delivery
                 WHERE connector_id = %s AND (feed_position, id) > (%s, %s) AND feed_position < %s
                   AND state NOT %s AND %s
              ORDER BY feed_position, id LIMIT %s
                """,
                connector.id,
                *after,
                end,
                IN_DROPPED,
                SQL("event_type IN %s", tuple(event_types)) if event_types else SQL("TRUE"),
                limit + 1,
            )
        )
        if len(rows) > limit:
            return FeedPage([id_ for _position, id_ in rows[:limit]], Cursor(*rows[limit - 1]), True)
        newest = Cursor(*rows[-1]) if rows else self._feed_newest(connector, after, end)
        return FeedPage([id_ for _position, id_ in rows], newest, False)

    def _feed_newest(self, connector, after, end):
        """Return the cursor after all that the feed has, of whatever type."""
        rows = self.env.execute_query(
            SQL(
                "SELECT feed_position, id FROM retail_delivery WHERE connector_id = %s AND feed_position < %s"
                " ORDER BY feed_position DESC, id DESC LIMIT 1",
                connector.id,
                end,
            )
        )
        return max(after, Cursor(*rows[0])) if rows else after

    @api.model
    def _changed_since(self, connector, event_types, after):
        """Return (set of :class:`Change`, the :class:`Cursor` after these changes).

        :param event_types: a tuple
        :param after: a :class:`Cursor`; None for no changes
        """
        since = after or Cursor(2**62, 0)
        rows = self.env.execute_query(
            SQL(
                """
                WITH changes AS (
                    SELECT feed_position, id, event_type, res_model, res_id, event_id FROM retail_delivery
                     WHERE connector_id = %(connector)s AND feed_position < %(end)s AND event_type IN %(types)s
                )
                (SELECT feed_position, id, NULL, NULL, NULL, NULL FROM changes
               ORDER BY feed_position DESC, id DESC LIMIT 1)
                 UNION ALL
                (SELECT 0, 0, event_type, res_model, res_id, event_id FROM changes
                  WHERE (feed_position, id) > (%(position)s, %(id)s))
                """,
                connector=connector.id,
                end=self._feed_end(),
                types=event_types,
                position=since.position,
                id=since.id,
            )
        )
        newest = max((Cursor(position, id_) for position, id_, *_change in rows), default=START)
        changes = {Change(*change) for _position, _id, *change in rows if change[0]}
        return changes, max(newest, after or START)
