"""What people call the types of events, and the records that events are about."""

from ...schemas import EVENT_TYPES


def event_type_selection(_model=None):
    """Return the types of events as the values of a Selection field."""
    return [(event_type.name, event_type.label) for event_type in EVENT_TYPES.values()]


def record_names(env, references):
    """Return ``{(model, id): name}``; of what is gone, or not for the user to see, the name is ``model,id``.

    :param references: ``(model, id)`` pairs
    """
    references = set(references)
    names = {(model, record_id): f"{model},{record_id}" for model, record_id in references}
    for model in {model for model, _id in references if model in env}:
        ids = [record_id for of_model, record_id in references if of_model == model]
        records = env[model].browse(ids).exists()._filtered_access("read")
        names |= {(model, record.id): record.display_name for record in records}
    return names
