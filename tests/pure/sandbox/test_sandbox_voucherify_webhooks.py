"""Webhooks of the project and of workflows: signed, repeated, late, double and out of order."""

import hashlib
import hmac
import http.server
import json
import threading
import time

import pytest
from openapi_spec import MISSING, Document, folder
from voucherify_calls import Project, mend

SECRET = "whsec-of-nobody"
HOUR = 3_600


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.headers["x-voucherify-signature"], body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments):
        pass


@pytest.fixture
def receiver():
    """A server that keeps what it gets in ``received``: (signature, body); it answers ``status``."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        server.received, server.status = [], 200
        server.url = f"http://127.0.0.1:{server.server_port}/hook"
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def project(sandbox, receiver):
    """The project, which sends all events to the receiver, when it is told to."""
    project = Project(sandbox)
    hook = {"url": receiver.url, "secret": SECRET}
    project.configure(webhooks_auto=False, webhooks=[hook], workflows=[hook])
    yield project
    sandbox.reset()


def send(project, receiver):
    """Return the bodies that arrived."""
    project.act("send_webhooks")
    found, receiver.received[:] = [json.loads(body) for _, body in receiver.received], []
    return found


def test_they_are_signed_as_documented(project, receiver):
    project.customer("1", name="Zoë, a space")
    project.act("send_webhooks")
    ((signature, body),) = receiver.received
    assert hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest() == signature
    envelope = json.loads(body)
    assert sorted(envelope) == ["created_at", "data", "event", "id", "project_id", "source", "type"]
    assert (envelope["type"], envelope["data"]["customer"]["name"]) == ("customer.created", "Zoë, a space")
    assert (envelope["source"]["object"], envelope["source"]["target_url"]) == ("webhook", receiver.url)


def test_the_minified_body_is_what_is_signed(project, receiver):
    """Voucherify signs JSON without white space; it sends it so, too."""
    project.customer("1", name="a b")
    project.act("send_webhooks")
    ((_, body),) = receiver.received
    assert json.dumps(json.loads(body), separators=(",", ":")).encode() == body


def test_points_of_v2_come_from_workflows_and_not_before_they_are_approved(project, receiver):
    member = project.member()
    send(project, receiver)
    project.configure(processing_s=None)
    member.adjust(25, reason="R1")
    assert send(project, receiver) == []
    project.act("process")
    (envelope,) = send(project, receiver)
    assert (envelope["type"], envelope["source"]["object"]) == ("ADMIN_CREDIT", "workflow")
    transaction = envelope["data"]["transaction"]
    assert (transaction["status"], transaction["details"]["reason"]) == ("APPROVED", "R1")
    assert envelope["event"]["entity_id"] == transaction["id"]


def test_a_workflow_of_rejections(project, receiver):
    hook = {"url": receiver.url, "secret": SECRET, "types": ["ADMIN_DEBIT"], "statuses": ["REJECTED"]}
    project.configure(webhooks=[], workflows=[hook])
    member = project.member()
    member.adjust(25)
    member.adjust(-30)
    (envelope,) = send(project, receiver)
    assert envelope["data"]["transaction"]["status"] == "REJECTED"


def redeem_and_roll_back(project):
    project.gift_card()
    redeemables = [{"object": "voucher", "id": "GIFT", "gift": {"credits": 1_000}}]
    made = project.post("/v1/redemptions", {"redeemables": redeemables})
    project.post(f"/v1/redemptions/{made['redemptions'][0]['id']}/rollback", {})


def test_gift_cards_and_redemptions(project, receiver):
    redeem_and_roll_back(project)
    assert [each["type"] for each in send(project, receiver)] == [
        "voucher.gift.transaction.created",
        "redemption.succeeded",
        "voucher.gift.transaction.created",
        "redemption.rollback.succeeded",
    ]


def test_bulk_updates_tell_nothing(project, receiver):
    project.post("/v1/customers/bulk/async", [{"source_id": "1"}])
    assert (send(project, receiver), len(project.records("customers"))) == ([], 1)


def test_only_the_events_that_are_wanted(project, receiver):
    hook = {"url": receiver.url, "secret": SECRET, "events": ["customer.deleted"]}
    project.configure(webhooks=[hook])
    project.customer()
    project("DELETE", "/v1/customers/1")
    assert [each["type"] for each in send(project, receiver)] == ["customer.deleted"]


def test_retries_have_the_same_id_and_end_with_the_webhook(project, receiver, sandbox):
    """After 1, 2, 4 … minutes, up to a day; then the webhook is disabled."""
    receiver.status = 500
    project.customer()
    first = send(project, receiver)
    assert send(project, receiver) == []
    project.configure(ahead_s=61)
    assert [each["id"] for each in send(project, receiver)] == [first[0]["id"]]
    receiver.status = 200
    project.configure(ahead_s=121)
    assert [each["id"] for each in send(project, receiver)] == [first[0]["id"]]
    project.configure(ahead_s=HOUR)
    assert send(project, receiver) == []


def test_twelve_retries(project, receiver, sandbox):
    receiver.status = 500
    project.customer()
    sent = []
    for ahead in (0, 60, 120, 240, 480, 960, 1920, 3840, 7680, 15360, 30720, 61440, 86400, 172800):
        project.configure(ahead_s=ahead + 1)
        sent.append(len(send(project, receiver)))
    assert sent == [1] * 13 + [0]
    assert sandbox.state()["voucherify"]["disabled_webhooks"] == [receiver.url]
    receiver.status = 200
    project.customer("2")
    assert send(project, receiver) == []


def test_late_double_and_out_of_order(project, receiver):
    project.configure(webhook_copies=2, webhooks_reversed=True)
    for source_id in ("1", "2"):
        project.customer(source_id)
    found = [each["data"]["customer"]["source_id"] for each in send(project, receiver)]
    assert found == ["2", "1", "2", "1"]


def test_they_are_sent_by_themselves(project, receiver):
    project.configure(webhooks_auto=True)
    project.customer()
    deadline = time.monotonic() + 10
    while not receiver.received and time.monotonic() < deadline:
        threading.Event().wait(0.02)
    assert len(receiver.received) == 1
    project.configure(webhooks_auto=False)


@pytest.mark.skipif(folder() is None, reason=MISSING)
def test_their_data_is_as_documented(project, receiver):
    """The envelope is not in the vendor's file as it is sent: only the data is held against it."""
    path = folder() / "voucherify" / "openapi" / "webhooks-2024-01-01.json"
    events = json.loads(path.read_text(encoding="utf-8"))
    mend(path.name, events)
    document = Document({**events, "paths": {}}, nulls_allowed=True)
    redeem_and_roll_back(project)
    project.customer("1")
    project.post("/v1/vouchers/GIFT/balance", {"amount": 500})
    for envelope in send(project, receiver):
        described = events["webhooks"][f"EVENTS.{envelope['type'].upper()}"]["post"]["requestBody"]
        schema = described["content"]["application/json"]["schema"]
        errors = list(document.validator(schema, True).iter_errors(envelope["data"]))
        assert [
            (envelope["type"], each.message, [x.message for x in each.context or ()]) for each in errors
        ] == []
