"""What the order at a till would earn, according to the engine that owns the points."""

import logging
import time

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import UserError

from ...connectors.asking import ask
from ...connectors.loyalty import ForecastEngine
from ...core.errors import RemoteError
from .till_balance import ENGINE_SECONDS

_logger = logging.getLogger(__name__)


class PosConfig(models.Model):
    _inherit = "pos.config"

    def retail_forecast_points(self, order_uuid, customer_id, lines):
        """Return what an order would earn: ``{id of a card: points}``, of engines that say so in time.

        :param lines: what is bought: ``[{"product_id", "quantity", "total", "is_reward"}]``
        """
        self._retail_check_till()
        until = time.monotonic() + ENGINE_SECONDS
        order_uuid, _nothing = self._retail_checked_wish(order_uuid, {})
        order = self._retail_canonical_basket(order_uuid, customer_id, lines)
        cards = self._retail_cards(self.env["res.partner"].browse(int(customer_id or 0)))
        reader = self.env["retail.loyalty.reader"]
        forecasts = {card.id: reader._forecast_for_till(card, order, until) for card in cards}
        return {card_id: points for card_id, points in forecasts.items() if points is not None}


class RetailLoyaltyReader(models.AbstractModel):
    _inherit = "retail.loyalty.reader"

    @api.model
    def _forecast_for_till(self, card, order, until):
        """Return the points (a float) that an order would earn; None if the engine does not say so in time.

        :param order: canonical data
        :param until: a time of :func:`time.monotonic`
        """
        if not self._may_ask_for_till(card, until):
            return None
        try:
            # In a transaction of its own, which counting the calls ends.
            with self.env.registry.cursor() as cr:
                # As the superuser: a cashier has no rights on connectors; whether they may see the card was checked.
                reader = self.with_env(api.Environment(cr, SUPERUSER_ID, {}))
                return reader._forecast(reader.env["loyalty.card"].browse(card.id), order)
        except (RemoteError, UserError) as error:
            _logger.info("A till has no forecast for card %s: %s", card.id, type(error).__name__)
            return None

    @api.model
    def _forecast(self, card, order):
        """
        :param card: as the superuser
        :raise RemoteError: the engine did not answer
        :raise UserError: the connector cannot be used
        """
        connector, program = card.program_id._retail_engine(), card.program_id._retail_engine_program()
        seconds = ENGINE_SECONDS
        connection = connector._connection(connect_timeout=seconds / 4, read_timeout=seconds * 3 / 4)
        with connection as adapter:
            if not isinstance(adapter, ForecastEngine):
                return None
            self._count_calls(connector, connection)
            connection.set_deadline(time.monotonic() + seconds / 2)
            customer_id = card._retail_known_customer()
            return float(ask(adapter.forecast, program, {**order, "customer_id": customer_id}))
