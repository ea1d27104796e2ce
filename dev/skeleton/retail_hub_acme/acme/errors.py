"""Turns Acme's error responses into the hub's errors, with messages for users. Pure functions."""

from odoo.addons.retail_hub.core.errors import BusinessError, ValidationError

# Acme's error codes that are more specific than the HTTP status: error class and message.
_CODES = {
    "email_taken": (
        BusinessError,
        "Another customer in Acme already has this email address. Merge the two in Acme, or correct it in Odoo.",
    ),
    "invalid_value": (ValidationError, "Acme rejected the value of {field}. Correct it in Odoo."),
}


def refusal(response, sent):
    """Return the error for a response of status 400 or more; None if only its status is known.

    :param response: a :class:`Response` of the HTTP client
    :param sent: the request; the message names a property only if the request has it
    """
    code, field = str(response.object.get("code")), response.object.get("field")
    if code not in _CODES:
        return None
    kind, message = _CODES[code]
    field = field if field in sent else None
    return kind(message.format(field=field or "a property"), code=code.upper(), field=field)
