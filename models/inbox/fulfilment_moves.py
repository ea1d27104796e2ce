"""What warehouse systems report of stock moves: quantities, lots and serial numbers."""

from collections import defaultdict

from odoo import api, models

from ...core.problem import Problem


class RetailFulfilment(models.AbstractModel):
    _inherit = "retail.fulfilment"

    @api.model
    def _set_done(self, move, quantity, lots=()):
        """Say how much of a move is done.

        :param quantity: in the product's unit
        :param lots: ``(lot, quantity)`` each; empty: Odoo decides
        """
        unit = move.product_id.uom_id
        if lots:
            move.move_line_ids.unlink()
            self.env["stock.move.line"].create([self._line_values(move, lot, each) for lot, each in lots])
        else:
            move.quantity = unit._compute_quantity(quantity, move.product_uom, round=False)
        move.picked = True

    def _line_values(self, move, lot, quantity):
        # As the superuser: where a lot is, is read in all of the warehouse.
        quants = lot.sudo().quant_ids.filtered(
            lambda quant: quant.quantity > 0 and quant.location_id._child_of(move.location_id)
        )
        return {
            "move_id": move.id,
            "picking_id": move.picking_id.id,
            "product_id": move.product_id.id,
            "product_uom_id": move.product_id.uom_id.id,
            "lot_id": lot.id,
            "quantity": quantity,
            "location_id": (quants[:1].location_id or move.location_id).id,
            "location_dest_id": move.location_dest_id.id,
        }

    @api.model
    def _lots(self, needs):
        """Return ``{(order line, product): [(lot, quantity)]}`` of what has lots.

        :raise Problem: Odoo does not know a lot or serial number
        """
        found, errors = defaultdict(list), []
        for need in needs:
            if not need.lot:
                continue
            domain = [
                ("name", "=", need.lot),
                ("product_id", "=", need.product.id),
                ("company_id", "in", (False, self.env.company.id)),
            ]
            lot = self.env["stock.lot"].search(domain, limit=1)
            if not lot:
                detail = "Odoo does not know this lot or serial number of the product."
                errors.append({"pointer": f"/lines/{need.number}/lot", "detail": detail})
            found[need.order_line, need.product].append((lot, need.quantity))
        if errors:
            raise Problem("invalid-request", "A lot or serial number is not known.", errors=errors)
        return found
