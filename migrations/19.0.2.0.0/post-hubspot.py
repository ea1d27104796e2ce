"""Default lines of the HubSpot mapping that sent wrong values are corrected, unless somebody has changed them."""

# Key of the default, and its transform with the argument: before, and now.
CHANGES = (
    ("order.hs_subtotal_price", ("none", ""), ("hubspot.subtotal", "")),
    *(
        (f"invoice.{name}", ("date", "%Y-%m-%dT00:00:00Z"), ("none", ""))
        for name in ("hs_invoice_date", "hs_due_date", "hs_payment_date")
    ),
)


def migrate(cr, version):
    """Change the lines that are as they were made, and what they keep of their default.

    :param version: the version that was installed before
    """
    for key, (old, old_argument), (new, new_argument) in CHANGES:
        cr.execute(
            """
            UPDATE retail_field_map m
               SET transform = %(new)s, argument = %(new_argument)s,
                   default_values = m.default_values
                                 || jsonb_build_object('transform', %(new)s::text, 'argument', %(new_argument)s::text)
              FROM retail_connector c
             WHERE c.id = m.connector_id AND c.provider = 'hubspot' AND m.default_key = %(key)s
               AND m.transform = %(old)s AND COALESCE(m.argument, '') = %(old_argument)s
               AND m.source = m.default_values->>'source' AND m.expression = m.default_values->>'expression'
            """,
            {
                "key": key,
                "old": old,
                "old_argument": old_argument,
                "new": new,
                "new_argument": new_argument,
            },
        )
