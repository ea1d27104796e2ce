"""Till orders: sales and refunds, and their canonical forms."""

from collections import Counter
from typing import Any, NamedTuple

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import float_compare

from ...schemas.invoice import LineTaxV1, RefundLineV1, RefundPaymentV1, RefundV2
from ...schemas.order import OrderLineV1, OrderPaymentV1, OrderV1
from .canonical_values import amount, decimal, order_references, sold_line, tax_rate, timestamp
from .capture import Transition, becomes

PAID = ("paid", "done")


class TaxedLine(NamedTuple):
    """A line and its share of the order's amounts (negative for returned goods).

    ``taxes`` are tuples of an ``account.tax``, its base and its amount. The line's columns are of no use: the sign of
    returned goods there depends on who made the refund.
    """

    line: Any
    untaxed: float
    taxes: tuple[tuple[Any, float, float], ...]

    @property
    def tax(self):
        return sum(tax_amount for _tax, _base, tax_amount in self.taxes)

    @property
    def total(self):
        return self.untaxed + self.tax


class PosOrder(models.Model):
    _name = "pos.order"
    _inherit = ["pos.order", "retail.capture"]

    _retail_number_field = "name"
    _retail_updated_event = "order.updated"
    _retail_whole_facts = ("order.placed",)
    _retail_transitions = (
        Transition("order.placed", "state", becomes(*PAID)),
        Transition("order.paid", "state", becomes(*PAID)),
        Transition("refund.issued", "state", becomes(*PAID)),
        # A payment at the till for a sales order changes the sales order.
        Transition("order.updated", "state", becomes(*PAID)),
    )
    _retail_causes = {
        "order.updated": (("", ("order.placed",)),),
        "order.paid": (("", ("order.placed",)),),
        "refund.issued": (("refunded_order_id", ("order.placed",)),),
    }

    @api.model
    def _retail_watched_fields(self):
        watched = {
            "amount_total",
            "config_id",
            "currency_rate",
            "date_order",
            "employee_id",
            "fiscal_position_id",
            "name",
            "partner_id",
            "pos_reference",
            "shipping_date",
            "user_id",
        }
        return frozenset(watched & self._fields.keys())

    @api.model
    def _retail_subject_domain(self):
        return Domain("state", "in", PAID)

    @api.model
    def _retail_history_domain(self, event_type):
        if event_type == "refund.issued":
            is_return = Domain("lines.refunded_orderline_id", "!=", False) | Domain("lines.qty", "<", 0)
            return self._retail_subject_domain() & is_return
        return self._retail_subject_domain() if event_type in ("order.placed", "order.updated") else None

    def _retail_with_state(self, event_type):
        """Leave out orders that are not paid yet, and refunds."""
        return self.filtered(lambda order: order.state in PAID and order._retail_is_sale())

    @api.model
    def _load_pos_data_read(self, records, config):
        """Skip the hub's computed fields: a till reads all fields with every sale, and never shows these."""
        return super()._load_pos_data_read(records.with_context(retail_till=True), config)

    def _retail_capture_state(self, event_type, company_id=None):
        """A change of what a till took for a sales order is a change of that sales order, too."""
        if self._retail_wants(event_type):
            # As the superuser: a cashier may have no rights on sales orders.
            paid = self.sudo().filtered(lambda order: order.state in PAID)
            paid._retail_settled_orders()._retail_capture_state(event_type)
        return super()._retail_capture_state(event_type, company_id)

    def _retail_capture_transition(self, transition, old, new):
        if transition.event_type == "order.updated":
            # As the superuser: a cashier may have no rights on sales orders.
            self.sudo()._retail_settled_orders()._retail_capture_state("order.updated")
            return
        super()._retail_capture_transition(transition, old, new)

    def _retail_with_fact(self, event_type):
        """Return the orders to which this fact applies. An exchange is both an order and a refund.

        An order that only settles a sales order is neither: it is part of that sales order's events.
        """
        if event_type == "refund.issued":
            return self.filtered(lambda order: order._retail_returned_lines())
        return self.filtered(lambda order: order._retail_is_sale())

    def _retail_occurred_at(self, event_type):
        """Return when the order was made: a till that was offline uploads its orders later."""
        return self.date_order

    def _retail_process(self):
        """Return the sales order that was settled at the till, if there is one."""
        return self._retail_settled_orders()[:1] or super()._retail_process()

    def _retail_cause(self, event_type):
        cause = super()._retail_cause(event_type)
        return cause or (self._retail_settled_cause() if event_type == "refund.issued" else None)

    def _retail_settled_orders(self):
        """Return the sales orders that were settled, paid in advance, or returned in part or whole."""
        return self.lines._retail_settled_orders()

    def _retail_settled_cause(self):
        """Return the id of the event that placed a settled order, None if there is none."""
        uuids = (order._retail_newest_event(["order.placed"]) for order in self._retail_settled_orders())
        return next(filter(None, uuids), None)

    def _retail_taken_for(self, sale_order):
        """Return the amount paid for a sales order, tax included; negative if it was refunded."""
        if self.state not in PAID:
            return 0.0
        taxed_lines = self._retail_taxed_lines()
        return sum(each.total for each in taxed_lines if each.line._retail_settled_orders() == sale_order)

    def _retail_present_parts(self, event_type):
        """The order belongs to the customer that it has now."""
        return {"customer_id": self.partner_id._retail_customer_id()}

    def _retail_canonical(self, event_type, details):
        return self._retail_refund() if event_type == "refund.issued" else self._retail_sale()

    def _retail_settled_lines(self):
        """Return the lines that settle a sales order, or pay in advance for it.

        A negative quantity deducts what was paid in advance.
        """
        return self.lines.filtered(
            lambda line: (
                not line.refunded_orderline_id
                and line._retail_settled_orders()
                and not line._retail_is_returned_sale()
            )
        )

    def _retail_returned_lines(self):
        lines = self.lines - self._retail_settled_lines()
        return lines.filtered(lambda line: line.qty < 0 or line.refunded_orderline_id)

    def _retail_sold_lines(self):
        return self.lines - self._retail_settled_lines() - self._retail_returned_lines()

    def _retail_is_sale(self):
        sold = self._retail_sold_lines()
        return sold == self.lines or any(line.qty for line in sold)

    def _retail_is_paid_as(self, event_type):
        """Return whether the payments belong to this fact: an exchange has two facts, but is paid once."""
        if self._retail_settled_lines() or not self._retail_returned_lines():
            return event_type == "order.placed"
        is_order = self._retail_is_sale() and self.currency_id.compare_amounts(self.amount_total, 0) >= 0
        return event_type == ("order.placed" if is_order else "refund.issued")

    def _retail_taxed_lines(self):
        """Return a :class:`TaxedLine` for each line, computed as Odoo does for the accounting entry of the session.

        Their sums are the amounts of the order, however its taxes are rounded.
        """
        taxes = self.env["account.tax"]
        base_lines = self.with_context(linked_to_pos=True)._prepare_tax_base_line_values()
        taxes._add_tax_details_in_base_lines(base_lines, self.company_id)
        taxes._round_base_lines_tax_details(base_lines, self.company_id)
        return [_taxed_line(base_line) for base_line in base_lines]

    def _retail_rounding(self, taxed_lines):
        """Return the amount that cash rounding added to the order."""
        if not self.config_id.cash_rounding:
            return 0.0
        return self.amount_paid - sum(each.total for each in taxed_lines)

    def _retail_payments(self, event_type):
        return self.payment_ids.sorted("id") if self._retail_is_paid_as(event_type) else self.payment_ids[:0]

    def _retail_cashier(self):
        """Return who sold: the employee, if the till has employees (module ``pos_hr``), else the user."""
        employee = "employee_id" in self._fields and self.employee_id
        return (employee or self.user_id).name or ""

    def _retail_sale(self):
        currency = self.currency_id
        taxed_lines = self._retail_taxed_lines()
        sold_lines, settled_lines = self._retail_sold_lines(), self._retail_settled_lines()
        sold = [each for each in taxed_lines if each.line in sold_lines]
        settled = sum(each.total for each in taxed_lines if each.line in settled_lines)
        untaxed, tax = sum(each.untaxed for each in sold), sum(each.tax for each in sold)
        is_paid = self._retail_is_paid_as("order.placed")
        return OrderV1(
            id=str(self.id),
            number=self._retail_number(),
            channel="pos",
            status="placed",
            customer_id=self.partner_id._retail_customer_id(),
            company=self.company_id.name,
            currency=currency.name,
            untaxed=amount(untaxed, currency),
            tax=amount(tax, currency),
            total=amount(untaxed + tax, currency),
            settled=amount(settled, currency),
            rounding=amount(self._retail_rounding(taxed_lines) if is_paid else 0.0, currency),
            placed_at=timestamp(self.date_order),
            salesperson=self._retail_cashier(),
            store=self.config_id.name,
            delivery_address=self.partner_id._retail_address() if self.shipping_date else None,
            lines=tuple(OrderLineV1(**each.line._retail_line(each)) for each in sold),
            payments=tuple(
                OrderPaymentV1(method=payment.payment_method_id.name, amount=amount(payment.amount, currency))
                for payment in self._retail_payments("order.placed")
            ),
            refunds_id=str(self.refunded_order_id.id or ""),
            external_ids={"receipt": self.pos_reference or "", "uuid": self.uuid},
        )

    def _retail_refund(self):
        currency = self.currency_id
        taxed_lines = self._retail_taxed_lines()
        returned = self._retail_returned_lines()
        taken_back = [each for each in taxed_lines if each.line in returned]
        untaxed, tax = -sum(each.untaxed for each in taken_back), -sum(each.tax for each in taken_back)
        is_paid = self._retail_is_paid_as("refund.issued")
        refunded = self.refunded_order_id
        return RefundV2(
            id=str(self.id),
            source="pos",
            number=self._retail_number(),
            issued_at=timestamp(self.date_order),
            customer_id=self.partner_id._retail_customer_id(),
            company=self.company_id.name,
            currency=currency.name,
            untaxed=amount(untaxed, currency),
            tax=amount(tax, currency),
            total=amount(untaxed + tax, currency),
            rounding=amount(-self._retail_rounding(taxed_lines) if is_paid else 0.0, currency),
            is_full=self._retail_is_full_refund(),
            invoice_id=str(refunded.account_move.id or ""),
            invoice_number=refunded.account_move.name or "",
            orders=order_references(returned._retail_settled_orders(), refunded),
            salesperson=self._retail_cashier(),
            store=self.config_id.name,
            lines=tuple(each.line._retail_returned_line(each) for each in taken_back),
            payments=tuple(
                RefundPaymentV1(
                    method=payment.payment_method_id.name, amount=amount(-payment.amount, currency)
                )
                for payment in self._retail_payments("refund.issued")
            ),
        )

    def _retail_is_full_refund(self):
        """Return whether this refund alone returns every line in full, whatever other refunds returned."""
        taken_back = Counter()
        for line in self._retail_returned_lines():
            taken_back[line.refunded_orderline_id] -= line.qty
        sold = self.refunded_order_id.lines - self.refunded_order_id._retail_returned_lines()
        return bool(sold) and all(
            float_compare(taken_back[line], line.qty, precision_digits=6) >= 0 for line in sold
        )

    def _retail_number(self):
        """Return the order's name, or the receipt number until it has a name."""
        return self.pos_reference if self.name == "/" and self.pos_reference else self.name


