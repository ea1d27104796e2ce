"""``shipment.confirm``: validate in Odoo what a warehouse system has shipped of an order."""

from collections import defaultdict

from odoo import models

from ...core.problem import Problem
from ...schemas.commands.fulfilment import ShipmentResultV1, ShippedLineV1
from ..source.canonical_values import decimal
from .availability import ROUNDING
from .closed_period import check_open
from .command import Applied
from .fulfilment import ENDED, in_units, leaves
from .moments import as_datetime, is_older, sortable
from .received_customer import changed_values

SHIPMENT = "shipment"
MAX_STEPS = 10  # of a way from the stock to the customer
LAST = 1_000  # the rank of the last step
NOT_SHIPPED = {
    "held": "The customer has not confirmed the order. It must not be shipped before that.",
    "review": "Somebody has to review the order. It must not be shipped before that.",
}


class ShipmentConfirm(models.AbstractModel):
    _name = "retail.command.shipment.confirm"
    _description = "Retail Hub: Confirm a Shipment"
    _inherit = ["retail.command.mapped"]

    def _lock_keys(self, command, sender):
        return self.env["retail.fulfilment"]._lock_keys(command, sender, SHIPMENT, command.shipment_id)

    def _apply(self, command, sender):
        fulfilment = self.env["retail.fulfilment"]
        order = fulfilment._order_of(command, sender)
        known = fulfilment._known(sender, SHIPMENT, command.shipment_id, order)
        if known:
            return self._correct(command, sender, order, known)
        if order._retail_not_shipped():
            raise Problem("conflict", NOT_SHIPPED[order._retail_not_shipped()])
        check_open(order.company_id, command.shipped_at, "/shipped_at")
        warehouse = fulfilment._warehouse(command, sender)
        needs = fulfilment._needs(command, order, sender, self._open(order, warehouse))
        totals = _totals(needs)
        transfers = self._carry(totals, fulfilment._lots(needs), warehouse, self._values(command))
        if command.shipped_at:
            transfers.date_done = as_datetime(command.shipped_at)
        fulfilment._link(sender, SHIPMENT, command.shipment_id, transfers)
        return Applied(self._result(command, order, transfers, "created"), transfers[:1], True)

    # -- a shipment that is known ------------------------------------------------------------------

    def _correct(self, command, sender, order, transfers):
        """Change carrier and tracking of a shipment.

        :raise Problem: its lines are others
        """
        fulfilment = self.env["retail.fulfilment"]
        shipped = self._shipped(transfers)
        needs = fulfilment._needs(command, order, sender, shipped)
        if any(abs(quantity) > ROUNDING for quantity in _minus(shipped, _totals(needs)).values()):
            detail = "This shipment was confirmed with other quantities. Use another shipment_id for another shipment."
            raise Problem("conflict", detail, errors=[{"pointer": "/lines", "detail": detail}])
        if is_older(command.occurred_at, transfers[:1].retail_reported_at):
            return Applied(self._result(command, order, transfers, "unchanged"), transfers[:1])
        changed = changed_values(transfers[:1], self._values(command))
        transfers.write(changed)
        outcome = "updated" if changed.keys() - {"retail_reported_at"} else "unchanged"
        return Applied(self._result(command, order, transfers, outcome), transfers[:1])

    def _values(self, command):
        """Return ``{field: value}`` of what is given of carrier and tracking."""
        given, pickings = command.model_fields_set, self.env["stock.picking"]
        values = {}
        if "carrier" in given:
            values["retail_carrier"] = command.carrier or False
        if "tracking_numbers" in given:
            values["retail_tracking_numbers"] = ", ".join(command.tracking_numbers) or False
        if "tracking_url" in given:
            values["retail_tracking_url"] = command.tracking_url or False
        if command.occurred_at:
            values["retail_reported_at"] = sortable(command.occurred_at)
        return {**values, **pickings._retail_carrier_values(values)}

    # -- what is open ------------------------------------------------------------------------------

    def _open_moves(self, order, warehouse):
        """Return the moves that are to bring goods to the customer, those that are nearest to the customer first."""
        moves = order.order_line.move_ids.filtered(
            lambda move: move.state not in (*ENDED, "draft") and leaves(move)
        )
        if warehouse:
            moves = moves.filtered(lambda move: move.picking_type_id.warehouse_id.id == warehouse.id)
        return moves.sorted(lambda move: (-_rank(move), move.id))

    def _open(self, order, warehouse):
        """Return ``{(order line, product): quantity}`` of what is still to be shipped."""
        found = defaultdict(float)
        for move in self._open_moves(order, warehouse):
            found[move.sale_line_id, move.product_id] += _ready(move)
        return found

    # -- shipping ----------------------------------------------------------------------------------

    def _carry(self, totals, lots, warehouse, values):
        """Carry goods to the customer, step by step (pick, pack, ship); return the transfers of the last step.

        :param totals: ``{(order line, product): quantity}``
        :param values: of those transfers
        :raise Problem: a step of Odoo's does not lead on
        """
        order = next(iter(totals))[0].order_id
        for _step in range(MAX_STEPS):
            plan = self._plan(totals, self._open_moves(order, warehouse))
            rank = min(_rank(move) for move in plan)
            now = {move: quantity for move, quantity in plan.items() if _rank(move) == rank}
            if rank == LAST:
                return self._validate(now, totals, lots, values)
            self._validate(now, totals, lots, {})
        raise Problem(
            "conflict", "Odoo's routes do not bring the goods to the customer. A person has to ship them."
        )

    def _plan(self, totals, moves):
        """Return ``{move: quantity}`` that makes up the totals.

        :raise Problem: there is less
        """
        plan = {}
        for key, total in totals.items():
            rest = total
            for move in moves.filtered(lambda each, key=key: (each.sale_line_id, each.product_id) == key):
                taken = min(rest, _ready(move))
                if taken > ROUNDING:
                    plan[move] = taken
                    rest -= taken
            if rest > ROUNDING:
                raise Problem(
                    "conflict", "Less is open than before. Read the order, and send the shipment again."
                )
        return plan

    def _validate(self, plan, totals, lots, values):
        """Validate transfers for exactly these quantities; return them. What is left becomes backorders.

        :param values: of the transfers
        """
        fulfilment = self.env["retail.fulfilment"]
        moves = self.env["stock.move"].union(*plan)
        transfers = moves.picking_id
        (transfers.move_ids - moves).filtered(lambda move: move.state not in ENDED).picked = False
        for move, quantity in plan.items():
            key = move.sale_line_id, move.product_id
            is_all = abs(totals[key] - quantity) <= ROUNDING
            fulfilment._set_done(move, quantity, lots.get(key, ()) if is_all else ())
        if values:
            transfers.write(values)
        transfers.with_context(cancel_backorder=False)._action_done()
        return transfers

    # -- the answer --------------------------------------------------------------------------------

    def _shipped(self, transfers):
        """Return ``{(order line, product): quantity}`` of transfers."""
        found = defaultdict(float)
        for move in transfers.move_ids.filtered(lambda each: each.state == "done"):
            found[move.sale_line_id, move.product_id] += in_units(move, move.quantity)
        return found

    def _result(self, command, order, transfers, outcome):
        fulfilment = self.env["retail.fulfilment"]
        shipped, still_open = self._shipped(transfers), self._open(order, self.env["stock.warehouse"])
        lines = transfers.move_ids.sale_line_id.sorted(lambda line: (line.sequence, line.id))
        return ShipmentResultV1(
            shipment_id=command.shipment_id,
            external_id=command.external_id,
            outcome=outcome,
            order_status="partial" if any(each > ROUNDING for each in still_open.values()) else "shipped",
            transfers=fulfilment._transfers(transfers),
            lines=tuple(
                ShippedLineV1(
                    id=line.retail_line_code or str(line.id),
                    quantity=decimal(fulfilment._units(line, shipped)),
                    open=decimal(fulfilment._units(line, still_open)),
                )
                for line in lines
            ),
        )


def _totals(needs):
    totals = defaultdict(float)
    for need in needs:
        totals[need.order_line, need.product] += need.quantity
    return dict(totals)


def _minus(quantities, others):
    keys = {*quantities, *others}
    return {key: quantities.get(key, 0.0) - others.get(key, 0.0) for key in keys}


def _rank(move):
    """Return how near to the customer a move is: 0 for the first step, ``LAST`` for the last one."""
    if move.location_dest_id.usage == "customer":
        return LAST
    before = move.move_orig_ids.filtered(leaves)
    return 1 + max(map(_rank, before)) if before else 0


def _ready(move):
    """Return how much of a move can be done now, in its product's unit.

    A move that waits for another one has what is reserved: the rest is still counted there.
    """
    is_waiting = any(each.state not in ENDED for each in move.move_orig_ids)
    return in_units(move, move.quantity) if is_waiting else move.product_qty
