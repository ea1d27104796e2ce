"""The scope that a request needs, and the 403 for tokens without it."""

from .failures import Failure

READING = ("search", "batch/read")
LINK = "https://developers.hubspot.com/scopes"


def check(granted, needed):
    """Raise Failure if none of the accepted scopes is granted. ``granted`` is None for all."""
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
    """Return the scopes of which a request for records needs one. ``rest`` is the path after the object type."""
    reads = method == "GET" or (rest or "").endswith(READING)
    return (f"crm.objects.{object_type}.{'read' if reads else 'write'}",)


def for_schemas(object_type, method):
    """Return the scopes of which a request for definitions of properties or pipelines needs one."""
    if method == "GET":
        return (f"crm.schemas.{object_type}.read", f"crm.objects.{object_type}.read")
    return (f"crm.schemas.{object_type}.write",)
