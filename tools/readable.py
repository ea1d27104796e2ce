"""Which Odoo fields a user may name in a filter or a mapping, which the hub evaluates as the superuser.

A field that is limited to groups is never one of them, not even for a member: what it says would go to a remote
system, or could be guessed from what is sent, and outlive the membership.
"""

from odoo.exceptions import AccessError
from odoo.fields import Domain

from .filters import check_path


def is_readable(model, field):
    """Return whether the user of the model's environment may name the field, and what a related field leads through.

    :param model: an empty recordset with the environment of the user
    """
    return all(
        not source.groups and of_model.has_access("read") for of_model, source in _sources(model, field)
    )


def _sources(model, field):
    """Yield (model, field) of a field and, if it is a related one without a column, of those that it is read from."""
    yield model, field
    if field.store or not field.related:
        return
    for name in field.related.split("."):
        source = model._fields[name]
        yield from _sources(model, source)
        if source.relational:
            model = model.env[source.comodel_name]


def check_filter(model, domain):
    """Check that the user of the model's environment may read each field that a filter names.

    :param domain: a :class:`Domain`, or a list
    :raise AccessError: the filter names a field that the user may not read
    :raise FilterError: the filter names a field that does not exist
    """
    for condition in Domain(domain).iter_conditions():
        target = _check_path(model, condition.field_expr)
        if condition.operator.endswith("!"):  # such conditions bypass access rights
            raise _denied(model, condition.field_expr)
        if target is None:
            continue
        if not target.has_access("read"):  # a text is compared with names of those records
            raise _denied(model, condition.field_expr)
        if isinstance(condition.value, (Domain, list, tuple)) and condition.operator in ("any", "not any"):
            check_filter(target, condition.value)


def _check_path(model, path):
    """Return the model to which a path leads; None if it leads to a value."""
    fields = check_path(model, path)
    if not all(is_readable(target, field) for target, field in fields):
        raise _denied(model, path)
    _model, last = fields[-1]
    return model.env[last.comodel_name] if last.relational else None


def _denied(model, path):
    return AccessError(model.env._("You are not allowed to use “%(path)s” in a filter.", path=path))
