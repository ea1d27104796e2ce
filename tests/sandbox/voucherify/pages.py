"""Lists: pages by cursor in v2, by number in v1."""

import secrets

from kit.wire import json_response

from .checks import whole_number
from .failures import Failure

CURSOR_LIFETIME = 600  # seconds


def by_cursor(project, request, found, prefix, fields=("created_at",), default=None):
    """Return a page of a list.

    :param found: the objects, the oldest first
    :param prefix: that of the cursor, such as ``lcrsctx_``
    :param fields: by which the list can be sorted; the first one is the default, descending
    """
    arguments = request.arguments()
    limit = whole_number(arguments, "limit", 10, 100)
    if "cursor" in arguments:
        rest = resume(project, arguments["cursor"], prefix)
    else:
        rest = in_order(found, arguments.get("order") or default or f"-{fields[0]}", fields)
    page, rest = rest[:limit], rest[limit:]
    return json_response(200, {"data": page, "cursor": new_cursor(project, rest, prefix), "object": "list"})


def in_order(found, order, fields):
    field = order.removeprefix("-")
    if field not in fields:
        raise Failure(400, "invalid_query_params", "Invalid query params", f"Cannot order by {order}")
    numbered = sorted(enumerate(found), key=lambda pair: (pair[1][field], pair[0]), reverse=order[0] == "-")
    return [each for _, each in numbered]


def resume(project, cursor, prefix):
    rest, expires = project.cursors.pop(cursor, ((), 0))
    if not cursor.startswith(prefix) or expires < project.clock.now():
        details = "The provided cursor is invalid or has expired"
        raise Failure(400, "invalid_or_expired_cursor", "Invalid or expired cursor", details)
    project.cursors[cursor] = rest, expires
    return rest


def new_cursor(project, rest, prefix):
    if not rest:
        return None
    cursor = prefix + secrets.token_hex(9)
    expires = project.clock.now() + CURSOR_LIFETIME
    project.cursors[cursor] = rest, expires
    return {"next": cursor, "expires_at": project.clock.iso(expires)}


def by_number(request, found, name, order="-created_at"):
    """Return a page of a list of v1. ``found``: the oldest first."""
    arguments = request.arguments()
    limit = whole_number(arguments, "limit", 10, 100)
    page = whole_number(arguments, "page", 1, 99)
    order = arguments.get("order", order)
    found = list(reversed(found)) if order.startswith("-") else list(found)
    shown = found[(page - 1) * limit : page * limit]
    return json_response(200, {"object": "list", "data_ref": name, name: shown, "total": len(found)})


def by_id(request, found):
    """Return a page of transactions of v1, the newest first."""
    arguments = request.arguments()
    limit = whole_number(arguments, "limit", 10, 100)
    newest = list(found) if arguments.get("order") == "id" else list(reversed(found))
    ids = [each["id"] for each in newest]
    after = arguments.get("starting_after_id")
    start = ids.index(after) + 1 if after in ids else 0
    shown = newest[start : start + limit]
    body = {"object": "list", "data_ref": "data", "data": shown, "has_more": len(newest) > start + limit}
    if body["has_more"]:
        body["more_starting_after"] = shown[-1]["id"]
    return json_response(200, body)