class PosPayment(models.Model):
    _name = "pos.payment"
    _inherit = ["pos.payment", "retail.capture"]

    _retail_subject_field = "pos_order_id"
    _retail_created_event = "order.updated"
    _retail_updated_event = "order.updated"

    @api.model
    def _retail_watched_fields(self):
        return frozenset({"amount", "payment_method_id"})


class PosOrderLine(models.Model):
    _name = "pos.order.line"
    _inherit = ["pos.order.line", "retail.capture"]

    _retail_subject_field = "order_id"
    _retail_created_event = "order.updated"
    _retail_updated_event = "order.updated"

    @api.model
    def _retail_watched_fields(self):
        watched = {
            "combo_parent_id",
            "discount",
            "extra_tax_data",
            "full_product_name",
            "is_reward_line",
            "price_unit",
            "product_id",
            "qty",
            "refunded_orderline_id",
            "sale_order_origin_id",
            "tax_ids",
        }
        return frozenset(watched & self._fields.keys())

    def _retail_settled_orders(self):
        """Return the sales orders that the lines settle, pay in advance or return (module ``pos_sale``)."""
        if "sale_order_origin_id" not in self._fields:
            return self.env["sale.order"]
        return (self | self.refunded_orderline_id).sale_order_origin_id

    def _retail_is_returned_sale(self):
        """Return whether the line takes back what a sales order sold that no till has settled."""
        if self.qty >= 0 or self.refunded_orderline_id or "sale_order_line_id" not in self._fields:
            return False
        sold = self.sale_order_line_id
        return bool(sold) and not sold.is_downpayment

    def _retail_kind(self):
        if self.is_reward_line:
            return "reward"
        advances = self.order_id.config_id._retail_down_payment_products()
        return "down_payment" if self.product_id in advances else "product"

    def _retail_line(self, taxed, sign=1):
        """Return the values of its canonical line.

        :param taxed: its :class:`TaxedLine`
        :param sign: -1 to give returned goods positive amounts
        """
        currency = self.currency_id
        return {
            "id": str(self.id),
            "parent_id": str(self.combo_parent_id.id or ""),
            "kind": self._retail_kind(),
            "product_id": str(self.product_id.id),
            "sku": self.product_id.default_code or "",
            "name": self.full_product_name or self.product_id.display_name,
            "quantity": decimal(sign * self.qty),
            "unit": self.product_uom_id.name or "",
            "unit_price": decimal(self.price_unit),
            "discount": decimal(self.discount),
            "untaxed": amount(sign * taxed.untaxed, currency),
            "tax": amount(sign * taxed.tax, currency),
            "total": amount(sign * taxed.total, currency),
        }

    def _retail_returned_line(self, taxed):
        return RefundLineV1(
            **self._retail_line(taxed, -1),
            sold_lines=self._retail_sold_references(),
            taxes=tuple(LineTaxV1(name=tax.name, rate=tax_rate(tax)) for tax, _base, _amount in taxed.taxes),
            order_line_ids=tuple(map(str, self.refunded_orderline_id.ids)),
        )

    def _retail_sold_references(self):
        """Return references to what the line takes back: of a till's order, or of the order that was settled there."""
        refunded = self.refunded_orderline_id
        settled = (
            (self | refunded).sale_order_line_id
            if "sale_order_line_id" in self._fields
            else self.env["sale.order.line"]
        )
        if len(settled) == 1:
            return (settled._retail_sold_line(-self.qty, self.product_uom_id),)
        if not refunded:
            return ()
        products = refunded.order_id._retail_sold_lines().filtered(
            lambda line: line._retail_kind() == "product" and line.qty > 0
        )
        return (sold_line(refunded, "pos", products, refunded.qty, -self.qty),)

    def _retail_discount(self, taxed):
        """Return the amount of the line's discount, tax included."""
        full = self.tax_ids_after_fiscal_position.compute_all(
            self.price_unit,
            self.currency_id,
            self.qty,
            product=self.product_id,
            partner=self.order_id.partner_id,
        )
        return full["total_included"] - taxed.total


class PosConfig(models.Model):
    _inherit = "pos.config"

    def _retail_down_payment_products(self):
        """Return the products that tills sell as down payments for sales orders (module ``pos_sale``)."""
        name = "down_payment_product_id"
        return self[name] if name in self._fields else self.env["product.product"]


def _taxed_line(base_line):
    sign, details = -base_line["sign"], base_line["tax_details"]
    return TaxedLine(
        base_line["record"],
        sign * (details["total_excluded_currency"] + details["delta_total_excluded_currency"]),
        tuple(
            (each["tax"], sign * each["base_amount_currency"], sign * each["tax_amount_currency"])
            for each in details["taxes_data"]
        ),
    )
