"""Masking of credentials in the request log, by the names of headers and fields.

A provider can declare further secrets: headers in ``SECRET_HEADERS`` (lower case), and in ``SECRET_PATHS`` a pattern
whose group ``secret`` is the part of the target (path and query) to mask.
"""

import json
import re
from urllib.parse import parse_qsl, urlencode

HIDDEN = "***"
SECRET_HEADER = re.compile(
    r"authorization|cookie|token|secret|passw|signature|hmac|api-?key|credential|session|assertion"
)
SECRET_FIELD = re.compile(
    r".*(secret|passw|assertion|signature|api_?key|credential|code_verifier).*"
    r"|((access|refresh|id|auth|bearer|session)_?)?token",
    re.IGNORECASE,
)
# Secret in a form or in a call to an OAuth server; elsewhere it can be anything.
CODE = "code"
MAY_BE_SECRET = re.compile(
    rb"secret|passw|assertion|signature|api_?key|credential|verifier|token", re.IGNORECASE
)


def headers(request, provider=None):
    """Return the request's headers, with secrets replaced by ``***``."""
    declared = getattr(provider, "SECRET_HEADERS", ())
    return {
        name: HIDDEN if name in declared or SECRET_HEADER.search(name) else value
        for name, value in request.headers.items()
    }


def target(request, provider=None):
    """Return the path and query, with secrets replaced by ``***``."""
    declared = getattr(provider, "SECRET_PATHS", None)
    path, mark, query = (declared.sub(_hide_group, request.target) if declared else request.target).partition(
        "?"
    )
    pairs = parse_qsl(query, keep_blank_values=True)
    hidden = [(name, HIDDEN if is_secret_argument(request, name) else value) for name, value in pairs]
    return path + mark + (query if hidden == pairs else urlencode(hidden, safe="*"))


def body(request):
    """Return the body with secrets replaced by ``***``: a form or JSON as data, other text as text, None if empty."""
    if not request.body:
        return None
    form = request.form()
    if form is not None:
        return {name: HIDDEN if name == CODE or is_secret(name) else value for name, value in form.items()}
    try:
        data = json.loads(request.body)
    except ValueError:
        return request.body.decode("utf-8", "replace")
    return _hide_in(data) if MAY_BE_SECRET.search(request.body) else data


def is_secret(name):
    return bool(SECRET_FIELD.fullmatch(name))


def is_secret_argument(request, name):
    return is_secret(name) or (name == CODE and "oauth" in request.path.lower())


def _hide_group(match):
    start, end = (position - match.start() for position in match.span("secret"))
    return f"{match[0][:start]}{HIDDEN}{match[0][end:]}"


def _hide_in(data):
    if isinstance(data, dict):
        return {name: HIDDEN if is_secret(name) else _hide_in(value) for name, value in data.items()}
    return [_hide_in(each) for each in data] if isinstance(data, list) else data
