"""Typed rows for SQL statements that write many records at once."""

from datetime import datetime
from functools import cache
from typing import NamedTuple, get_args, get_type_hints

from odoo.tools import SQL

_SQL_TYPES = {int: "int", str: "text", float: "float", bool: "bool", datetime: "timestamp"}


class DeliveryRow(NamedTuple):
    """The new state of a delivery that was claimed under ``lease``.

    :param delay: seconds until the next attempt
    :param conflicts_with: ``model,id`` of the other record that the error is about
    :param checkpoint: JSON text
    """

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
    conflicts_with: str | None = None
    checkpoint: str | None = None


class StartedAttempt(NamedTuple):
    """An attempt that is about to be made.

    :param request: JSON text with personal data masked
    :param natural_key: finds the remote record that the attempt may have created
    :param key: hash of the match key, which only one started attempt may hold at a time
    """

    delivery_id: int
    number: int
    is_manual: bool
    request: str
    natural_key: str | None
    key: str | None


class FinishedAttempt(NamedTuple):
    """The result of an attempt.

    :param response: JSON text with personal data masked
    :param request_digests: JSON text with keyed hashes of a refused request's properties
    :param calls: JSON text of the calls that were made, secrets and personal data masked
    """

    id: int
    state: str
    http_status: int | None = None
    response: str | None = None
    error_class: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    request_digests: str | None = None
    calls: str | None = None


class RemoteRow(NamedTuple):
    """A remote record, and an Odoo record that it may belong to."""

    res_model: str
    res_id: int
    remote_id: str
    remote_object: str


class BindingRow(NamedTuple):
    """The binding of an Odoo record to its remote record, after it was sent.

    :param sent_hash: None if the remote record lacks a part
    :param is_new_link: whether the Odoo record was linked to no remote record before, or to another one
    :param company_id: of the event that was sent
    :param links: JSON text of what the remote record is linked to; None: as before
    """

    res_model: str
    res_id: int
    remote_id: str
    key_hash: str | None
    sent_hash: str | None
    remote_object: str
    is_new_link: bool
    company_id: int | None
    links: str | None = None


def as_table(rows):
    """Return an SQL table ``r`` with these rows. Its columns have the names and types of the NamedTuple's fields.

    :param rows: NamedTuples of one class, at least one
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
