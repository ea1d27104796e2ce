"""``order.amend``: give a captured order its new state, or have a person decide about it."""

from odoo import models

from ...core.problem import Problem
from ..source.canonical_values import decimal
from .amendment import numbered
from .availability import ROUNDING
from .command import Applied, Undecided
from .early import Early
from .order_place import ADDRESS_FIELDS

TO_DECIDE = (
    "A person in Odoo decides about this: a part of what changes was picked, shipped, invoiced or refunded, or somebody"
    " has changed the order in Odoo."
)


class OrderAmend(models.AbstractModel):
    _name = "retail.command.order.amend"
    _description = "Retail Hub: Change an Order"
    _inherit = ["retail.command.order.place"]

    def _lock_keys(self, command, sender):
        return (f"{sender.connector.id}/order/{command.external_id}", *self._stock_keys(command, sender))

    def _stock_keys(self, command, sender):
        """Return a text for each product whose stock the order takes or gives back."""
        try:
            order = self.env["retail.captured.order"]._known(sender.connector, command.external_id)
            ordered = command.model_copy(
                update={"lines": tuple(line for line in command.lines if line.is_ordered)}
            )
            demand = self._demand(self.env["retail.order.references"]._resolve(ordered, sender))
        except Problem:  # it is refused anyhow
            return ()
        # As the superuser: salespeople may read no stock moves.
        known = order.sudo().order_line.move_ids.product_id.ids
        product_ids = {*known, *(each.product_id for each in demand)}
        return (*(f"order/{each}" for each in order.ids), *(f"stock/{each}" for each in sorted(product_ids)))

    def _apply(self, command, sender):
        orders = self.env["retail.captured.order"]
        order = self._order_of(command, sender)
        if order._retail_is_superseded(command):
            return Applied(orders._result(order, command.external_id, "superseded"), order)
        if order._retail_is_known(command):
            return Applied(orders._result(order, command.external_id, "unchanged"), order)
        amendment = self.env["retail.amendment"]._amendment(order, command, sender)
        changes = self.env["retail.order.change"]
        changes._supersede(order)
        order._retail_note_state(command)
        why_not = self.env["retail.amendment"]._why_not(order, amendment)
        if why_not:
            change = changes._open(order, amendment, why_not, sender)
            amendment.new_addresses.unlink()
            return Undecided(change, Problem("conflict", TO_DECIDE, errors=_errors(why_not)))
        return self._carry_out(order, amendment, sender)

    def _order_of(self, command, sender):
        """
        :raise Early: the order has not come
        :raise Problem: it is cancelled
        """
        order = self.env["retail.captured.order"]._known(sender.connector, command.external_id)
        if not order:
            raise Early(f"order/{command.external_id}", "There is no order with this external_id.")
        if order.state != "sale":
            raise Problem("conflict", "The order is not confirmed in Odoo, or it is cancelled.")
        return order

    # -- carrying it out ---------------------------------------------------------------------------

    def _carry_out(self, order, amendment, sender, is_decided=False):
        """Give an order its new state; return an :class:`~.command.Applied`.

        :param is_decided: a person wants it, even with another total than the channel's
        :raise Problem: the stock or the total does not allow it
        """
        is_locked, is_changed = order.locked, bool(amendment.changes or amendment.values)
        if is_locked:
            order.action_unlock()
        more = [change for change in amendment.changes if change.resolved and change.added > ROUNDING]
        shortages = self._check_more(more, sender)
        held = self._reserved_now(order, shortages)
        self._write_lines(order, amendment.changes)
        self._write_order(order, amendment.values)
        self._match_amended_total(order, amendment, sender, is_decided)
        self._reserve(order)
        if sender.client.safety_stock and shortages:
            self._leave_safety_stock(order, {each: left + held[each] for each, left in shortages.items()})
        self._check_more_reserved(order, more, sender)
        if is_locked:
            order.action_lock()
        command = amendment.command
        addresses = [getattr(command, name) for name in ADDRESS_FIELDS]
        warnings = self.env["retail.received.customer"]._region_warnings(*addresses)
        warnings += self.env["retail.order.amounts"]._tax_warnings(command, order.currency_id)
        outcome = "amended" if is_changed else "unchanged"
        result = self.env["retail.captured.order"]._result(order, command.external_id, outcome, warnings)
        return Applied(result, order)

    def _check_more(self, more, sender):
        """Check and lock the stock of what is ordered more; return the shortages.

        :raise Problem: ``out-of-stock``
        """
        if not more:
            return {}
        lines = [
            change.resolved._replace(
                line=change.resolved.line.model_copy(update={"quantity": decimal(round(change.added, 6))})
            )
            for change in more
        ]
        with numbered([change.number for change in more]):
            return self._check_stock(lines, sender)

    def _write_lines(self, order, changes):
        lines = order.order_line
        for change in changes:
            if change.line:
                change.line.write(change.values)
            else:
                lines |= lines.create({**change.values, "order_id": order.id})

    def _write_order(self, order, values):
        if not values:
            return
        # As the superuser: the transfers get the new delivery address, too.
        order.sudo().with_context(update_delivery_shipping_partner=True).write(values)

    def _match_amended_total(self, order, amendment, sender, is_decided):
        """Make the order's amounts the channel's.

        :raise Problem: ``total-mismatch``
        """
        amounts, command = self.env["retail.order.amounts"], amendment.command
        amounts._rounding(order).filtered(lambda line: not line.qty_invoiced).price_unit = 0.0
        try:
            amounts._match_total(order, amendment.lines, command, sender)
        except Problem:
            if not is_decided:
                raise
        order.write({"retail_channel_total": float(command.total), **amounts._shop_values(command)})

    # -- stock -------------------------------------------------------------------------------------

    def _reserved_now(self, order, demands):
        """Return ``{Demand: quantity}`` of what the order has reserved of each."""
        # As the superuser: salespeople may read no stock moves.
        moves = order.sudo().picking_ids.move_ids.filtered(lambda move: not move.move_orig_ids)
        moves = moves.filtered(lambda move: move.state not in ("done", "cancel"))
        found = dict.fromkeys(demands, 0.0)
        for demand in demands:
            for move in moves:
                key = move.product_id.id, move.picking_type_id.warehouse_id.id
                if key == (demand.product_id, demand.warehouse_id):
                    found[demand] += move.quantity
        return found

    def _check_more_reserved(self, order, more, sender):
        """Check that all of what is ordered more is reserved, if the client wants that.

        :raise Problem: ``out-of-stock``
        """
        if sender.client.allocation != "all_or_nothing" or not more:
            return
        result = self.env["retail.captured.order"]._result(order, "", "amended")
        short = {line.id for line in result.lines if float(line.backordered) > ROUNDING}
        missing = [change for change in more if change.resolved.line.id in short]
        if missing:
            lines = [change.resolved for change in missing]
            with numbered([change.number for change in missing]):
                raise self._out_of_stock(lines, self._demand(lines), sender)


def _errors(why_not):
    """Return the errors of a problem: at which lines somebody has to look."""
    detail = "A part of it was picked, shipped or invoiced."
    numbers = sorted(change.number for change in why_not if change and change.number is not None)
    return [{"pointer": f"/lines/{number}", "detail": detail} for number in numbers]
