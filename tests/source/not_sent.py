"""What an event contains but no event reports when it changes, and why. The documentation prints this list."""

from typing import NamedTuple

TRANSFERS = ("shipment.updated", "return.updated")
DOCUMENTS = ("order.updated", "invoice.updated", *TRANSFERS)
PAYMENTS = ("payment.authorized", "payment.captured", "payment.failed", "payment.refunded")
POINTS = (
    "loyalty.enrolled",
    "loyalty.earned",
    "loyalty.redeemed",
    "loyalty.adjusted",
    "loyalty.expired",
    "loyalty.reversed",
)
ADDRESS = ("city", "country_id", "name", "state_id", "street", "street2", "type", "zip")

KEPT = "A document keeps what it said when it was sent."
FIXED = "It does not change once it is in use."
SETTING = "Odoo uses it to compute values. The event contains the values, not the setting."
SHOWN = "It changes only together with another field, whose change is an event."
OWN_EVENT = "It has an event of its own."
OTHERS = "Of the other transfers of the order, it does not change once it is in use."
HAPPENED = "A fact says what was so when it happened. It is not sent again."
ISSUED = "It says what was so when it was issued. To change a credit note, Odoo resets it to draft, which is an event."
PLANNED = "It says what was planned. What arrives has events of its own."


class NotSent(NamedTuple):
    """Fields of Odoo models whose changes cause no event of these types.

    :param event_types: empty for all
    :param fields: empty for all
    """

    models: tuple[str, ...]
    fields: tuple[str, ...]
    reason: str
    event_types: tuple[str, ...] = ()

    def covers(self, event_type, model, field):
        return (
            model in self.models
            and (not self.fields or field in self.fields)
            and (not self.event_types or event_type in self.event_types)
        )


