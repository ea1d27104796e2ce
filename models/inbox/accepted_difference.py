"""Orders whose lines do not add up to their total: a person may have them captured with a line for the difference."""

from odoo import api, fields, models
from odoo.exceptions import UserError

COMMANDS = ("order.place", "order.amend")


class RetailMessage(models.Model):
    _inherit = "retail.message"

    accepted_by_id = fields.Many2one(
        "res.users",
        "Difference Accepted by",
        readonly=True,
        ondelete="set null",
        help="Decided that the order gets a line for what its total has more or less than its lines.",
    )
    has_difference = fields.Boolean(compute="_compute_has_difference")

    @api.depends("command", "problem_kind", "state")
    def _compute_has_difference(self):
        for message in self:
            is_open = message.state in ("incomplete", "refused") and message.command in COMMANDS
            message.has_difference = is_open and message.problem_kind == "total-mismatch"

    def action_accept_difference(self):
        """Carry out the request with a line for the difference, whatever the client's limit is."""
        self.ensure_one()
        self.check_access("read")
        if not self.has_difference:
            raise UserError(self.env._("The lines of this request add up to its total."))
        reason = self._retry(accepted_by_id=self.env.uid)
        return self._retry_notice({self: reason} if reason else {})
