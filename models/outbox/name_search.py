"""Finding what is about a record by what people have in hand of it: its name or number, or its customer's name."""

from odoo.fields import Domain

from ...schemas import EVENT_TYPES

RECORDS_FOUND = 500  # of each model, by one search
PATTERNS = ("like", "ilike", "=like", "=ilike")
# Its name or number, its customer, the number on the receipt, the customer's own.
NAMES = ("display_name", "partner_id.display_name", "pos_reference", "client_order_ref")


def record_domain(env, operator, value, id_field="res_id"):
    """Return the domain of what is about a record with such a name; NotImplemented for another operator.

    :param id_field: the field with the record's id, besides ``res_model``
    """
    found = matching_records(env, operator, value)
    if found is NotImplemented:
        return found
    return Domain.OR(
        Domain("res_model", "=", records._name) & Domain(id_field, "in", records.ids) for records in found
    )


def matching_records(env, operator, value):
    """Return the records, newest first, whose names match: a recordset for each model that the user may read.

    NotImplemented for an operator that does not compare texts, and for those that Odoo derives from their opposites.
    """
    value = searched_text(operator, value)
    if value is NotImplemented:
        return value
    names = {model for event_type in EVENT_TYPES.values() for model in event_type.models}
    return [
        model.search(_name_domain(model, operator, value), order="id desc", limit=RECORDS_FOUND)
        for model in (env[name].with_context(active_test=False) for name in sorted(names))
        if model.has_access("read") and _has_name(model)
    ]


def searched_text(operator, value):
    """Return what to compare names with: a text or, for ``in``, a list of texts. Each record has a name."""
    if operator == "in":
        return [each for each in value if isinstance(each, str) and each]
    if operator not in PATTERNS:
        return NotImplemented
    text = str(value or "")
    # PostgreSQL refuses a pattern that ends in its escape character.
    is_open = "=" in operator and (len(text) - len(text.rstrip("\\"))) % 2
    return f"{text}\\" if is_open else text


def _has_name(model):
    """Return whether the model can be searched by name: the name of a price, for example, is only computed."""
    names = model._rec_names_search or [model._rec_name]
    return all(name and model._fields[name.partition(".")[0]]._description_searchable for name in names)


def _name_domain(records, operator, value):
    """Return the domain of the records with such a name or number, or whose customer has such a name."""
    if operator == "in":
        return Domain("display_name", "in", value)
    names = [name for name in NAMES if name.partition(".")[0] in records._fields]
    return Domain.OR(Domain(name, operator, value) for name in names)
