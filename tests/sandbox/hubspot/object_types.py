"""The object types of a new account, as data: properties, requirements, pipelines.

Sources of the names and rules: README.md. A new type is a function here and a line in ``OBJECT_TYPES``, and the
types of its associations in association_types.py.
"""

from . import commerce, pipelines
from .catalog import Property, Schema

LIFECYCLE = (
    "subscriber",
    "lead",
    "marketingqualifiedlead",
    "salesqualifiedlead",
    "opportunity",
    "customer",
    "evangelist",
    "other",
)
LANGUAGES = """
af ar ar-eg bg bn ca ca-es cs cs-cz da da-dk de de-at de-ch de-de de-li de-lu el el-gr en en-au
en-be en-ca en-gb en-ie en-in en-nz en-sg en-us en-za es es-ar es-cl es-co es-es es-mx es-us et
et-ee fi fi-fi fr fr-be fr-ca fr-ch fr-fr fr-lu he he-il hi hi-in hr hr-hr hu hu-hu id id-id is it
it-ch it-it ja ja-jp ko ko-kr lb lt lt-lt lv lv-lv ms ms-my nb nl nl-be nl-nl no no-no pl pl-pl pt
pt-br pt-pt ro ro-ro ru ru-ru sk sk-sk sl sl-si sr sv sv-fi sv-se th th-th tl tr tr-tr uk uk-ua vi
vi-vn zh zh-cn zh-hk zh-tw
"""


def texts(names):
    return [Property(name) for name in names.split()]


def numbers(names, **more):
    return [Property(name, "number", "number", **more) for name in names.split()]


def times(names):
    return [Property(name, "datetime", "date") for name in names.split()]


def flags(names, **more):
    return [Property(name, "bool", "booleancheckbox", ("true", "false"), **more) for name in names.split()]


def choice(name, options="", field="select", **more):
    return Property(name, "enumeration", field, options.split(), **more)


def contacts():
    texts_read_only = "hs_additional_emails hs_email_domain"
    return Schema(
        "Contact",
        "0-1",
        names=("contact",),
        modified="lastmodifieddate",
        builtin_unique=("email",),
        create_needs=("email", "firstname", "lastname"),
        shown=("email", "firstname", "lastname"),
        mergeable=True,
        gdpr=True,
        properties=[
            Property("email"),
            *texts(
                "firstname lastname phone mobilephone company address city state zip country website jobtitle"
            ),
            *(Property(name, read_only=True) for name in texts_read_only.split()),
            *flags("hs_email_optout", read_only=True),
            Property("hs_language", "enumeration", "select", LANGUAGES.split()),
            Property("lifecyclestage", "enumeration", "radio", LIFECYCLE),
            choice("hs_lead_status", "NEW OPEN IN_PROGRESS UNQUALIFIED", "radio"),
        ],
    )


def companies():
    return Schema(
        "Company",
        "0-2",
        names=("company",),
        create_needs=("name", "domain"),
        shown=("domain", "name"),
        mergeable=True,
        properties=[
            *texts("name domain phone address address2 city state zip country website description"),
            *numbers("annualrevenue numberofemployees"),
            Property("lifecyclestage", "enumeration", "radio", LIFECYCLE),
            choice("type", "PROSPECT PARTNER RESELLER VENDOR OTHER", "radio"),
        ],
    )


def deals():
    return Schema(
        "Deal",
        "0-3",
        names=("deal",),
        shown=("amount", "closedate", "dealname", "dealstage", "pipeline"),
        mergeable=True,
        pipeline=("pipeline", "dealstage"),
        currency="deal_currency_code",
        checks=(commerce.default_currency, pipelines.default_pipeline, pipelines.check),
        derive=commerce.closed_deal,
        properties=[
            *texts("dealname description hs_next_step closed_lost_reason closed_won_reason"),
            *numbers("amount hs_tcv hs_acv hs_arr hs_mrr"),
            *times("closedate"),
            *(choice(name) for name in ("pipeline", "dealstage", "deal_currency_code")),
            choice("dealtype", "newbusiness existingbusiness", "radio"),
            choice("hs_priority", "low medium high"),
            *flags("hs_is_closed hs_is_closed_won", read_only=True, calculated=True),
            *numbers("amount_in_home_currency days_to_close hs_exchange_rate", read_only=True),
        ],
    )


