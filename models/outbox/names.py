"""Names of event types and records, for screens."""

from odoo.tools import SQL

from ...schemas import EVENT_TYPES


def event_type_selection(_model=None):
    """Return the event types as the values of a Selection field: ``[(name, label), …]``."""
    return [(event_type.name, event_type.label) for event_type in EVENT_TYPES.values()]


def parse_reference(text):
    """Return ``(model, id)`` of ``sale.order,7``; None for a text that names no record."""
    model, _comma, record_id = (text or "").partition(",")
    return (model, int(record_id)) if record_id.isdigit() else None


def readable(env, model, record_id):
    """Return the record if it exists and the user may read it; else nothing, or an empty recordset."""
    if model not in env:
        return None
    return env[model].browse(record_id).exists()._filtered_access("read")


def model_label(env, model):
    """Return what a model is called."""
    # As the superuser: users may not read the list of models, but may know what they are called.
    return env["ir.model"].sudo()._get(model).name if model in env else model


def record_names(env, references):
    """Return ``{(model, id): name}``: the display name, if the user may read the record.

    Of others, it is the name without personal data, which is also kept when a record is deleted. A record that was
    deleted before names were kept is called by its kind and id: ``Sales Order #7``.

    :param references: ``(model, id)`` pairs
    """
    references = set(references)
    names = {}
    for model in {model for model, _id in references if model in env}:
        ids = [record_id for of_model, record_id in references if of_model == model]
        records = env[model].browse(ids).exists()
        shown = records._filtered_access("read")
        names |= {(model, record.id): record.display_name for record in shown}
        if _is_captured(env, model):
            # As the superuser: the name without personal data, for whoever may see the event.
            names |= {(model, record.id): record._retail_public_name() for record in (records - shown).sudo()}
    unnamed = references - names.keys()
    names |= _kept_names(env, unnamed) if unnamed else {}
    return {each: names.get(each) or f"{model_label(env, each[0])} #{each[1]}" for each in references}


def stored_name(env, model, record_id):
    """Return what stored texts call a record, which must not hold personal data."""
    # As the superuser: the texts were written by the drain.
    return (
        env[model].sudo().browse(record_id)._retail_reference()
        if model in env and _is_captured(env, model)
        else ""
    )


def _is_captured(env, model):
    return hasattr(env[model], "_retail_public_name")


def _kept_names(env, references):
    """Return ``{(model, id): name}`` of deleted records whose events kept it."""
    rows = env.execute_query(
        SQL(
            "SELECT DISTINCT ON (res_model, res_id) res_model, res_id, kept_name FROM retail_event"
            " WHERE (res_model, res_id) IN (%s) AND kept_name IS NOT NULL ORDER BY res_model, res_id, id DESC",
            SQL(", ").join(SQL("(%s, %s)", *reference) for reference in references),
        )
    )
    return {(model, record_id): name for model, record_id, name in rows}
