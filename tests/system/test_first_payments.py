"""The first payments that other systems report come at once: each is booked, with one payment provider."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import requests
from caller import currency_of, new_client, new_product, new_system, place


def test_at_once(start_odoo):
    odoo = start_odoo("payments", workers=4)
    _client, odoo.key = new_client(odoo, new_system(odoo))
    odoo.currency, odoo.session = currency_of(odoo), requests.Session()
    new_product(odoo, "TEA", 100)
    orders = [place(odoo, number, "TEA").json()["external_id"] for number in range(8)]

    def pay(order):
        content = {"id": f"P-{order}", "amount": "10.00", "currency": odoo.currency}
        headers = {"Authorization": f"Bearer {odoo.key}", "Idempotency-Key": str(uuid.uuid4())}
        url = f"{odoo.url}/retail/v1/orders/{order}/payments/capture"
        return requests.post(url, json=content, headers=headers, timeout=60)

    with ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(pay, orders))
    assert [each.status_code for each in responses] == [201] * 8, [each.text for each in responses]
    assert odoo.db.query("SELECT count(*) FROM payment_provider WHERE code = 'retail_hub'") == [(1,)]
    assert odoo.db.query("SELECT count(*) FROM payment_transaction WHERE state = 'done'") == [(8,)]
