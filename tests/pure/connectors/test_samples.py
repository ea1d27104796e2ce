"""Samples: what a receiver gets of them, over real HTTP, and what is said of its answers."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from standardwebhooks import Webhook
from test_webhook_adapter import SECRET

from odoo.addons.retail_hub.connectors import PROVIDERS, samples
from odoo.addons.retail_hub.connectors.base import Sampler
from odoo.addons.retail_hub.connectors.connection import Connection
from odoo.addons.retail_hub.connectors.provider import Settings
from odoo.addons.retail_hub.connectors.samples import send_samples
from odoo.addons.retail_hub.connectors.webhook.provider import WEBHOOK
from odoo.addons.retail_hub.core.errors import AuthError, MappingError, TransientError
from odoo.addons.retail_hub.schemas import EVENT_TYPES
from odoo.addons.retail_hub.schemas.examples import EXAMPLES


class Receiver(ThreadingHTTPServer):
    """Verifies and keeps (event, number of other requests in progress); answers what ``statuses`` say, by type."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.got, self.statuses, self.text, self.seconds = [], {}, "", 0.0
        self.in_progress = 0


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        server = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        event = Webhook(SECRET).verify(body, dict(self.headers.items()))
        server.got.append((event, server.in_progress))
        server.in_progress += 1
        time.sleep(server.seconds)
        server.in_progress -= 1
        self.send_response(server.statuses.get(event["type"], 204))
        self.end_headers()
        self.wfile.write(server.text.encode())

    def log_message(self, *args):
        pass


@pytest.fixture
def receiver():
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def connection(receiver, **changes):
    values = {"credentials": {"signing_secret": SECRET}, "parallel_calls": 1, "allowed_hosts": ("127.0.0.1",)}
    values |= {"source": "https://shop.example.com", **changes}
    url = f"http://127.0.0.1:{receiver.server_address[1]}/hooks"
    return Connection(WEBHOOK, Settings(url, "", **values))


def test_each_event_type_arrives(receiver):
    results = send_samples(connection(receiver), list(EVENT_TYPES))
    assert [(each.event_type, each.http_status, each.error) for each in results] == [
        (name, 204, None) for name in EVENT_TYPES
    ]
    events = [event for event, _others in receiver.got]
    assert [(event["type"], event["data"], event["test"]) for event in events] == [
        (each.cloudevents_type, EXAMPLES[name].data.canonical(), True) for name, each in EVENT_TYPES.items()
    ]
    assert len({event["id"] for event in events}) == len(EVENT_TYPES)
    assert {others for _event, others in receiver.got} == {0}, (
        "events of one subject arrive one after the other"
    )


def test_the_event_is_as_a_real_one(receiver):
    send_samples(connection(receiver), ["order.placed"])
    [(event, _others)] = receiver.got
    at = event.pop("time")
    assert time.time() - 60 < time.mktime(time.strptime(at[:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone
    assert len(event.pop("id")) == 36
    assert event == {
        "specversion": "1.0",
        "source": "https://shop.example.com",
        "type": "retail.order.placed.v1",
        "subject": "order/web/2000000007",
        "datacontenttype": "application/json",
        "dataschema": "https://shop.example.com/retail_hub/schemas/OrderV1.json",
        "correlationid": "sale.order,2000000007",
        "test": True,
        "data": json.loads(json.dumps(EXAMPLES["order.placed"].data.canonical())),
    }


def test_the_answer_is_said(receiver):
    """In the receiver's own words, and how long it took."""
    receiver.statuses, receiver.text, receiver.seconds = {"retail.order.placed.v1": 422}, "no such store", 0.2
    placed, cancelled = send_samples(connection(receiver), ["order.placed", "order.cancelled"])
    assert placed.http_status == 422
    assert placed.error.message == "127.0.0.1 responded with HTTP 422: it rejected the event: no such store"
    assert 200 <= placed.milliseconds < 2000
    assert (cancelled.http_status, cancelled.error) == (204, None)


def test_a_failure_of_the_endpoint_ends_it(receiver):
    """No further call starts, not even after a batch."""
    receiver.statuses = {"retail.order.placed.v1": 401}
    names = ["order.placed", *(name for name in EVENT_TYPES if name != "order.placed")]
    first, *others = send_samples(connection(receiver), names)
    assert (type(first.error), first.error.is_sent, len(receiver.got)) == (AuthError, True, 1)
    assert len(others) == len(EVENT_TYPES) - 1
    assert {(each.error.is_sent, each.milliseconds) for each in others} == {(False, None)}
    assert {each.error.message for each in others} == {first.error.message}


def test_nothing_starts_after_the_time_is_over(receiver, monkeypatch):
    monkeypatch.setattr(samples, "TOTAL_SECONDS", 0.1)
    receiver.seconds = 0.15
    first, second = send_samples(connection(receiver), ["order.placed", "order.cancelled"])
    assert first.error is None
    assert (type(second.error), second.error.code, second.error.is_sent) == (
        TransientError,
        "OUT_OF_TIME",
        False,
    )
    assert len(receiver.got) == 1


def test_an_address_that_is_not_allowed(receiver):
    [result] = send_samples(connection(receiver, allowed_hosts=()), ["order.placed"])
    assert "connects over HTTPS only" in result.error.message
    assert receiver.got == []


def test_what_cannot_be_prepared_is_said(receiver, monkeypatch):
    def refuse(self, item):
        raise MappingError(f"No {item.event_type}.") if item.event_type == "order.placed" else ValueError("x")

    monkeypatch.setattr(WEBHOOK.adapter, "prepare_sample", refuse)
    placed, cancelled = send_samples(connection(receiver), ["order.placed", "order.cancelled"])
    assert (placed.error.message, placed.error.is_sent) == ("No order.placed.", False)
    assert cancelled.error.message == "The adapter failed. See the server log for details."
    assert receiver.got == []


def test_who_can():
    """HubSpot has no place for tests: a sample would be a contact in the account."""
    assert [code for code, each in PROVIDERS.items() if issubclass(each.adapter, Sampler)] == ["webhook"]
