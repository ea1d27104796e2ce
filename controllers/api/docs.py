"""A page to read the API and to try it: Swagger UI, from the package swagger-ui-py. Nothing comes from elsewhere."""

import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from odoo import http
from odoo.http import Response, request

from ...core.problem import Problem
from .dispatcher import BASE_PATH, ROUTING_TYPE

PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Retail Hub API</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="stylesheet" href="docs/docs.css">
</head>
<body>
<div id="api"><noscript>This page needs JavaScript. The description itself is <a href="openapi.json">openapi.json</a>.
</noscript></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/docs.js"></script>
</body>
</html>
"""
# The page calls this server only, and nobody can put it in a frame. Swagger UI sets style attributes, and has images
# in its style sheet.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SAFE = [("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer")]
OWN = Path(__file__).parents[2] / "static" / "docs"
TYPES = {".css": "text/css", ".js": "text/javascript"}
OWN_ASSETS = ("docs.css", "docs.js")
ASSETS = (*OWN_ASSETS, "swagger-ui.css", "swagger-ui-bundle.js")
MAX_AGE = 3600
ROUTE = {
    "type": ROUTING_TYPE,
    "auth": "none",
    "methods": ["GET"],
    "csrf": False,
    "save_session": False,
    "readonly": True,
}


class DocsController(http.Controller):
    @http.route(f"{BASE_PATH}/docs", **ROUTE)
    def docs(self):
        """Show the page. Anybody may read it, as the description: it contains no data."""
        headers = [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Security-Policy", POLICY),
            *SAFE,
        ]
        return Response(PAGE, headers=headers)

    @http.route(f"{BASE_PATH}/docs/<string:name>", **ROUTE)
    def asset(self, name):
        """Return a script or a style sheet of the page."""
        if name not in ASSETS:
            raise Problem("not-found", "There is no such file.")
        content, etag = _asset(name)
        mime_type = f"{TYPES[Path(name).suffix]}; charset=utf-8"
        headers = [("Content-Type", mime_type), ("Cache-Control", f"public, max-age={MAX_AGE}"), *SAFE]
        response = Response(content, headers=headers)
        response.set_etag(etag)
        return response.make_conditional(request.httprequest.environ)


@cache
def _asset(name):
    """Return ``(content, ETag)`` of one of ``ASSETS``."""
    folder = OWN if name in OWN_ASSETS else Path(find_spec("swagger_ui").origin).parent / "static"
    content = (folder / name).read_bytes()
    return content, hashlib.sha256(content).hexdigest()[:32]
