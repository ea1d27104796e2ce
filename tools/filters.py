"""Filters that people enter, and what is wrong with them in words: what, which field, and what to do."""

from ast import literal_eval
from contextlib import contextmanager

import psycopg2

from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, mute_logger

from .limited import ANY_OPERATORS, limit_filter

HAVE_PARTS = ("date", "datetime", "properties")  # such as the month of a date
SHOWN = 60  # characters of a condition that a message quotes
PATTERN_OPERATORS = ("=like", "=ilike")
ESCAPES = "\\\uff3c\ufe68\u2216\u29f5"  # and what ``unaccent`` turns into a backslash

REFUSALS = (
    ValueError,
    TypeError,
    KeyError,
    NotImplementedError,
    RecursionError,
    AssertionError,
    AttributeError,
)


class FilterError(ValueError):
    """A filter that does not make sense. In words, for the person who entered it."""


def parse_filter(env, text):
    """Return the :class:`Domain` that a text says.

    :raise FilterError: it says none
    """
    try:
        items = literal_eval(text or "[]")
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise _no_list(env) from error
    if not isinstance(items, (list, tuple)):
        raise _no_list(env)
    for item in items:
        _check_condition(env, item)
    try:
        return Domain(items)
    except (ValueError, TypeError, RecursionError) as error:
        raise _no_list(env) from error


def validate_filter(reader, domain):
    """Check that a filter can be evaluated: its fields can be searched, and its values fit them.

    To build its query calls search methods of fields, with the rights of the author: first check what the filter may
    name.

    :param reader: an empty recordset with the environment of the author
    :param domain: a :class:`Domain`
    :raise FilterError: a condition cannot be evaluated
    """
    with _in_words(reader.env), mute_logger("odoo.sql_db"):
        _validate(reader, domain)


def _validate(reader, domain):
    for condition in domain.iter_conditions():
        fields = check_path(reader, condition.field_expr)
        _check_searchable(fields, condition)
        try:
            if nested := _nested(reader, condition):
                _validate(*nested)
            condition.validate(reader)
            _query(reader, condition)
        except FilterError:
            raise
        except (ValueError, TypeError, KeyError, NotImplementedError, RecursionError) as error:
            raise _unfit(reader.env, condition) from error


def plan_filter(reader, domain):
    """Check that the database can evaluate a filter, as the flow does. It plans the queries, and reads no record.

    So what happens does not depend on records, not even on those that the author may not read.

    :param reader: an empty recordset with the environment of the author
    :param domain: a :class:`Domain` that :func:`validate_filter` accepts
    :raise FilterError: the database or a search method refuses it
    """
    with _in_words(reader.env), mute_logger("odoo.sql_db"):
        _plan(reader, domain)


@contextmanager
def _in_words(env):
    """Have whatever refuses a filter be a :class:`FilterError`, without harm to the transaction."""
    try:
        env.flush_all()  # what is not written yet must survive the end of the savepoint
        with env.cr.savepoint(flush=False):
            yield
    except psycopg2.OperationalError:  # such as a serialization failure: Odoo retries
        raise
    except (psycopg2.Error, UserError, *REFUSALS) as error:
        raise FilterError(problem_text(env, error) or _does_not_fit(env)) from error


def _plan(reader, domain):
    """Have the database plan a filter, and each condition alone: Odoo may find that all of them need no query."""
    for condition in domain.iter_conditions():
        if nested := _nested(reader, condition):
            _plan(*nested)
        _explain(reader, condition)
    _explain(reader, domain)


def _explain(reader, domain):
    query = _query(reader, domain)
    if not query.is_empty():
        reader.env.execute_query(SQL("EXPLAIN %s", query.select()))


def _query(reader, domain):
    """Return the query of a filter, with the rights of its author."""
    return reader._search(limit_filter(reader, domain), active_test=False)


def _nested(reader, condition):
    """Return (model, filter) of what a condition asks of related records; None if it asks nothing."""
    field = check_path(reader, condition.field_expr)[-1][1]
    if condition.operator not in ANY_OPERATORS or not field.relational:
        return None
    return reader.env[field.comodel_name], Domain(condition.value)


def _check_searchable(fields, condition):
    """Check that the database can compare the fields along a path with a value, whatever the value.

    Odoo itself does not ask the database about some values, such as names of records that do not exist.

    :raise FilterError: a field has neither a column nor a search method, or the value is no pattern
    """
    for model, field in fields:
        if not field.store and not field.search:
            raise FilterError(
                model.env._(
                    "“%(path)s”: %(name)s of %(model)s is computed when it is shown, so no filter can use it.",
                    path=condition.field_expr,
                    name=field.name,
                    model=model._description,
                )
            )
    if condition.operator.endswith(PATTERN_OPERATORS) and _ends_within_escape(condition.value):
        raise _unfit(fields[0][0].env, condition)


def _ends_within_escape(pattern):
    """Return whether PostgreSQL refuses a pattern, but only once it has compared it with a text that begins so."""
    if not isinstance(pattern, str):
        return False
    escapes = len(pattern) - len(pattern.rstrip(ESCAPES))
    return escapes % 2 == 1


def check_path(model, path):
    """Return the fields along a path, up to the first that leads to no other model.

    :raise FilterError: there is no such field
    """
    found = []
    for name in path.split("."):
        field = model._fields.get(name)
        if field is None:
            raise FilterError(
                model.env._(
                    "“%(path)s”: %(model)s has no field %(name)s.",
                    path=path,
                    model=model._description,
                    name=name,
                )
            )
        found.append((model, field))
        if not field.relational:
            break
        model = model.env[field.comodel_name]
    model, last = found[-1]
    if len(found) < len(path.split(".")) and last.type not in HAVE_PARTS:
        raise FilterError(
            model.env._(
                "“%(path)s”: %(name)s of %(model)s is not a link to another record.",
                path=path,
                name=last.name,
                model=model._description,
            )
        )
    return found


def problem_text(env, error):
    """Return why a filter or field could not be evaluated, in words; None if only the server log can tell.

    :param error: the exception. It needs no query: the transaction may be aborted.
    """
    if isinstance(error, (FilterError, UserError)):
        return str(error)
    if isinstance(error, (psycopg2.errors.UndefinedColumn, psycopg2.errors.UndefinedTable)):
        return env._("The database has no column for a field. Upgrade the module that adds the field.")
    if isinstance(error, (psycopg2.DataError, psycopg2.ProgrammingError)):
        return _does_not_fit(env)
    return None


def _does_not_fit(env):
    return env._("A value does not fit its field or operator. Correct the value.")


def _check_condition(env, item):
    if item in ("&", "|", "!"):
        return
    if not isinstance(item, (list, tuple)) or len(item) != 3:
        raise _no_list(env)
    try:
        Domain([item])
    except (ValueError, TypeError, RecursionError) as error:
        raise FilterError(
            env._(
                "The condition %(condition)s is not valid. Enter it again, with a field, an operator and a value.",
                condition=_short(item),
            )
        ) from error


def _no_list(env):
    return FilterError(env._("It must be a list of conditions, such as [('name', '!=', False)]."))


def _unfit(env, condition):
    return FilterError(
        env._(
            "“%(path)s”: the operator %(operator)s or the value %(value)s does not fit this field. Correct the"
            " condition.",
            path=condition.field_expr,
            operator=condition.operator,
            value=_short(condition.value),
        )
    )


def _short(value):
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
