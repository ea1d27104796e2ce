"""What the adapter learns about an account, and uses: its timezone, its daily limit, its languages."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from samples import customer, invoice, local_settings, make_item

from odoo.addons.retail_hub.connectors.connection import Connection
from odoo.addons.retail_hub.connectors.http_client import Response
from odoo.addons.retail_hub.connectors.hubspot import errors
from odoo.addons.retail_hub.connectors.hubspot.provider import HUBSPOT
from odoo.addons.retail_hub.connectors.provider import ConnectionReport, RemoteProperty, Settings
from odoo.addons.retail_hub.core.errors import ValidationError
from odoo.addons.retail_hub.core.field_map import FieldMap
from odoo.addons.retail_hub.schemas.invoice import InvoiceV1

ZONES = (
    "UTC",
    "America/New_York",
    "Pacific/Pago_Pago",
    "Asia/Tokyo",
    "Pacific/Auckland",
    "Pacific/Kiritimati",
)
NEW_YORK = ZoneInfo("America/New_York")
LANGUAGE = "hs_language"


@pytest.fixture
def open_connection(sandbox):
    """Return a function that opens a connection with settings."""
    connections = []

    def make(**settings):
        values = {"credentials": {"access_token": "sandbox-token"}, **settings}
        connections.append(Connection(HUBSPOT, local_settings(sandbox.url, "2026-09", **values)))
        return connections[-1]

    yield make
    for each in connections:
        each.http.close()


def learned(connection):
    """Return the settings that follow from what the account says, as a connector stores it."""
    adapter = connection.adapter
    properties = {each.name: each for each in adapter.remote_properties("contact")}
    return {
        "time_zone": adapter.test_connection().time_zone,
        "remote_properties": {"contact": properties},
    }


# ----- dates -----


def invoice_properties(data=None, event_type="invoice.posted", **settings):
    settings = Settings("https://hubspot.invalid", "2026-09", **settings)
    data = data or InvoiceV1.model_validate(invoice(1)).canonical()
    with Connection(HUBSPOT, settings) as adapter:
        return adapter.prepare(make_item(1, event_type=event_type, data=data)).comparable


@pytest.mark.parametrize("zone", ZONES)
def test_dates_are_the_same_in_the_time_zone_of_the_account(zone):
    """HubSpot shows them with a time of day: midnight UTC would be the day before in New York."""
    sent = invoice_properties(time_zone=zone)
    paid = {"id": "1", "number": "1", "customer_id": "", "total": "1", "residual": "0", "orders": []}
    paid["payment_date"] = "2026-12-31"
    sent["hs_payment_date"] = invoice_properties(paid, "invoice.paid", time_zone=zone)["hs_payment_date"]
    shown = {
        name: datetime.fromisoformat(sent[name]).astimezone(ZoneInfo(zone)).date()
        for name in ("hs_invoice_date", "hs_due_date", "hs_payment_date")
    }
    assert shown == {
        "hs_invoice_date": date(2026, 11, 23),
        "hs_due_date": date(2026, 12, 23),
        "hs_payment_date": date(2026, 12, 31),
    }


def test_dates_of_an_account_that_was_never_tested():
    """Noon UTC: the same date nearly everywhere."""
    assert invoice_properties()["hs_due_date"] == "2026-12-23T12:00:00Z"


def test_other_properties_with_a_time_of_day_get_one_too():
    """Only for dates, and only where the account has a time of day."""
    kinds = {"x_moment": "datetime", "x_day": "date", "x_text": "text"}
    known = {"invoice": {name: RemoteProperty(name, type=kind) for name, kind in kinds.items()}}
    lines = [FieldMap("invoice", name, "due_date") for name in kinds]
    sent = invoice_properties(field_maps=lines, remote_properties=known, time_zone="Pacific/Auckland")
    assert {name: sent[name] for name in kinds} == {
        "x_moment": "2026-12-22T23:00:00Z",
        "x_day": "2026-12-23",
        "x_text": "2026-12-23",
    }


def test_no_date_stays_empty():
    data = InvoiceV1.model_validate(invoice(1, due_date=None)).canonical()
    assert invoice_properties(data)["hs_due_date"] == ""


# ----- the timezone and the daily limit -----


def test_the_test_of_the_connection_says_the_time_zone_and_the_reset(sandbox, open_connection):
    sandbox.configure(time_zone="America/New_York")
    report = open_connection().adapter.test_connection()
    assert report.time_zone == "America/New_York"
    left = report.quota_resets_at - datetime.now(UTC)
    assert timedelta(0) < left <= timedelta(hours=25)
    assert report.quota_resets_at.astimezone(NEW_YORK).strftime("%H:%M") == "00:00"


@pytest.mark.parametrize("name", ["", "Mars/Base", "../x"])
def test_a_time_zone_that_does_not_exist_is_none(name):
    assert ConnectionReport("Account", time_zone=name).time_zone == ""


def test_the_day_ends_at_midnight_of_the_account(open_connection):
    connection = open_connection(time_zone="America/New_York")
    connection.adapter.test_connection()
    resets = {each.seconds: each.resets_in for each in connection.quota_readings()}
    assert resets[10] is None
    at = datetime.now(UTC) + timedelta(seconds=resets[86_400] + 1)
    assert at.astimezone(NEW_YORK).strftime("%H:%M") == "00:00"


@pytest.mark.parametrize(
    ("headers", "zone", "seconds"),
    [
        ({}, NEW_YORK, 7 * 3600 + 1),
        ({}, None, 3600),
        ({"Retry-After": "90"}, NEW_YORK, 90),
    ],
)
def test_a_daily_limit_waits_for_midnight_of_the_account(headers, zone, seconds):
    now = datetime(2026, 11, 23, 22, tzinfo=UTC)
    response = Response(429, headers, {"policyName": "DAILY"}, now)
    assert errors.from_response(response, zone=zone).retry_after == seconds


def test_the_adapter_waits_for_midnight_of_the_account(sandbox, open_connection):
    sandbox.configure(daily_limit=0)
    adapter = open_connection(time_zone="America/New_York").adapter
    [outcome] = adapter.send([adapter.prepare(make_item(1))])
    at = datetime.now(UTC) + timedelta(seconds=outcome.error.retry_after)
    assert at.astimezone(NEW_YORK).strftime("%H:%M") == "00:00"


# ----- languages -----


def send(connection, *languages, **changes):
    adapter = connection.adapter
    items = [make_item(n, data=customer(n, language=each), **changes) for n, each in enumerate(languages, 1)]
    return adapter.send([adapter.prepare(item) for item in items])


def shown(sandbox):
    return {each["properties"]["email"]: each["properties"].get(LANGUAGE) for each in sandbox.contacts()}


@pytest.mark.parametrize(
    ("options", "language", "sent"),
    [
        (("nl", "nl-be"), "nl-BE", "nl-be"),
        (("nl",), "nl-BE", "nl"),
        (("NL-be",), "nl-BE", "NL-be"),
        (("sr",), "sr-Latn-RS", "sr"),
        (("fil-ph", "tl"), "tl-PH", "fil-ph"),
        (("tl", "en"), "tl-PH", "tl"),
        (("no", "no-no"), "nb-NO", "no-no"),
        (("nb", "no-no", "no"), "nb-NO", "nb"),
        (("no",), "nb-NO", "no"),
        (("nl-nl",), "nl-BE", None),
        (("nl",), "am-ET", None),
    ],
)
def test_a_language_is_one_of_the_options_of_the_account(sandbox, open_connection, options, language, sent):
    sandbox.configure(languages=options)
    connection = open_connection(**learned(open_connection()))
    prepared = connection.adapter.prepare(make_item(1, data=customer(1, language=language)))
    assert prepared.comparable.get(LANGUAGE) == prepared.body["properties"].get(LANGUAGE) == sent
    assert len(prepared.warnings) == (sent is None)
    [outcome] = connection.adapter.send([prepared])
    assert (outcome.error, shown(sandbox)) == (None, {"anna1@example.com": sent})


def test_the_warning_names_the_language_and_the_property(open_connection):
    known = {"contact": {LANGUAGE: RemoteProperty(LANGUAGE, type="enumeration", options=("nl",))}}
    connection = open_connection(remote_properties=known)
    prepared = connection.adapter.prepare(make_item(1, data=customer(1, language="am-ET")))
    assert prepared.warnings == (
        "The language am-et was left out, because the property hs_language in HubSpot has no such option.",
    )


def test_no_language_clears_it(sandbox, open_connection):
    connection = open_connection(**learned(open_connection()))
    [made] = send(connection, "nl-BE")
    send(connection, None, remote_id=made.remote_id, remote_object="contact")
    assert shown(sandbox) == {"anna1@example.com": None}


@pytest.mark.parametrize("is_known", [False, True])
def test_a_language_that_is_refused_is_left_out(sandbox, open_connection, is_known):
    """The properties were never read, or they have changed since: nothing ends dead for its language."""
    settings = {}
    if is_known:
        sandbox.configure(languages=["nl-be", "am-et", "so-so"])
        settings = learned(open_connection())
    sandbox.configure(languages=["nl-be"])
    outcomes = send(open_connection(**settings), "nl-BE", "am-ET", "so-SO")
    assert [o.error for o in outcomes] == [None] * 3
    assert [len(o.warnings) for o in outcomes] == [0, 1, 1]
    assert "language so-so was left out" in outcomes[2].warnings[0]
    assert shown(sandbox) == {
        "anna1@example.com": "nl-be",
        "anna2@example.com": None,
        "anna3@example.com": None,
    }


def test_another_option_that_is_refused_is_an_error(sandbox, open_connection):
    status = FieldMap("contact", "hs_lead_status", "GONE", source="constant")
    connection = open_connection(field_maps=(*HUBSPOT.default_field_maps, status))
    [outcome] = send(connection, "nl-BE")
    assert (type(outcome.error), outcome.error.field) == (ValidationError, "hs_lead_status")
