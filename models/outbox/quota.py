"""Call limits of a connector and the calls counted against them: one row per window.

All drains on all hosts count here, under a row lock and with the database's clock. Users' transactions do not write
these rows, unless a manager changes a limit.
"""

import json
from dataclasses import asdict
from datetime import datetime
from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_time, formatLang

from ...core import quota

MAX_LIMIT = 2**31 - 1  # the maximum of the column
_COUNTED = ("number", "counts", "used", "ends_at", "touched_at")


class Exhausted(NamedTuple):
    """A call limit for which a lane has to wait. Times are UTC, naive.

    :param row_id: of the limit
    :param calls: the limit
    :param is_reserved: calls are left, but bulk work leaves them to realtime work
    :param until: when the lane has calls again; of a day, when it resets
    :param next_at: when the next call is made: a remote that reports its figures is asked now and then before the reset
    """

    row_id: int
    calls: int
    is_reserved: bool
    until: datetime
    next_at: datetime


class RetailQuota(models.Model):
    _name = "retail.quota"
    _description = "Call Limit"
    _inherit = ["retail.checked"]
    _order = "connector_id, seconds, id"
    _rec_name = "window"

    connector_id = fields.Many2one("retail.connector", required=True, ondelete="cascade", index=True)
    window = fields.Selection(
        [
            ("1", "1 second"),
            ("10", "10 seconds"),
            ("60", "1 minute"),
            (str(quota.HOUR_SECONDS), "1 hour"),
            (str(quota.DAY_SECONDS), "1 day"),
        ],
        required=True,
        default="10",
    )
    seconds = fields.Integer(compute="_compute_seconds", store=True, precompute=True)
    max_calls = fields.Integer(
        "Limit",
        required=True,
        help="Calls per this length of time. The limit that the remote system reports replaces it. If you enter a limit"
        " yourself, the smaller one applies.",
    )
    is_manual = fields.Boolean("Set Manually", readonly=True)
    remote_limit = fields.Integer("Reported Limit", readonly=True, copy=False)
    counted = fields.Json(readonly=True, copy=False)
    used = fields.Integer(compute="_compute_usage")
    left = fields.Integer(compute="_compute_usage")
    forecast = fields.Char(compute="_compute_usage")
    remark = fields.Char(compute="_compute_remark")

    _window_unique = models.UniqueIndex(
        "(connector_id, seconds)", "There is already a limit for this length of time."
    )
    _limit_positive = models.Constraint("CHECK (max_calls > 0)", "The limit must be at least one call.")

    @api.depends("window")
    def _compute_seconds(self):
        for row in self:
            row.seconds = int(row.window or 0)

    @api.depends_context("tz")
    def _compute_usage(self):
        now, windows = self._windows(self)
        for row in self:
            window = windows.get(row._origin.id)
            row.used = quota.roll(window, now).used if window else 0
            row.left = quota.left(window, now) if window else row.max_calls
            row.forecast = row._forecast(window, now) if window and window.is_day else False

    def _forecast(self, window, now):
        """Return a text about how long the day's remaining calls will last."""
        runs_out_at = quota.runs_out_at(window, now)
        ends_at = self._time(quota.roll(window, now).ends_at)
        if runs_out_at is None:
            return self.env._("Enough until the reset at %(time)s", time=ends_at)
        if runs_out_at <= now:
            return self.env._("Used up until %(time)s", time=ends_at)
        return self.env._("Runs out at %(time)s at the present pace", time=self._time(runs_out_at))

    def _time(self, microseconds):
        return format_time(self.env, _utc(microseconds), tz=self.env.user.tz or "UTC", time_format="HH:mm")

    @api.depends("remote_limit", "is_manual", "connector_id.provider")
    def _compute_remark(self):
        for row in self:
            provider = row.connector_id._get_provider()
            if row.remote_limit and provider:
                calls = formatLang(self.env, row.remote_limit, digits=0)
                row.remark = self.env._("%(remote)s reports %(calls)s", remote=provider.label, calls=calls)
            else:
                row.remark = self.env._("Set manually") if row.is_manual else False

    # -- CRUD --------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_window(vals)
        rows = super().create(vals_list)
        typed = [row.id for row, vals in zip(rows, vals_list, strict=True) if "is_manual" not in vals]
        self.browse(typed)._mark_manual()
        return rows

    def write(self, vals):
        self._check_window(vals)
        result = super().write(vals)
        if "max_calls" in vals and "is_manual" not in vals:
            self._mark_manual()
        return result

    def _check_window(self, vals):
        if "window" in vals and vals["window"] not in self._fields["window"].get_values(self.env):
            raise UserError(self.env._("Choose one of the lengths of time for which there are call limits."))

    def _mark_manual(self):
        self.sudo().write({"is_manual": True})  # read-only for users

    @api.model
    def _apply_plan(self, connectors):
        """Set the limits of the connectors' plans. Counts, and limits of other windows, stay as they are."""
        for connector in connectors.sudo():  # users do not write what the plan and the remote say
            plan = connector._get_plan()
            rows = {row.seconds: row for row in connector.quota_ids}
            for seconds, calls in plan.limits.items() if plan else ():
                limit = {"max_calls": calls, "is_manual": False, "remote_limit": 0}
                if seconds in rows:
                    rows[seconds].write(limit)
                else:
                    # As the superuser: as above.
                    self.sudo().create({"connector_id": connector.id, "window": str(seconds), **limit})

    # -- counting ----------------------------------------------------------------------------------

    @api.model
    def _wait_seconds(self, connector, lane):
        """Return the seconds until the lane may make a call; 0.0 if it may now. Counts nothing."""
        now, windows = self._windows(connector.quota_ids)
        return self._longest_wait(connector, lane, windows, now, 1)

    @api.model
    def _exhausted(self, connector, lane):
        """Return the :class:`Exhausted` limit for which the lane waits longest; None if it may make a call now."""
        now, windows = self._windows(connector.quota_ids)
        waits = self._waits(connector, lane, windows, now, 1)
        row_id = max(waits, key=waits.get, default=None)
        if not waits.get(row_id):
            return None
        window, next_at = quota.roll(windows[row_id], now), now + waits[row_id]
        until = window.ends_at if window.is_day else next_at
        return Exhausted(row_id, window.limit, window.used < window.limit, _utc(until), _utc(next_at))

    @api.model
    def _take(self, connector, lane, calls=1):
        """Count calls against all windows and return 0.0; or count none, and return the seconds to wait.

        The row lock is held until the end of the transaction. It must be a short one at READ COMMITTED, so that a drain
        that waited for the lock sees the latest counts.
        """
        now, windows = self._lock(connector)
        seconds = self._longest_wait(connector, lane, windows, now, calls)
        if not seconds:
            self._store({row_id: quota.take(window, now, calls) for row_id, window in windows.items()})
        return seconds

    @api.model
    def _correct(self, connector, readings):
        """Correct limits and counts by the remote's own figures. Requires the same transaction as :meth:`_take`.

        :param readings: a list of :class:`~...connectors.provider.QuotaReading`; those without a row are ignored
        """
        by_seconds = {reading.seconds: reading for reading in readings if reading.limit > 0}
        if not by_seconds or not _corrected(*self._windows(connector.quota_ids), by_seconds):
            return
        corrected = _corrected(*self._lock(connector), by_seconds)
        self._store(corrected)
        self._store_limits({row_id: by_seconds[window.seconds].limit for row_id, window in corrected.items()})

    @api.model
    def _left_today(self, connector):
        """Return (calls left today, calls per day); None if the connector has no daily limit."""
        now, windows = self._windows(connector.quota_ids)
        day = next((window for window in windows.values() if window.is_day), None)
        return (quota.left(day, now), day.limit) if day else None

    def _longest_wait(self, connector, lane, windows, now, calls):
        """Return the seconds until no window makes the lane wait."""
        return max(self._waits(connector, lane, windows, now, calls).values(), default=0) / quota.SECOND

    def _waits(self, connector, lane, windows, now, calls):
        """Return ``{row id: microseconds}`` until each window lets the lane make this number of calls."""
        reserve = connector.realtime_reserve
        return {row_id: quota.wait(window, now, lane, reserve, calls) for row_id, window in windows.items()}

    # -- rows --------------------------------------------------------------------------------------

    def _windows(self, rows):
        """Return (database time in microseconds, ``{row id: window}``) without locking."""
        return self._read(SQL("id IN %s", tuple(rows._origin.ids) or (0,)), SQL())

    def _lock(self, connector):
        return self._read(SQL("connector_id = %s", connector.id), SQL("FOR UPDATE"))

    def _read(self, where, lock):
        """Return as :meth:`_windows`. The CTE is materialized, so that the clock is read after all rows are locked."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                "WITH chosen AS MATERIALIZED (SELECT id, seconds, max_calls, is_manual, remote_limit, counted"
                " FROM retail_quota WHERE %s ORDER BY id %s)"
                " SELECT *, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint FROM chosen",
                where,
                lock,
            )
        )
        now = max((row[-1] for row in rows), default=0)
        return now, {row[0]: _window(*row[1:-1]) for row in rows}

    def _store(self, windows):
        self.env.execute_query(
            SQL(
                "UPDATE retail_quota q SET counted = r.counted::jsonb FROM unnest(%s::int[], %s::text[]) r(id, counted)"
                " WHERE q.id = r.id RETURNING q.id",
                list(windows),
                [_counted(window) for window in windows.values()],
            )
        )
        self.browse(windows).invalidate_recordset(["counted", "used", "left", "forecast"], flush=False)

    def _store_limits(self, limits):
        """Store the remote's limits. A limit that a user entered stays; the smaller one then applies."""
        for row_id, limit in limits.items():
            self.env.execute_query(
                SQL(
                    "UPDATE retail_quota SET remote_limit = %(limit)s,"
                    " max_calls = CASE WHEN is_manual THEN max_calls ELSE %(limit)s END"
                    " WHERE id = %(id)s AND remote_limit IS DISTINCT FROM %(limit)s RETURNING id",
                    limit=min(limit, MAX_LIMIT),
                    id=row_id,
                )
            )
        self.browse(limits).invalidate_recordset(["remote_limit", "max_calls"], flush=False)


def _utc(microseconds):
    return datetime.utcfromtimestamp(microseconds / quota.SECOND)


def _corrected(now, windows, by_seconds):
    """Return ``{row id: window}`` for the windows that the remote's figures change."""
    found = {}
    for row_id, window in windows.items():
        if window.seconds in by_seconds:
            corrected = quota.correct(window, now, by_seconds[window.seconds])
            if quota.differs(quota.roll(window, now), corrected):
                found[row_id] = corrected
    return found


def _counted(window):
    return json.dumps({name: value for name, value in asdict(window).items() if name in _COUNTED})


def _window(seconds, max_calls, is_manual, remote_limit, counted):
    limit = min(max_calls, remote_limit) if is_manual and remote_limit else max_calls
    counted = {**(counted or {})}
    counted["counts"] = tuple(counted.get("counts", ()))
    return quota.Window(seconds, limit, is_reported=bool(remote_limit), is_typed=bool(is_manual), **counted)
