"""Reserving stock and freeing it: both are counted exactly, however many do so at once."""

from odoo import api, models
from odoo.tools import SQL

from ...tools.own_context import own_value, with_own


class StockQuant(models.Model):
    _inherit = "stock.quant"

    @api.model
    def _update_available_quantity(
        self, product_id, location_id, quantity=False, reserved_quantity=False, **options
    ):
        """Wait for whoever reserves or frees the same stock at this moment.

        Odoo skips a quant that is locked and creates another one, so parallel reservations exceed what is there. What
        is freed is lost if the other quant has less reserved: Odoo keeps 0 then. If the quant was changed meanwhile,
        PostgreSQL raises a serialization failure, and Odoo repeats the request.
        """
        if reserved_quantity and not location_id.should_bypass_reservation():
            self = with_own(self, retail_reserved=reserved_quantity)
        return super()._update_available_quantity(
            product_id, location_id, quantity=quantity, reserved_quantity=reserved_quantity, **options
        )

    def try_lock_for_update(self, *, allow_referencing=False, limit=None):
        """Lock the quants of one kind that Odoo is about to reserve or to free; wait until they are not locked."""
        reserved = own_value(self.env, "retail_reserved")
        if not reserved:
            return super().try_lock_for_update(allow_referencing=allow_referencing, limit=limit)
        self._retail_lock(self.ids)
        if reserved < 0 and len(self) > 1:
            self._merge_quants()
            return self.exists()[:limit]
        return self[:limit]

    @api.model
    def _retail_lock(self, ids):
        """Lock quants in the order of their ids, until the end of the transaction.

        :raise psycopg2.errors.SerializationFailure: one was changed since the transaction began
        """
        if ids:
            self.env.cr.execute(
                SQL("SELECT FROM stock_quant WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", list(ids))
            )
