"""The history of points: Odoo adds a line for each change, and deletes the lines of a cancelled order."""

from odoo import api, models

from ...tools.own_context import own_value
from .loyalty_card import ADJUSTED

EARNED = "loyalty.earned"
REDEEMED = "loyalty.redeemed"
REVERSED = "loyalty.reversed"
EXPIRED = "loyalty.expired"
ORDER_MODELS = ("sale.order", "pos.order")


class LoyaltyHistory(models.Model):
    _inherit = "loyalty.history"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._retail_capture_changes({})
        return lines

    def write(self, vals):
        before = {}
        if not {"issued", "used"}.isdisjoint(vals):
            before = {line.id: (line.issued, line.used) for line in self}
        result = super().write(vals)
        if before:
            self._retail_capture_changes(before)
        return result

    def unlink(self):
        self.filtered(lambda line: line._retail_is_cancelled())._retail_capture_changes({}, sign=-1)
        return super().unlink()

    def _retail_capture_changes(self, before, sign=1):
        """Capture the changes of points that the lines record.

        :param before: ``{id: (issued, used)}`` of lines that were captured before
        :param sign: -1 for lines that are undone
        """
        if not self:
            return
        # As the superuser: whoever sells may have no rights on cards.
        for line in self.sudo():
            issued, used = before.get(line.id, (0.0, 0.0))
            if sign < 0:
                issued, used = line._retail_reversed()
            changes = line._retail_changes(sign * (line.issued - issued), sign * (line.used - used))
            for event_type, points in changes:
                line._retail_capture_change(event_type, points)
        # As the superuser: see above.
        self.sudo().card_id._retail_capture_state("promotion.changed")

    def _retail_changes(self, issued, used):
        """Return the ``(event type, points that the card got)`` of further points issued and used.

        A cancelled or refunded order reverses what it earned and redeemed.
        """
        known = own_value(self.env, "retail_change")
        order = self._retail_order_of(self.order_model, self.order_id)
        if known:
            changes = [(known, issued), (known, -used)]
        elif not order:
            changes = [(ADJUSTED, issued - used)]
        elif order._name == "pos.order" and order.is_refund:
            changes = [(REVERSED, issued), (REVERSED, -used)]
        else:
            changes = [
                (EARNED if issued > 0 else REVERSED, issued),
                (REDEEMED if used > 0 else REVERSED, -used),
            ]
        return [(event_type, points) for event_type, points in changes if points]

    def _retail_capture_change(self, event_type, points):
        card = self.card_id
        card._retail_count_points(-points)
        details = {"transaction_id": str(self.id), "reason": self.description}
        order_model, order_id = own_value(self.env, "retail_document") or (self.order_model, self.order_id)
        if order_id:
            details |= {"order_model": order_model, "order_id": order_id}
        card._retail_change_points(event_type, points, **details)

    def _retail_reversed(self):
        """Hook: return ``(issued, used)`` that was reversed already when the line is undone."""
        return 0.0, 0.0

    def _retail_is_cancelled(self):
        """Return whether the line's order is cancelled. Only then does deleting the line give points back."""
        order = self._retail_order_of(self.order_model, self.order_id)
        return bool(order) and order.state == "cancel"

    @api.model
    def _retail_order_of(self, order_model, order_id):
        """Return the order (superuser) of the line, of a credit note the sales order; None if there is none."""
        if order_model == "account.move" and order_id:
            # As the superuser: see below.
            credit_note = self.env[order_model].sudo().browse(order_id).exists()
            return credit_note.line_ids.sale_line_ids.order_id[:1] or None
        if order_model not in ORDER_MODELS or not order_id:
            return None
        # As the superuser: whoever changes points may have no rights on the order.
        return self.env[order_model].sudo().browse(order_id).exists() or None
