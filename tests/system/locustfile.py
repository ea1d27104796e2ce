"""Buyers of a web shop, as locust runs them: see test_load.py."""

import os
import random
import uuid

import gevent
from locust import HttpUser, constant, events, task

SKUS = ("VASE", "BOWL", "CUP")
counts = {"placed": 0, "pieces": 0, "paid": 0, "customers": 0, "out_of_stock": 0, "told_to_wait": 0}


@events.test_stop.add_listener
def print_counts(**_options):
    print("counts", *(f"{name}={count}" for name, count in counts.items()))


class Buyer(HttpUser):
    """Looks at the stock, orders, pays and reads what became of it, without a pause."""

    wait_time = constant(0)

    def on_start(self):
        self.client.headers["Authorization"] = f"Bearer {os.environ['SHOP_KEY']}"
        self.number = 0

    @task(2)
    def look(self):
        self.client.get("/retail/v1/inventory?sku=VASE&sku=BOWL", name="inventory")

    @task(2)
    def enroll(self):
        external_id = uuid.uuid4().hex[:12]
        content = {
            "external_id": external_id,
            "name": {"full": f"Buyer {external_id}"},
            "email": f"{external_id}@example.com",
        }
        if self.post("customers", content, "customers", {201}):
            counts["customers"] += 1

    @task(5)
    def order(self):
        external_id = f"L-{uuid.uuid4()}"
        quantity = random.randint(1, 2)
        lines = [
            {"id": sku, "sku": sku, "quantity": str(quantity), "unit_price": "10.00", "taxes": []}
            for sku in random.sample(SKUS, random.randint(1, 3))
        ]
        content = {
            "external_id": external_id,
            "currency": os.environ["SHOP_CURRENCY"],
            "prices_include_tax": False,
            "customer": {"name": {"full": "Gil Guest"}, "email": f"guest{random.randint(1, 40)}@example.com"},
            "lines": lines,
            "total": f"{10 * quantity * len(lines)}.00",
        }
        placed = self.post("orders", content, "orders", {201, 409})
        if placed and placed.get("status") == 409:
            counts["out_of_stock"] += 1
        elif placed:
            counts["placed"] += 1
            counts["pieces"] += quantity * len(lines)
            self.pay(external_id, content)

    def pay(self, external_id, order):
        content = {"id": f"P-{external_id}", "amount": order["total"], "currency": order["currency"]}
        path = f"orders/{external_id}"
        if self.post(f"{path}/payments/capture", content, "payments", {201}):
            counts["paid"] += 1
        self.client.get(f"/retail/v1/{path}", name="order")

    def post(self, path, content, name, expected):
        """Send a command until it is carried out; return the JSON of the answer, None if it failed."""
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        while True:
            with self.client.post(
                f"/retail/v1/{path}", json=content, headers=headers, name=name, catch_response=True
            ) as response:
                if response.status_code == 429:
                    counts["told_to_wait"] += 1
                    response.success()
                    gevent.sleep(int(response.headers["Retry-After"]))
                    continue
                if response.status_code not in expected:
                    print(name, response.status_code, response.text[:500])
                    response.failure(str(response.status_code))
                    return None
                response.success()
                return response.json()
