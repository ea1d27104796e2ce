"""API clients: how a connector's system calls our API."""

import ipaddress
import uuid
from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command

ALLOCATIONS = [
    ("all_or_nothing", "Refuse the order"),
    ("partial", "Deliver the rest later"),
    ("backorder", "Always accept"),
]
SPENT_POINTS = [
    ("short", "Take what is left"),
    ("negative", "Negative balance"),
    ("refuse", "Refuse"),
]
FAILED_PAYMENTS = [("keep", "Keep the order"), ("cancel", "Cancel the order")]


class Caller(NamedTuple):
    """Who makes a request."""

    key_id: int
    client_id: int
    user_id: int
    connector_id: int
    company_id: int
    is_test: bool
    calls_per_minute: int
    max_parallel: int
    scopes: frozenset[str]
    requires_signature: bool = False


class RetailApiClient(models.Model):
    _name = "retail.api.client"
    _description = "API Client"
    _inherit = ["retail.checked", "mail.thread"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    connector_id = fields.Many2one(
        "retail.connector", "System", required=True, ondelete="restrict", index=True, tracking=True
    )
    company_id = fields.Many2one(related="connector_id.company_id", store=True, index=True)
    user_id = fields.Many2one(
        "res.users",
        readonly=True,
        copy=False,
        ondelete="restrict",
        help="The client acts as this user, who cannot log in and has only the rights that the scopes need.",
    )
    expires_at = fields.Datetime(
        "Expires",
        tracking=True,
        help="After this time, all calls are refused. Empty: the client does not expire.",
    )
    calls_per_minute = fields.Integer(
        "Calls per Minute",
        default=1_200,
        tracking=True,
        help="Further calls are refused, with a time to wait. 0: no limit.",
    )
    max_parallel = fields.Integer(
        "Parallel Calls",
        default=4,
        tracking=True,
        help="How many calls are carried out at the same time, so that other clients keep free workers. 0: no limit.",
    )
    scope_ids = fields.Many2many("retail.api.scope", string="Scopes", help="What the client may do.")
    key_ids = fields.One2many("retail.api.key", "client_id", "Keys", copy=False)
    is_test = fields.Boolean(
        "Test Mode", tracking=True, help="Requests are checked and answered as usual, but nothing is kept."
    )
    ip_ranges = fields.Text(
        "IP Ranges",
        tracking=True,
        help="The addresses from which the client may call, such as 203.0.113.0/24: one to a line. Empty: from all.",
    )
    allocation = fields.Selection(
        ALLOCATIONS,
        "If Stock Is Short",
        required=True,
        default="all_or_nothing",
        tracking=True,
        help="Refuse the order: it is captured only if all of it can be reserved. Deliver the rest later: at least a"
        " part can be reserved. Always accept: it is captured, whatever is there.",
    )
    safety_stock = fields.Float(
        digits="Product Unit",
        tracking=True,
        help="How much of each product the client must leave in the warehouse.",
    )
    max_rounding = fields.Float(
        "Rounding Limit",
        digits=(16, 3),
        default=0.05,
        tracking=True,
        help="If an order's total differs from its lines by at most this, the difference becomes a line. If it differs"
        " by more, the order is refused, unless somebody accepts the difference.",
    )
    keeps_incomplete = fields.Boolean(
        "Keep Unknown",
        tracking=True,
        help="If an order names a product, a tax or a warehouse that Odoo does not know, keep it until somebody has"
        " mapped it, instead of refusing it. So is one with an archived product, an inactive currency or a date in a"
        " closed period, until somebody retries it, and one whose lines do not add up to its total, until somebody"
        " accepts the difference.",
    )
    patience_minutes = fields.Integer(
        "Wait for Orders (Minutes)",
        default=60,
        tracking=True,
        help="How long a request waits for its order or payment if it comes before it. After that, it is refused."
        " 0: it is refused at once.",
    )
    warehouse_id = fields.Many2one(
        "stock.warehouse",
        check_company=True,
        help="Delivers what no line assigns to another warehouse. Empty: the company's first warehouse.",
    )
    pricelist_id = fields.Many2one(
        "product.pricelist",
        "Price List",
        check_company=True,
        help="Whose prices the client reads. Empty: the company's first price list, or else the products'"
        " own prices.",
    )
    damaged_location_id = fields.Many2one(
        "stock.location",
        "Damaged Goods",
        check_company=True,
        domain=[("usage", "=", "internal")],
        help="Location for returned goods that are not restocked, outside the sellable stock. Empty:"
        " the location “Damaged” of the warehouse, which is created if it is missing.",
    )
    team_id = fields.Many2one("crm.team", "Sales Team", check_company=True)
    payment_journal_id = fields.Many2one(
        "account.journal",
        check_company=True,
        domain=[("type", "=", "bank")],
        tracking=True,
        help="Where payments are booked whose method is not mapped. Empty: such payments are refused, and those without"
        " a method are booked in the company's first bank journal.",
    )
    failed_payment = fields.Selection(
        FAILED_PAYMENTS,
        "If the Payment Fails",
        required=True,
        default="keep",
        tracking=True,
        help="Keep the order: somebody looks after it. Cancel the order: it is cancelled when a payment fails and no"
        " other one of it is authorized or captured; its stock is free again, and points and coupons are given back.",
    )
    spent_points = fields.Selection(
        SPENT_POINTS,
        "If Points Are Spent",
        required=True,
        default="short",
        tracking=True,
        help="When earned points are to be taken back that were spent already. Take what is left: the answer says how"
        " many are missing, so that the system deducts them from the refund. Negative balance: the next points fill"
        " it up. Refuse: nothing is taken back.",
    )
    payment_alert_minutes = fields.Integer(
        "Alert After (Minutes)",
        tracking=True,
        help="Alert the responsible user of the system if an order has no payment, or a payment no order, after this"
        " time. 0: no alerts.",
    )

    _limits_not_negative = models.Constraint(
        "CHECK (calls_per_minute >= 0 AND max_parallel >= 0 AND patience_minutes BETWEEN 0 AND 43200)",
        "A limit cannot be negative, and nothing waits longer than 30 days (43,200 minutes).",
    )
    _payment_alert_not_negative = models.Constraint(
        "CHECK (payment_alert_minutes >= 0)", "The time until an alert cannot be negative."
    )
    _safety_stock_not_negative = models.Constraint(
        "CHECK (safety_stock >= 0)", "The safety stock cannot be negative."
    )
    _max_rounding_small = models.Constraint(
        "CHECK (max_rounding BETWEEN 0 AND 100)", "The rounding limit is between 0 and 100."
    )
    _name_unique = models.UniqueIndex(
        "(connector_id, name)", "This system already has a client with this name."
    )

    @api.constrains("ip_ranges")
    def _check_ip_ranges(self):
        for client in self:
            for line in client._ip_lines():
                try:
                    ipaddress.ip_network(line)
                except ValueError as error:
                    raise ValidationError(
                        self.env._(
                            "“%(line)s” is not a range of IP addresses. Enter one like 203.0.113.0/24, or an address.",
                            line=line,
                        )
                    ) from error

    @api.constrains("damaged_location_id")
    def _check_damaged_location_id(self):
        for client in self:
            # As the superuser: locations are not for every manager of the hub to read.
            location = client.sudo().damaged_location_id
            stock = location.warehouse_id.lot_stock_id
            if stock and location._child_of(stock):
                raise ValidationError(
                    self.env._(
                        "%(warehouse)s delivers from “%(location)s”. Choose a location outside of its stock.",
                        warehouse=location.warehouse_id.name,
                        location=location.display_name,
                    )
                )

    def _ip_lines(self):
        return [line.strip() for line in (self.ip_ranges or "").splitlines() if line.strip()]

    # -- the client's user -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        clients = super().create(vals_list)
        for client in clients:
            client._create_user()
        return clients

    def write(self, vals):
        result = super().write(vals)
        if not {"name", "active", "scope_ids", "connector_id"}.isdisjoint(vals):
            for client in self:
                client._update_user()
        return result

    def unlink(self):
        # As the superuser: managers of the hub do not manage users. Its changes keep the user's name.
        users = self.sudo().user_id
        result = super().unlink()
        users.active = False
        return result

    def _create_user(self):
        login = f"retail-hub-api-{uuid.uuid4()}"
        values = {"login": login, "retail_is_api": True, **self._user_values()}
        # As the superuser: managers of the hub do not manage users. This one cannot log in.
        client = self.sudo()
        client.user_id = client.env["res.users"].with_context(no_reset_password=True).create(values)

    def _update_user(self):
        values = {"active": self.active, **self._user_values()}
        # As the superuser: managers of the hub do not manage users.
        self.sudo().user_id.write(values)

    def _user_values(self):
        # As the superuser: the groups of others are not for managers of the hub to read.
        groups = self.env.ref("retail_hub.group_api") + self.sudo().scope_ids.group_ids
        return {
            "name": f"{self.name} (API)",
            "company_id": self.company_id.id,
            "company_ids": [Command.set(self.company_id.ids)],
            "group_ids": [Command.set(groups.ids)],
        }

    # -- keys --------------------------------------------------------------------------------------

    def action_new_key(self):
        """Create a key, and show it once."""
        self.ensure_one()
        self.check_access("write")
        return {
            "type": "ir.actions.client",
            "tag": "retail_hub.new_secret",
            "params": {"secret": self.env["retail.api.key"]._issue(self), "label": self.env._("API Key")},
        }

    def _caller(self, is_test):
        """Return the :class:`Caller` that the client is, without a key, for what is carried out again.

        :param is_test: whether the client was in test mode when it asked for it
        """
        # As the superuser: whoever asks for it, it is carried out as the client's user.
        client = self.sudo()
        return Caller(
            0,
            client.id,
            client.user_id.id,
            client.connector_id.id,
            client.company_id.id,
            is_test,
            client.calls_per_minute,
            client.max_parallel,
            frozenset(client.scope_ids.mapped("name")),
        )
