"""What a clerk has on a record: its sync state with each connector, Resync and the timeline."""

from odoo import api, fields, models
from odoo.fields import Domain


class RetailSynced(models.AbstractModel):
    _name = "retail.synced"
    _description = "Retail Hub: Synchronized Record"

    _retail_updated_event = None  # as in retail.capture; not every model has a state event

    retail_sync_state = fields.Selection(
        [("in_sync", "In sync"), ("waiting", "Waiting"), ("failed", "Failed")],
        "Sync State",
        compute="_compute_retail_sync_state",
        groups="retail_hub.group_user",
    )

    retail_event_count = fields.Integer(
        "Timeline", compute="_compute_retail_event_count", groups="retail_hub.group_user"
    )

    @api.depends_context("uid", "retail_till")
    def _compute_retail_sync_state(self):
        is_till = self.env.context.get("retail_till")
        states = {} if is_till else self.env["retail.sync.state"]._worst_by_record(self)
        for record in self:
            record.retail_sync_state = states.get(record.id, False)

    @api.depends_context("uid", "retail_till")
    def _compute_retail_event_count(self):
        events = self.env["retail.event"]
        is_till = self.env.context.get("retail_till")
        for record in self:
            record.retail_event_count = 0 if is_till else events.search_count(record._retail_story_domain())

    def _retail_story_domain(self):
        """Return the domain of the events of all business processes that the record is part of."""
        self.ensure_one()
        events = self.env["retail.event"]._read_group(
            [("res_id", "=", self.id), ("res_model", "=", self._name)], ["correlation_id"]
        )
        own = f"{self._name},{self.id}"
        return Domain("correlation_id", "in", sorted({own} | {process for (process,) in events if process}))

    def action_retail_timeline(self):
        """Show the events of the record's business process, and which systems got them."""
        self.ensure_one()
        return self.env["retail.event"]._action_timeline(self.display_name, self._retail_story_domain())

    def action_retail_sync_state(self):
        """Show the record's sync state with each connector."""
        self.ensure_one()
        self.env["retail.sync.state"].check_access("read")
        return self.env["retail.sync.state"]._action_for(self)

    def action_retail_resync(self):
        """Send the records again now, to every connector that takes them."""
        return self.env["retail.sync.state"]._resync(self)


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "retail.synced"]


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "retail.synced"]


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "retail.synced"]


class PosOrder(models.Model):
    _name = "pos.order"
    _inherit = ["pos.order", "retail.synced"]


class StockPicking(models.Model):
    _name = "stock.picking"
    _inherit = ["stock.picking", "retail.synced"]
