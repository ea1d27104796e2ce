"""What a clerk has on a record: its sync state with each connector, Resync and the timeline."""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, LazyTranslate

from ..outbox.state_sets import IN_ARRIVED, IN_UNFINISHED
from .sync_state import STATES, severity_sql

_lt = LazyTranslate(__name__)


class RetailSynced(models.AbstractModel):
    _name = "retail.synced"
    _description = "Retail Hub: Synchronized Record"

    _retail_updated_event = None  # as in retail.capture; not every model has a state event
    _retail_more_updated_events = ()

    retail_sync_state = fields.Selection(
        STATES,
        "Sync State",
        compute="_compute_retail_sync_state",
        search="_search_retail_sync_state",
        groups="retail_hub.group_user",
        help="The worst state over all connectors.",
        # The title of its group. Odoo does not find this text for translation by itself.
        falsy_value_label=_lt("Not sent"),  # pylint: disable=translation-field
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

    def _search_retail_sync_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        sets = self._retail_sync_sets()
        found, worse = [], Domain.FALSE
        for state, ids in sets.items():
            of_state = Domain("id", "in", ids)
            if state in value:
                found.append(of_state & ~worse)
            worse |= of_state
        return Domain.OR([*found, ~worse] if False in value else found)

    def _field_to_sql(self, alias, fname, query=None):
        """Let lists group by the sync state."""
        if fname != "retail_sync_state":
            return super()._field_to_sql(alias, fname, query)
        self._check_field_access(self._fields[fname], "read")
        record_id = SQL.identifier(alias, "id")
        cases = [
            SQL("WHEN %s IN (%s) THEN %s", record_id, ids, state)
            for state, ids in self._retail_sync_sets().items()
        ]
        return SQL("(CASE %s END)", SQL(" ").join(cases))

    @api.model
    def _retail_sync_sets(self):
        """Return ``{state: SQL of record ids}``, the worst first. A record counts as the first that it is in."""
        self.env["retail.delivery"].flush_model()
        of_model = SQL("d.res_model = %s AND d.company_id = ANY(%s)", self._name, self.env.companies.ids)
        unfinished = SQL("%s AND d.state %s", of_model, IN_UNFINISHED)
        severity = severity_sql(SQL("d"))
        sets = {
            state: SQL(
                "(SELECT d.res_id FROM retail_delivery d WHERE %s AND %s = %s)", unfinished, severity, number
            )
            for number, state in ((3, "failed"), (2, "blocked"), (1, "waiting"))
        }
        received = SQL(
            "SELECT b.res_id FROM retail_binding b JOIN retail_connector c ON c.id = b.connector_id"
            " WHERE b.res_model = %s AND COALESCE(b.branch_id, c.company_id) = ANY(%s) AND b.is_not_found IS NOT TRUE",
            self._name,
            self.env.companies.ids,
        )
        sent = SQL("%s AND b.sent_at IS NOT NULL", received)
        delivered = SQL(
            "SELECT d.res_id FROM retail_delivery d WHERE %s AND d.state %s", of_model, IN_ARRIVED
        )
        in_sync = SQL("(%s UNION %s)", sent, delivered)
        return {**sets, "in_sync": in_sync, "received": SQL("(%s)", received)}

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
