"""Changes of captured orders that a person decides about."""

import json

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount, html2plaintext

from ...core.problem import Problem
from ..connector.alert import TO_DO
from .command import Sender
from .gateway import Reply

STATES = [
    ("open", "To Decide"),
    ("applied", "Applied"),
    ("rejected", "Rejected"),
    ("superseded", "Superseded"),
]
REJECTED = "A person in Odoo has rejected this change."
SUPERSEDED = "A newer state of the order has come."


class RetailOrderChange(models.Model):
    _name = "retail.order.change"
    _description = "Change of an Order"
    _inherit = ["retail.checked"]
    _order = "id desc"

    order_id = fields.Many2one(
        "sale.order", "Sales Order", required=True, readonly=True, ondelete="cascade", index=True
    )
    partner_id = fields.Many2one(related="order_id.partner_id", related_sudo=False)
    connector_id = fields.Many2one("retail.connector", "System", readonly=True, ondelete="set null")
    client_id = fields.Many2one("retail.api.client", "API Client", readonly=True, ondelete="set null")
    message_id = fields.Many2one(
        "retail.message", "Request", readonly=True, ondelete="set null", index="btree_not_null"
    )
    company_id = fields.Many2one(related="order_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="order_id.currency_id", store=True)
    state = fields.Selection(STATES, required=True, readonly=True, default="open", index=True)
    reason = fields.Text("Why a Person Decides", readonly=True)
    old_total = fields.Monetary("Total Now", readonly=True)
    new_total = fields.Monetary(readonly=True)
    other = fields.Text("Other Changes", readonly=True)
    line_ids = fields.One2many("retail.order.change.line", "change_id", "Lines", readonly=True)
    decided_by_id = fields.Many2one("res.users", readonly=True, ondelete="set null")
    decided_at = fields.Datetime("Decided", readonly=True)

    @api.depends("order_id.name")
    def _compute_display_name(self):
        for change in self:
            change.display_name = self.env._("Change of %s", change.order_id.name)

    # -- deciding ----------------------------------------------------------------------------------

    def action_apply(self):
        """Give the order its new state, as far as Odoo allows it."""
        order = self._check_open()
        command = self._command()
        # As the superuser: the system's settings are not for everybody to read.
        stored = self.sudo()
        sender = Sender(stored.connector_id, stored.client_id)
        env = self.env(context={**self.env.context, "allowed_company_ids": order.company_id.ids})
        commands = env["retail.command.order.amend"]
        try:
            amendment = env["retail.amendment"]._amendment(order.with_env(env), command, sender)
            applied = commands._carry_out(order.with_env(env), amendment, sender, is_decided=True)
        except Problem as problem:
            raise UserError(self._in_words(problem)) from problem
        self._decide("applied", Reply(200, json.dumps(applied.result.canonical()), {}))
        return self._open_order()

    def action_reject(self):
        """Leave the order as it is."""
        self._check_open()
        self._refuse("rejected", REJECTED)
        return self._open_order()

    def action_open_order(self):
        """Open the sales order."""
        self.ensure_one()
        self.check_access("read")
        return self._open_order()

    def _open_order(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": "sale.order",
            "res_id": self.order_id.id,
            "views": [(False, "form")],
        }

    def _check_open(self):
        """Return the order of a change that the user may decide about.

        :raise UserError: it is decided
        """
        self.ensure_one()
        self.check_access("read")
        self.order_id.check_access("write")
        # As the superuser: users do not write changes. Nobody else decides at the same time.
        self.sudo().lock_for_update()
        if self.state != "open":
            raise UserError(self.env._("Somebody has decided about this change already."))
        return self.order_id

    def _command(self):
        """
        :raise UserError: the request is not kept any more
        """
        # As the superuser: requests are nobody's to read.
        message = self.sudo().message_id
        if not message:
            raise UserError(
                self.env._(
                    "The request is not kept any more. Change the order yourself, and reject this change."
                )
            )
        return message._request().command

    def _in_words(self, problem):
        lines = [f"{each['pointer'].strip('/')}: {each['detail']}" for each in problem.errors]
        return "\n".join([problem.detail, *lines])

    def _refuse(self, state, detail):
        """Note that a change is not carried out.

        :param detail: what the caller gets to know
        """
        # As the superuser: messages are not for everybody who decides to read.
        problem, message = Problem("conflict", detail), self.sudo().message_id
        body = problem.as_json(self.get_base_url() + "/retail/v1", message.uuid or "")
        self._decide(state, Reply(problem.status, json.dumps(body), {}), problem)

    def _decide(self, state, reply, problem=None):
        """Note a decision, and let the caller know.

        :param reply: what the caller gets if it asks
        :param problem: why the change is not carried out
        """
        values = {"state": state, "decided_by_id": self.env.uid, "decided_at": fields.Datetime.now()}
        # As the superuser: users do not write changes and messages.
        stored = self.sudo()
        stored.write(values)
        label = dict(self._fields["state"]._description_selection(self.env))[state]
        stored.order_id._clear_alert(self._alert_cause(), label)
        message = stored.message_id
        if message:
            done = "done" if state == "applied" else "refused"
            message._finish(message.id, done, reply, stored.order_id, problem)
            message.invalidate_recordset()

    # -- opening -----------------------------------------------------------------------------------

    @api.model
    def _supersede(self, order):
        """Close the open changes of an order, of which there is a newer state."""
        # As the superuser: nobody but the hub writes changes.
        for change in self.sudo().search([("order_id", "=", order.id), ("state", "=", "open")]):
            change._refuse("superseded", SUPERSEDED)

    @api.model
    def _open(self, order, amendment, why_not, sender):
        """Create the change that a person decides about; return it as the superuser.

        :param amendment: an :class:`~.amendment.Amendment`
        :param why_not: see :meth:`~.amendment.RetailAmendment._why_not`
        """
        # As the superuser: nobody but the hub writes changes.
        change = self.sudo().create(
            {
                "order_id": order.id,
                "connector_id": sender.connector.id,
                "client_id": sender.client.id,
                "reason": why_not.get(None, False),
                "old_total": order.amount_total,
                "new_total": float(amendment.command.total),
                "other": "\n".join(self._other(order, amendment.values)) or False,
                "line_ids": [
                    (0, 0, self._line_values(each, why_not.get(each, False))) for each in amendment.changes
                ],
            }
        )
        change._ask(sender.connector)
        return change

    def _other(self, order, values):
        """Return a sentence for each value of the order that changes."""
        for name, new in values.items():
            label = order._fields[name]._description_string(self.env)
            field = order._fields[name]
            if field.type == "many2one":
                # As the superuser: the address is shown to whoever decides.
                partner = self.env[field.comodel_name].sudo().browse(new)
                new = ", ".join(filter(None, map(str.strip, partner._display_address().splitlines())))
            elif field.type == "html":
                new = html2plaintext(new).strip() if new else self.env._("none")
            yield self.env._("%(field)s: %(value)s", field=label, value=new)

    def _line_values(self, change, remark):
        line, resolved = change.line, change.resolved
        return {
            "name": line.name or resolved.line.name or resolved.product.display_name,
            "old_quantity": line.product_uom_qty,
            "new_quantity": change.quantity,
            "old_price": line.price_unit,
            "new_price": change.values.get("price_unit", line.price_unit),
            "remark": remark,
        }

    def _ask(self, connector):
        """Give somebody an activity on the order."""
        order = self.order_id
        user = connector._get_responsible(preferred=(order.user_id, order.team_id.user_id))
        totals = {
            "system": connector.name,
            "old": format_amount(self.env, self.old_total, self.currency_id),
            "new": format_amount(self.env, self.new_total, self.currency_id),
        }
        order._raise_alert(
            self._alert_cause(),
            self.env._("Change of the order: apply or reject"),
            self.env._(
                "%(system)s has changed the order. Its total was %(old)s, and is %(new)s there.", **totals
            ),
            user or self.env.user,
            TO_DO,
        )

    def _alert_cause(self):
        return f"change:{self.id}"


class RetailOrderChangeLine(models.Model):
    _name = "retail.order.change.line"
    _description = "Changed Line of an Order"
    _inherit = ["retail.checked"]
    _order = "id"
    _log_access = False

    change_id = fields.Many2one(
        "retail.order.change", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="change_id.company_id", store=True)
    currency_id = fields.Many2one(related="change_id.currency_id", store=True)
    name = fields.Char("Line", required=True, readonly=True)
    old_quantity = fields.Float("Quantity", digits="Product Unit", readonly=True)
    new_quantity = fields.Float(digits="Product Unit", readonly=True)
    old_price = fields.Float("Unit Price", digits="Product Price", readonly=True)
    new_price = fields.Float("New Unit Price", digits="Product Price", readonly=True)
    remark = fields.Char(readonly=True)


class SaleOrder(models.Model):
    _inherit = "sale.order"

    # As the superuser: that there is one is shown to all who see the order; changes are not for all of them to read.
    retail_has_change = fields.Boolean(
        "Change to Decide", compute="_compute_retail_has_change", compute_sudo=True
    )

    @api.depends("retail_change_ids.state")
    def _compute_retail_has_change(self):
        for order in self:
            order.retail_has_change = "open" in order.retail_change_ids.mapped("state")

    def action_open_retail_change(self):
        """Open the change that somebody has to decide about."""
        self.ensure_one()
        self.check_access("read")
        change = self.retail_change_ids.filtered(lambda each: each.state == "open")[:1]
        return {
            "type": "ir.actions.act_window",
            "res_model": "retail.order.change",
            "res_id": change.id,
            "views": [(False, "form")],
        }
