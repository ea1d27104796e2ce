"""The OAuth redirect URL, to which a remote's consent page sends the admin back."""

from werkzeug.exceptions import Forbidden, MethodNotAllowed

from odoo import http
from odoo.exceptions import AccessError
from odoo.http import request

from ..models.connector.oauth import CALLBACK


class OAuthController(http.Controller):
    @http.route(CALLBACK, type="http", auth="user", methods=["GET"], readonly=False)
    def callback(self, state="", code="", **_others):
        """Exchange the authorization code for tokens, and redirect to the connector, which shows the result.

        A HEAD request, such as that of a link checker, does not finish the consent: werkzeug routes it like GET.

        :param state: of the consent, see :meth:`RetailConnector.action_connect`
        :param code: empty if the consent was refused
        """
        if request.httprequest.method == "HEAD":
            raise MethodNotAllowed(["GET"])
        try:
            connector = request.env["retail.connector"]._consume_consent(state)
            if code:
                connector._finish_consent(code)
            else:
                connector._refuse_consent()
        except AccessError as error:
            raise Forbidden(str(error)) from error
        return request.redirect(f"/odoo/action-retail_hub.action_retail_connector/{connector.id}")
