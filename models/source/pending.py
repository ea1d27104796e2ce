"""What a transaction has captured and will insert at precommit.

It is kept in ``cr.precommit.data``, which Odoo empties when it rolls back a transaction or a savepoint that flushes.
Neither Odoo nor the database reports the rollback of other savepoints. So the cursor's savepoint commands are watched,
from the first capture to the end of the transaction. What was captured in a savepoint is dropped when that is rolled
back. What was captured before the savepoint is pending again, even if it was inserted, and rolled back, inside.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

FOLLOWED = {"SAVEPOINT", "RELEASE", "ROLLBACK"}  # what PostgreSQL answers
SUSPECT = re.compile(rb"\b(?:savepoint|release|rollback)\b", re.IGNORECASE)
CLUTTER = re.compile(  # comments (of those that nest, the beginning) and strings; quoted names are kept
    rb"""--[^\n]*|/\*|e'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\$(\w*)\$.*?\$\1\$|(?P<name>"(?:[^"]|"")*")""",
    re.IGNORECASE | re.DOTALL,
)
COMMENT_MARK = re.compile(rb"/\*|\*/")
COMMAND = re.compile(
    rb"(?:\A|;)\s*"
    rb"(?P<verb>savepoint|release(?:\s+savepoint)?|rollback(?:\s+(?:work|transaction))?\s+to(?:\s+savepoint)?)\s*"
    rb"""(?:"(?P<quoted>(?:[^"]|"")*)"|(?P<plain>[^\s;"]+))\s*(?=;|\Z)""",
    re.IGNORECASE,
)


class Pending(NamedTuple):
    """
    :param captured: collects what is captured; has a method ``copy``
    :param insert: precommit hook, which takes it
    """

    captured: Any
    insert: Callable[[], None]

    def copy(self):  # pylint: disable=method-required-super
        return self._replace(captured=self.captured.copy())


def pending(cr, key, create, insert):
    """Return what the cursor's transaction has captured under this key.

    :param create: makes an empty collection, which has a method ``copy``
    :param insert: precommit hook that calls :func:`take_pending`; None is taken if all was rolled back
    """
    data = cr.precommit.data
    if key not in data:
        Savepoints.watch(cr)
        _put(cr, key, Pending(create(), insert))
    return data[key].captured


def take_pending(cr, key):
    """Return what was captured under this key, and forget it; None if there is nothing."""
    taken = cr.precommit.data.pop(key, None)
    return taken and taken.captured


def _put(cr, key, value):
    cr.precommit.data[key] = value
    cr.precommit.add(value.insert)


def _commands(query):
    """Return the statements without comments and strings."""
    parts, position = [], 0
    while found := CLUTTER.search(query, position):
        parts += [query[position : found.start()], b" ", found["name"] or b""]
        position = _comment_end(query, found.start()) if found[0] == b"/*" else found.end()
    return b"".join([*parts, query[position:]])


def _comment_end(query, start):
    """Return where the comment that starts here ends: comments of PostgreSQL may contain comments."""
    depth = 0
    for mark in COMMENT_MARK.finditer(query, start):
        depth += 1 if mark[0] == b"/*" else -1
        if not depth:
            return mark.end()
    return len(query)


class Savepoints:
    """The open savepoints of a cursor, and what was pending when each began. It executes the cursor's statements.

    A savepoint that it does not know began before anything was captured.
    """

    @classmethod
    def watch(cls, cr):
        if not isinstance(getattr(cr.execute, "__self__", None), cls):
            savepoints = cls(cr)
            cr.execute = savepoints.execute
            cr.postcommit.add(savepoints.stop)
            cr.postrollback.add(savepoints.stop)

    def __init__(self, cr):
        self._cr = cr
        self._open = []  # (name, {key: Pending}), the innermost last

    def stop(self):
        vars(self._cr).pop("execute", None)

    def execute(self, *args, **kwargs):
        result = type(self._cr).execute(self._cr, *args, **kwargs)
        query = self._cr.query
        # PostgreSQL answers with the last statement's command only.
        if self._cr.statusmessage in FOLLOWED or (b";" in query and SUSPECT.search(query)):
            self._follow(query)
        return result

    def _follow(self, query):
        for found in COMMAND.finditer(_commands(query)):
            quoted, plain = found["quoted"], found["plain"]
            verb = found["verb"].split()[0].upper()
            self._commands[verb](self, plain.lower() if quoted is None else quoted)

    def _begun(self, name):
        self._open.append((name, self._pending()))

    def _released(self, name):
        del self._open[max(self._index(name), 0) :]

    def _rolled_back(self, name):
        """Restore what was pending. The savepoint is still open and may be rolled back again."""
        index = self._index(name)
        for key in self._pending():
            take_pending(self._cr, key)
        for key, value in self._open[index][1].items() if index >= 0 else ():
            _put(self._cr, key, value.copy())
        del self._open[index + 1 :]

    _commands = {b"SAVEPOINT": _begun, b"RELEASE": _released, b"ROLLBACK": _rolled_back}

    def _index(self, name):
        """Return the position of the innermost open savepoint of this name; -1 if it is not known."""
        return max((i for i, (known, _then) in enumerate(self._open) if known == name), default=-1)

    def _pending(self):
        data = self._cr.precommit.data
        return {key: value.copy() for key, value in data.items() if isinstance(value, Pending)}
