"""Names of event types and records, for screens."""

from ...schemas import EVENT_TYPES


def event_type_selection(_model=None):
    """Return the event types as the values of a Selection field: ``[(name, label), …]``."""
    return [(event_type.name, event_type.label) for event_type in EVENT_TYPES.values()]


def record_names(env, references):
    """Return ``{(model, id): display name}``.

    The name of a record that was deleted, or that the user may not read, is its kind and id: ``Sales Order #7``.

    :param references: ``(model, id)`` pairs
    """
    references = set(references)
    names = {reference: _unnamed(env, *reference) for reference in references}
    for model in {model for model, _id in references if model in env}:
        ids = [record_id for of_model, record_id in references if of_model == model]
        records = env[model].browse(ids).exists()._filtered_access("read")
        names |= {(model, record.id): record.display_name for record in records}
    return names


def _unnamed(env, model, record_id):
    kind = env["ir.model"]._get(model).name if model in env else model
    return f"{kind} #{record_id}"
