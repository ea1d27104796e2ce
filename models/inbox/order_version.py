"""Which state of a captured order is known: an older one that comes late changes nothing."""

from odoo import fields, models

from .moments import is_older, sortable


class SaleOrder(models.Model):
    _inherit = "sale.order"

    retail_version = fields.Integer("Channel Version", readonly=True, copy=False, aggregator=False)
    retail_state_at = fields.Char("Channel State Of", readonly=True, copy=False)
    # What systems call the partial cancellations that were carried out.
    retail_cancellations = fields.Json("Channel Cancellations", readonly=True, copy=False)
    retail_change_ids = fields.One2many("retail.order.change", "order_id", "Changes to Decide", readonly=True)

    def _retail_is_superseded(self, command):
        """Return whether a newer state of the order is known than that of a command."""
        if command.version and self.retail_version:
            return command.version < self.retail_version
        return is_older(command.occurred_at, self.retail_state_at)

    def _retail_is_known(self, command):
        """Return whether the state of a command was received before, and nobody has to decide about it."""
        is_same = bool(command.version) and command.version == self.retail_version
        return is_same and not self.retail_has_change

    def _retail_note_state(self, command):
        """Note that the state of a command was received."""
        if command.version:
            self.retail_version = command.version
        if command.occurred_at:
            self.retail_state_at = sortable(command.occurred_at)
