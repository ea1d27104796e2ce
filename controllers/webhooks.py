"""Webhooks of remote systems: verified, stored, and acknowledged. A job carries them out."""

from werkzeug.exceptions import RequestEntityTooLarge

from odoo import SUPERUSER_ID, http
from odoo.http import Response, request

from ..connectors.receiver import SignatureError, WebhookRequest
from ..core.problem import Problem
from ..models.connector.receiver import WEBHOOKS
from ..models.inbox.webhook_client import refuse
from .api.dispatcher import ROUTING_TYPE, raw_target

MAX_BYTES = 1_000_000
# The same for all: a caller without the secret does not learn whether there is such a URL.
REFUSAL = "The URL is not one of ours, or the signature is missing, not valid or too old."


class WebhooksController(http.Controller):
    @http.route(
        f"{WEBHOOKS}/<string:token>",
        type=ROUTING_TYPE,
        auth="none",
        methods=["POST"],
        csrf=False,
        save_session=False,
        readonly=False,
        max_content_length=MAX_BYTES + 1,
    )
    def receive(self, token):
        """Store what a webhook asks for, and acknowledge it; also if it came before."""
        body = _body()
        # As the superuser: who calls is known by the signature; what is asked for is carried out as the client's user.
        env = request.env(user=SUPERUSER_ID, su=True, context={})
        hook = env["retail.connector"]._hook(token, request.httprequest.remote_addr)
        headers = {name.lower(): value for name, value in request.httprequest.headers.items()}
        url = (hook.public_url if hook else "") + raw_target()
        received = WebhookRequest(request.httprequest.method, url, headers, body)
        try:
            items = hook.commands(received) if hook else refuse(received)
        except SignatureError as error:
            raise Problem("invalid-signature", REFUSAL) from error
        env["retail.message"]._receive(hook, items)
        return Response(status=204)


def _body():
    """
    :raise Problem: it is too large
    """
    try:
        body = request.httprequest.get_data()  # kept: Odoo repeats a request that conflicts with another one
    except RequestEntityTooLarge as error:
        raise Problem("too-large", f"A webhook has at most {MAX_BYTES:,} bytes.") from error
    if len(body) > MAX_BYTES:
        raise Problem("too-large", f"A webhook has at most {MAX_BYTES:,} bytes.")
    return body
