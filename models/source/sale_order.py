"""The sales order: which changes are events, and its canonical form."""

from odoo import api, models
from odoo.fields import Domain

from ...schemas.order import OrderLineV1, OrderV1
from .canonical_values import amount, decimal, line_values, sold_line, timestamp
from .capture import Transition, becomes


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "retail.capture"]

    _retail_number_field = "name"
    _retail_updated_event = "order.updated"
    _retail_whole_facts = ("order.placed",)
    _retail_transitions = (
        Transition("order.placed", "state", becomes("sale")),
        Transition("order.paid", "state", becomes("sale")),  # it may be paid before it is confirmed
        Transition("order.cancelled", "state", becomes("cancel", since=("sale",))),
    )
    _retail_causes = {
        # A quotation that is paid becomes an order by that.
        "order.placed": (("transaction_ids", ("payment.captured", "payment.authorized")),),
        "order.updated": (("", ("order.placed",)),),
        "order.paid": (("", ("order.placed",)),),
        "order.cancelled": (("", ("order.placed",)),),
    }

    def _retail_watched_fields(self):
        return frozenset(
            {
                "amount_tax",
                "amount_total",
                "amount_untaxed",
                "client_order_ref",
                "currency_id",
                "date_order",
                "name",
                "partner_id",
                "partner_shipping_id",
                "reference",
                "user_id",
            }
        )

    @api.model
    def _retail_subject_domain(self):
        """Orders, not quotations."""
        return Domain("state", "=", "sale")

    @api.model
    def _retail_history_domain(self, event_type):
        return self._retail_subject_domain() if event_type in ("order.placed", "order.updated") else None

    def _retail_with_state(self, event_type):
        """Leave out quotations."""
        return self.filtered(lambda order: order.state == "sale")

    def _retail_occurred_at(self, event_type):
        return self.date_order if event_type == "order.placed" else None

    def _retail_present_parts(self, event_type):
        """The order belongs to the customer that it has now."""
        return {"customer_id": self.partner_id._retail_customer_id()}

    def _retail_channel(self):
        return "web" if "website_id" in self._fields and self.website_id else "sales"

    def _retail_paid_at_till(self):
        """Return the amount that tills took for the order, less what they refunded (module ``pos_sale``)."""
        if "pos_order_line_ids" not in self._fields:
            return 0.0
        # As the superuser: salespeople may have no rights on the till's orders.
        lines = self.sudo().pos_order_line_ids
        till_orders = (lines | lines.refund_orderline_ids).order_id
        return sum(till_order._retail_taken_for(self) for till_order in till_orders)

    def _retail_canonical(self, event_type, details):
        currency = self.currency_id
        return OrderV1(
            id=str(self.id),
            number=self.name,
            channel=self._retail_channel(),
            status="cancelled" if self.state == "cancel" else "placed",
            customer_id=self.partner_id._retail_customer_id(),
            company=self.company_id.name,
            currency=currency.name,
            untaxed=amount(self.amount_untaxed, currency),
            tax=amount(self.amount_tax, currency),
            total=amount(self.amount_total, currency),
            paid_at_till=amount(self._retail_paid_at_till(), currency),
            placed_at=timestamp(self.date_order),
            customer_reference=self.client_order_ref or "",
            salesperson=self.user_id.name or "",
            delivery_address=self.partner_shipping_id._retail_address(),
            lines=tuple(line._retail_line() for line in self.order_line if not line.display_type),
            external_ids={"reference": self.reference} if self.reference else {},
        )


class SaleOrderLine(models.Model):
    _name = "sale.order.line"
    _inherit = ["sale.order.line", "retail.capture"]

    _retail_subject_field = "order_id"
    _retail_created_event = "order.updated"
    _retail_updated_event = "order.updated"

    def _retail_watched_fields(self):
        watched = {
            "combo_item_id",
            "discount",
            "is_delivery",
            "is_downpayment",
            "name",
            "price_subtotal",
            "price_total",
            "price_unit",
            "product_id",
            "product_uom_id",
            "product_uom_qty",
            "reward_id",
            "sequence",
        }
        return frozenset(watched & self._fields.keys())

    def _retail_line(self):
        return OrderLineV1(
            id=str(self.id),
            # Optional products are linked to a line as well.
            parent_id=str(self.linked_line_id.id or "") if self.combo_item_id else "",
            kind=self._retail_kind(),
            name=self.name or self.product_id.display_name,
            quantity=decimal(self.product_uom_qty),
            **line_values(self, self.currency_id),
        )

    def _retail_sold_line(self, quantity, unit):
        """Return the reference to this line, of which goods come back.

        :param unit: of the quantity (``uom.uom``)
        """
        products = self.order_id.order_line.filtered(
            lambda line: (
                not line.display_type and line._retail_kind() == "product" and line.product_uom_qty > 0
            )
        )
        own = self.product_uom_id
        quantity = unit._compute_quantity(quantity, own, round=False) if unit != own else quantity
        return sold_line(self, self.order_id._retail_channel(), products, self.product_uom_qty, quantity)

    def _retail_kind(self):
        if self.is_downpayment:
            return "down_payment"
        if self.is_reward_line:
            return "reward"
        return "delivery" if "is_delivery" in self._fields and self.is_delivery else "product"
