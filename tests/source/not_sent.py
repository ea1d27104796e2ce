"""What an event contains but no event reports when it changes, and why. The documentation prints this list."""

from typing import NamedTuple

DOCUMENTS = ("order.updated", "invoice.updated", "shipment.updated")
ADDRESS = ("city", "country_id", "name", "state_id", "street", "street2", "type", "zip")

KEPT = "A document keeps what it said when it was sent."
FIXED = "It does not change once it is in use."
SETTING = "Odoo uses it to compute values. The event contains the values, not the setting."
SHOWN = "It changes only together with another field, whose change is an event."
OWN_EVENT = "It has an event of its own."


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
    NotSent(("sale.order", "sale.order.line"), ("company_id", "currency_id", "display_type"), FIXED),
    NotSent(("sale.order.line",), ("retail_line_kind",), FIXED),
    NotSent(("account.move",), ("company_id", "move_type", "pos_order_ids"), FIXED),
    NotSent(("account.move.line",), ("currency_id", "display_type"), FIXED),
    NotSent(("account.move",), ("date", "journal_id", "origin_payment_id"), FIXED),
    NotSent(("account.partial.reconcile",), ("credit_move_id", "debit_move_id"), FIXED),
    NotSent(("account.move.line",), ("matched_credit_ids",), SHOWN),
    NotSent(("product.product",), ("product_template_attribute_value_ids", "product_tmpl_id"), FIXED),
    NotSent(("product.attribute",), ("create_variant",), FIXED),
    NotSent(("product.template.attribute.value",), ("attribute_id", "product_attribute_value_id"), FIXED),
    NotSent(("sale.order",), ("name",), KEPT, ("invoice.updated", "shipment.updated")),
    NotSent(("sale.order.line",), ("is_downpayment", "reward_id"), KEPT, ("invoice.updated",)),
    NotSent(("uom.uom",), ("name",), KEPT, DOCUMENTS),
    NotSent(("res.company", "stock.warehouse"), ("code", "name"), KEPT, DOCUMENTS),
    NotSent(("res.partner",), ADDRESS, KEPT, DOCUMENTS),
    NotSent(("product.product",), ("default_code",), KEPT, DOCUMENTS),
    NotSent(("res.users",), ("name", "partner_id"), KEPT),
    NotSent(("pos.config", "pos.payment.method"), ("name",), KEPT),
    NotSent(("pos.order",), ("company_id", "uuid"), FIXED),
    NotSent(("pos.order.line",), ("refund_orderline_ids",), OWN_EVENT, DOCUMENTS),
    NotSent(
        ("stock.picking",),
        (
            "backorder_id",
            "company_id",
            "location_dest_id",
            "location_id",
            "picking_type_id",
            "pos_order_id",
            "sale_id",
        ),
        FIXED,
    ),
    NotSent(
        ("stock.location", "stock.picking.type", "stock.warehouse"),
        ("pos_type_id", "usage", "warehouse_id"),
        FIXED,
    ),
    NotSent(
        ("stock.move",),
        ("location_dest_id", "location_final_id"),
        FIXED,
        ("shipment.updated",),
    ),
    NotSent(("stock.move",), ("picking_id", "state"), SHOWN, ("shipment.updated",)),
    NotSent(("stock.move", "stock.move.line"), ("move_id", "move_line_ids"), SHOWN, ("shipment.updated",)),
    NotSent(
        ("stock.picking", "sale.order"),
        ("backorder_ids", "move_ids", "picking_ids"),
        OWN_EVENT,
        ("shipment.updated",),
    ),
    NotSent(("sale.order",), ("state",), OWN_EVENT, ("shipment.updated",)),
    NotSent(("sale.order",), ("partner_id",), KEPT, ("shipment.updated",)),
    NotSent(("product.template",), ("categ_id", "description_sale", "name", "uom_id"), KEPT, DOCUMENTS),
    NotSent(("res.partner",), ("commercial_partner_id", "lang"), KEPT, DOCUMENTS),
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
    NotSent(("pos.config",), ("cash_rounding", "currency_id"), SETTING),
    NotSent(
        ("product.category", "product.template"),
        (
            "property_account_expense_categ_id",
            "property_account_expense_id",
            "property_account_income_categ_id",
            "property_account_income_id",
            "property_stock_valuation_account_id",
        ),
        SETTING,
    ),
    NotSent(
        ("res.company",),
        (
            "active",
            "currency_exchange_journal_id",
            "currency_id",
            "parent_path",
            "tax_calculation_rounding_method",
        ),
        SETTING,
    ),
    NotSent(("res.users",), ("company_id",), SETTING),
)
