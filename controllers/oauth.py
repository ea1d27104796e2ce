"""Where a remote's consent page sends the admin back to."""

from werkzeug.exceptions import Forbidden

from odoo import http
from odoo.exceptions import AccessError
from odoo.http import request

from ..models.connector.oauth import CALLBACK


class OAuthController(http.Controller):
    @http.route(CALLBACK, type="http", auth="user", methods=["GET"], readonly=False)
    def callback(self, state="", code="", **_others):
        """Take the authorization code, get the tokens, and show the connector with what came of it."""
        try:
            connector = request.env["retail.connector"]._of_consent(state)
            if code:
                connector._finish_consent(code)
            else:
                connector._refuse_consent()
        except AccessError as error:
            raise Forbidden(str(error)) from error
        return request.redirect(f"/odoo/action-retail_hub.action_retail_connector/{connector.id}")
