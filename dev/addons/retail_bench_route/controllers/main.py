"""The least that a route can do that stores what it gets."""

from odoo import http
from odoo.http import Response, request


class BareController(http.Controller):
    @http.route(
        "/bench/requests",
        type="http",
        auth="none",
        methods=["POST"],
        csrf=False,
        save_session=False,
        readonly=False,
    )
    def store(self):
        """Store the body."""
        body = request.httprequest.get_data().decode()
        request.env.cr.execute("INSERT INTO bench_request (body) VALUES (%s)", [body])
        return Response(status=204)
