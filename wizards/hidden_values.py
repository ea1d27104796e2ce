"""What the mapping preview does not show: values of Odoo fields that others chose, and that the viewer may not read.

What is sent is read as the authors of the mapping lines. Who looks at it may be allowed to read less.
"""

from ..core import field_map

QUOTED = 3  # characters: of a shorter value, a message that happens to contain it says nothing


def hidden_paths(viewer, record, values):
    """Return the paths of a record's Odoo fields that a user may not read, or reads differently, as a set.

    :param record: with full access, and with the company and the language of the connector
    :param values: ``{path: value}`` that will be sent
    """
    [seen] = record.env["retail.field.map"]._record_values(record, dict.fromkeys(values, viewer)).values()
    if isinstance(seen, Exception):
        return set(values)
    return {path for path, value in values.items() if path not in seen or seen[path] != value}


def without_value(env, row, hidden):
    """Return a row of the preview without what the viewer may not read: the value, and a remark about it.

    :param hidden: the values of Odoo fields in it that the viewer may not read
    """
    if not hidden:
        return row
    texts = [text for text in (row["value"], *map(field_map.text, hidden)) if len(text) >= QUOTED]
    return {**row, "value": _not_readable(env), "warning": "", "is_hidden": True, "hidden_texts": texts}


def readable_text(env, text, rows, name=None):
    """Return a message; another text if it is about a hidden value, or quotes one.

    :param name: the property that the message is about, if known
    """
    for row in rows:
        if row["is_hidden"] and (
            row["name"] == name
            or row["name"] in text
            or any(hidden in text for hidden in row["hidden_texts"])
        ):
            return _not_readable(env)
    return text


def _not_readable(env):
    return env._("(not readable for you)")
