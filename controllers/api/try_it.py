"""Try It: an admin makes a call of the API as a client, in test mode, and gets the curl command for it.

It is no controller, but what it calls are the endpoints, which models know nothing of.
"""

import json
import shlex
import time
import uuid
from urllib.parse import parse_qs, unquote, urlsplit

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError

from ...connectors import signing
from ...core.problem import Problem
from ...models.outbox.names import action_dialog
from ...tools import encryption
from .dispatcher import BASE_PATH
from .endpoint import Call
from .endpoints import ENDPOINTS
from .reading import read_command, read_content, read_endpoint, read_query

KEY = "$RETAIL_HUB_KEY"
BY_OPERATION = {endpoint.operation: endpoint for endpoint in ENDPOINTS}


class RetailTryIt(models.TransientModel):
    _name = "retail.try.it"
    _description = "Try the API"
    _inherit = ["retail.checked"]

    client_id = fields.Many2one(
        "retail.api.client", required=True, readonly=True, ondelete="cascade", index=True
    )
    operation = fields.Selection("_selection_operation", "Endpoint", required=True)
    operation_choices = fields.Json(compute="_compute_operation_choices")
    target = fields.Char(
        "Path",
        compute="_compute_example",
        precompute=True,
        store=True,
        readonly=False,
        required=True,
        help="Below /retail/v1, with the parameters of the query, such as /inventory?sku=MUG.",
    )
    method = fields.Char(compute="_compute_method")
    body = fields.Text(compute="_compute_example", precompute=True, store=True, readonly=False)
    takes_body = fields.Boolean(compute="_compute_method")
    idempotency_key = fields.Char(readonly=True, default=lambda _self: str(uuid.uuid4()))
    curl = fields.Text("curl", compute="_compute_curl")
    requires_signature = fields.Boolean(related="client_id.requires_signature", related_sudo=False)
    http_status = fields.Integer("Status", readonly=True, aggregator=False)
    is_success = fields.Boolean(compute="_compute_is_success")
    answer = fields.Text(readonly=True)

    @api.model
    def _selection_operation(self):
        return [
            (each.operation, f"{each.method} {each.path} – {self.env._(each.summary)}") for each in ENDPOINTS
        ]

    def _compute_display_name(self):
        for trial in self:
            trial.display_name = self.env._("Try the API as %s", trial.client_id.name)

    @api.depends("client_id.scope_ids")
    def _compute_operation_choices(self):
        for trial in self:
            names = {"", *trial.client_id.scope_ids.mapped("name")}
            trial.operation_choices = [each.operation for each in ENDPOINTS if each.scope in names]

    @api.depends("operation")
    def _compute_method(self):
        for trial in self:
            endpoint = BY_OPERATION.get(trial.operation)
            trial.method = endpoint and endpoint.method
            trial.takes_body = bool(endpoint and endpoint.content)

    @api.depends("operation")
    def _compute_example(self):
        for trial in self:
            endpoint = BY_OPERATION.get(trial.operation)
            trial.target = endpoint and endpoint.example_path
            has_body = endpoint and endpoint.content
            trial.body = json.dumps(endpoint.example, indent=2, ensure_ascii=False) if has_body else False

    @api.depends("http_status")
    def _compute_is_success(self):
        for trial in self:
            trial.is_success = 200 <= trial.http_status < 300

    @api.depends("operation", "target", "body", "idempotency_key", "client_id")
    def _compute_curl(self):
        for trial in self:
            trial.curl = trial._curl() if trial.operation and trial.target else False

    # -- the command -------------------------------------------------------------------------------

    def _endpoint(self):
        return BY_OPERATION[self.operation]

    def _content(self):
        """The body as it is sent; empty if the endpoint takes none."""
        return (self.body or "") if self.takes_body else ""

    def _curl(self):
        """Return the curl command, with a place for the key, which Odoo does not know."""
        endpoint, content = self._endpoint(), self._content()
        parts = [f"curl -X {endpoint.method} {shlex.quote(self.get_base_url() + BASE_PATH + self.target)}"]
        parts.append(f'-H "Authorization: Bearer {KEY}"')
        headers = self._signature(endpoint, content) if self.requires_signature else {}
        if content:
            headers = {"Content-Type": "application/json", **headers}
        if endpoint.command_type:
            headers["Idempotency-Key"] = self.idempotency_key
        parts += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items()]
        if content:
            parts.append(f"--data-raw {shlex.quote(content)}")
        return " \\\n  ".join(parts)

    def _signature(self, endpoint, content):
        """Return the headers that sign the request, as of now."""
        # As the superuser: encrypted values are nobody's to read; a manager may make a new secret, too.
        token = self.client_id.sudo().encrypted_signing_secret
        if not token or not self.client_id.has_access("write"):
            return {}
        try:
            key = signing.key_of(encryption.decrypt(token))
        except encryption.SecretKeyError:
            return {}
        signed = f"{endpoint.method} {BASE_PATH}{self.target}\n{content}".encode()
        return signing.headers([key], str(uuid.uuid4()), int(time.time()), signed)

    # -- actions -----------------------------------------------------------------------------------

    @api.model
    def _open(self, client):
        """Return the action that shows a new window for a client."""
        client.check_access("write")
        names = {"", *client.scope_ids.mapped("name")}
        first = next(each for each in ENDPOINTS if each.scope in names)
        # As the superuser: the client is read-only for users; access was checked above.
        trial = self.sudo().create({"client_id": client.id, "operation": first.operation})
        return trial.with_env(self.env)._reopen()

    def action_send(self):
        """Make the call as the client, in test mode, and show the answer."""
        self.ensure_one()
        self.client_id.check_access("write")
        if not self.client_id.active:
            raise UserError(self.env._("The client %s is archived.", self.client_id.name))
        self.env.flush_all()  # the call has a transaction of its own
        status, answer = self._send()
        # As the superuser: results are read-only for users.
        self.sudo().write(
            {
                "http_status": status,
                "answer": json.dumps(json.loads(answer), indent=2, ensure_ascii=False),
                "idempotency_key": str(uuid.uuid4()),
            }
        )
        return self._reopen()

    def _send(self):
        """Return the HTTP status and the JSON text of the answer."""
        trace_id, base_url = str(uuid.uuid4()), self.get_base_url() + BASE_PATH
        with self.env.registry.cursor() as cr:
            # As the superuser: it is carried out as the client's user.
            env = api.Environment(cr, SUPERUSER_ID, {})
            try:
                return self._answer(env, trace_id, base_url)
            except Problem as problem:
                cr.rollback()
                return problem.status, json.dumps(problem.as_json(base_url, trace_id))

    def _answer(self, env, trace_id, base_url):
        """
        :raise Problem: the call is refused
        """
        url, body = urlsplit(self.target), self._content().encode()
        endpoint, parameters = read_endpoint(unquote(url.path), self._endpoint().method)
        caller = env["retail.api.client"].browse(self.client_id.id)._caller(is_test=True)
        if endpoint.scope and endpoint.scope not in caller.scopes:
            raise Problem("forbidden", f"The client lacks the scope {endpoint.scope}.")
        if endpoint.command_type:
            request = read_command(endpoint, parameters, body, self.idempotency_key, trace_id, base_url)
            reply = env["retail.gateway"]._carry_out(caller, request)
            return reply.status, reply.body
        query = read_query(endpoint, parse_qs(url.query, keep_blank_values=True))
        content = read_content(endpoint, body) if endpoint.body else None
        found = endpoint.read(Call(env, caller, parameters, trace_id, base_url, query, content))
        return 200, json.dumps(found.canonical())

    def _reopen(self):
        return action_dialog(self, self.display_name)


class RetailApiClient(models.Model):
    _inherit = "retail.api.client"

    def action_try_it(self):
        """Choose a call to try."""
        self.ensure_one()
        return self.env["retail.try.it"]._open(self)

    def action_open_docs(self):
        """Open the page that describes the API."""
        return {"type": "ir.actions.act_url", "url": f"{BASE_PATH}/docs", "target": "new"}
