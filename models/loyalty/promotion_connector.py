"""Systems that have promotions, too: who owns them, and when they are compared."""

import logging

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...connectors.asking import ask
from ...connectors.promotions import PromotionEngine
from ...core import zones
from ...core.const import Lane
from ...core.errors import OWN_LIMIT, QuotaError, RemoteError
from .promotion_comparison import Offers

_logger = logging.getLogger(__name__)


class RetailConnector(models.Model):
    _inherit = "retail.connector"

    has_promotions = fields.Boolean(compute="_compute_has_promotions", store=True)
    promotion_owner = fields.Selection(
        [("odoo", "Odoo"), ("engine", "This system")],
        "Promotions Owned By",
        tracking=True,
        help="Promotions, prices and segments are compared each night. Where they differ, those of the owner are "
        "proposed. Empty: they are not compared.",
    )
    promotions_compared_at = fields.Datetime("Promotions Compared", readonly=True, copy=False)
    promotions_trouble = fields.Char(
        "Last Comparison", readonly=True, copy=False, help="Why the last comparison failed."
    )
    promotion_difference_count = fields.Integer(
        "Promotion Differences", compute="_compute_promotion_difference_count"
    )

    @api.depends("provider")
    def _compute_has_promotions(self):
        for connector in self:
            provider = connector._get_provider()
            connector.has_promotions = bool(provider and provider.promotions)

    def _compute_promotion_difference_count(self):
        groups = self.env["retail.promotion.difference"]._read_group(
            [("connector_id", "in", self.ids), ("state", "=", "open")], ["connector_id"], ["__count"]
        )
        counts = {connector.id: count for connector, count in groups}
        for connector in self:
            connector.promotion_difference_count = counts.get(connector.id, 0)

    # -- actions -----------------------------------------------------------------------------------

    def action_compare_promotions(self):
        """Compare promotions, prices and segments now, and show what differs."""
        self.ensure_one()
        self.check_access("write")
        if not self.promotion_owner:
            raise UserError(self.env._("First choose who owns the promotions of %(name)s.", name=self.name))
        try:
            self._compare_promotions()
        except (RemoteError, UserError) as error:
            self._note_promotion_trouble(error)
            return self._notify("danger", str(error))
        if not self.promotion_difference_count:
            return self._notify("success", self.env._("No promotion, price or segment differs."))
        return self.action_view_promotion_differences()

    def action_view_promotion_differences(self):
        """Open the list of what differs."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "retail_hub.action_retail_promotion_difference"
        )
        action["context"] = {"search_default_open": 1, "search_default_connector_id": self.id}
        return action

    @api.model
    def _cron_compare_promotions(self):
        """Compare the promotions of all systems that have some."""
        transaction = self.env["retail.drain"]._transaction
        for connector in self.search([("has_promotions", "=", True), ("promotion_owner", "!=", False)]):
            if not connector._is_started():
                continue
            try:
                offers = connector._read_promotions()
            except (RemoteError, UserError) as error:
                _logger.info("Cannot compare the promotions of connector %s: %s", connector.id, error)
                transaction(connector._note_promotion_trouble, error)
                continue
            transaction(connector._note_promotions, offers)

    # -- comparing ---------------------------------------------------------------------------------

    def _compare_promotions(self):
        """
        :raise RemoteError: a call failed
        :raise UserError: the connector cannot be used
        """
        self._note_promotions(self._read_promotions())

    def _read_promotions(self):
        """Return the :class:`~.promotion_comparison.Offers` of the system.

        :raise RemoteError: a call failed
        :raise UserError: the connector cannot be used
        """
        comparison = self.env["retail.promotion.comparison"]
        with self._promotion_engine() as engine:
            return Offers(
                tuple(ask(engine.campaigns, comparison._promotion_codes(self.company_id))),
                tuple(ask(engine.prices)),
                tuple(ask(engine.segments, comparison._promotion_tags().keys())),
            )

    def _promotion_engine(self):
        """Return a context manager that yields the adapter, whose calls are counted.

        :raise UserError: the connector cannot be used
        """
        # As the superuser: the credentials are nobody's to read; the caller has checked the access.
        connector = self.sudo()
        connection = connector._connection()
        if not isinstance(connection.adapter, PromotionEngine):
            raise UserError(self.env._("%(name)s has no promotions.", name=self.name))
        if connector._gate().has_limits:
            connection.http.before_call = connector._count_promotion_call
        return connection

    def _count_promotion_call(self):
        """Count the next call against the connector's limits, in a transaction of its own. Urgent work goes first.

        :raise QuotaError: no call can be made now
        """
        with self.env.registry.cursor() as cr:
            connector = self.with_env(self.env(cr=cr))
            connector.env["retail.drain"]._count_call(connector, Lane.BULK.value)

    def _note_promotions(self, offers):
        """Note what differs, and that it was compared."""
        # As the superuser: what differs is read-only for users; the caller has checked the access.
        connector = self.sudo()
        found = connector.env["retail.promotion.comparison"]._find_differences(connector, offers)
        connector.env["retail.promotion.difference"]._note_found(connector, found)
        connector.write({"promotions_compared_at": fields.Datetime.now(), "promotions_trouble": False})

    def _note_promotion_trouble(self, error):
        """Note why the comparison was not possible. If the system asked to wait, no call is made for so long."""
        # As the superuser: it is read-only for users.
        connector = self.sudo()
        connector.promotions_trouble = str(error)
        if isinstance(error, QuotaError) and error.code != OWN_LIMIT and error.retry_after:
            connector._throttle(error.retry_after)

    def _promotion_zone(self):
        """Return the timezone in which promotions begin and end."""
        names = (self.time_zone, self.company_id.partner_id.tz, self.responsible_id.tz, "UTC")
        return next(filter(None, map(zones.find, (name or "" for name in names))))
