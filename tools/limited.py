"""Filters as their author may apply them: what the author may not read counts as missing.

Such a filter can be evaluated as the superuser. The records themselves are not limited: whose filter it is must not
decide whose records are sent.
"""

from functools import partial

from odoo.fields import Domain
from odoo.orm.domains import NEGATIVE_CONDITION_OPERATORS
from odoo.tools import OrderedSet

COLLECTION_TYPES = (list, tuple, set, frozenset, OrderedSet)
HIERARCHY_OPERATORS = ("child_of", "parent_of")
ANY_OPERATORS = ("any", "not any")


def reader_of(model, user, company, branch_ids=()):
    """Return an empty recordset of a model in the environment in which a user applies filters of a company.

    :param branch_ids: of branches that the filters are about, too: those count to which the user has access
    """
    if branch_ids and not user._is_superuser():
        branch_ids = set(user._get_company_ids()).intersection(branch_ids)
    ids = [*company.ids, *sorted(branch_ids)]
    return model.browse().with_user(user).with_context(allowed_company_ids=ids)


def limit_filter(reader, domain):
    """Return a filter that finds related records only if the author may read them.

    Fields without a column are searched with the author's rights, too. Odoo searches a related field, such as
    ``parent_name``, as the superuser: here, only records are found that the author may read.

    :param reader: an empty recordset with the environment of the author
    :param domain: a :class:`Domain`
    :raise AccessError: the author may not read the model or a field of related records
    """
    return domain.map_conditions(partial(_limit, reader))


def _limit(reader, condition):
    name, _dot, rest = condition.field_expr.partition(".")
    field = reader._fields.get(name)
    if field is None:
        return condition
    if field.inherited:
        return _of_parent(reader, field, condition)
    if rest and field.relational:
        condition = Domain(name, "any", Domain(rest, condition.operator, condition.value))
    if condition.operator in HIERARCHY_OPERATORS:
        condition = _with_ids(reader, condition)
    if not field.store:
        return _searched(reader, field, condition)
    if not field.relational or condition.operator in HIERARCHY_OPERATORS:
        return condition
    by_name = _by_name(condition)
    if by_name is not condition:
        return limit_filter(reader, by_name)
    return _related(reader, field, condition)


def _related(reader, field, condition):
    """Return a condition on related records with those that the author may read."""
    name, operator, value = condition.field_expr, condition.operator, condition.value
    if operator not in ANY_OPERATORS or not isinstance(value, (Domain, list, tuple)):
        return condition
    target = reader.env[field.comodel_name]
    related = limit_filter(target, Domain(value))
    if field.type == "many2one":
        return Domain(name, operator, target._search(related, active_test=False))
    return Domain(name, operator, target.with_context(**field.context)._search(related))


def _of_parent(reader, field, condition):
    """Return a condition on an inherited field, such as the name of a product, which is a part of the record."""
    parent = field.related.partition(".")[0]
    target = reader.env[reader._fields[parent].comodel_name]
    return Domain(parent, "any", _limit(target, condition))


def _searched(reader, field, condition):
    """Return what a field without a column searches for, as the author."""
    if not field.search or condition.field_expr != field.name:
        return condition  # cannot be evaluated
    if field.relational and condition.operator in ANY_OPERATORS:
        condition = _found(reader, field, condition)  # a search method may look at it as the superuser
    usual = condition.optimize(reader)  # search methods know only some operators
    if usual != condition:
        return limit_filter(reader, usual)
    found = condition._optimize_field_search_method(reader)
    if field.related:
        found = found.map_conditions(_with_rights)
    return condition if found == condition else limit_filter(reader, found)


def _found(reader, field, condition):
    """Return a condition with the ids of the related records that it is about and the author may read."""
    limited = _related(reader, field, condition)
    if limited is condition:
        return condition
    operator = "in" if condition.operator == "any" else "not in"
    return Domain(field.name, operator, list(limited.value.get_result_ids()))


def _with_rights(condition):
    """Return a condition that looks at related records with the rights of the user."""
    if not condition.operator.endswith("!") or not isinstance(condition.value, Domain):
        return condition
    return Domain(
        condition.field_expr, condition.operator.rstrip("!"), condition.value.map_conditions(_with_rights)
    )


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


def _with_ids(reader, condition):
    """Return a hierarchical condition with the ids of the records that its texts name and the author may read."""
    value = condition.value
    values = value if isinstance(value, COLLECTION_TYPES) else [value]
    ids = [each for each in values if isinstance(each, int)]
    texts = [each for each in values if not isinstance(each, int)]
    field = reader._fields.get(condition.field_expr)
    if field is None or not texts:
        return condition
    target = reader.env[field.comodel_name] if field.relational else reader
    if field.type == "many2one":
        target = target.with_context(active_test=False)
    elif field.relational:
        target = target.with_context(**field.context)
    found = target.search(Domain.OR(Domain("display_name", "ilike", text) for text in texts))
    return Domain(condition.field_expr, condition.operator, [*ids, *found.ids])
