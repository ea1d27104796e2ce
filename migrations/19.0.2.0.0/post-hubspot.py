"""Default lines of the HubSpot mapping that sent wrong values are corrected, unless somebody has changed them."""

import json

# Key of the default, and its values before and now.
CHANGES = (
    (
        "order.hs_subtotal_price",
        {"expression": "untaxed", "transform": "none", "argument": ""},
        {"expression": "untaxed", "transform": "hubspot.subtotal", "argument": ""},
    ),
    *(
        (
            f"invoice.{name}",
            {"expression": expression, "transform": "date", "argument": "%Y-%m-%dT00:00:00Z"},
            {"expression": expression, "transform": "none", "argument": ""},
        )
        for name, expression in (
            ("hs_invoice_date", "invoice_date"),
            ("hs_due_date", "due_date"),
            ("hs_payment_date", "payment_date"),
        )
    ),
    # Shipping is the order's, which may have several shipments.
    (
        "order_shipment.hs_shipping_tracking_number",
        {"expression": "tracking_number", "transform": "none", "argument": ""},
        {"expression": "order_shipping.tracking_numbers", "transform": "hubspot.joined", "argument": ""},
    ),
    (
        "order_shipment.hs_fulfillment_status",
        {
            "expression": "has_backorder",
            "transform": "map",
            "argument": "true=partially shipped; false=shipped",
        },
        {
            "expression": "order_shipping.status",
            "transform": "map",
            "argument": "partial=partially shipped; shipped=shipped",
        },
    ),
    (
        "order_shipment.hs_pipeline_stage",
        {
            "expression": "has_backorder",
            "transform": "map",
            "argument": "true=937ea84d-0a4f-4dcf-9028-3f9c2aafbf03; false=aa99e8d0-c1d5-4071-b915-d240bbb1aed9",
        },
        {
            "expression": "order_shipping.status",
            "transform": "map",
            "argument": "partial=937ea84d-0a4f-4dcf-9028-3f9c2aafbf03; shipped=aa99e8d0-c1d5-4071-b915-d240bbb1aed9",
        },
    ),
)


def migrate(cr, version):
    """Change the lines that are as they were made, and what they keep of their default.

    :param version: the version that was installed before
    """
    for key, old, new in CHANGES:
        cr.execute(
            """
            UPDATE retail_field_map m
               SET expression = %(expression)s, transform = %(transform)s, argument = %(argument)s,
                   default_values = m.default_values || %(new)s::jsonb
              FROM retail_connector c
             WHERE c.id = m.connector_id AND c.provider = 'hubspot' AND m.default_key = %(key)s
               AND m.source = m.default_values->>'source'
               AND jsonb_build_object('expression', m.expression, 'transform', m.transform,
                                      'argument', COALESCE(m.argument, '')) = %(old)s::jsonb
            """,
            {"key": key, "old": json.dumps(old), "new": json.dumps(new), **new},
        )
