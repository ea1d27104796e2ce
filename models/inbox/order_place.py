"""``order.place``: capture an order with the channel's own amounts, confirm it, and reserve its stock."""

from odoo import models
from odoo.tools import plaintext2html

from ...core.problem import Problem
from ..source.canonical_values import decimal
from .availability import ROUNDING
from .closed_period import check_open
from .command import Applied
from .moments import as_datetime

# Not that of the customer's later orders, as an address for deliveries or invoices would be: it may be a friend's.
ORDER_ADDRESS = "other"
ADDRESS_FIELDS = {"invoice_address": "partner_invoice_id", "delivery_address": "partner_shipping_id"}


class OrderPlace(models.AbstractModel):
    _name = "retail.command.order.place"
    _description = "Retail Hub: Capture an Order"
    _inherit = ["retail.command.mapped"]

    def _lock_keys(self, command, sender):
        customer = self.env["retail.received.customer"]._lock_keys(sender, command.customer)
        return (
            f"{sender.connector.id}/order/{command.external_id}",
            *customer,
            *self._stock_keys(command, sender),
        )

    def _stock_keys(self, command, sender):
        """Return a text for each product whose stock the order takes; none if it is refused anyhow."""
        try:
            demand = self._demand(self.env["retail.order.references"]._resolve(command, sender))
        except Problem:
            return ()
        if sender.client.allocation == "all_or_nothing" and self._shortages(demand, sender):
            return ()
        return tuple(f"stock/{product_id}" for product_id in sorted({each.product_id for each in demand}))

    def _apply(self, command, sender):
        orders = self.env["retail.captured.order"]
        known = orders._known(sender.connector, command.external_id)
        if known:
            return Applied(orders._result(known, command.external_id, "unchanged"), known)
        lines = self.env["retail.order.references"]._resolve(command, sender)
        check_open(self.env.company, command.placed_at, "/placed_at")
        shortages = self._check_stock(lines, sender)
        customer, warnings = self._customer(command, sender)
        addresses = [getattr(command, name) for name in ADDRESS_FIELDS]
        warnings += self.env["retail.received.customer"]._region_warnings(*addresses)
        order = self._create(command, sender, customer, lines)
        self.env["retail.order.amounts"]._match_total(order, lines, command, sender)
        warnings += self.env["retail.order.amounts"]._tax_warnings(command, order.currency_id)
        self._confirm(order)
        if sender.client.safety_stock:
            self._leave_safety_stock(order, shortages)
        self._check_reserved(order, lines, sender)
        self._hold_shipping(order, command)
        self.env["retail.received.customer"]._link(sender, order, command.external_id)
        result = orders._result(order, command.external_id, "created", warnings)
        return Applied(result, order, True)

    # -- stock -------------------------------------------------------------------------------------

    def _demand(self, lines):
        return self.env["retail.availability"]._demand(
            [(each.product, float(each.line.quantity), each.warehouse) for each in lines]
        )

    def _shortages(self, demand, sender):
        """Return ``{Demand: quantity that is free}`` of what is not there, or would touch the safety stock."""
        free = self.env["retail.availability"]._free(
            {each.product_id for each in demand}, {each.warehouse_id for each in demand}
        )
        found = {}
        for each in demand:
            left = max(free.get((each.product_id, each.warehouse_id), 0.0) - sender.client.safety_stock, 0.0)
            if left < each.quantity - ROUNDING:
                found[each] = left
        return found

    def _check_stock(self, lines, sender):
        """Check that the client's policy allows what can be reserved, and lock it; return the shortages.

        :raise Problem: ``out-of-stock``
        """
        demand = self._demand(lines)
        shortages = self._shortages(demand, sender)
        policy = sender.client.allocation or "all_or_nothing"
        is_refused = policy == "all_or_nothing" and shortages
        if policy == "partial" and demand:
            is_refused = not any(shortages.get(each, 1.0) > 0 for each in demand)
        if is_refused:
            raise self._out_of_stock(lines, shortages, sender)
        self.env["retail.availability"]._lock(demand)
        return shortages

    def _out_of_stock(self, lines, shortages, sender):
        numbers = sorted({number for demand in shortages for number in demand.lines})
        short = [lines[number] for number in numbers]
        products = self.env["product.product"].union(*(each.product for each in short))
        warehouses = self.env["stock.warehouse"].union(*(each.warehouse for each in short))
        promised = self.env["retail.availability"]._promised(products, warehouses, sender.client.safety_stock)
        errors = [
            {
                "pointer": f"/lines/{number}",
                "detail": "There is not enough in stock.",
                "available": decimal(promised[line.product, line.warehouse]),
            }
            for number, line in zip(numbers, short, strict=True)
        ]
        return Problem("out-of-stock", "There is not enough in stock. Nothing was reserved.", errors=errors)

    def _hold_shipping(self, order, command):
        """Keep an order from being shipped, if it is held or may be a fraud."""
        if command.hold_minutes:
            order._retail_start_hold(command.hold_minutes)
        if command.risk:
            order._retail_open_review(command.risk.reason)

    # -- customer ----------------------------------------------------------------------------------

    def _customer(self, command, sender):
        """Return (the customer, warnings)."""
        received, wanted = self.env["retail.received.customer"], command.customer
        values, warnings = received._values(wanted)
        if not wanted.external_id:
            customer = received._guest(sender.connector, wanted)
            return customer or self._new_customer(command, values), warnings
        customer = received._known(sender.connector, wanted.external_id, "/customer/external_id")
        if customer:
            return customer, []
        customer = received._unlinked(sender.connector, wanted) or self._new_customer(command, values)
        received._link(sender, customer, wanted.external_id)
        return customer, warnings

    def _new_customer(self, command, values):
        """Create the customer, who lives where the invoice goes."""
        received = self.env["retail.received.customer"]
        values["name"] = values.get("name") or values.get("company_name")
        for name in ADDRESS_FIELDS:
            address = getattr(command, name)
            if address:
                values = {**values, **received._address_values(address, f"/{name}")}
                break
        customer = received._create(
            received._as_kept(values, received._customers(), "/customer"), "/customer"
        )
        received._set_consent(customer, command.customer.consent)
        return customer

    # -- the order ---------------------------------------------------------------------------------

    def _create(self, command, sender, customer, lines):
        amounts = self.env["retail.order.amounts"]
        currency, pricelist = amounts._currency(command)
        home = self._home(lines)
        values = {
            "partner_id": customer.id,
            "pricelist_id": pricelist.id,
            "client_order_ref": command.number or command.external_id,
            "origin": sender.connector.name,
            "user_id": False,
            "team_id": sender.client.team_id.id,
            "warehouse_id": home.id,
            **amounts._fiscal_position(lines),
            "commitment_date": as_datetime(command.promised_at),
            "note": command.note and plaintext2html(command.note),
            "retail_connector_id": sender.connector.id,
            "retail_placed_at": as_datetime(command.placed_at),
            "retail_channel_total": float(command.total),
            **amounts._shop_values(command),
            "order_line": [
                (0, 0, self._line_values(resolved, command, currency, number, home))
                for number, resolved in enumerate(lines, 1)
            ],
            **self._addresses(command, customer),
        }
        orders = self.env["sale.order"].with_context(tracking_disable=True)
        return orders.create({name: value for name, value in values.items() if value is not None})

    def _addresses(self, command, customer):
        """Return the values of the order's addresses; what is bought is delivered to where the invoice goes.

        If none is given, Odoo takes those of the customer.
        """
        received, found = self.env["retail.received.customer"], {}
        for name, field in ADDRESS_FIELDS.items():
            address = getattr(command, name)
            if address:
                found[field] = received._address(customer, address, ORDER_ADDRESS, f"/{name}")[0].id
        if "partner_invoice_id" in found:
            found.setdefault("partner_shipping_id", found["partner_invoice_id"])
        return found

    def _home(self, lines):
        """Return the warehouse of the order: of the goods whose lines name none, else of the first goods."""
        goods = [each for each in lines if each.line.kind == "product"] or lines
        return next((each for each in goods if not each.line.warehouse), goods[0]).warehouse

    def _line_values(self, resolved, command, currency, number, home):
        line = resolved.line
        values = {
            "sequence": number,
            "product_id": resolved.product.id,
            "product_uom_qty": float(line.quantity),
            "retail_line_code": line.id,
            "retail_line_kind": line.kind,
            **self.env["retail.order.amounts"]._line_values(resolved, command, currency),
        }
        if line.name:
            values["name"] = line.name
        if line.kind == "product" and resolved.warehouse != home:
            # As the superuser: routes are those of the warehouse that the line names.
            values["route_ids"] = [(6, 0, resolved.warehouse.sudo().delivery_route_id.ids)]
        return values

    def _confirm(self, order):
        order.action_confirm()
        self._reserve(order)

    def _reserve(self, order):
        """Reserve stock where Odoo does not do so by itself."""
        # As the superuser: stock is reserved on behalf of whoever orders.
        waiting = order.sudo().picking_ids.filtered(
            lambda picking: picking.picking_type_id.reservation_method != "at_confirm"
        )
        if waiting:
            waiting.action_assign()

    def _leave_safety_stock(self, order, shortages):
        """Reserve no more than can be promised: Odoo has reserved all that is there."""
        # As the superuser: stock is reserved on behalf of whoever orders.
        moves = order.sudo().picking_ids.move_ids.filtered(lambda move: not move.move_orig_ids)
        moves = moves.filtered(lambda move: move.state not in ("done", "cancel"))
        for demand, left in shortages.items():
            same = moves.filtered(
                lambda move, demand=demand: (
                    (move.product_id.id, move.picking_type_id.warehouse_id.id)
                    == (demand.product_id, demand.warehouse_id)
                )
            )
            if sum(same.mapped("quantity")) <= left + ROUNDING:
                continue
            same._do_unreserve()
            for move in same:
                part = min(left, move.product_uom_qty)
                if part > ROUNDING:
                    move._action_assign(force_qty=part)
                    left -= part

    def _check_reserved(self, order, lines, sender):
        """Check that all is reserved if the client wants that: a route or rule of Odoo may have kept it from being.

        :raise Problem: ``out-of-stock``
        """
        if sender.client.allocation != "all_or_nothing":
            return
        result = self.env["retail.captured.order"]._result(order, "", "created")
        if any(float(line.backordered) > ROUNDING for line in result.lines):
            raise self._out_of_stock(lines, self._demand(lines), sender)
