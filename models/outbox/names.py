"""Names of event types and records, for screens."""

import re

from odoo.exceptions import UserError
from odoo.tools import SQL

from ...schemas import EVENT_TYPES
from .merged import survivors


def event_type_selection(model):
    """Return the event types as the values of a Selection field: ``[(name, label), …]``."""
    return [(each.name, model.env._(each.label)) for each in EVENT_TYPES.values()]


def parse_reference(text):
    """Return ``(model, id)`` of ``sale.order,7``; None for a text that names no record."""
    model, _comma, record_id = (text or "").partition(",")
    return (model, int(record_id)) if record_id.isdigit() else None


def readable(env, model, record_id):
    """Return the record if it exists and the user may read it; else nothing, or an empty recordset."""
    if model not in env:
        return None
    return env[model].browse(record_id).exists()._filtered_access("read")


def action_open(env, model, record_id):
    """Return the action that opens a record.

    :raise UserError: it was deleted, or the user may not read it
    """
    record = readable(env, model, record_id)
    if not record:
        raise UserError(env._("The record was deleted, or you are not allowed to read it."))
    return {
        "type": "ir.actions.act_window",
        "res_model": record._name,
        "res_id": record.id,
        "views": [(False, "form")],
    }


def action_dialog(record, title, size="extra-large"):
    """Return the action that opens the form of a wizard as a dialog, or draws it anew."""
    return {
        "type": "ir.actions.act_window",
        "name": title,
        "res_model": record._name,
        "res_id": record.id,
        "views": [(False, "form")],
        "target": "new",
        "context": {"dialog_size": size},
    }


def model_label(env, model):
    """Return what a model is called."""
    # As the superuser: users may not read the list of models, but may know what they are called.
    return env["ir.model"].sudo()._get(model).name if model in env else model


def record_names(env, references):
    """Return ``{(model, id): name}``: the display name, if the user may read the record.

    Of others, it is the name without personal data, which is also kept when a record is deleted. A record that was
    merged has the name of the one it was merged into. A record that was deleted before names were kept is called by
    its kind and id: ``Sales Order #7``.

    :param references: ``(model, id)`` pairs
    """
    return _named(env, references, _shown_names)


def _shown_names(env, references):
    names = {}
    for model in {model for model, _id in references if model in env}:
        ids = [record_id for of_model, record_id in references if of_model == model]
        records = env[model].browse(ids).exists()
        shown = records._filtered_access("read")
        names |= {(model, record.id): record.display_name for record in shown}
    return names | _public_names(env, references - names.keys())


def public_names(env, references):
    """Return ``{(model, id): name}`` without personal data: for texts that are stored where no reader is known.

    :param references: ``(model, id)`` pairs
    """
    return _named(env, references, _public_names)


def _named(env, references, names_of):
    """Return ``{(model, id): name}``; those of merged records are the names of the records that they are now."""
    references = set(references)
    current = {each: each for each in references} | _merged_into(env, references)
    names = names_of(env, set(current.values()))
    return {each: names[now] for each, now in current.items()}


def _merged_into(env, references):
    """Return ``{(model, id): (model, id) of the record it was merged into}`` of those that were merged."""
    found = {}
    for model in EVENT_TYPES["customer.merged"].models:
        ids = {record_id for of_model, record_id in references if of_model == model}
        deleted = ids - set(env[model].browse(ids).exists().ids)
        if deleted:
            known = survivors(env, model, deleted)
            found |= {(model, record_id): (model, now) for record_id, now in known.items()}
    return found


def _public_names(env, references):
    names = {}
    for model in {model for model, _id in references if model in env and _is_captured(env, model)}:
        ids = [record_id for of_model, record_id in references if of_model == model]
        # As the superuser: the name without personal data, for whoever may see the event.
        records = env[model].sudo().browse(ids).exists()
        names |= {(model, record.id): record._retail_public_name() for record in records}
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


def with_names(env, text, names_of=record_names):
    """Return a stored text, in which records that it calls by their ids have names.

    :param text: with any number of references such as ``Contact #7``, in any installed language; may be empty
    :param names_of: :func:`record_names`, for the user who reads it, or :func:`public_names`
    """
    if not text or "#" not in text:
        return text
    models = _models_by_label(env)
    labels = "|".join(map(re.escape, sorted(models, key=len, reverse=True)))
    pattern = re.compile(rf"(?<!\w)({labels}) #(\d+)")
    references = {match[0]: (models[match[1]], int(match[2])) for match in pattern.finditer(text)}
    if not references:
        return text
    names = names_of(env, references.values())
    return pattern.sub(lambda match: names[references[match[0]]], text)


def _models_by_label(env):
    """Return ``{label: model}`` of the models that events are about: the drain's language may not be the user's."""
    models = {model for event_type in EVENT_TYPES.values() for model in event_type.models if model in env}
    codes = [code for code, _name in env["res.lang"].get_installed()]
    return {model_label(env(context={"lang": code}), model): model for code in codes for model in models}


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
