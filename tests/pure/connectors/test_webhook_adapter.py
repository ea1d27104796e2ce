"""What a webhook's receiver gets, and what becomes of its answers."""

import base64
import json
import re
import threading
import time
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cloudevents.v1.http import from_http
from samples import customer, make_item
from standardwebhooks import Webhook, WebhookVerificationError

from odoo.addons.retail_hub.connectors.connection import Connection
from odoo.addons.retail_hub.connectors.provider import Settings
from odoo.addons.retail_hub.connectors.webhook.adapter import check_secret
from odoo.addons.retail_hub.connectors.webhook.provider import WEBHOOK
from odoo.addons.retail_hub.core.errors import (
    AuthError,
    ConflictError,
    QuotaError,
    RemoteError,
    TransientError,
    ValidationError,
)
from odoo.addons.retail_hub.schemas import EVENT_TYPES
from odoo.addons.retail_hub.schemas.examples import EXAMPLES

SECRET, FORMER = ("whsec_" + base64.b64encode(letter * 32).decode() for letter in (b"n", b"o"))
UUID = "5b6c7f0e-5a8b-4a53-9a0c-5d6f0c9f2b11"


class Receiver(ThreadingHTTPServer):
    """Keeps (path, headers, body) of all requests, and answers with ``status``, ``headers`` and ``text``."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.got, self.status, self.headers, self.text = [], 200, {}, ""
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        server = self.server
        server.got.append(
            (self.path, dict(self.headers.items()), self.rfile.read(int(self.headers["Content-Length"])))
        )
        text = server.text.encode()
        self.send_response(server.status)
        for name, value in {**server.headers, "Content-Length": str(len(text))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args):
        pass


@pytest.fixture
def receiver():
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def make_adapter(receiver, path="/hooks", **settings):
    values = {
        "base_url": receiver.url + path,
        "api_version": "",
        "credentials": {"signing_secret": SECRET},
        "source": "https://shop.example.com",
        "allowed_hosts": ["127.0.0.1"],
        "read_timeout": 2,
    }
    return Connection(WEBHOOK, Settings(**{**values, **settings}))


def order(**changes):
    item = {
        "event_type": "order.placed",
        "data": {"id": "7", "number": "S00007", "total": "65.30", "currency": "EUR"},
        "occurred_at": datetime(2026, 11, 23, 14, 0, 1, 250999),
        "subject": "order/web/7",
        "correlation_id": "sale.order,7",
        **changes,
    }
    return make_item(7, **item)


def send(receiver, *items, **settings):
    with make_adapter(receiver, **settings) as adapter:
        return adapter.send([adapter.prepare(item) for item in items])


def error_of(receiver, status, item=None, **answer):
    receiver.status = status
    receiver.headers, receiver.text = answer.get("headers", {}), answer.get("text", "")
    [outcome] = send(receiver, item or order())
    return outcome.error


# ----- what is sent -----


def test_the_event(receiver):
    """The whole body, as it is published; it never changes for a version of the schema."""
    assert send(receiver, order(causation_id=UUID))[0].error is None
    [(path, headers, body)] = receiver.got
    assert path == "/hooks"
    assert headers["Content-Type"] == "application/cloudevents+json"
    assert headers["User-Agent"] == "retail-hub (Odoo)"
    assert headers["webhook-id"] == "key-1007"
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 5
    assert json.loads(body) == {
        "specversion": "1.0",
        "id": "key-1007",
        "source": "https://shop.example.com",
        "type": "retail.order.placed.v1",
        "subject": "order/web/7",
        "time": "2026-11-23T14:00:01.250Z",
        "datacontenttype": "application/json",
        "dataschema": "https://shop.example.com/retail_hub/schemas/OrderV1.json",
        "correlationid": "sale.order,7",
        "causationid": UUID,
        "data": {"id": "7", "number": "S00007", "total": "65.30", "currency": "EUR"},
    }


def test_a_replay_is_the_same_event(receiver):
    """Its id is for those who take each event once, ``replayid`` for those who want it again."""
    send(receiver, order(), order(replay_id="42"))
    (_path, headers, body), (_path, again_headers, again) = receiver.got
    assert headers["webhook-id"] == again_headers["webhook-id"] == "key-1007"
    assert json.loads(again) == {**json.loads(body), "replayid": "42"}
    assert from_http(again_headers, again)["replayid"] == "42"


def test_what_is_not_known_is_left_out(receiver):
    send(receiver, order(occurred_at=None, correlation_id="", subject=""))
    assert not {"time", "correlationid", "causationid", "subject"} & json.loads(receiver.got[0][2]).keys()


def test_cloudevents_reads_it(receiver):
    send(receiver, make_item(1, data=customer(1, job_title="Zoë's buyer"), subject="customer/1"))
    _path, headers, body = receiver.got[0]
    event = from_http(headers, body)
    assert (event["id"], event["type"]) == ("key-1001", "retail.customer.updated.v1")
    assert (event["source"], event["subject"]) == ("https://shop.example.com", "customer/1")
    assert event.data == customer(1, job_title="Zoë's buyer")


def test_only_the_published_schema(receiver):
    """What the hub knows of merged records at the remote is for adapters that link them."""
    data = {"id": "1", "merged_ids": ["2"]}
    send(receiver, make_item(1, event_type="customer.merged", data=data, merged_remote_ids=("99",)))
    assert json.loads(receiver.got[0][2])["data"] == data


def test_every_event_type_is_taken(receiver):
    assert WEBHOOK.event_types == set(EVENT_TYPES)
    with make_adapter(receiver) as adapter:
        items = [make_item(1, event_type=name, data=EXAMPLES[name].data.canonical()) for name in EVENT_TYPES]
        bodies = [adapter.prepare(item).body for item in items]
    assert not any("test" in body for body in bodies), "only a sample is a test"
    assert {body["type"].rpartition(".v")[0] for body in bodies} == {f"retail.{name}" for name in EVENT_TYPES}
    assert {body["dataschema"].rpartition("/")[2] for body in bodies} == {
        f"{each.schema.__name__}.json" for each in EVENT_TYPES.values()
    }


@pytest.mark.parametrize(("path", "seen"), [("", "/"), ("/", "/"), ("/in", "/in"), ("/in/", "/in/")])
def test_the_path_is_as_it_was_typed(receiver, path, seen):
    """Many receivers redirect where a slash is missing, and redirects are not followed."""
    send(receiver, order(), path=path)
    assert receiver.got[0][0] == seen


# ----- signatures -----


def is_accepted(secret, headers, body):
    try:
        Webhook(secret).verify(body, headers)
    except WebhookVerificationError:
        return False
    return True


def test_signature(receiver):
    send(receiver, make_item(1, data=customer(1, job_title="Zoë")))
    _path, headers, body = receiver.got[0]
    assert is_accepted(SECRET, headers, body)
    assert not is_accepted(FORMER, headers, body)
    assert not is_accepted(SECRET, headers, body.replace(b"Zo", b"Zu"))


def test_signatures_while_the_secret_is_replaced(receiver):
    send(receiver, order(), credentials={"signing_secret": SECRET, "former_secret": FORMER})
    _path, headers, body = receiver.got[0]
    assert len(headers["webhook-signature"].split(" ")) == 2
    assert [is_accepted(secret, headers, body) for secret in (SECRET, FORMER)] == [True, True]
    assert not is_accepted(SECRET, headers, body.replace(b"65.30", b"0.01"))


def test_the_same_id_on_every_attempt(receiver):
    receiver.status = 500
    send(receiver, order())
    receiver.status = 200
    with make_adapter(receiver) as adapter:
        [outcome] = adapter.resolve([adapter.prepare(order(in_doubt=True))])
    assert outcome.error is None
    assert [headers["webhook-id"] for _path, headers, _body in receiver.got] == ["key-1007"] * 2
    assert receiver.got[0][2] == receiver.got[1][2]


@pytest.mark.parametrize(
    ("credentials", "code"),
    [
        ({}, "NO_CREDENTIALS"),
        ({"signing_secret": "", "former_secret": FORMER}, "NO_CREDENTIALS"),
        ({"signing_secret": "guess-me"}, "BAD_SECRET"),
        ({"signing_secret": SECRET, "former_secret": "guess-me"}, "BAD_SECRET"),
    ],
)
def test_nothing_goes_out_unsigned(receiver, credentials, code):
    outcomes = send(receiver, order(), order(), credentials=credentials)
    assert [(type(o.error), o.error.code) for o in outcomes] == [(AuthError, code)] * 2
    assert "guess-me" not in outcomes[0].error.message
    assert receiver.got == []


def test_check_secret():
    check_secret(SECRET)
    with pytest.raises(AuthError, match="whsec_ followed by 24 to 64 random bytes"):
        check_secret("guess-me")


# ----- answers -----


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_taken(receiver, status):
    receiver.status = status
    [outcome] = send(receiver, order())
    assert (outcome.error, outcome.http_status, outcome.remote_id) == (None, status, None)


@pytest.mark.parametrize(
    ("status", "headers", "kind", "code", "retry_after", "uncertain"),
    [
        (301, {"Location": "/elsewhere"}, TransientError, "REDIRECT", None, False),
        (308, {"Location": "https://example.com"}, TransientError, "REDIRECT", None, False),
        (400, {}, ValidationError, "HTTP_400", None, False),
        (401, {}, AuthError, "HTTP_401", None, False),
        (403, {}, AuthError, "HTTP_403", None, False),
        (404, {}, TransientError, "WRONG_ADDRESS", None, False),
        (405, {}, TransientError, "WRONG_ADDRESS", None, False),
        (408, {}, TransientError, "HTTP_408", None, True),
        (409, {}, ConflictError, "HTTP_409", None, False),
        (410, {}, AuthError, "ENDPOINT_GONE", None, False),
        (413, {}, ValidationError, "HTTP_413", None, False),
        (418, {}, ValidationError, "HTTP_418", None, False),
        (422, {}, ValidationError, "HTTP_422", None, False),
        (425, {}, TransientError, "HTTP_425", None, False),
        (429, {}, QuotaError, "HTTP_429", None, False),
        (429, {"Retry-After": "17"}, QuotaError, "HTTP_429", 17, False),
        (500, {}, TransientError, "HTTP_500", None, True),
        (502, {"Retry-After": "9"}, TransientError, "HTTP_502", 9, True),
        (503, {}, TransientError, "HTTP_503", None, False),
        (503, {"Retry-After": "30"}, QuotaError, "HTTP_503", 30, False),
        (504, {}, TransientError, "HTTP_504", None, True),
    ],
)
def test_not_taken(receiver, status, headers, kind, code, retry_after, uncertain):
    error = error_of(receiver, status, headers=headers)
    assert (type(error), error.code, error.http_status) == (kind, code, status)
    assert (error.retry_after, error.uncertain) == (retry_after, uncertain)
    assert "127.0.0.1" in error.message
    assert len(receiver.got) == 1, "nothing is sent twice, and nothing is followed"


def test_not_found_in_words(receiver):
    assert error_of(receiver, 410).message == (
        "127.0.0.1 responded with HTTP 410: the endpoint no longer exists."
        " Enter another URL, or archive the connector."
    )


def test_the_reason_is_kept_without_personal_data(receiver):
    """The receiver may repeat what it got."""
    text = '{"error": "no store for ANNA janssens1 (anna1@example.com), Kerkstraat 1"}'
    error = error_of(receiver, 422, make_item(1), text=text)
    assert error.response == {"body": '{"error": "no store for *** (***), ***"}'}
    assert "Janssens" not in error.message
    card = order(event_type="loyalty.adjusted", data={"code": "044c-7f31", "program_type": "gift_card"})
    assert error_of(receiver, 422, card, text="no card 044C-7F31 here").response == {
        "body": "no card *** here"
    }
    assert error_of(receiver, 502, text="<html>Bad Gateway</html>").response == {}
    assert len(error_of(receiver, 400, text="x" * 5000).response["body"]) == 200


@pytest.mark.parametrize(
    ("status", "calls"), [(500, 3), (422, 3), (502, 1), (404, 1), (401, 1), (410, 1), (429, 1)]
)
def test_what_concerns_the_endpoint_ends_the_batch(receiver, status, calls):
    """HTTP 500 and refusals may be due to one event: the others are tried all the same."""
    receiver.status = status
    outcomes = send(receiver, make_item(1), make_item(2), make_item(3))
    assert [o.error.is_sent for o in outcomes] == [True] + [calls == 3] * 2
    assert len(receiver.got) == calls


def test_a_long_answer_is_not_read(receiver):
    """Its beginning is enough: what is 500 times as long takes about as much time."""

    def seconds(length):
        receiver.text = "x" * length
        began_at = time.thread_time()
        assert [o.error for o in send(receiver, make_item(1), make_item(2))] == [None, None]
        return time.thread_time() - began_at

    seconds(1)  # whatever the first call of all has to load
    assert seconds(1_000_000) < 10 * seconds(2_000)


# ----- connection -----


def test_ping(receiver):
    with make_adapter(receiver) as adapter:
        report = adapter.test_connection()
    assert report.account == "127.0.0.1"
    assert report.server_time is not None
    [(_path, headers, body)] = receiver.got
    assert is_accepted(SECRET, headers, body)
    event = json.loads(body)
    assert event["id"] == headers["webhook-id"]
    document = Path(__file__).parents[3] / "doc" / "webhooks.rst"
    [example] = re.findall(r'\{[^{}]*"retail\.ping\.v1"[^{}]*\{\}\}', document.read_text(encoding="utf-8"))
    assert event == json.loads(example) | {"id": event["id"]}


@pytest.mark.parametrize(
    ("status", "code"), [(401, "HTTP_401"), (410, "ENDPOINT_GONE"), (404, "WRONG_ADDRESS")]
)
def test_ping_is_refused(receiver, status, code):
    receiver.status = status
    with make_adapter(receiver) as adapter, pytest.raises(RemoteError) as raised:
        adapter.test_connection()
    assert raised.value.code == code


def test_an_address_within_is_refused(receiver):
    """Once is enough: a person has to look at the connector."""
    outcomes = send(receiver, make_item(1), make_item(2), allowed_hosts=())
    assert [(type(o.error), o.error.code, o.error.uncertain) for o in outcomes] == [
        (AuthError, "ADDRESS_REFUSED", False)
    ] * 2
    assert outcomes[0].error.message == (
        "Retail Hub connects over HTTPS only, unless the server's admin allows 127.0.0.1"
        " (allow_hosts in odoo.conf)."
    )
    assert receiver.got == []
