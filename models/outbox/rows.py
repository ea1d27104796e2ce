"""Rows for statements that write many records at once, and the table that SQL makes of them."""

from datetime import datetime
from functools import cache
from typing import NamedTuple, get_args, get_type_hints

from odoo.tools import SQL

_SQL_TYPES = {int: "int", str: "text", float: "float", bool: "bool", datetime: "timestamp"}


class DeliveryRow(NamedTuple):
    """What becomes of a delivery claimed under ``lease``; ``delay`` is in seconds, ``checkpoint`` JSON text."""

    id: int
    lease: datetime
    state: str
    delay: float
    attempts: int
    error_class: str | None = None
    error_code: str | None = None
    error_field: str | None = None
    error_message: str | None = None
    fingerprint: str | None = None
    warning: str | None = None
    waits_for: str | None = None
    checkpoint: str | None = None


class StartedAttempt(NamedTuple):
    """An attempt that is about to be made; ``request`` is masked JSON text.

    ``key`` belongs to one started attempt at a time; ``natural_key`` finds what the attempt may have made.
    """

    delivery_id: int
    number: int
    is_manual: bool
    request: str
    natural_key: str | None
    key: str | None


class FinishedAttempt(NamedTuple):
    """How an attempt ended; ``response`` is masked JSON text, ``digests`` keyed hashes of a refused request."""

    id: int
    state: str
    http_status: int | None = None
    response: str | None = None
    error_class: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    request_digests: str | None = None


class BindingRow(NamedTuple):
    """The remote record that an Odoo record has become."""

    res_model: str
    res_id: int
    remote_id: str
    key_hash: str | None
    sent_hash: str
    remote_object: str


def as_table(rows):
    """Return rows of one NamedTuple as the table ``r``, whose columns have the names and types of its fields.

    :param rows: at least one
    """
    types = _column_types(type(rows[0]))
    columns = [
        SQL(f"%s::{sql_type}[]", list(column))
        for sql_type, column in zip(types, zip(*rows, strict=True), strict=True)
    ]
    return SQL("unnest(%s) AS r(%s)", SQL(", ").join(columns), SQL(", ".join(rows[0]._fields)))


@cache
def _column_types(row_type):
    return [_sql_type(hint) for hint in get_type_hints(row_type).values()]


def _sql_type(hint):
    python_type = next((each for each in get_args(hint) if each is not type(None)), hint)
    return _SQL_TYPES[python_type]
