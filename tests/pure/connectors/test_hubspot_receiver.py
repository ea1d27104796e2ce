"""HubSpot's webhooks: what they say, and the URI that HubSpot signs."""

import time

import pytest
from hubspot.utils.signature import Signature
from receiver_contract import ReceiverCase, ReceiverContract

from odoo.addons.retail_hub.connectors.hubspot.provider import HUBSPOT
from odoo.addons.retail_hub.connectors.receiver import SignatureError


def sign(body, secret, at, url):
    stamp = str(int(at * 1000))
    signature = Signature.get_signature(secret, body.decode(), "v3", url, "POST", stamp)
    return {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": stamp}


CASE = ReceiverCase(
    HUBSPOT,
    sign,
    ("old-secret", "new-secret", "other-secret"),
    [{"eventId": 1, "subscriptionType": "contact.creation", "objectId": 123, "occurredAt": 1795000000000}],
    ("x-hubspot-signature-v3", "x-hubspot-request-timestamp"),
)
RECEIVER, SECRET = CASE.receiver, CASE.secrets[0]
BASE = "https://odoo.example.com/retail/webhooks/abc"


class TestHubSpotReceiver(ReceiverContract):
    CASE = CASE


def changes(*reports):
    return CASE.items(reports)


@pytest.mark.parametrize(
    ("on_the_wire", "signed"),
    [
        ("?x=a%3Ab%2Fc%3F%40", "?x=a:b/c?@"),
        ("?x=%21%24%27%28%29%2A%2C%3B", "?x=!$'()*,;"),
        ("?x=%3a%2f", "?x=:/"),
        ("?x=a%3Ab%26c", "?x=a:b%26c"),
        ("?x=a%26b%3Dc", "?x=a%26b%3Dc"),  # & and = stay as they are
        ("?x=a%2520b", "?x=a%2520b"),  # once, not twice
        ("?x=a%20b", "?x=a b"),  # as HubSpot's own library for Python has it
    ],
)
def test_what_hubspot_signs_of_a_uri(on_the_wire, signed):
    request = CASE.request(url=BASE + signed)
    sent = type(request)("POST", BASE + on_the_wire, request.headers, request.body)
    RECEIVER.verify(sent, CASE.known(SECRET))


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("GET", BASE),
        ("POST", BASE + "d"),
        ("POST", BASE + "?y"),
        ("POST", BASE.replace("https", "http")),
        ("POST", BASE.replace("odoo.", "other.")),
    ],
)
def test_another_uri(method, url):
    request = CASE.request(url=BASE)
    with pytest.raises(SignatureError):
        RECEIVER.verify(type(request)(method, url, request.headers, request.body), CASE.known(SECRET))


def test_the_secret_of_an_app_that_connects_with_oauth():
    RECEIVER.verify(CASE.request(), {"client_secret": SECRET, "webhook_secret": ""})


def test_a_signature_with_an_empty_secret():
    """Which anybody can make: a credential that is not set verifies nothing."""
    stamp = str(int(time.time() * 1000))
    signature = Signature.get_signature("", CASE.body.decode(), "v3", BASE, "POST", stamp)
    request = CASE.request(url=BASE, x_hubspot_signature_v3=signature, x_hubspot_request_timestamp=stamp)
    for secrets in ({}, {"webhook_secret": ""}, {"webhook_secret": "", "client_secret": SECRET}):
        with pytest.raises(SignatureError):
            RECEIVER.verify(request, secrets)


def test_signatures_of_other_versions_are_no_proof():
    request = CASE.request(x_hubspot_signature_v3=None, x_hubspot_signature="0" * 64)
    with pytest.raises(SignatureError):
        RECEIVER.verify(request, CASE.known(SECRET))


@pytest.mark.parametrize(
    ("report", "wanted"),
    [
        ({"subscriptionType": "contact.creation", "objectId": 1}, ("contact", ("1",), "created")),
        ({"subscriptionType": "contact.propertyChange", "objectId": 1}, ("contact", ("1",), "updated")),
        ({"subscriptionType": "company.deletion", "objectId": 2}, ("company", ("2",), "deleted")),
        ({"subscriptionType": "contact.privacyDeletion", "objectId": 3}, ("contact", ("3",), "erased")),
        ({"subscriptionType": "deal.restore", "objectId": 3}, ("deal", ("3",), "restored")),
        (
            {"subscriptionType": "object.merge", "objectTypeId": "0-1", "primaryObjectId": 5, "mergedObjectIds": [6, 5],
             "newObjectId": 9},
            ("contact", ("9", "5", "6"), "merged"),
        ),
        ({"subscriptionType": "object.creation", "objectTypeId": "2-77", "objectId": 1}, ("", ("1",), "created")),
        (
            {"subscriptionType": "contact.associationChange", "fromObjectId": 1, "toObjectId": 2},
            ("contact", ("1",), "updated"),
        ),
        ({"subscriptionType": "event.completed"}, ("event", (), "completed")),
        ({"subscriptionType": "x", "objectId": {}, "mergedObjectIds": 7}, ("x", (), "")),
        (
            {"subscriptionType": "contact.merge", "objectId": True, "mergedObjectIds": [None, "y" * 50]},
            ("contact", (), "merged"),
        ),
    ],
    ids=lambda value: value.get("subscriptionType") if isinstance(value, dict) else None,
)  # fmt: skip
def test_reports(report, wanted):
    [change] = changes(report)
    assert (change.object, change.remote_ids, change.change) == wanted


def test_values_are_not_kept():
    """What a property was may be personal, and is out of date."""
    [change] = changes(
        {
            "subscriptionType": "contact.propertyChange",
            "objectId": 1,
            "propertyName": "email",
            "propertyValue": "a@b.c",
        }
    )
    assert change.data["propertyName"] == "email"
    assert "propertyValue" not in change.data


def test_what_is_the_same_report():
    """An eventId alone is not unique; another attempt at the same event is the same."""
    report = {
        "eventId": 1,
        "portalId": 7,
        "subscriptionType": "contact.creation",
        "objectId": 1,
        "occurredAt": 5,
    }
    ids = [each.id for each in changes(report, {**report, "attemptNumber": 3}, {**report, "objectId": 2})]
    assert ids[0] == ids[1] != ids[2]
