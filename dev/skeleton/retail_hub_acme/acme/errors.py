"""Acme's refusals → the hub's error classes, in words for a person. Pure functions."""

from odoo.addons.retail_hub.core.errors import BusinessError, ValidationError

# Acme's codes that say more than the HTTP status: the class of the error, and what to do.
_CODES = {
    "email_taken": (
        BusinessError,
        "Another customer at Acme has this e-mail address. Merge the two, or correct it.",
    ),
    "invalid_value": (ValidationError, "Acme does not take the value of {field}. Correct it in Odoo."),
}


def refusal(response, sent):
    """Return the error for an answer of status 400 or more, None if its status says all that is known.

    :param response: a :class:`Response` of the HTTP client
    :param sent: the request, whose names of properties may be quoted
    """
    code, field = str(response.object.get("code")), response.object.get("field")
    if code not in _CODES:
        return None
    kind, message = _CODES[code]
    field = field if field in sent else None
    return kind(message.format(field=field or "a property"), code=code.upper(), field=field)
