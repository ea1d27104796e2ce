"""HubSpot's error bodies → error class, code, property and words."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from odoo.addons.retail_hub.connectors.http_client import Response
from odoo.addons.retail_hub.connectors.hubspot import errors
from odoo.addons.retail_hub.core.errors import (
    AuthError,
    ConflictError,
    QuotaError,
    RemoteNotFoundError,
    TransientError,
    ValidationError,
)

FIXTURES = Path(__file__).parents[2] / "fixtures" / "hubspot"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def fixture(name):
    return json.loads((FIXTURES / f"{name}.json").read_text())


def error(status, body=None, headers=None, date=NOON, **options):
    return errors.from_response(Response(status, headers or {}, body, date), noun="contact", **options)


@pytest.mark.parametrize(
    ("status", "name", "kind", "code", "field", "words"),
    [
        (
            400,
            "property_does_not_exist",
            ValidationError,
            "PROPERTY_DOESNT_EXIST",
            "odoo_customer_id",
            "HubSpot rejected the property odoo_customer_id: there is no such property. "
            "Create it in HubSpot, or switch off its line in the mapping.",
        ),
        (
            400,
            "two_invalid_values",
            ValidationError,
            "INVALID_EMAIL",
            "email",
            "HubSpot rejected the property email: Email address j***@p***.peeters is invalid",
        ),
        (400, "quoted_value", ValidationError, "LEADING_TRAILING_WHITESPACE", "firstname", None),
        (
            400,
            "missing_required_property",
            ValidationError,
            "MISSING_REQUIRED_PROPERTY",
            "mobilephone",
            "HubSpot rejected the property mobilephone: A value for mobilephone must be provided",
        ),
        (
            400,
            "value_taken",
            ConflictError,
            "UNIQUE_VALUE_TAKEN",
            "odoo_customer_id",
            "Another contact in HubSpot (ID 151000000002) already has this value, which must be unique. Merge the two "
            "in HubSpot, or correct the value in Odoo.",
        ),
        (
            409,
            "contact_exists",
            ConflictError,
            "CONTACT_EXISTS",
            None,
            "Another contact in HubSpot (ID 37765128953) already has this match key, such as an email address. "
            "Merge the two in HubSpot, or correct the key in Odoo.",
        ),
        (
            401,
            "invalid_token",
            AuthError,
            "INVALID_AUTHENTICATION",
            None,
            "HubSpot rejected the access token, because it is wrong, expired or revoked. Enter a valid access token.",
        ),
        (
            403,
            "missing_scopes",
            AuthError,
            "MISSING_SCOPES",
            None,
            "The access token lacks the scope crm.objects.contacts.read or "
            "crm.objects.contacts.write. Add it to the app in HubSpot.",
        ),
        (429, "burst_limit", QuotaError, "TEN_SECONDLY_ROLLING", None, "HubSpot asked to slow down."),
        (429, "daily_limit", QuotaError, "DAILY", None, "The daily call limit of HubSpot is used up."),
    ],
)
def test_known_errors(status, name, kind, code, field, words):
    body = fixture(f"error__{name}")
    found = error(status, body)
    assert (type(found), found.code, found.field, found.http_status) == (kind, code, field, status)
    assert words is None or found.message == words
    assert not found.uncertain
    assert found.response == {"correlationId": body["correlationId"]}


def test_values_that_were_sent_do_not_show():
    """HubSpot quotes what it refuses; a person's name has no pattern that would give it away."""
    sent = ({"firstname": 'Jan "the man" Peeters', "country": "Belgium"},)
    assert "Peeters" not in error(400, fixture("error__quoted_value"), sent=sent).message
    body = {
        "message": "Jan Peeters, jan@peeters.be, +32470123456 of Belgium: no",
        "category": "VALIDATION_ERROR",
    }
    found = error(
        400, body, sent=({"firstname": "Jan", "lastname": "Peeters", "country": "Belgium", "zip": "9"},)
    )
    assert found.message == "HubSpot rejected the record: *** ***, ***@***.be, +32*****56 of Belgium: no"


