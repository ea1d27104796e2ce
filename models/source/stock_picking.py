"""Transfers: which are shipments to customers or returns from them, and their canonical forms."""

import re
from collections import defaultdict

from odoo import api, models
from odoo.fields import Domain

from ...schemas.shipment import LotV1, OrderShippingV1, ReturnLineV1, ReturnV1, ShipmentLineV1, ShipmentV2
from .canonical_values import decimal, order_references, timestamp
from .capture import Transition, becomes
from .capture_part import Shown

OWN_USAGES = ("internal", "transit")
SHIPPED_FROM = (*OWN_USAGES, "supplier")
RETURN_USAGES = (*SHIPPED_FROM, "inventory")  # returned goods may go straight to the vendor, or to scrap
OPEN_STATES = ("waiting", "confirmed", "assigned")
ENDED_STATES = ("done", "cancel")
UPDATED = "shipment.updated"
RETURN_UPDATED = "return.updated"
DONE_EVENTS = ("shipment.confirmed", "return.received")


class StockPicking(models.Model):
    _name = "stock.picking"
    _inherit = ["stock.picking", "retail.capture"]

    _retail_number_field = "name"
    _retail_updated_event = UPDATED
    _retail_more_updated_events = (RETURN_UPDATED,)
    _retail_whole_facts = DONE_EVENTS
    _retail_transitions = (
        Transition("shipment.confirmed", "state", becomes("done")),
        # Without the rest that is cancelled, an order is shipped.
        Transition(UPDATED, "state", becomes("cancel")),
        # With more to be shipped, it is not shipped any more.
        Transition(UPDATED, "state", becomes(*OPEN_STATES)),
        # Without its rest that is cancelled, a return has no backorder.
        Transition(RETURN_UPDATED, "state", becomes("cancel")),
        # Validating a draft return confirms it on the way.
        Transition(
            "return.initiated",
            "state",
            becomes("waiting", "confirmed", "assigned", "done", since=(None, "draft")),
        ),
        Transition("return.received", "state", becomes("done")),
    )
    _retail_process_paths = ("sale_id", "pos_order_id", "move_ids.origin_returned_move_id.picking_id")
    _retail_causes = {
        "shipment.confirmed": (("sale_id", ("order.placed",)), ("pos_order_id", ("order.placed",))),
        UPDATED: (("", ("shipment.confirmed",)),),
        RETURN_UPDATED: (("", ("return.received",)),),
        "return.initiated": (("move_ids.origin_returned_move_id.picking_id", ("shipment.confirmed",)),),
        "return.received": (("", ("return.initiated",)),),
    }

    @api.model
    def _retail_watched_fields(self):
        watched = {
            "backorder_id",
            "carrier_id",
            "carrier_tracking_ref",
            "date_done",
            "name",
            "partner_id",
            "sale_id",
        }
        return frozenset(watched & self._fields.keys())

    @api.model
    def _retail_subject_domain(self):
        return Domain("state", "=", "done") & Domain("location_dest_id.usage", "=", "customer")

    @api.model
    def _retail_history_domain(self, event_type):
        if event_type in ("return.received", RETURN_UPDATED):
            from_customers = Domain("move_ids.origin_returned_move_id", "!=", False)
            return (
                Domain("state", "=", "done") & Domain("location_id.usage", "=", "customer") & from_customers
            )
        return self._retail_subject_domain() if event_type in ("shipment.confirmed", UPDATED) else None

    def _retail_with_state(self, event_type):
        pickings = self.sudo()  # salespeople may have no rights on stock
        done = pickings.filtered(lambda picking: picking.state == "done")
        if event_type == RETURN_UPDATED:
            return done.filtered(lambda picking: picking._retail_is_return())
        return done.filtered(lambda picking: picking._retail_is_shipment())

    def _retail_capture_transition(self, transition, old, new):
        if transition.event_type == RETURN_UPDATED:
            # As the superuser: salespeople may have no rights on stock.
            self.sudo().backorder_id._retail_capture_state(RETURN_UPDATED)
            return
        if transition.event_type == UPDATED:
            pickings = self.sudo()  # salespeople may have no rights on stock
            if new == "cancel" or pickings._retail_adds_to_order():
                pickings._retail_shipments_of_order()[-1:]._retail_capture_state(UPDATED)
            return
        super()._retail_capture_transition(transition, old, new)

    def unlink(self):
        """Build the payloads of captured facts before Odoo deletes the moves."""
        self._retail_snapshot_facts()
        return super().unlink()

    def _retail_with_fact(self, event_type):
        pickings = self.sudo()  # salespeople may have no rights on stock
        if event_type == "shipment.confirmed":
            return pickings.filtered(lambda picking: picking._retail_is_shipment())
        returns = pickings.filtered(lambda picking: picking._retail_is_return())
        if event_type == "return.initiated":  # a backorder of a return is no new return
            return returns.filtered(lambda picking: not picking.backorder_id)
        return returns

    def _retail_is_shipment(self):
        """Return whether goods leave for a customer: our stock, or a vendor's (dropshipping).

        Goods handed out at a till are not shipped.
        """
        return (
            self.location_dest_id.usage == "customer"
            and self.location_id.usage in SHIPPED_FROM
            and self.picking_type_id != self.picking_type_id.warehouse_id.pos_type_id
        )

    def _retail_is_return(self):
        """Return whether delivered goods come back from a customer."""
        return (
            self.location_id.usage == "customer"
            and self.location_dest_id.usage in RETURN_USAGES
            and "customer" in self.move_ids.origin_returned_move_id.location_dest_id.mapped("usage")
        )

    def _retail_occurred_at(self, event_type):
        return (event_type in DONE_EVENTS and self.date_done) or None

    def _retail_cause(self, event_type):
        """Return the cause. A backorder of a return has the cause of its first part."""
        picking = self
        while event_type == "return.received" and picking.backorder_id:
            picking = picking.backorder_id
        cause = super(StockPicking, picking)._retail_cause(event_type)
        return cause or (
            self.pos_order_id._retail_settled_cause() if event_type == "shipment.confirmed" else None
        )

    # -- canonical form ----------------------------------------------------------------------------

    def _retail_payloads(self):
        returns = self.filtered(lambda picking: picking._retail_is_return())
        return super(StockPicking, self - returns)._retail_payloads() | returns._retail_built(
            lambda picking: picking._retail_canonical(RETURN_UPDATED, {})
        )

    def _retail_canonical(self, event_type, details):
        if event_type in ("shipment.confirmed", UPDATED):
            return self._retail_shipment()
        return self._retail_return("initiated" if event_type == "return.initiated" else "received")

    def _retail_present_parts(self, event_type):
        """What was shipped of the order may be more by now, and its customer may be another."""
        customer = {"customer_id": self._retail_customer()._retail_customer_id()}
        if event_type != "shipment.confirmed":
            return customer
        shipping = self._retail_order_shipping()
        return {**customer, "order_shipping": shipping and shipping.canonical()}

    def _retail_shipment(self):
        moves = self._retail_done_moves().filtered(lambda move: move.location_dest_id.usage == "customer")
        return ShipmentV2(
            **self._retail_head(),
            order_shipping=self._retail_order_shipping(),
            carrier=self._retail_carrier(),
            tracking_number=", ".join(self._retail_tracking_numbers()),
            shipped_at=timestamp(self.date_done or self.env.cr.now()),
            delivery_address=self.partner_id._retail_address() if self.partner_id else None,
            lines=tuple(ShipmentLineV1(**move._retail_line(move.quantity)) for move in moves),
            has_backorder=self._retail_has_backorder(),
        )

    def _retail_order_shipping(self):
        """Return what was shipped of the whole order; None without an order."""
        if not (self.sale_id or self.pos_order_id):
            return None
        shipments = self._retail_shipments_of_order()
        numbers = (number for each in shipments for number in each._retail_tracking_numbers())
        return OrderShippingV1(
            status="partial" if self._retail_order_has_rest() else "shipped",
            tracking_numbers=tuple(dict.fromkeys(numbers)),
        )

    def _retail_tracking_numbers(self):
        """Return the tracking numbers. Odoo has one field, which may hold several: ``T1, T2``."""
        numbers = re.findall(r"[^\s,;]+", self._retail_optional("carrier_tracking_ref") or "")
        return tuple(dict.fromkeys(numbers))

    def _retail_order_has_rest(self):
        """Return whether goods of the order are still to leave for the customer, from whatever warehouse.

        They may have to be picked first: then their final location is the customer.
        """
        return self._retail_pickings_of_order()._retail_leave_for_customer()

    def _retail_adds_to_order(self):
        """Return whether goods are to leave for the customer in addition to the order's earlier transfers.

        A backorder is not in addition: it is what is left of one.
        """
        return not self.backorder_id and self._retail_leave_for_customer()

    def _retail_leave_for_customer(self):
        """Return whether goods of these transfers are still to leave for the customer."""
        rest = self.filtered(lambda each: each.state not in ENDED_STATES)
        moves = rest.move_ids.filtered(lambda move: move.state not in ENDED_STATES)
        ends = moves.mapped(lambda move: move.location_final_id or move.location_dest_id)
        return "customer" in ends.mapped("usage")

    def _retail_shipments_of_order(self):
        """Return the shipments of the order, oldest first."""
        done = self._retail_pickings_of_order().filtered(lambda each: each.state == "done")
        return done.filtered(lambda each: each._retail_is_shipment()).sorted(
            lambda each: (each.date_done, each.id)
        )

    def _retail_pickings_of_order(self):
        order = self.sale_id or self.pos_order_id
        return order.picking_ids if order else self

    def _retail_return(self, status):
        is_received = status == "received"
        moves = self._retail_done_moves() if is_received else self._retail_planned_moves()
        shipment = self.move_ids.origin_returned_move_id.picking_id[:1]
        return ReturnV1(
            **self._retail_head(),
            status=status,
            shipment_id=str(shipment.id or ""),
            shipment_number=shipment.name or "",
            reason=self._retail_return_reason(),
            received_at=timestamp(self.date_done or self.env.cr.now()) if is_received else None,
            lines=tuple(
                move._retail_return_line(move.quantity if is_received else move.product_uom_qty)
                for move in moves
            ),
            has_backorder=is_received and self._retail_has_backorder(),
        )

    def _retail_head(self):
        warehouse = self.picking_type_id.warehouse_id
        return {
            "id": str(self.id),
            "number": self.name,
            "order": self._retail_order(),
            "customer_id": self._retail_customer()._retail_customer_id(),
            "company": self.company_id.name,
            "warehouse": warehouse._retail_warehouse() if warehouse else None,
            "backorder_of_id": str(self.backorder_id.id or ""),
        }

    def _retail_order(self):
        references = order_references(self.sale_id, self.pos_order_id)
        return next(iter(references), None)

    def _retail_customer(self):
        """Return the customer of the order; without an order, the customer of the address."""
        return self.sale_id.partner_id or self.pos_order_id.partner_id or self.partner_id

    def _retail_carrier(self):
        carrier = self._retail_optional("carrier_id")
        return (carrier.name or "") if carrier else ""

    def _retail_optional(self, name):
        """Return the value of a field of a module that may not be installed, such as stock_delivery."""
        return self[name] if name in self._fields else None

    def _retail_return_reason(self):
        """Return the reason of a return. Odoo does not ask for one: a module that does overrides this."""
        return ""

    def _retail_has_backorder(self):
        return any(backorder.state != "cancel" for backorder in self.backorder_ids)

    def _retail_done_moves(self):
        return self.move_ids.filtered(lambda move: move.state == "done" and move.quantity).sorted("id")

    def _retail_planned_moves(self):
        """Return the planned moves; of a return received at once, the done moves."""
        return self.move_ids.filtered(lambda move: move.state != "cancel").sorted("id")


