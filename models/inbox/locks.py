"""Locks for commands: taken on a connection of their own, before anything is read."""

import hashlib
import logging

import psycopg2

from odoo import modules
from odoo.tools import SQL

from ...core.problem import Problem
from ...core.rate_limit import exhausted

COMMAND_LOCK_SECONDS = 5
MAX_ATTEMPTS = 10
RETRY_SECONDS = 1
RETRY_AFTER = {"Retry-After": str(RETRY_SECONDS)}
_logger = logging.getLogger(__name__)


def number_of(text):
    """Return the number of an advisory lock: a signed 64-bit integer."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), signed=True)


def take_slot(cr, name, count):
    """Take one of a number of slots, until the end of the transaction.

    :param name: whose slots they are
    :param count: how many there are; 0: no limit
    :raise Problem: ``rate-limited``: all are taken
    """
    if not count:
        return
    cr.execute(
        SQL(
            "SELECT slot FROM generate_series(1, %s) slot WHERE pg_try_advisory_xact_lock(%s + slot) LIMIT 1",
            count,
            number_of(name) >> 1,  # leaves room for the slot
        )
    )
    if not cr.fetchone():
        detail = f"{count} calls of this client are being carried out."
        raise Problem("rate-limited", detail, headers=exhausted("parallel", count, RETRY_SECONDS))


def locked(env, slots, first, others, function):
    """Call a function while advisory locks are held, which are released when its transaction is over.

    A lock that is awaited inside the transaction would be too late: the transaction would read what was there before.
    If a user changes the same rows at that time, the function is called again at once, in a new transaction: what
    Odoo does, to wait for seconds with the locks held, would keep the others from their turn.

    :param env: its cursor has written nothing yet; its transaction begins anew
    :param slots: (whose slots, how many), see :func:`take_slot`
    :param first: text of the lock for which nobody waits; "" for none
    :param others: texts of locks that are awaited, in a fixed order
    :raise Problem: ``in-progress``: somebody has the first one; ``rate-limited``: no slot is free, another lock took
        too long, or users change the same rows all the time
    """
    if modules.module.current_test:  # one connection for all: nobody to wait for
        return function()
    locks = _Locks(env)
    try:
        locks.take(slots, first, sorted(others, key=number_of))
        for attempt in range(MAX_ATTEMPTS):
            locks.begin()
            try:
                return function()
            except (
                psycopg2.errors.SerializationFailure,
                psycopg2.errors.DeadlockDetected,
                psycopg2.errors.LockNotAvailable,
            ) as error:  # somebody else has changed, or holds, what the transaction wants to change
                _logger.info(
                    "A command conflicts with other work (attempt %d): %s", attempt + 1, error.pgcode
                )
        raise _too_busy()
    except BaseException:
        env.cr.rollback()
        locks.release()
        raise


def _too_busy():
    headers = exhausted("record", 1, RETRY_SECONDS)
    return Problem("rate-limited", "Too many requests are about the same record.", headers=headers)


class _Locks:
    def __init__(self, env):
        self._env = env
        self._cursor = env.registry.cursor()
        self._number = 0  # the hooks of one that was given up do nothing

    def take(self, slots, first, others):
        cursor = self._cursor
        take_slot(cursor, *slots)
        cursor.execute(SQL("SELECT set_config('lock_timeout', %s, TRUE)", f"{COMMAND_LOCK_SECONDS}s"))
        if first:
            cursor.execute(SQL("SELECT pg_try_advisory_xact_lock(%s)", number_of(first)))
            if not cursor.fetchone()[0]:
                detail = "A request with this idempotency key is being carried out."
                raise Problem("in-progress", detail, headers=RETRY_AFTER)
        try:
            numbers = [number_of(text) for text in others]
            cursor.execute(SQL("SELECT pg_advisory_xact_lock(n) FROM unnest(%s::bigint[]) n", numbers))
        except psycopg2.errors.LockNotAvailable as error:
            raise _too_busy() from error

    def begin(self):
        """Begin the transaction anew, at whose end the locks are released."""
        self._number += 1
        transaction, cr = self._number, self._env.cr
        cr.rollback()
        cr.postcommit.add(lambda: self._end_of(transaction))
        cr.postrollback.add(lambda: self._end_of(transaction))

    def _end_of(self, transaction):
        if transaction == self._number:
            self.release()

    def release(self):
        self._cursor.close()
