"""What warehouse systems report of an order: which of its lines, moves and transfers they mean."""

import math
from collections import defaultdict
from typing import Any, NamedTuple

from odoo import api, models

from ...core.problem import Problem
from ...schemas.commands.fulfilment import TransferV1
from ..source.canonical_values import decimal
from .availability import ROUNDING
from .early import Early
from .foreign import check_own
from .unknown_codes import UnknownCodes

ENDED = ("done", "cancel")


class Need(NamedTuple):
    """What a reported line means in Odoo.

    :param number: of the reported line
    :param product: of the stock moves: a component, for a kit
    :param quantity: in the product's unit
    """

    number: int
    order_line: Any
    product: Any
    quantity: float
    lot: str


class Target(NamedTuple):
    """An order line that a reported line may mean.

    :param parts: ``{product: how much of it one unit of the line needs}``
    :param is_kit: whether only whole units count
    """

    order_line: Any
    parts: dict[Any, float]
    is_kit: bool


def in_units(move, quantity):
    """Return a quantity of a move in its product's unit."""
    return move.product_uom._compute_quantity(quantity, move.product_id.uom_id, round=False)


def leaves(move):
    """Return whether a move brings goods to the customer, or is a step on that way."""
    return move.location_dest_id.usage == "customer" or (
        move.location_final_id.usage == "customer" or any(leaves(each) for each in move.move_dest_ids)
    )


def is_first(move):
    """Return whether a move is the first step of its way to the customer."""
    return leaves(move) and not move.move_orig_ids.filtered(leaves)


