"""What the screens show of an API client: whether it can call, when it did, and its messages."""

from odoo import api, fields, models

STATUSES = [
    ("live", "Live"),
    ("test", "Test Mode"),
    ("webhooks", "Webhooks Only"),
    ("no_key", "No Key"),
    ("expired", "Expired"),
]


class RetailApiClient(models.Model):
    _inherit = "retail.api.client"

    scope_names = fields.Char(compute="_compute_takes_orders")
    takes_orders = fields.Boolean(compute="_compute_takes_orders")
    reads_prices = fields.Boolean(compute="_compute_takes_orders")
    takes_payments = fields.Boolean(compute="_compute_takes_orders")
    takes_returns = fields.Boolean(compute="_compute_takes_orders")
    moves_points = fields.Boolean(compute="_compute_takes_orders")
    # As the superuser: the keys are closed to clerks, when they were used and whether they are live is not.
    last_used_at = fields.Datetime("Last Used", compute="_compute_last_used_at", compute_sudo=True)
    # As the superuser: as above.
    status = fields.Selection(STATUSES, compute="_compute_status", compute_sudo=True)
    message_count = fields.Integer(compute="_compute_message_count")
    refused_today_count = fields.Integer("Refused Today", compute="_compute_message_count")

    @api.depends("scope_ids")
    def _compute_takes_orders(self):
        for client in self:
            names = client.scope_ids.mapped("name")
            client.takes_orders = "orders:write" in names
            client.reads_prices = "prices:read" in names
            client.takes_payments = "payments:write" in names
            client.takes_returns = "fulfilment:write" in names
            client.moves_points = "loyalty:redeem" in names
            client.scope_names = ", ".join(names)

    @api.depends("key_ids.last_used_at")
    def _compute_last_used_at(self):
        for client in self:
            client.last_used_at = max(filter(None, client.key_ids.mapped("last_used_at")), default=False)

    @api.depends("expires_at", "is_test", "issuer", "key_ids.expires_at", "key_ids.revoked_at")
    def _compute_status(self):
        now = fields.Datetime.now()
        for client in self:
            if client.expires_at and client.expires_at <= now:
                client.status = "expired"
            elif not client.issuer and "live" not in client.key_ids.mapped("state"):
                client.status = "webhooks" if client._is_of_webhooks() else "no_key"
            else:
                client.status = "test" if client.is_test else "live"

    def _compute_message_count(self):
        messages, own = self.env["retail.message"], [("client_id", "in", self.ids)]
        refused = [("state", "=", "refused"), ("received_at", ">=", "today")]
        counts = dict(messages._read_group(own, ["client_id"], ["__count"]))
        refused_counts = dict(messages._read_group([*own, *refused], ["client_id"], ["__count"]))
        for client in self:
            client.message_count = counts.get(client, 0)
            client.refused_today_count = refused_counts.get(client, 0)

    def action_open_messages(self):
        """Open the client's messages."""
        self.check_access("read")
        return self._action_messages({})

    def action_open_refused(self):
        """Open what was refused to the client today."""
        self.check_access("read")
        return self._action_messages({"search_default_refused": 1, "search_default_received_today": 1})

    def _action_messages(self, context):
        action = self.env["ir.actions.actions"]._for_xml_id("retail_hub.action_retail_message")
        return {**action, "domain": [("client_id", "in", self.ids)], "context": context}
