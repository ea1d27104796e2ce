"""What the clerk has on a record: how it stands with each connector, Resync, and its story."""

from odoo import api, fields, models


class RetailSynced(models.AbstractModel):
    _name = "retail.synced"
    _description = "Has a state of synchronization"

    retail_sync_state = fields.Selection(
        [("in_sync", "In sync"), ("waiting", "Waiting"), ("failed", "Failed")],
        "Sync State",
        compute="_compute_retail_sync_state",
        groups="retail_hub.group_user",
    )

    @api.depends_context("uid")
    def _compute_retail_sync_state(self):
        states = self.env["retail.sync.state"]._worst_by_record(self)
        for record in self:
            record.retail_sync_state = states.get(record.id, False)

    def action_retail_sync_state(self):
        """Show how this record stands with each connector."""
        self.ensure_one()
        return self.env["retail.sync.state"]._action_for(self)

    def action_retail_resync(self):
        """Send the records again, now, to every connector that takes them."""
        return self.env["retail.sync.state"]._resync(self)
