"""What a token may do: the scope that a request needs, and the 403 for tokens that do not have it."""

from .failures import Failure

READING = ("search", "batch/read")
LINK = "https://developers.hubspot.com/scopes"


def check(granted, needed):
    """Raise Failure if none of the scopes that would do is granted. ``granted``: None for all."""
    if granted is None or not needed or set(granted) & set(needed):
        return
    detail = {
        "message": "One or more of the following scopes are required.",
        "context": {"requiredGranularScopes": list(needed)},
    }
    raise Failure(
        403,
        "MISSING_SCOPES",
        "This app hasn't been granted all required scopes to make this call. "
        f"Read more about required scopes here: {LINK}.",
        details=[detail],
        links={"scopes": LINK},
    )


def for_records(object_type, method, rest):
    """The scopes of which one is needed for records; ``rest``: the path after the object type."""
    reads = method == "GET" or (rest or "").endswith(READING)
    return (f"crm.objects.{object_type}.{'read' if reads else 'write'}",)


def for_schemas(object_type, method):
    """The same for definitions of properties and pipelines."""
    if method == "GET":
        return (f"crm.schemas.{object_type}.read", f"crm.objects.{object_type}.read")
    return (f"crm.schemas.{object_type}.write",)
