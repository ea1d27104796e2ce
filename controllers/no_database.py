"""What remote systems get while Odoo has no database, such as when PostgreSQL restarts: 503.

Odoo answers 404 to everything then. Senders take that for final, and what they had to say would be lost.
"""

import functools
import json
import uuid

from odoo import http
from odoo.http import Response

from ..core.problem import PROBLEMS, Problem
from .api.dispatcher import BASE_PATH, CONTENT_TYPE

PATHS = (f"{BASE_PATH}/", "/retail/webhooks/", "/retail/oauth/token")
RETRY_SECONDS = 5


def _unavailable(request):
    trace_id, problem = str(uuid.uuid4()), Problem("unavailable", PROBLEMS["unavailable"].help)
    body = problem.as_json(request.host_url.rstrip("/") + BASE_PATH, trace_id)
    headers = [
        ("Content-Type", CONTENT_TYPE),
        ("Retry-After", str(RETRY_SECONDS)),
        ("Retail-Trace-Id", trace_id),
    ]
    return Response(json.dumps(body), status=problem.status, headers=headers)


def _patched(serve_nodb):
    @functools.wraps(serve_nodb)
    def call(self):
        if self.httprequest.path.startswith(PATHS):
            return _unavailable(self.httprequest)
        return serve_nodb(self)

    return call


# There is no hook: without a database, no model and no controller of the addon is asked.
http.Request._serve_nodb = _patched(http.Request._serve_nodb)
