"""Loyalty notifications of Talon.One: unsigned, repeated, late, double and out of order."""

import http.server
import json
import threading
import time
import uuid

import pytest
from openapi_spec import MISSING, Document, folder, read
from talon_one_calls import DAY, SESSIONS, Deployment

from odoo.addons.retail_hub.connectors.receiver import SignatureError, WebhookRequest
from odoo.addons.retail_hub.connectors.talon_one.receiver import TalonOneReceiver

SECRET = {"X-Shop-Secret": "of-nobody"}
TYPES = ["LoyaltyPointsAdded", "LoyaltyPointsDeducted"]
TIERS = [{"name": "Silver", "min_points": 100}, {"name": "Gold", "min_points": 500}]


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((dict(self.headers), json.loads(body)))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments):
        pass


@pytest.fixture
def receiver():
    """A server that keeps what it gets in ``received``: (headers, body); it answers ``status``."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        server.received, server.status = [], 200
        server.url = f"http://127.0.0.1:{server.server_port}/hook"
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def talon(sandbox, receiver):
    """The deployment, which notifies the receiver when it is told to."""
    deployment = Deployment(sandbox)
    hook = {"url": receiver.url, "headers": SECRET}
    deployment.configure(webhooks_auto=False, notifications=[hook])
    deployment.profile()
    yield deployment
    sandbox.reset()


def send(talon, receiver):
    """Return the bodies that arrived."""
    talon.act("send_webhooks")
    found, receiver.received[:] = [body for _, body in receiver.received], []
    return found


def test_the_connector_believes_who_has_its_token(talon, receiver):
    """What is sent, as it is sent, is what the connector's receiver reads."""
    hook = {"url": receiver.url, "headers": {"Authorization": "Bearer t0ken"}}
    talon.configure(notifications=[{**hook, "types": ["LoyaltyAddedDeductedPointsBalances", "TierUpgrade"]}])
    talon.configure(programs=[{"tiers": TIERS}])
    talon.profile("odoo-7")
    talon.add(120, profile="odoo-7")
    talon.act("send_webhooks")
    found = []
    for headers, body in receiver.received:
        headers = {name.lower(): value for name, value in headers.items()}
        request = WebhookRequest("POST", receiver.url, headers, json.dumps(body).encode())
        TalonOneReceiver().verify(request, {"webhook_secret": "t0ken"})
        with pytest.raises(SignatureError):
            TalonOneReceiver().verify(request, {"webhook_secret": "another"})
        found += TalonOneReceiver().commands(request)
    assert [(each.object, each.remote_ids) for each in found] == [("loyalty_card", ("odoo-7/5",))] * 2
    assert len({each.id for each in found}) == 2


def test_the_header_that_is_configured_and_no_signature(talon, receiver):
    talon.add(25, name="odoo/1")
    talon.act("send_webhooks")
    ((headers, body),) = receiver.received
    assert headers["X-Shop-Secret"] == "of-nobody"
    assert str(uuid.UUID(headers["X-UUID"])) == headers["X-UUID"]
    assert [name for name in headers if "sign" in name.lower()] == []
    (transaction,) = talon.transactions()
    assert body == {
        "NotificationType": "LoyaltyAddedDeductedPointsBalances",
        "ProfileIntegrationID": "ann",
        "LoyaltyProgramID": 5,
        "SubledgerID": "",
        "TypeOfChange": "management_api",
        "SessionIntegrationID": None,
        "EmployeeName": None,
        "UserID": None,
        "CurrentPoints": 25,
        "Actions": [
            {
                "Amount": 25,
                "Operation": "addition",
                "Reason": "odoo/1",
                "StartDate": None,
                "ExpiryDate": None,
                "TransactionUUID": transaction["transactionUUID"],
            }
        ],
    }


def test_one_notification_for_all_changes_of_a_session(talon, receiver):
    """Nothing is told of forecasts and dry runs."""
    talon.add(500)
    send(talon, receiver)
    talon.session(items=[("LAMP", 1, 100)], profileId="ann", attributes={"PointsToSpend": 400})
    talon.session(query="?dry=true", items=[("LAMP", 1, 100)], profileId="ann", state="closed")
    assert send(talon, receiver) == []
    talon.session(state="closed")
    (body,) = send(talon, receiver)
    assert (body["TypeOfChange"], body["SessionIntegrationID"], body["CurrentPoints"]) == (
        "rule_engine",
        "S1",
        200,
    )
    assert [(each["Operation"], each["Amount"]) for each in body["Actions"]] == [
        ("subtraction", 400),
        ("addition", 100),
    ]
    talon.cancel()
    (body,) = send(talon, receiver)
    assert [(each["Operation"], each["Amount"]) for each in body["Actions"]] == [("addition", 400)]


