"""Which Odoo fields a user may name in a filter or a mapping, which the hub evaluates as the superuser.

A field that is limited to groups is never one of them, not even for a member: what it says would go to a remote
system, or could be guessed from what is sent, and outlive the membership.
"""

from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.orm.domains import NEGATIVE_CONDITION_OPERATORS
from odoo.tools import OrderedSet

from .filters import check_path

COLLECTION_TYPES = (list, tuple, set, frozenset, OrderedSet)
HIERARCHY_OPERATORS = ("child_of", "parent_of")


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
        if condition.operator in HIERARCHY_OPERATORS and not rest:
            return _with_ids(condition, model, reader)
        if field is None or not field.relational:
            return condition
        if not rest:
            by_name = _by_name(condition)
            if by_name is not condition:
                return by_name.map_conditions(limit)
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


def _by_name(condition):
    """Return a condition that compares a relation with texts as Odoo means it: by the names of the related records.

    A condition that has no text is returned as it is. A negative one is also true without related records.
    """
    name, operator, value = condition.field_expr, condition.operator, condition.value
    positive = NEGATIVE_CONDITION_OPERATORS.get(operator, operator)
    is_negative = positive != operator
    related_operator = "not any" if is_negative else "any"
    if positive.endswith("like"):
        return Domain(name, related_operator, Domain("display_name", positive, value))
    if positive not in ("=", "in", "=?"):
        return condition
    values = value if isinstance(value, COLLECTION_TYPES) else [value]
    texts = [each for each in values if isinstance(each, str)]
    if not texts:
        return condition
    by_name = Domain(name, related_operator, Domain("display_name", "in", texts))
    others = [each for each in values if not isinstance(each, str)]
    if not others:
        return by_name
    by_id = Domain(name, "not in" if is_negative else "in", others)
    return by_name & by_id if is_negative else by_name | by_id


def _with_ids(condition, model, reader):
    """Return a hierarchical condition with the ids of the records that its texts name and the user may read."""
    value = condition.value
    values = value if isinstance(value, COLLECTION_TYPES) else [value]
    ids = [each for each in values if isinstance(each, int)]
    texts = [each for each in values if not isinstance(each, int)]
    field = model._fields.get(condition.field_expr)
    if field is None or not texts:
        return condition
    target = reader.env[field.comodel_name if field.relational else model._name]
    if field.type == "many2one":
        target = target.with_context(active_test=False)
    elif field.relational:
        target = target.with_context(**field.context)
    found = target.search(Domain.OR(Domain("display_name", "ilike", text) for text in texts))
    return Domain(condition.field_expr, condition.operator, [*ids, *found.ids])


def _check_path(model, path):
    """Return the model to which a path leads; None if it leads to a value."""
    fields = check_path(model, path)
    if not all(is_readable(target, field) for target, field in fields):
        raise _denied(model, path)
    _model, last = fields[-1]
    return model.env[last.comodel_name] if last.relational else None


def _denied(model, path):
    return AccessError(model.env._("You are not allowed to use “%(path)s” in a filter.", path=path))
