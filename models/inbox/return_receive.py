"""``return.receive``: take back in Odoo what a warehouse system has received from a customer."""

from collections import defaultdict
from typing import Any, NamedTuple

from odoo import models

from ...schemas.commands.fulfilment import ReturnedLineV1, ReturnResultV1
from ..source.canonical_values import decimal
from .availability import ROUNDING
from .closed_period import check_open
from .command import Applied
from .fulfilment import in_units
from .moments import as_datetime
from .unknown_codes import UnknownCodes

RETURN = "return"


class Goods(NamedTuple):
    """What comes back of a shipped move.

    :param quantity: in the product's unit
    :param location: where it is put
    :param lots: ``(lot, quantity)`` each; empty: Odoo decides
    """

    move: Any
    quantity: float
    location: Any
    lots: list


class ReturnReceive(models.AbstractModel):
    _name = "retail.command.return.receive"
    _description = "Retail Hub: Receive a Return"
    _inherit = ["retail.command.mapped"]

    def _lock_keys(self, command, sender):
        return self.env["retail.fulfilment"]._lock_keys(command, sender, RETURN, command.return_id)

    def _apply(self, command, sender):
        fulfilment = self.env["retail.fulfilment"]
        order = fulfilment._order_of(command, sender)
        known = fulfilment._known(sender, RETURN, command.return_id, order)
        if known:
            return Applied(self._result(command, order, known, "unchanged"), known[:1])
        check_open(order.company_id, command.received_at, "/received_at")
        warehouse = fulfilment._warehouse(command, sender)
        needs = fulfilment._needs(command, order, sender, self._kept(order))
        goods = self._goods(command, sender, needs, self._shipped_moves(order), warehouse)
        transfers = self._take_back(goods)
        if command.reason:
            transfers.retail_reason = command.reason
        transfers.with_context(cancel_backorder=False)._action_done()
        if command.received_at:
            transfers.date_done = as_datetime(command.received_at)
        fulfilment._link(sender, RETURN, command.return_id, transfers)
        return Applied(self._result(command, order, transfers, "created"), transfers[:1], True)

    # -- what the customer has ---------------------------------------------------------------------

    def _shipped_moves(self, order):
        """Return the moves that brought goods to the customer, the oldest first."""
        moves = order.order_line.move_ids.filtered(
            lambda move: move.state == "done" and move.location_dest_id.usage == "customer"
        )
        return moves.sorted(lambda move: (move.date, move.id))

    def _kept(self, order):
        """Return ``{(order line, product): quantity}`` of what was shipped and did not come back."""
        found = defaultdict(float)
        for move in self._shipped_moves(order):
            found[move.sale_line_id, move.product_id] += _left(move)
        return found

    # -- where it is put ---------------------------------------------------------------------------

    def _place(self, command, sender, warehouse, move, is_restocked):
        """Return the location to which goods of a shipped move are taken.

        :param warehouse: that the command names; an empty one if it names none
        """
        own = warehouse or move.picking_type_id.warehouse_id
        if is_restocked:
            return self._location(command.location, own, sender) if command.location else own.lot_stock_id
        return sender.client.damaged_location_id or self._damaged(own)

    def _location(self, code, warehouse, sender):
        """Return the location that a code is mapped to, or the one of a warehouse with this barcode or name.

        :raise UnknownCodes: there is none, or there are several
        """
        mapped = self.env["retail.code.map"]._targets(sender.connector, "location", [code])
        if mapped:
            return mapped[code]
        locations = self.env["stock.location"]
        domain = [("usage", "=", "internal"), ("id", "child_of", warehouse.view_location_id.id)]
        for field in ("barcode", "complete_name", "name"):
            found = locations.search([*domain, (field, "=", code)])
            if len(found) == 1:
                return found
        detail = "The warehouse has no internal location with this barcode or name, or several."
        raise UnknownCodes([{"pointer": "/location", "detail": detail}], [("location", code, "")])

    def _damaged(self, warehouse):
        """Return the warehouse's location for damaged goods, which is outside of what it delivers from."""
        # As the superuser: locations are the stock manager's; this one is made once.
        locations = self.env["stock.location"].sudo()
        domain = [
            ("location_id", "=", warehouse.view_location_id.id),
            ("name", "=", "Damaged"),
            ("usage", "=", "internal"),
        ]
        values = {name: value for name, _operator, value in domain}
        return locations.search(domain, limit=1) or locations.create(
            {**values, "company_id": warehouse.company_id.id}
        )

    # -- taking back -------------------------------------------------------------------------------

    def _goods(self, command, sender, needs, moves, warehouse):
        """Return a list of :class:`Goods`: of which shipped moves the reported lines are."""
        lots, left, goods = self.env["retail.fulfilment"]._lots(needs), {}, []
        for need in needs:
            key, rest = (need.order_line, need.product), need.quantity
            lot = next((each for each, _quantity in lots.get(key, ()) if each.name == need.lot), None)
            same = moves.filtered(lambda move, key=key: (move.sale_line_id, move.product_id) == key)
            for move in same.sorted(lambda each, lot=lot: not (lot and lot in each.move_line_ids.lot_id)):
                taken = min(rest, left.setdefault(move, _left(move)))
                if taken <= ROUNDING:
                    continue
                rest, left[move] = rest - taken, left[move] - taken
                is_restocked = command.lines[need.number].restock
                place = self._place(command, sender, warehouse, move, is_restocked).with_env(self.env)
                goods.append(Goods(move, taken, place, [(lot, taken)] if lot else []))
        return goods

    def _take_back(self, goods):
        """Create the transfers, one for each shipment and location; return them, to be validated."""
        by_transfer = defaultdict(list)
        for each in goods:
            by_transfer[each.move.picking_id, each.location].append(each)
        transfers = self.env["stock.picking"]
        for (shipment, location), same in by_transfer.items():
            transfers |= self._create_return(shipment, location, same)
        return transfers

    def _create_return(self, shipment, location, goods):
        """Create the return of a shipment to a location."""
        quantities, lots = defaultdict(float), defaultdict(list)
        for each in goods:
            quantities[each.move] += each.quantity
            lots[each.move] += each.lots
        context = {"active_id": shipment.id, "active_ids": shipment.ids, "active_model": shipment._name}
        wizard = self.env["stock.return.picking"].with_context(**context).create({})
        for line in wizard.product_return_moves:
            unit = line.move_id.product_id.uom_id
            line.quantity = unit._compute_quantity(
                quantities.get(line.move_id, 0.0), line.uom_id, round=False
            )
        transfer = wizard._create_return().with_context(**dict.fromkeys(context))
        self._move_to(transfer, location)
        for move in transfer.move_ids:
            origin = move.origin_returned_move_id
            self.env["retail.fulfilment"]._set_done(move, quantities[origin], lots[origin])
        return transfer

    def _move_to(self, transfer, location):
        """Have goods put into a location, which may be in another warehouse."""
        source, warehouse = transfer.location_id, location.warehouse_id
        if warehouse and transfer.picking_type_id.warehouse_id != warehouse:
            # As the superuser: which warehouses there are is no secret.
            transfer.picking_type_id = warehouse.sudo().in_type_id.id
            transfer.move_ids.warehouse_id = warehouse.id
        transfer.write({"location_id": source.id, "location_dest_id": location.id})

    def _result(self, command, order, transfers, outcome):
        fulfilment, returned = self.env["retail.fulfilment"], defaultdict(float)
        for move in transfers.move_ids.filtered(lambda each: each.state == "done"):
            returned[move.sale_line_id, move.product_id] += in_units(move, move.quantity)
        kept = self._kept(order)
        lines = transfers.move_ids.sale_line_id.sorted(lambda line: (line.sequence, line.id))
        return ReturnResultV1(
            return_id=command.return_id,
            external_id=command.external_id,
            outcome=outcome,
            transfers=fulfilment._transfers(transfers),
            lines=tuple(
                ReturnedLineV1(
                    id=line.retail_line_code or str(line.id),
                    quantity=decimal(fulfilment._units(line, returned)),
                    kept=decimal(fulfilment._units(line, kept)),
                )
                for line in lines
            ),
        )


def _left(move):
    """Return how much of a shipped move did not come back, in its product's unit."""
    back = move.returned_move_ids.filtered(lambda each: each.state == "done")
    return in_units(move, move.quantity) - sum(in_units(each, each.quantity) for each in back)
