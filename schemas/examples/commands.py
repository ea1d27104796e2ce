"""An example of each command: the page of the API, *Try It* and tests use them. A new command is an entry here."""

CUSTOMER = {
    "external_id": "C-1",
    "name": {"full": "Anna Peeters"},
    "email": "anna@example.com",
    "phone": {"number": "+32470123456"},
    "addresses": [
        {
            "kind": "contact",
            "street": "Grote Markt 1",
            "postal_code": "2000",
            "city": "Antwerp",
            "country": "BE",
        }
    ],
}
ORDER = {
    "external_id": "W-1001",
    "number": "#1001",
    "placed_at": "2026-11-28T10:15:00Z",
    "currency": "EUR",
    "prices_include_tax": True,
    "customer": {"name": {"full": "Gil Guest"}, "email": "gil@example.com"},
    "delivery_address": {
        "kind": "delivery",
        "street": "Dock 7",
        "postal_code": "2000",
        "city": "Antwerp",
        "country": "BE",
    },
    "lines": [
        {
            "id": "1",
            "sku": "MUG",
            "quantity": "2",
            "unit_price": "12.10",
            "taxes": [{"rate": "21", "amount": "4.20"}],
        },
        {"id": "2", "kind": "delivery", "name": "Standard delivery", "unit_price": "5.00", "taxes": []},
    ],
    "total": "29.20",
}
CAMPAIGN_RESPONSE = {
    "external_id": "R-1",
    "campaign": {"external_id": "K-1", "name": "Autumn"},
    "customer": {"external_id": "C-1"},
    "response": "clicked",
    "occurred_at": "2026-11-28T10:15:00Z",
}
CHANGED_LINE = {**ORDER["lines"][0], "quantity": "1", "taxes": [{"rate": "21", "amount": "2.10"}]}
AMENDED = {
    **{name: ORDER[name] for name in ("external_id", "currency", "prices_include_tax")},
    "version": 2,
    "lines": [CHANGED_LINE, ORDER["lines"][1]],
    "total": "17.10",
}
PAYMENT = {
    "external_id": "W-1001",
    "id": "P-1",
    "amount": "29.20",
    "currency": "EUR",
    "method": "card",
    "occurred_at": "2026-11-28T10:16:00Z",
}
PAYMENT_REFUND = {
    "external_id": "W-1001",
    "id": "F-1",
    "payment": "P-1",
    "amount": "12.10",
    "currency": "EUR",
    "reason": "One mug was broken.",
}
ORDER_REFUND = {
    "external_id": "W-1001",
    "id": "F-2",
    "currency": "EUR",
    "lines": [{"id": "1", "quantity": "1"}],
    "payments": [{"id": "F-2", "payment": "P-1", "amount": "12.10"}],
    "reason": "One mug was broken.",
}
SHIPMENT = {
    "external_id": "W-1001",
    "shipment_id": "S-1",
    "lines": [{"order_line_id": "1", "quantity": "2"}],
    "carrier": "Post",
    "tracking_numbers": ["3SABC123456789"],
    "shipped_at": "2026-11-29T09:00:00Z",
}
RETURN = {
    "external_id": "W-1001",
    "return_id": "B-1",
    "lines": [{"sku": "MUG", "quantity": "1", "restock": False}],
    "reason": "One mug was broken.",
    "received_at": "2026-12-02T14:30:00Z",
}
LOYALTY_HOLD = {
    "external_id": "H-1",
    "card": {"customer_external_id": "C-1"},
    "points": "250",
    "minutes": 15,
    "reference": "W-1001",
}
LOYALTY_ENROLL = {
    "customer_external_id": "C-1",
    "consented_at": "2026-11-28T10:00:00Z",
    "consent_source": "Checkout of the web shop",
}
LOYALTY_EARN = {
    "external_id": "W-1001",
    "card": {"customer_external_id": "C-1"},
    "points": "29",
    "reference": "W-1001",
}
LOYALTY_REVERSE = {"external_id": "W-1001", "reversal_id": "B-1", "points": "12", "reference": "B-1"}
COMMAND_EXAMPLES = {
    "customer.upsert": CUSTOMER,
    "customer.erase": {"external_id": "C-1", "reason": "The customer asked for it."},
    "order.place": ORDER,
    "order.cancel": {"external_id": "W-1001", "reason": "The customer changed their mind."},
    "order.amend": AMENDED,
    "order.hold": {"external_id": "W-1001", "minutes": 15},
    "order.confirm": {"external_id": "W-1001"},
    "order.release": {"external_id": "W-1001"},
    "order.refund": ORDER_REFUND,
    "payment.authorize": PAYMENT,
    "payment.capture": PAYMENT,
    "payment.fail": {**PAYMENT, "reason": "The card has expired."},
    "payment.refund": PAYMENT_REFUND,
    "shipment.confirm": SHIPMENT,
    "return.receive": RETURN,
    "loyalty.enroll": LOYALTY_ENROLL,
    "loyalty.hold": LOYALTY_HOLD,
    "loyalty.confirm": {"external_id": "H-1", "card": {"customer_external_id": "C-1"}, "points": "250"},
    "loyalty.commit": {"external_id": "H-1"},
    "loyalty.release": {"external_id": "H-1"},
    "loyalty.earn": LOYALTY_EARN,
    "loyalty.reverse": LOYALTY_REVERSE,
    "campaign.respond": CAMPAIGN_RESPONSE,
}
BATCH = {
    "commands": [
        {"command": "customer.upsert", "idempotency_key": "k-1", "data": CUSTOMER},
        {"command": "order.cancel", "idempotency_key": "k-2", "data": COMMAND_EXAMPLES["order.cancel"]},
    ]
}