def test_only_the_types_that_are_wanted(talon, receiver):
    talon.configure(notifications=[{"url": receiver.url, "types": TYPES}])
    talon.configure(programs=[{"default_pending": "14D"}])
    talon.order(items=[("LAMP", 2, 10)])
    talon.cancel()
    found = send(talon, receiver)
    assert [(each["NotificationType"], each["Amount"], each["SessionIntegrationID"]) for each in found] == [
        (TYPES[0], 10, "S1"),
        (TYPES[0], 10, "S1"),
        (TYPES[1], 10, "S1"),
        (TYPES[1], 10, "S1"),
    ]
    assert [each["StartDate"] is not None for each in found] == [True, True, False, False]


def test_an_answer_that_is_kept_notifies_nobody_again(talon, receiver):
    for _ in range(2):
        talon.order(idempotency="K1")
    assert len(send(talon, receiver)) == 1


def test_what_is_refused_notifies_nobody(talon, receiver):
    assert talon.deduct(5).status == 400
    assert talon.refused("PUT", f"{SESSIONS}/S1", {"customerSession": {"state": "cancelled"}})[0] == 400
    assert send(talon, receiver) == []


def test_tiers(talon, receiver):
    hook = {"url": receiver.url, "types": ["TierUpgrade", "TierDowngrade"]}
    talon.configure(programs=[{"tiers": TIERS, "tiers_expire_in": "1Y"}], notifications=[hook])
    talon.add(100)
    talon.add(400, pendingDuration="2D", validityDuration="5D")
    talon.configure(ahead_s=3 * DAY)
    found = send(talon, receiver)
    assert [(each["NotificationType"], each["Data"][0]["CurrentTier"]) for each in found] == [
        ("TierUpgrade", "Silver"),
        ("TierUpgrade", "Gold"),
    ]
    talon.configure(ahead_s=380 * DAY)
    (body,) = send(talon, receiver)
    (data,) = body["Data"]
    assert (body["NotificationType"], data["OldTier"], data["CurrentTier"]) == (
        "TierDowngrade",
        "Gold",
        "Silver",
    )


def test_retries_have_the_same_id(talon, receiver):
    receiver.status = 500
    talon.add(5)
    talon.act("send_webhooks")
    talon.act("send_webhooks")
    assert len(receiver.received) == 1
    receiver.status = 200
    for ahead in (61, 3_600):
        talon.configure(ahead_s=ahead)
        talon.act("send_webhooks")
    first, second = receiver.received
    assert first[0]["X-UUID"] == second[0]["X-UUID"]
    assert first[1] == second[1]


def test_late_double_and_out_of_order(talon, receiver):
    talon.configure(webhook_copies=2, webhooks_reversed=True)
    talon.add(1)
    talon.add(2)
    talon.act("send_webhooks")
    assert [body["Actions"][0]["Amount"] for _, body in receiver.received] == [2, 1, 2, 1]
    assert len({headers["X-UUID"] for headers, _ in receiver.received}) == 2


def test_they_are_sent_by_themselves(talon, receiver):
    talon.configure(webhooks_auto=True)
    talon.add(5)
    deadline = time.monotonic() + 10
    while not receiver.received and time.monotonic() < deadline:
        threading.Event().wait(0.02)
    assert len(receiver.received) == 1
    talon.configure(webhooks_auto=False)
    assert [each["type"] for each in talon.records("webhooks")] == ["LoyaltyAddedDeductedPointsBalances"]


@pytest.mark.skipif(folder() is None, reason=MISSING)
def test_they_are_as_documented(talon, receiver):
    hook = {
        "url": receiver.url,
        "types": [*TYPES, "LoyaltyAddedDeductedPointsBalances", "TierUpgrade", "TierDowngrade"],
    }
    talon.configure(notifications=[hook])
    talon.configure(programs=[{"tiers": TIERS, "tiers_expire_in": "1Y", "default_validity": "5D"}])
    talon.add(150)
    talon.order()
    talon.deduct(20)
    talon.configure(ahead_s=400 * DAY)
    found = send(talon, receiver)
    assert len({each["NotificationType"] for each in found}) == 5
    for body in found:
        assert mistakes(body) == [], body


def mistakes(body):
    """Return what the vendor's schema of a notification of this type says of it. What is empty is null."""
    path = folder() / "talonone" / "api-evangelist" / "talon-one-outbound-notifications-openapi.yml"
    data = read(path)
    document = Document({**data, "paths": {}}, nulls_allowed=True)
    for hook in data["webhooks"].values():
        schema = hook["post"]["requestBody"]["content"]["application/json"]["schema"]
        described = (
            data["components"]["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
        )
        kinds = described.get("properties", {}).get("NotificationType", {}).get("enum", ())
        if body["NotificationType"] in kinds:
            return [error.message for error in document.validator(schema, True).iter_errors(body)]
    return [f"there is no notification of type {body['NotificationType']}"]
