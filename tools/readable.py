"""Which Odoo fields a user may name in a filter or a mapping, which the hub evaluates as the superuser.

A field that is limited to groups is never one of them, not even for a member: what it says would go to a remote
system, or could be guessed from what is sent, and outlive the membership.
"""

from odoo.exceptions import AccessError
from odoo.fields import Domain

from .filters import check_path


def is_readable(model, field):
    """Return whether the user of the model's environment may name the field.

    :param model: an empty recordset with the environment of the user
    """
    return not field.groups and model.has_access("read")


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


def limit_filter(model, domain, user, company):
    """Return a filter that finds related records only if the user may read them in the company.

    The records themselves are not limited: whose filter it is must not decide whose records are sent.

    :param model: an empty recordset, with full access
    :param domain: a :class:`Domain`
    :raise AccessError: the user may not read the model or a field of related records
    """
    reader = model.with_user(user).with_context(allowed_company_ids=company.ids)

    def limit(condition):
        name, _dot, rest = condition.field_expr.partition(".")
        field = model._fields.get(name)
        if field is None or not field.relational:
            return condition
        if rest:
            related, operator = Domain(rest, condition.operator, condition.value), "any"
        elif condition.operator in ("any", "not any"):
            related, operator = Domain(condition.value), condition.operator
        else:
            return condition
        target = reader.env[field.comodel_name]
        if field.type == "many2one":
            return Domain(name, operator, target._search(related, active_test=False))
        return Domain(name, operator, target.with_context(**field.context)._search(related))

    return domain.map_conditions(limit)


def _check_path(model, path):
    """Return the model to which a path leads; None if it leads to a value."""
    fields = check_path(model, path)
    if not all(is_readable(target, field) for target, field in fields):
        raise _denied(model, path)
    _model, last = fields[-1]
    return model.env[last.comodel_name] if last.relational else None


def _denied(model, path):
    return AccessError(model.env._("You are not allowed to use “%(path)s” in a filter.", path=path))