def orders():
    return Schema(
        "Order",
        "0-123",
        names=("order",),
        created="hs_createdate",
        pipeline=("hs_pipeline", "hs_pipeline_stage"),
        currency="hs_currency_code",
        checks=(pipelines.check,),
        properties=[
            *texts("hs_order_name hs_order_note hs_source_store hs_tags hs_cancellation_reason"),
            *texts("hs_external_order_id hs_external_order_status hs_external_order_url"),
            *texts("hs_fulfillment_status hs_payment_status hs_payment_processing_method"),
            *texts("hs_shipping_status_url hs_shipping_tracking_number hs_customer_email hs_customer_phone"),
            *texts("hs_billing_address_name hs_billing_address_email hs_billing_address_phone"),
            *texts("hs_billing_address_street hs_billing_address_city hs_billing_address_state"),
            *texts("hs_billing_address_postal_code hs_billing_address_country"),
            *texts("hs_shipping_address_name hs_shipping_address_email hs_shipping_address_phone"),
            *texts("hs_shipping_address_street hs_shipping_address_city hs_shipping_address_state"),
            *texts("hs_shipping_address_postal_code hs_shipping_address_country"),
            *numbers("hs_subtotal_price hs_order_discount hs_tax hs_shipping_cost hs_total_price"),
            *numbers("hs_refund_amount"),
            *times("hs_external_created_date hs_external_modified_date hs_processed_date hs_closed_date"),
            *(choice(name) for name in ("hs_pipeline", "hs_pipeline_stage", "hs_currency_code")),
            *numbers("hs_exchange_rate", read_only=True),
        ],
    )


def products():
    return Schema(
        "Product",
        "0-7",
        names=("product",),
        shown=("description", "name", "price"),
        checks=(commerce.price_is_not_negative,),
        properties=[
            *texts("name description hs_sku hs_url hs_images hs_recurring_billing_period"),
            *numbers("price hs_cost_of_goods_sold"),
            choice("hs_product_type", "inventory non_inventory service"),
        ],
    )


def line_items():
    return Schema(
        "Line item",
        "0-8",
        names=("line_item",),
        currency="hs_line_item_currency_code",
        checks=(
            commerce.copy_from_product,
            commerce.price_is_not_negative,
            commerce.discount_is_at_most_100_percent,
        ),
        derive=commerce.line_item_amounts,
        properties=[
            *texts("name description hs_sku hs_product_id hs_url hs_images hs_tax_rate_group_id"),
            *numbers("quantity price discount hs_discount_percentage hs_cost_of_goods_sold"),
            *numbers("hs_position_on_quote"),
            choice("hs_line_item_currency_code"),
            *numbers("amount hs_pre_discount_amount hs_total_discount", read_only=True, calculated=True),
        ],
    )


def invoices():
    return Schema(
        "Invoice",
        "0-53",
        names=("invoice",),
        created="hs_createdate",
        currency="hs_currency",
        checks=(commerce.invoice_has_currency, commerce.new_invoice, commerce.invoice_status),
        may_archive=commerce.may_archive,
        properties=[
            *texts("hs_title hs_number hs_comments hs_purchase_order_number hs_tax_id hs_locale hs_language"),
            *texts("hs_external_invoice_id hs_recipient_shipping_address hs_recipient_shipping_address2"),
            *texts("hs_recipient_shipping_city hs_recipient_shipping_state hs_recipient_shipping_zip"),
            *texts("hs_recipient_shipping_country hs_recipient_company_address hs_recipient_company_city"),
            *texts("hs_recipient_company_zip hs_recipient_company_country"),
            *numbers("hs_amount_billed"),
            *times("hs_invoice_date hs_due_date hs_payment_date hs_external_createdate"),
            choice("hs_currency"),
            choice("hs_invoice_status", "draft open paid voided"),
            choice("hs_invoice_payment_collection_method", "manual none"),
            *flags("hs_invoice_billable hs_allow_partial_payments"),
            *(Property(name, read_only=True) for name in ("hs_invoice_link", "hs_pdf_download_link")),
            *numbers("hs_balance_due hs_amount_paid", read_only=True),
        ],
    )


OBJECT_TYPES = {
    "contacts": contacts,
    "companies": companies,
    "deals": deals,
    "orders": orders,
    "products": products,
    "line_items": line_items,
    "invoices": invoices,
}