class RetailFulfilment(models.AbstractModel):
    _name = "retail.fulfilment"
    _description = "Retail Hub: Fulfilment of Orders"

    # -- the order ---------------------------------------------------------------------------------

    @api.model
    def _order_of(self, command, sender):
        """Return the order that a warehouse system reports about.

        It names the order as it did when it captured it. A system that captures no orders names it by Odoo's number.

        :raise Early: there is none yet
        :raise Problem: it belongs to another company
        """
        found = self._find(command, sender)
        if not found:
            raise Early(f"order/{command.external_id}", "There is no order with this external_id.")
        return check_own(found, "order", "/external_id")

    @api.model
    def _find(self, command, sender):
        """Return the order; empty if there is none."""
        known = self.env["retail.captured.order"]._known(sender.connector, command.external_id)
        if known or self._captures_orders(sender.connector):
            return known
        domain = [("name", "=", command.external_id), ("company_id", "=", self.env.company.id)]
        return self.env["sale.order"].search(domain, limit=1)

    def _captures_orders(self, connector):
        # As the superuser: clients and their scopes are the hub's own.
        clients = connector.env["retail.api.client"].with_context(active_test=False)
        domain = [("connector_id", "=", connector.id), ("scope_ids.name", "=", "orders:write")]
        return bool(clients.search_count(domain, limit=1))

    @api.model
    def _lock_keys(self, command, sender, kind, own_id):
        """Return what no other command may change at the same time, as texts.

        :param kind: ``shipment`` or ``return``
        :param own_id: the caller's id of it
        """
        keys = (
            f"{sender.connector.id}/order/{command.external_id}",
            f"{sender.connector.id}/{kind}/{own_id}",
        )
        try:
            order = self._find(command, sender)
        except Problem:  # it is refused anyhow
            return keys
        products = order.order_line.move_ids.product_id
        return (*keys, *(f"order/{each}" for each in order.ids), *(f"stock/{each}" for each in products.ids))

    # -- transfers that the caller knows -----------------------------------------------------------

    @api.model
    def _known(self, sender, kind, own_id, order):
        """Return the transfers that the caller knows by this id; empty if there are none.

        :raise Problem: they are of another order
        """
        # As the superuser: links to remote records are the hub's own.
        bindings = sender.connector.env["retail.binding"].search(
            [
                ("connector_id", "=", sender.connector.id),
                ("res_model", "=", "stock.picking"),
                ("remote_id", "=", own_id),
                ("remote_object", "=", kind),
            ]
        )
        transfers = self.env["stock.picking"].browse(bindings.mapped("res_id")).exists()
        if transfers and transfers.move_ids.sale_line_id.order_id != order:
            detail = f"The {kind} with this {kind}_id is of another order."
            raise Problem("conflict", detail, errors=[{"pointer": f"/{kind}_id", "detail": detail}])
        return transfers.sorted("id")

    @api.model
    def _link(self, sender, kind, own_id, transfers):
        """Note that the caller knows transfers by this id."""
        # As the superuser: links to remote records are the hub's own.
        sender.connector.env["retail.binding"].create(
            [
                {
                    "connector_id": sender.connector.id,
                    "res_model": "stock.picking",
                    "res_id": transfer.id,
                    "remote_id": own_id,
                    "remote_object": kind,
                }
                for transfer in transfers
            ]
        )

    @api.model
    def _transfers(self, transfers):
        return tuple(TransferV1(id=str(each.id), number=each.name) for each in transfers)

    @api.model
    def _warehouse(self, command, sender):
        """Return the warehouse that a command names; an empty one if it names none.

        :raise UnknownCodes: nobody knows the warehouse
        """
        # As the superuser: which warehouses there are is no secret.
        warehouses, code = self.env["stock.warehouse"].sudo(), command.warehouse
        if not code:
            return warehouses
        mapped = self.env["retail.code.map"]._targets(sender.connector, "warehouse", {code})
        if code in mapped:
            return warehouses.browse(mapped[code].id)
        domain = [("company_id", "=", self.env.company.id), ("code", "=", code)]
        found = warehouses.search(domain)
        if not found:
            error = {"pointer": "/warehouse", "detail": f"No warehouse in Odoo is mapped to {code}."}
            raise UnknownCodes([error], [("warehouse", code, "")])
        return found

    # -- lines -------------------------------------------------------------------------------------

    @api.model
    def _parts(self, order_line):
        """Return ``{product: how much of it one unit of the order line needs}``: the components, for a kit."""
        moves = order_line.move_ids.filtered(lambda move: move.state != "cancel" and is_first(move))
        moves = moves.filtered(lambda move: not move.origin_returned_move_id)
        if moves.product_id == order_line.product_id:
            unit = order_line.product_id.uom_id
            return {
                order_line.product_id: order_line.product_uom_id._compute_quantity(1.0, unit, round=False)
            }
        totals = defaultdict(float)
        for move in moves:
            totals[move.product_id] += move.product_qty
        ordered = order_line.product_uom_qty or 1.0
        return {product: total / ordered for product, total in totals.items() if total}

    @api.model
    def _units(self, order_line, quantities):
        """Return how many units of an order line some goods are: of a kit, as many as all its parts allow.

        :param quantities: ``{(order line, product): quantity}``
        """
        parts = self._parts(order_line)
        found = [quantities.get((order_line, product), 0.0) / part for product, part in parts.items()]
        units = min(found, default=0.0)
        is_kit = set(parts) != {order_line.product_id}
        return math.floor(units + ROUNDING) if is_kit else max(units, 0.0)

    @api.model
    def _needs(self, command, order, sender, possible):
        """Return what the reported lines mean: a list of :class:`Need`.

        :param possible: ``{(order line, product): quantity}``, in the product's unit
        :raise Problem: the order has no such line (``invalid-request``), or not as much is possible (``conflict``)
        """
        targets = [self._targets(line, order, sender) for line in command.lines]
        unknown = [
            {"pointer": f"/lines/{number}", "detail": "The order has no such line."}
            for number, each in enumerate(targets)
            if not each
        ]
        if unknown:
            raise Problem("invalid-request", "The order has no such line.", errors=unknown)
        left, needs, errors = defaultdict(float, possible), [], []
        for number, (line, each) in enumerate(zip(command.lines, targets, strict=True)):
            found, rest = self._take(number, line, each, left)
            needs += found
            if rest > ROUNDING:
                error = {"pointer": f"/lines/{number}/quantity", "detail": "This is more than is possible."}
                errors.append({**error, "available": decimal(round(float(line.quantity) - rest, 6))})
        if errors:
            raise Problem(
                "conflict", "Some lines have more than is possible. Nothing was changed.", errors=errors
            )
        return needs

    def _targets(self, line, order, sender):
        """Return what a reported line may mean: a list of :class:`Target`."""
        order_lines = order.order_line.filtered(lambda each: not each.display_type)
        if line.order_line_id:
            found = order_lines.filtered(lambda each: each.retail_line_code == line.order_line_id)
            found = found or order_lines.filtered(lambda each: str(each.id) == line.order_line_id)
            return [self._target(each) for each in found]
        product = self._product(line.sku, order_lines, sender)
        named = order_lines.filtered(lambda each: each.product_id == product)
        if named:
            return [self._target(each) for each in named]
        holding = order_lines.filtered(lambda each: product and product in each.move_ids.product_id)
        return [Target(each, {product: 1.0}, False) for each in holding]

    def _target(self, order_line):
        parts = self._parts(order_line)
        return Target(order_line, parts, set(parts) != {order_line.product_id})

    def _product(self, sku, order_lines, sender):
        """Return the product of the order, or of its transfers, with this SKU; empty if there is none."""
        mapped = self.env["retail.code.map"]._targets(sender.connector, "product", {sku})
        if sku in mapped:
            return mapped[sku]
        products = order_lines.product_id | order_lines.move_ids.product_id
        return products.filtered(lambda product: product.default_code == sku)[:1]

    def _take(self, number, line, targets, left):
        """Return (what is taken of what is left, as a list of :class:`Need`; how much of the line is too much)."""
        rest, needs = float(line.quantity), []
        for order_line, parts, is_kit in targets:
            units = min((left[order_line, product] / part for product, part in parts.items()), default=0.0)
            if is_kit:
                units = math.floor(units + ROUNDING)
            taken = min(rest, max(units, 0.0))
            if taken <= ROUNDING:
                continue
            rest -= taken
            for product, part in parts.items():
                left[order_line, product] -= taken * part
                needs.append(Need(number, order_line, product, taken * part, line.lot))
        return needs, rest

    @api.model
    def _started(self, order_line):
        """Return how many units of an order line were picked or shipped and did not come back; parts of a kit count."""
        parts, found = self._parts(order_line), defaultdict(float)
        for move in order_line.move_ids.filtered(lambda each: each.state == "done"):
            if is_first(move) and not move.origin_returned_move_id:
                found[move.product_id] += in_units(move, move.quantity)
            elif move.origin_returned_move_id.location_dest_id.usage == "customer":
                found[move.product_id] -= in_units(move, move.quantity)
        units = max((found[product] / part for product, part in parts.items()), default=0.0)
        is_kit = set(parts) != {order_line.product_id}
        return max(math.ceil(units - ROUNDING) if is_kit else units, order_line.qty_delivered)
