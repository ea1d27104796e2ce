"""Values in the context that only the hub's own code can have put there: a context may also be sent by clients."""


class _Own:
    """Holds a value. What clients send consists of JSON values, which this is not."""

    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value


def with_own(records, **values):
    """Return the records with values in their context, which :func:`own_value` finds."""
    return records.with_context(**{key: _Own(value) for key, value in values.items()})


def own_value(env, key):
    """Return what :func:`with_own` put into the context; None if there is nothing, or if a client sent it."""
    found = env.context.get(key)
    return found.value if isinstance(found, _Own) else None
