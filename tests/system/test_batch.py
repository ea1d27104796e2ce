"""Batches under concurrency and a killed server: real processes, real connections."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from caller import new_client, new_system

from stack import wait_until

SIZE = 500


@pytest.fixture(scope="module")
def shop(start_odoo):
    return Shop(start_odoo("batch", workers=4))


class Shop:
    """A system that sends its customers in batches."""

    def __init__(self, odoo):
        self.odoo = odoo
        _client, self.key = new_client(odoo, new_system(odoo), "customers:write")

    def send(self, items):
        return requests.post(
            f"{self.odoo.url}/retail/v1/batch",
            json={"commands": items},
            headers={"Authorization": f"Bearer {self.key}"},
            timeout=120,
        )

    def count(self, prefix):
        return self.odoo.db.query(
            "SELECT count(*)::int, count(DISTINCT name)::int FROM res_partner WHERE name LIKE %s",
            f"{prefix} %",
        )[0]


def customers(prefix, count, sender=""):
    return [
        {
            "command": "customer.upsert",
            "idempotency_key": f"{prefix}-{sender}-{number}",
            "data": {
                "external_id": f"{prefix}-{number}",
                "name": {"full": f"{prefix} {number}"},
                "email": f"{prefix}{number}@example.com",
            },
        }
        for number in range(count)
    ]


def test_the_same_customers_at_once(shop):
    """Four batches with the same customers, under other keys and in another order: each customer is there once."""
    batches = [customers("Same", 120, sender) for sender in "abcd"]
    batches = [items if number % 2 else items[::-1] for number, items in enumerate(batches)]
    with ThreadPoolExecutor(4) as pool:
        responses = list(pool.map(shop.send, batches))
    assert {response.status_code for response in responses} == {200}
    results = [each for response in responses for each in response.json()["results"]]
    again = [each for each in results if each["status"] == 429]
    assert Counter(each["status"] for each in results) == {
        201: 120,
        200: 360 - len(again),
        **({429: len(again)} if again else {}),
    }
    assert shop.count("Same") == (120, 120)


def test_killed_in_between(shop):
    """What was committed stays; the repeated batch does the rest, and answers for all."""
    items = customers("Killed", SIZE)
    failures = []

    def send():
        try:
            shop.send(items)
        except requests.RequestException as error:
            failures.append(error)

    sender = threading.Thread(target=send)
    sender.start()
    wait_until(lambda: shop.count("Killed")[0] > 0, 60, "the first customers of the batch", interval=0.01)
    shop.odoo.kill()
    sender.join()
    done = shop.count("Killed")[0]
    assert failures
    assert 0 < done < SIZE
    shop.odoo.start()
    results = shop.send(items).json()["results"]
    assert Counter(each["status"] for each in results) == {201: SIZE}
    assert sum(each["is_replayed"] for each in results) == done
    assert shop.count("Killed") == (SIZE, SIZE)
    [(count,)] = shop.odoo.db.query(
        "SELECT count(*)::int FROM retail_message WHERE state = 'done' AND starts_with(subject, %s)",
        "customer/Killed-",
    )
    assert count == SIZE
