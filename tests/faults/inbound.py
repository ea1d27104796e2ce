"""What two shops report to Odoo: customers, orders, payments, cancellations; some of it twice, and in another order.

A :class:`Plan` is made by chance, and knows what has to be in Odoo once all of it has come, however it came.
"""

import json
import threading
import uuid
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from queue import Empty, Queue

import requests
from standardwebhooks import Webhook

SKUS = ("CHAOS-1", "CHAOS-2", "CHAOS-3")
SCARCE, PIECES = "CHAOS-HOT", 10
PRICE = 10
PER_STORY = 3.6  # messages, with those that come twice
TWICE = 0.35  # how likely a message comes once more
OUT_OF_ORDER = 8  # stories
AGAIN_SECONDS = 0.3


@dataclass(frozen=True)
class Message:
    """One request. What is sent again under another key has the same path and data."""

    key: str
    path: str
    data: dict = field(compare=False, hash=False)
    is_webhook: bool = False


class Plan:
    """The messages of one shop, in the order in which they are sent, and what has to come of them.

    :param shop: its name, which its records have in their texts
    """

    def __init__(self, random, shop, currency, size):
        self.shop, self.currency = shop, currency
        self._random = random
        stories = max(2 * PIECES, round(size / PER_STORY))
        self.emails = set()
        self.customers = set()  # external ids
        self.totals = {}  # of orders that are placed in the end
        self.cancelled = set()
        self.paid = {}
        self.reserved = Counter()
        self.scarce = {f"H-{number}" for number in range(2 * PIECES)}
        sent = []
        for number in range(stories):
            sent += [(number + random.uniform(0, OUT_OF_ORDER), each) for each in self._story(number)]
        for order in self.scarce:
            place = random.uniform(0, stories)
            sent += [
                (place, each) for each in self._again(self._order(order, [(SCARCE, 1)], self._guest("hurry")))
            ]
        self.messages = [message for _place, message in sorted(sent, key=lambda each: each[0])]

    def _story(self, number):
        """Return the messages of one order."""
        random, order = self._random, f"W-{number}"
        customer = self._guest() if random.random() < 0.2 else self._customer(number)
        lines = [(sku, random.randint(1, 3)) for sku in random.sample(SKUS, random.randint(1, 2))]
        messages = [self._order(order, lines, customer)]
        if "external_id" in customer:
            messages.append(self._message("/customers", customer, is_webhook=random.random() < 0.5))
        self.totals[order] = PRICE * sum(quantity for _sku, quantity in lines)
        fate = random.random()
        if fate < 0.3:
            messages.append(self._message(f"/orders/{order}/cancel", {}))
            self.cancelled.add(order)
        else:
            self.reserved.update(dict(lines))
        if fate > 0.6:
            self.paid[order] = self.totals[order]
            data = {"id": f"P-{number}", "amount": f"{self.totals[order]}.00", "currency": self.currency}
            messages.append(self._message(f"/orders/{order}/payments/capture", data))
        return [each for message in messages for each in self._again(message)]

    def _customer(self, number):
        external_id = f"C-{self._random.randint(0, number // 2)}"
        email = f"{external_id}@{self.shop}.example.com".lower()
        self.customers.add(external_id)
        self.emails.add(email)
        return {"external_id": external_id, "name": {"full": f"{self.shop} {external_id}"}, "email": email}

    def _guest(self, name=""):
        name = name or str(self._random.randint(0, 9))
        email = f"guest{name}@{self.shop}.example.com".lower()
        self.emails.add(email)
        return {"name": {"full": f"{self.shop} guest {name}"}, "email": email}

    def _order(self, order, lines, customer):
        content = {
            "external_id": order,
            "currency": self.currency,
            "prices_include_tax": False,
            "customer": customer,
            "lines": [
                {"id": sku, "sku": sku, "quantity": str(quantity), "unit_price": f"{PRICE}.00", "taxes": []}
                for sku, quantity in lines
            ],
            "total": f"{PRICE * sum(quantity for _sku, quantity in lines)}.00",
        }
        return self._message("/orders", content)

    def _message(self, path, data, is_webhook=False):
        return Message(self._key(), path, data, is_webhook)

    def _key(self):
        return str(uuid.UUID(int=self._random.getrandbits(128)))

    def _again(self, message):
        """Return a message as often as it is sent: again under its key, or under another one."""
        messages = [message]
        while self._random.random() < TWICE:
            key = message.key if self._random.random() < 0.5 else self._key()
            messages.append(Message(key, message.path, message.data, message.is_webhook))
        return messages


class Shop:
    """The system of a plan: it sends each message until it is answered.

    :param url: of Odoo
    :param hook: (the path of its webhooks, their secret)
    """

    def __init__(self, plan, url, key, hook, connector_id):
        self.plan = plan
        self.connector_id = connector_id
        self._url, self._key, self._hook = url, key, hook
        self.answers = defaultdict(set)  # key -> {(status, body)}
        self.lost = Counter()  # why a message was sent again

    def send(self, message, is_over):
        """Send a message again and again, until it is settled or the test is over."""
        while not is_over.is_set():
            try:
                response = self._post(message)
            except requests.RequestException:
                self.lost["no answer"] += 1
            else:
                if self._is_settled(response):
                    self.answers[message.key].add((response.status_code, response.text))
                    return
                self.lost[str(response.status_code)] += 1
            is_over.wait(AGAIN_SECONDS)

    def _post(self, message):
        if message.is_webhook:
            body = json.dumps({"type": "customer.upsert", "data": message.data})
            path, secret = self._hook
            now = datetime.now(UTC)
            headers = {
                "webhook-id": message.key,
                "webhook-timestamp": str(int(now.timestamp())),
                "webhook-signature": Webhook(secret).sign(message.key, now, body),
            }
            return requests.post(self._url + path, body.encode(), headers=headers, timeout=60)
        headers = {"Authorization": f"Bearer {self._key}", "Idempotency-Key": message.key}
        return requests.post(
            f"{self._url}/retail/v1{message.path}", json=message.data, headers=headers, timeout=60
        )

    @staticmethod
    def _is_settled(response):
        if response.status_code == 409:
            return not response.json()["type"].endswith("/in-progress")
        return response.status_code != 429 and response.status_code < 500


class Senders:
    """Threads that send what the shops have to say, each the next message of any of them. A context manager."""

    def __init__(self, shops, count):
        self._queue = Queue()
        longest = max(len(shop.plan.messages) for shop in shops)
        for number in range(longest):
            for shop in shops:
                if number < len(shop.plan.messages):
                    self._queue.put((shop, shop.plan.messages[number]))
        self.total = self._queue.qsize()
        self._is_over = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _number in range(count)]
        self.surprises = []

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc_info):
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def left(self):
        return self._queue.qsize()

    def is_done(self):
        return not any(thread.is_alive() for thread in self._threads)

    def _run(self):
        try:
            while not self._is_over.is_set():
                shop, message = self._queue.get_nowait()
                shop.send(message, self._is_over)
        except Empty:
            return
        except Exception as error:
            self.surprises.append(error)