NOT_SENT = (
    NotSent(("res.partner",), ("email_normalized",), SHOWN),
    NotSent(("res.country", "res.country.state"), ("code",), FIXED),
    NotSent(("res.currency",), (), FIXED),
    NotSent(("sale.order", "sale.order.line"), ("company_id", "display_type"), FIXED),
    NotSent(("sale.order.line",), ("currency_id",), FIXED),
    NotSent(("sale.order.line",), ("retail_line_kind",), FIXED),
    NotSent(("account.move",), ("company_id",), FIXED, ("invoice.updated",)),
    NotSent(("account.move",), ("move_type", "pos_order_ids"), FIXED),
    NotSent(("account.move",), ("pos_payment_ids", "statement_line_id"), FIXED, ("invoice.updated",)),
    NotSent(("account.move.line",), ("currency_id", "display_type"), FIXED),
    NotSent(("account.move",), ("date", "journal_id", "origin_payment_id"), FIXED),
    NotSent(("account.partial.reconcile",), ("credit_move_id", "debit_move_id"), FIXED),
    NotSent(("account.move.line",), ("matched_credit_ids",), SHOWN),
    NotSent(("product.product",), ("product_template_attribute_value_ids",), FIXED),
    NotSent(
        ("product.product",),
        ("product_tmpl_id",),
        FIXED,
        ("order.updated", *TRANSFERS, "price.changed", "stock.level_changed"),
    ),
    NotSent(("product.attribute",), ("create_variant",), FIXED),
    NotSent(("product.template.attribute.value",), ("attribute_id", "product_attribute_value_id"), FIXED),
    NotSent(("sale.order",), ("name",), KEPT, ("invoice.updated", *TRANSFERS)),
    NotSent(("sale.order.line",), ("is_downpayment", "reward_id"), KEPT, ("invoice.updated",)),
    NotSent(("uom.uom",), ("name",), KEPT, DOCUMENTS),
    NotSent(("res.company", "stock.warehouse"), ("code", "name"), KEPT, DOCUMENTS),
    NotSent(("res.partner",), ADDRESS, KEPT, DOCUMENTS),
    NotSent(("product.product",), ("default_code",), KEPT, DOCUMENTS),
    NotSent(("res.users",), ("partner_id",), KEPT),
    NotSent(("delivery.carrier", "hr.employee", "pos.config", "pos.payment.method"), ("name",), KEPT),
    NotSent(("sale.order",), ("website_id",), FIXED),
    NotSent(("pos.order",), ("state",), SHOWN, ("order.updated",)),
    NotSent(("pos.order",), ("company_id", "uuid"), FIXED),
    NotSent(("pos.order",), ("name",), KEPT, ("invoice.updated",)),
    NotSent(
        ("pos.order", "pos.order.line", "pos.payment"),
        ("account_move", "account_move_id", "config_id", "lines", "refunded_orderline_id"),
        FIXED,
        ("invoice.updated",),
    ),
    NotSent(("pos.order.line",), ("refund_orderline_ids",), OWN_EVENT, ("order.updated",)),
    NotSent(
        ("stock.picking",),
        (
            "company_id",
            "location_dest_id",
            "location_id",
            "picking_type_id",
            "pos_order_id",
        ),
        FIXED,
    ),
    NotSent(("stock.location", "stock.warehouse"), ("pos_type_id", "usage"), FIXED),
    NotSent(("stock.picking.type",), ("warehouse_id",), FIXED),
    NotSent(
        ("stock.move",),
        ("location_dest_id", "location_final_id", "origin_returned_move_id"),
        FIXED,
        TRANSFERS,
    ),
    NotSent(("stock.move",), ("picking_id",), SHOWN, TRANSFERS),
    NotSent(("stock.move",), ("state",), SHOWN, ("shipment.updated",)),
    NotSent(("stock.picking",), ("backorder_id", "sale_id"), OTHERS, ("shipment.updated",)),
    NotSent(
        ("stock.picking", "sale.order"),
        ("backorder_ids", "move_ids", "picking_ids"),
        OWN_EVENT,
        ("shipment.updated",),
    ),
    NotSent(("sale.order",), ("partner_id",), KEPT, TRANSFERS),
    NotSent(("stock.picking",), ("name",), KEPT, ("return.updated",)),
    NotSent(
        ("product.template",),
        ("categ_id", "description_sale", "name", "uom_id"),
        KEPT,
        ("order.updated", *TRANSFERS),
    ),
    NotSent(("res.partner",), ("commercial_partner_id", "lang"), KEPT, ("order.updated",)),
    NotSent(("account.account", "account.tax.repartition.line"), (), SETTING),
    NotSent(("account.move.line",), ("account_id",), SETTING),
    NotSent(("account.tax",), ("amount", "amount_type", "name"), KEPT),
    NotSent(
        ("account.tax",),
        (
            "active",
            "include_base_amount",
            "invoice_repartition_line_ids",
            "is_base_affected",
            "price_include_override",
        ),
        SETTING,
    ),
    NotSent(("account.tax",), ("company_id",), SETTING),
    NotSent(("product.template",), ("company_id",), SETTING, ("order.updated",)),
    NotSent(("pos.config",), ("cash_rounding", "currency_id", "down_payment_product_id"), SETTING),
    NotSent(
        ("product.category", "product.template"),
        (
            "property_account_expense_categ_id",
            "property_account_expense_id",
            "property_account_income_categ_id",
            "property_account_income_id",
            "property_stock_account_production_cost_id",
            "property_stock_valuation_account_id",
        ),
        SETTING,
    ),
    NotSent(
        ("res.company",),
        (
            "account_price_include",
            "active",
            "currency_exchange_journal_id",
            "currency_id",
            "expense_account_id",
            "income_account_id",
            "inventory_valuation",
            "parent_path",
            "tax_calculation_rounding_method",
        ),
        SETTING,
    ),
    NotSent(
        (
            "account.journal",
            "account.partial.reconcile",
            "account.payment",
            "account.payment.method.line",
            "res.company",
            "res.partner",
            "sale.order",
        ),
        (),
        HAPPENED,
        ("invoice.paid",),
    ),
    NotSent(("account.move",), ("name",), HAPPENED, ("invoice.paid",)),
    NotSent(
        (
            "payment.method",
            "payment.provider",
            "payment.transaction",
            "res.company",
            "res.partner",
            "sale.order",
        ),
        (),
        HAPPENED,
        PAYMENTS,
    ),
    NotSent(("loyalty.card", "loyalty.program", "res.partner", "sale.order"), (), HAPPENED, POINTS),
    NotSent(
        (
            "account.move",
            "account.move.line",
            "pos.order",
            "pos.order.line",
            "pos.payment",
            "product.product",
            "product.template",
            "res.company",
            "res.partner",
            "sale.order",
            "sale.order.line",
            "uom.uom",
        ),
        (),
        ISSUED,
        ("refund.issued", "refund.cancelled"),
    ),
    NotSent(
        (
            "account.journal",
            "account.move",
            "pos.config",
            "pos.order",
            "pos.order.line",
            "pos.payment",
            "pos.payment.method",
            "pos.session",
            "product.product",
            "product.template",
            "res.company",
            "res.partner",
        ),
        (),
        HAPPENED,
        ("settlement.closed",),
    ),
    NotSent(
        (
            "product.product",
            "product.template",
            "res.company",
            "res.partner",
            "sale.order",
            "stock.lot",
            "stock.move",
            "stock.move.line",
            "stock.picking",
            "stock.warehouse",
            "uom.uom",
        ),
        (),
        PLANNED,
        ("return.initiated",),
    ),
)