@pytest.mark.parametrize(
    ("status", "kind", "code", "uncertain"),
    [
        (400, ValidationError, "VALIDATION_ERROR", False),
        (401, AuthError, "INVALID_AUTHENTICATION", False),
        (402, ValidationError, "HTTP_402", False),
        (403, AuthError, "FORBIDDEN", False),
        (404, TransientError, "WRONG_ADDRESS", False),
        (405, ValidationError, "HTTP_405", False),
        (408, TransientError, "HTTP_408", True),
        (409, ConflictError, "CONFLICT", False),
        (413, ValidationError, "HTTP_413", False),
        (415, ValidationError, "HTTP_415", False),
        (422, ValidationError, "VALIDATION_ERROR", False),
        (423, TransientError, "HTTP_423", False),
        (425, TransientError, "HTTP_425", False),
        (429, QuotaError, "RATE_LIMIT", False),
        (477, QuotaError, "MIGRATION", False),
        (500, TransientError, "HTTP_500", True),
        (502, TransientError, "HTTP_502", True),
        (503, TransientError, "HTTP_503", False),
        (504, TransientError, "HTTP_504", True),
        (521, TransientError, "HTTP_521", False),
        (524, TransientError, "HTTP_524", True),
    ],
)
@pytest.mark.parametrize(
    "body", [None, [], {"errors": "?", "context": [], "message": None}, {"category": None}]
)
def test_statuses_without_a_useful_body(status, kind, code, uncertain, body):
    found = error(status, body)
    assert (type(found), found.code, found.uncertain, found.field) == (kind, code, uncertain, None)
    assert not error(status, body, write=False).uncertain


def test_object_not_found():
    found = error(404, {"category": "OBJECT_NOT_FOUND", "message": "resource not found"})
    assert (type(found), found.code) == (RemoteNotFoundError, "OBJECT_NOT_FOUND")


@pytest.mark.parametrize(
    ("status", "name", "headers", "date", "seconds"),
    [
        (429, "burst_limit", {}, NOON, 10),
        (429, "burst_limit", {"Retry-After": "3"}, NOON, 3),
        (429, "burst_limit", {"X-HubSpot-RateLimit-Interval-Milliseconds": "1000"}, NOON, 1),
        (429, "burst_limit", {"X-HubSpot-RateLimit-Interval-Milliseconds": "soon"}, NOON, 10),
        (429, "daily_limit", {"X-HubSpot-RateLimit-Interval-Milliseconds": "10000"}, NOON, 3600),
        (429, "daily_limit", {}, datetime(2026, 11, 23, 23, 50, tzinfo=UTC), 601),
        (429, "daily_limit", {"Retry-After": "Mon, 23 Nov 2026 12:30:00 GMT"}, NOON, 1800),
        (477, None, {}, NOON, 3600),
        (477, None, {"Retry-After": "7200"}, NOON, 7200),
        (423, None, {}, NOON, 2),
        (503, None, {"Retry-After": "30"}, NOON, 30),
        (503, None, {}, NOON, None),
    ],
)
def test_time_to_wait(status, name, headers, date, seconds):
    body = fixture(f"error__{name}") if name else None
    assert error(status, body, headers, date).retry_after == seconds


@pytest.mark.parametrize(
    ("category", "kind", "status"),
    [
        ("VALIDATION_ERROR", ValidationError, 400),
        ("CONFLICT", ConflictError, 409),
        ("OBJECT_NOT_FOUND", RemoteNotFoundError, 404),
        ("MISSING_SCOPES", AuthError, 403),
        ("RATE_LIMITS", QuotaError, 429),
        ("INTERNAL_ERROR", TransientError, None),
        ("SOMETHING_NEW", ValidationError, 400),
        (None, ValidationError, 400),
    ],
)
def test_errors_of_single_items(category, kind, status):
    found = errors.from_item({"category": category, "message": "no"})
    assert (type(found), found.http_status, found.uncertain) == (kind, status, False)


def test_long_messages_are_cut():
    assert len(error(400, {"message": "x" * 100_000}).message) < 600
