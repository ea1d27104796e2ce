"""Tracebacks for the log. An exception's message may quote the values of a record, so it is left out."""

import traceback

CAUSED = "The above exception led to the following one:"


def without_values(error):
    """Return the traceback of an exception and of what caused it, with their types but without their messages."""
    parts = []
    while error is not None:
        frames = "".join(traceback.format_tb(error.__traceback__))
        parts.append(f"Traceback (most recent call last):\n{frames}{_type_name(error)}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return f"\n\n{CAUSED}\n\n".join(reversed(parts))


def _type_name(error):
    return f"{type(error).__module__}.{type(error).__qualname__}"
