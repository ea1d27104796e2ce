"""How Odoo serves the API: whatever goes wrong, the caller gets problem details (RFC 9457), never a web page."""

import json
import logging
import uuid
from urllib.parse import quote

from werkzeug.exceptions import HTTPException

from odoo.http import Dispatcher, Response, request

from ...core.problem import PROBLEMS, Problem
from ...core.tracebacks import without_values

_logger = logging.getLogger(__name__)

ROUTING_TYPE = "retail_hub_api"
BASE_PATH = "/retail/v1"
OAUTH_PATH = "/retail/oauth/token"
CONTENT_TYPE = "application/problem+json"
LISTS = ("RateLimit", "RateLimit-Policy")
# What werkzeug and Odoo raise, by HTTP status.
KINDS = {404: "not-found", 405: "method-not-allowed", 413: "too-large"}


def raw_target():
    """Return the path and query of the request as the server got them: percent-encoded, without the host."""
    environ = request.httprequest.environ
    target = environ.get("REQUEST_URI") or environ.get("RAW_URI")
    if target is None:  # servers that do not tell
        target = quote(request.httprequest.path) + "?" + environ.get("QUERY_STRING", "")
        return target.removesuffix("?")
    return "/" + target.partition("://")[2].partition("/")[2] if "://" in target.partition("?")[0] else target


def _together(headers, more):
    """Return headers that name the limit that was reached, besides the client's rate."""
    both = {name: f"{headers[name]}, {more[name]}" for name in LISTS if name in headers and name in more}
    return {**headers, **more, **both}


class ApiDispatcher(Dispatcher):
    routing_type = ROUTING_TYPE

    def __init__(self, request):
        super().__init__(request)
        self.trace_id = str(uuid.uuid4())
        self.headers = {}  # of the response, whatever comes of the request

    @classmethod
    def is_compatible_with(cls, _request):
        return True

    def dispatch(self, endpoint, args):
        self.request.params = dict(args)
        return self.request.registry["ir.http"]._dispatch(endpoint)

    def handle_error(self, exc):
        """Return the response to an exception. An unexpected one is logged without values, which may be personal."""
        if isinstance(exc, HTTPException) and exc.response:
            return exc.response
        problem = self._problem(exc)
        if problem.status >= 500:
            _logger.error("The API request %s failed\n%s", self.trace_id, without_values(exc))
        # Odoo would log each refused call with its traceback, and unexpected errors with all values.
        exc.loglevel = logging.NOTSET
        return self.problem_response(problem)

    def _problem(self, exc):
        if isinstance(exc, Problem):
            return exc
        kind = KINDS.get(exc.code) if isinstance(exc, HTTPException) else None
        headers = dict(exc.get_headers()) if kind == "method-not-allowed" else {}
        headers = {"Allow": headers["Allow"]} if "Allow" in headers else {}
        kind = kind or "internal"
        return Problem(kind, PROBLEMS[kind].help, headers=headers)

    def problem_response(self, problem):
        base_url = self.request.httprequest.host_url.rstrip("/") + BASE_PATH
        body = json.dumps(problem.as_json(base_url, self.trace_id))
        headers = [
            ("Content-Type", CONTENT_TYPE),
            ("Retail-Trace-Id", self.trace_id),
            *_together(self.headers, problem.headers).items(),
        ]
        return Response(body, status=problem.status, headers=headers)