class StockMove(models.Model):
    _name = "stock.move"
    _inherit = ["stock.move", "retail.capture.part"]

    @api.model
    def _retail_shown_in(self):
        fields = {"picking_id", "product_uom", "quantity", "sale_line_id", "state"}
        return [
            *super()._retail_shown_in(),
            Shown(UPDATED, frozenset(fields), "picking_id"),
            Shown(RETURN_UPDATED, frozenset(fields | {"to_refund"}), "picking_id"),
        ]

    def _retail_showing(self, shown):
        """A transfer contains done moves. To look at others would compute the states of transfers too early."""
        is_done = shown.event_type in (UPDATED, RETURN_UPDATED)
        return super(
            StockMove, self.filtered(lambda move: move.state == "done") if is_done else self
        )._retail_showing(shown)

    @api.model_create_multi
    def create(self, vals_list):
        """Flush a shipment before its return is created in the same transaction: the shipment is the return's cause."""
        returned = [
            vals["origin_returned_move_id"] for vals in vals_list if vals.get("origin_returned_move_id")
        ]
        if returned and self.env["stock.picking"]._retail_wants("return.initiated"):
            self.browse(returned).picking_id.flush_recordset(["state"])
        return super().create(vals_list)

    def _retail_line(self, quantity):
        """Return the values of a line of a shipment or a return."""
        product = self.product_id.with_context(display_default_code=False)
        return {
            "id": str(self.id),
            "order_line_id": str(self.sale_line_id.id or ""),
            "product_id": str(product.id),
            "sku": product.default_code or "",
            "name": product.display_name,
            "quantity": decimal(quantity),
            "unit": self.product_uom.name or "",
            "lots": self._retail_lots(),
        }

    def _retail_return_line(self, quantity):
        return ReturnLineV1(
            **self._retail_line(quantity),
            shipment_line_id=str(self.origin_returned_move_id.id or ""),
            is_refunded=self.to_refund,
        )

    def _retail_lots(self):
        quantities = defaultdict(float)
        for line in self.move_line_ids.sorted("id"):
            number = line.lot_id.name or line.lot_name
            if number:
                quantities[number] += line.product_uom_id._compute_quantity(line.quantity, self.product_uom)
        return tuple(LotV1(number=number, quantity=decimal(each)) for number, each in quantities.items())


class StockMoveLine(models.Model):
    _name = "stock.move.line"
    _inherit = ["stock.move.line", "retail.capture.part"]

    @api.model
    def _retail_shown_in(self):
        fields = frozenset({"lot_id", "lot_name", "move_id", "product_uom_id", "quantity"})
        shown = (Shown(event_type, fields, "picking_id") for event_type in (UPDATED, RETURN_UPDATED))
        return [*super()._retail_shown_in(), *shown]

    def _retail_showing(self, shown):
        """See the moves."""
        return super(StockMoveLine, self.filtered(lambda line: line.move_id.state == "done"))._retail_showing(
            shown
        )


class StockLot(models.Model):
    _name = "stock.lot"
    _inherit = ["stock.lot", "retail.capture.part"]

    @api.model
    def _retail_shown_in(self):
        shown = (
            Shown(event_type, frozenset({"name"}), "move_line_ids.lot_id", "stock.picking")
            for event_type in (UPDATED, RETURN_UPDATED)
        )
        return [*super()._retail_shown_in(), *shown]
