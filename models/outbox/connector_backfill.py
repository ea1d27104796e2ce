"""What a connector has not sent yet: whether to send it, and the backfills and replays that do."""

from odoo import api, fields, models

from ...schemas import EVENT_TYPES


class RetailConnector(models.Model):
    _inherit = "retail.connector"

    is_backfill_declined = fields.Boolean(readonly=True, copy=False)
    offers_backfill = fields.Boolean(
        compute="_compute_offers_backfill",
        help="The existing records have not been sent, and this has not been dismissed.",
    )

    @api.depends("state", "is_backfill_declined", "flow_ids.active")
    def _compute_offers_backfill(self):
        for connector in self:
            connector.offers_backfill = (
                connector.state == "active"
                and not connector.is_backfill_declined
                and any(EVENT_TYPES[name].can_backfill for name in connector._wanted_event_types())
                and not self.env["retail.bulk.run"].search_count(
                    [("connector_id", "=", connector.id), ("kind", "=", "backfill")], limit=1
                )
            )

    # -- actions -----------------------------------------------------------------------------------

    def action_backfill(self):
        """Open the form of a new backfill to this connector."""
        return self._action_bulk_run("backfill", self.env._("Backfill"))

    def action_decline_backfill(self):
        """Do not offer any more to send the records that exist already."""
        self.check_access("write")
        self.sudo().is_backfill_declined = True  # read-only for users

    def action_replay_range(self):
        """Open the form of a new replay to this connector."""
        return self._action_bulk_run("replay", self.env._("Replay"))

    def _action_bulk_run(self, kind, name):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": "retail.bulk.run",
            "views": [(False, "form")],
            "context": {"default_kind": kind, "default_connector_id": self.id},
        }
