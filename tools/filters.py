"""Filters that people enter, and what is wrong with them in words: what, which field, and what to do."""

from ast import literal_eval

import psycopg2

from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import mute_logger

HAVE_PARTS = ("date", "datetime", "properties")  # such as the month of a date
SHOWN = 60  # characters of a condition that a message quotes


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


def validate_filter(model, domain):
    """Check that a filter can be evaluated: its fields exist, and its values fit them.

    To build its query calls search methods of fields, with the rights of the model's environment: first check what the
    filter may name.

    :param model: an empty recordset
    :param domain: a :class:`Domain`
    :raise FilterError: a condition cannot be evaluated
    """
    for condition in domain.iter_conditions():
        _model, last = check_path(model, condition.field_expr)[-1]
        try:
            if condition.operator in ("any", "not any") and last.relational:
                validate_filter(model.env[last.comodel_name], Domain(condition.value))
            condition.validate(model)
            model._search(condition, active_test=False)  # builds the query only: a field may have no column
        except FilterError:
            raise
        except (ValueError, TypeError, KeyError, NotImplementedError, RecursionError) as error:
            raise _unfit(model.env, condition) from error


def try_filter(model, domain):
    """Check that the database can evaluate a filter, with one query whose result nobody sees.

    :param model: an empty recordset, with full access: first check what the filter may name
    :param domain: a :class:`Domain` that :func:`validate_filter` accepts
    :raise FilterError: the database or a search method refuses it
    """
    try:
        with model.env.cr.savepoint(), mute_logger("odoo.sql_db"):
            model.with_context(active_test=False).search(domain, limit=1)
    except psycopg2.OperationalError:  # such as a serialization failure: Odoo tries again
        raise
    except (psycopg2.Error, UserError, *REFUSALS) as error:
        raise FilterError(problem_text(model.env, error) or _does_not_fit(model.env)) from error


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
