"""The HubSpot adapter against the sandbox: which calls it makes, and what becomes of each record."""

import pytest
from samples import customer, find_by, local_settings, make_item

from odoo.addons.retail_hub.connectors.connection import Connection
from odoo.addons.retail_hub.connectors.hubspot.provider import HUBSPOT
from odoo.addons.retail_hub.connectors.items import MatchKeys
from odoo.addons.retail_hub.core.errors import (
    AuthError,
    ConflictError,
    MappingError,
    QuotaError,
    RemoteNotFoundError,
    TransientError,
    ValidationError,
)

CONTACTS = "/crm/objects/2026-09/contacts"
BY_ODOO_ID = MatchKeys("odoo_customer_id")
ODOO_ID = {"name": "odoo_customer_id", "type": "string", "fieldType": "text", "hasUniqueValue": True}


@pytest.fixture
def adapter(sandbox):
    with Connection(
        HUBSPOT,
        local_settings(sandbox.url, "2026-09", {"access_token": "sandbox-token"}, read_timeout=2),
    ) as adapter:
        yield adapter


@pytest.fixture
def calls(sandbox):
    """Return a function that lists the calls since the last time, as "POST /batch/update 200"."""
    seen = 0

    def new_calls():
        nonlocal seen
        requests = sandbox.requests(since=seen)
        seen += len(requests)
        return [f"{r['method']} {r['path'].removeprefix(CONTACTS)} {r['status']}" for r in requests]

    return new_calls


def send(adapter, items):
    return adapter.send([adapter.prepare(item) for item in items])


def numbers(count, **changes):
    return [make_item(number, **changes) for number in range(count)]


def failures(outcomes):
    return {int(o.trace_id) - 1000: type(o.error) for o in outcomes if o.error}


def make(adapter, count):
    """Make contacts; return their ids."""
    return [o.remote_id for o in send(adapter, numbers(count))]


def values(sandbox, remote_id):
    return next(c["properties"] for c in sandbox.contacts() if c["id"] == remote_id)


def merge_item(survivor, *losers, **changes):
    data = {"id": "res.partner,1", "merged_ids": []}
    changes = {"merged_remote_ids": losers, "remote_id": survivor, **changes}
    return make_item(1, event_type="customer.merged", data=data, **changes)


# ----- creating and updating -----


def test_create_then_update(adapter, sandbox, calls):
    """The first call finds or makes the contact by its email address, the later ones use its id."""
    created = send(adapter, numbers(100))
    assert calls() == ["POST /batch/upsert 200"]
    assert {o.response["new"] for o in created} == {True}
    again = send(adapter, numbers(100))
    assert calls() == ["POST /batch/upsert 200", "POST /batch/read 200"]
    assert [o.remote_id for o in again] == [o.remote_id for o in created]
    items = [
        make_item(n, remote_id=o.remote_id, data=customer(n, job_title="Director"))
        for n, o in enumerate(created)
    ]
    updated = send(adapter, items)
    assert calls() == ["POST /batch/update 200"]
    assert [o.remote_id for o in updated] == [o.remote_id for o in created]
    assert {c["properties"]["jobtitle"] for c in sandbox.contacts()} == {"Director"}


def test_version_v3(sandbox):
    with Connection(HUBSPOT, local_settings(sandbox.url, "v3", {"access_token": "sandbox-token"})) as adapter:
        assert failures(send(adapter, numbers(1))) == {}
        adapter.test_connection()
    assert [r["path"] for r in sandbox.requests()] == [
        "/crm/v3/objects/contacts/batch/upsert",
        "/account-info/v3/details",
        "/account-info/v3/api-usage/daily/private-apps",
    ]


def test_an_emptied_field_is_cleared(adapter, sandbox):
    remote_id = make(adapter, 1)[0]
    send(adapter, [make_item(0, remote_id=remote_id, data=customer(0, job_title="", phones=[], emails=[]))])
    assert not [name for name in ("jobtitle", "phone", "email") if values(sandbox, remote_id).get(name)]


def test_upsert_by_a_property_of_ones_own(adapter, sandbox, calls):
    """Customers without an email address are told apart by the canonical id."""
    sandbox.configure(custom_properties=[ODOO_ID])
    find_by(adapter, BY_ODOO_ID)
    items = [make_item(n, data=customer(n, emails=[])) for n in range(3)]
    first, second = send(adapter, items), send(adapter, items)
    assert failures(first + second) == {}
    assert [o.remote_id for o in first] == [o.remote_id for o in second]
    assert calls() == ["POST /batch/upsert 200"] * 2
    assert values(sandbox, first[2].remote_id)["odoo_customer_id"] == "res.partner,2"


def test_fallback_key_goes_in_a_call_of_its_own(adapter, sandbox, calls):
    sandbox.configure(custom_properties=[ODOO_ID])
    find_by(adapter, MatchKeys("email", "odoo_customer_id"))
    items = [make_item(n, data=customer(n, **({"emails": []} if n == 1 else {}))) for n in range(3)]
    outcomes = send(adapter, items)
    assert failures(outcomes) == {}
    assert calls() == ["POST /batch/upsert 200"] * 2
    assert values(sandbox, outcomes[0].remote_id)["odoo_customer_id"] == "res.partner,0"


def test_no_key(adapter):
    with pytest.raises(MappingError) as caught:
        adapter.prepare(make_item(1, data=customer(1, emails=[])))
    assert (caught.value.code, caught.value.field) == ("KEY_MISSING", "email")
    assert "Enter an email address for the customer" in caught.value.message
    assert adapter.prepare(make_item(1, data=customer(1, emails=[]), remote_id="5")).key is None


def test_same_key_twice_goes_in_two_calls(adapter, sandbox, calls):
    """HubSpot refuses a batch with the same record twice; the later state is written later."""
    sandbox.configure(duplicate_ids_status=409)
    items = [
        make_item(n, data=customer(n, emails=["Same@Example.com"], job_title=f"Title {n}"), trace_id=str(n))
        for n in range(3)
    ]
    outcomes = send(adapter, [*items, make_item(9)])
    assert failures(outcomes) == {}
    assert calls() == [*["POST /batch/upsert 200"] * 3, "POST /batch/read 200"]
    assert len({o.remote_id for o in outcomes}) == 2
    assert values(sandbox, outcomes[0].remote_id)["jobtitle"] == "Title 2"


def test_two_ids_of_one_merged_contact(adapter, calls):
    """HubSpot takes both for the same record and refuses the batch: neither is a bad record."""
    one, other, two = make(adapter, 3)
    send(adapter, [merge_item(one, two)])
    calls()
    data = customer(0)
    items = [
        make_item(0, remote_id=one),
        make_item(1, remote_id=other),
        make_item(2, data=data, remote_id=two),
    ]
    outcomes = send(adapter, items)
    assert failures(outcomes) == {}
    assert outcomes[0].remote_id == outcomes[2].remote_id
    assert calls()[0] == "POST /batch/update 400"


def test_calls_are_cut_to_size(sandbox, calls):
    with Connection(
        HUBSPOT,
        local_settings(sandbox.url, "2026-09", {"access_token": "sandbox-token"}, batch_size=500),
    ) as adapter:
        assert failures(send(adapter, numbers(250))) == {}
    assert [len(r["body"]["inputs"]) for r in sandbox.requests()] == [100, 100, 50]


# ----- bad records -----


def test_one_bad_among_100_quoted(adapter, sandbox, calls):
    """HubSpot quotes the value: the 99 others go at once, the suspect alone."""
    items = numbers(100)
    items[41] = make_item(41, data=customer(41, emails=["not an address"]))
    outcomes = send(adapter, items)
    assert failures(outcomes) == {41: ValidationError}
    assert (outcomes[41].error.field, outcomes[41].error.code) == ("email", "INVALID_EMAIL")
    assert "not an address" not in outcomes[41].error.message
    assert calls() == ["POST /batch/upsert 400", "POST /batch/upsert 200", "POST /batch/upsert 400"]
    assert len(sandbox.contacts()) == 99


def test_one_bad_among_100_not_quoted(adapter, sandbox, calls):
    """Nothing says which one it is: halving finds it."""
    rule = {
        "property": "firstname",
        "pattern": "[A-Za-z]*",
        "error": "INVALID_ALPHA",
        "message": "Enter only letters",
    }
    sandbox.configure(validation_rules=[rule])
    items = numbers(100)
    items[41] = make_item(41, data=customer(41, name={"full": "R2 D2", "given": "R2", "family": "D2"}))
    outcomes = send(adapter, items)
    assert failures(outcomes) == {41: ValidationError}
    assert outcomes[41].error.message == "HubSpot rejected the property firstname: Enter only letters"
    assert (outcomes[41].error.field, outcomes[41].error.code) == ("firstname", "INVALID_ALPHA")
    assert len(calls()) <= 15
    assert len(sandbox.contacts()) == 99


def test_bad_records_named_one_by_one(adapter, sandbox, calls):
    """With a property of one's own as the key, HubSpot answers for each record: one call."""
    sandbox.configure(custom_properties=[ODOO_ID])
    find_by(adapter, BY_ODOO_ID)
    items = numbers(100)
    for n in (3, 77):
        items[n] = make_item(n, data=customer(n, emails=[f"bad {n}"]))
    outcomes = send(adapter, items)
    assert failures(outcomes) == {3: ValidationError, 77: ValidationError}
    assert outcomes[3].error.field == "email"
    assert calls() == ["POST /batch/upsert 200"]


@pytest.mark.parametrize(("version", "status"), [("2026-09", 200), ("v3", 207)])
def test_a_partial_success_of_each_version(sandbox, version, status):
    """Since 2026-09 the status does not tell: the errors are in the body of a 200."""
    sandbox.configure(custom_properties=[ODOO_ID])
    settings = local_settings(sandbox.url, version, {"access_token": "sandbox-token"})
    with Connection(HUBSPOT, settings) as adapter:
        find_by(adapter, BY_ODOO_ID)
        bad = make_item(1, data=customer(1, emails=["nonsense"]))
        outcomes = send(adapter, [make_item(0), bad, make_item(2)])
        assert failures(outcomes) == {1: ValidationError}
        gone = make_item(0, remote_id="77"), make_item(2, remote_id=outcomes[2].remote_id)
        assert [type(o.error) for o in send(adapter, gone)] == [RemoteNotFoundError, type(None)]
    assert [each["status"] for each in sandbox.requests()] == [status] * 2


def test_a_value_that_is_too_long(adapter, sandbox):
    """Only its record fails, and the message does not repeat it."""
    long = make_item(1, data=customer(1, job_title="x" * 65_537))
    outcomes = send(adapter, [make_item(0), long, make_item(2)])
    assert failures(outcomes) == {1: ValidationError}
    error = outcomes[1].error
    assert (error.field, error.message) == (
        "jobtitle",
        "HubSpot rejected the property jobtitle: The value of jobtitle is too long: the maximum length is 65536",
    )


def test_reads_have_all_that_the_api_description_demands(adapter, sandbox):
    [remote_id] = make(adapter, 1)
    send(adapter, [make_item(0, event_type="customer.erased", data={"id": "0"}, remote_id=remote_id)])
    [read] = [each["body"] for each in sandbox.requests() if each["path"].endswith("/batch/read")]
    assert {"inputs", "properties", "propertiesWithHistory"} <= set(read)


def test_many_bad_records(adapter, sandbox):
    """Every fifth is bad, however the batch is cut."""
    sandbox.fault(invalid_every=5)
    outcomes = send(adapter, numbers(100))
    assert set(failures(outcomes)) == set(range(4, 100, 5))
    assert len(sandbox.contacts()) == 80


@pytest.mark.parametrize("keys", [BY_ODOO_ID, MatchKeys("email", "odoo_customer_id")])
def test_an_unknown_key_property_is_everybodys_error(adapter, calls, keys):
    """There is no need to look for a bad record: one call."""
    find_by(adapter, keys)
    outcomes = send(adapter, numbers(100))
    assert {(type(o.error), o.error.field) for o in outcomes} == {(ValidationError, "odoo_customer_id")}
    assert len(calls()) == 1


def test_missing_required_property(adapter, sandbox, calls):
    """A rule of the account's admin: the property is named, and those without it are sent alone."""
    sandbox.configure(validation_rules=[{"require": "phone"}])
    items = numbers(100)
    items[5] = make_item(5, data=customer(5, phones=[]))
    outcomes = send(adapter, items)
    assert failures(outcomes) == {5: ValidationError}
    assert outcomes[5].error.field == "phone"
    assert len(calls()) == 3


def test_address_of_another_contact(adapter, calls):
    """An update to an address that another contact has."""
    ids = make(adapter, 3)
    calls()
    items = [make_item(n, remote_id=i) for n, i in enumerate(ids)]
    items[1] = make_item(1, remote_id=ids[1], data=customer(1, emails=["anna2@example.com"]))
    outcomes = send(adapter, items)
    assert failures(outcomes) == {1: ConflictError}
    assert "anna2" not in outcomes[1].error.message
    assert ids[2] in outcomes[1].error.message


def test_update_of_a_deleted_contact(adapter, calls):
    ids = make(adapter, 3)
    send(adapter, [make_item(9, event_type="customer.erased", data={}, remote_id=ids[1])])
    calls()
    outcomes = send(adapter, [make_item(n, remote_id=i) for n, i in enumerate(ids)])
    assert failures(outcomes) == {1: RemoteNotFoundError}
    assert outcomes[1].error.code == "OBJECT_NOT_FOUND"
    assert "Resync" in outcomes[1].error.message
    assert calls() == ["POST /batch/update 200"]


def test_update_of_a_merged_contact_returns_the_new_id(adapter):
    one, two = make(adapter, 2)
    survivor = send(adapter, [merge_item(one, two)])[0].remote_id
    assert survivor not in (one, two)
    outcome = send(adapter, [make_item(1, remote_id=two)])[0]
    assert (outcome.error, outcome.remote_id) == (None, survivor)


def test_upsert_by_an_additional_address_of_a_merged_contact(adapter, calls):
    """It says which contacts it was made of: one of them may be another customer's."""
    one, two = make(adapter, 2)
    survivor = send(adapter, [merge_item(one, two)])[0].remote_id
    calls()
    outcome = send(adapter, [make_item(1)])[0]
    assert (outcome.error, outcome.remote_id, outcome.merged_ids) == (None, survivor, (one, two))
    assert calls() == ["POST /batch/upsert 200", "POST /batch/read 200"]
    assert send(adapter, [make_item(7)])[0].merged_ids == ()
    assert calls() == ["POST /batch/upsert 200"]


# ----- failures of whole calls -----


def test_drop_after_write_then_resolve(adapter, sandbox):
    sandbox.fault(drop="after", times=1)
    lost = send(adapter, numbers(2))
    assert [(type(o.error), o.error.uncertain) for o in lost] == [(TransientError, True)] * 2
    resolved = adapter.resolve([adapter.prepare(item) for item in numbers(2, in_doubt=True)])
    assert failures(resolved) == {}
    assert [o.response["new"] for o in resolved] == [False, False]
    assert len(sandbox.contacts()) == 2


def test_not_answered_update_of_a_merged_contact_is_resolved(adapter, sandbox, calls):
    """HubSpot may leave a merged contact out of its answer: its successor is looked up."""
    one, two = make(adapter, 2)
    survivor = send(adapter, [merge_item(one, two)])[0].remote_id
    calls()
    sandbox.fault(times=1, status=200, body={"status": "COMPLETE", "results": []}, path="/batch/update")
    outcome = adapter.resolve([adapter.prepare(make_item(1, remote_id=two, in_doubt=True))])[0]
    assert (outcome.error, outcome.remote_id) == (None, survivor)
    assert outcome.merged_ids == (one, two)
    looked_up = ["POST /batch/update 200", f"GET /{two} 200", "POST /batch/update 200"]
    assert calls() == [*looked_up, "POST /batch/read 200"]


def test_search_for_what_may_have_been_made(adapter, sandbox, calls):
    """By the key of the attempt that was lost, when there is no record of ours any more that could be sent again."""
    made = adapter.prepare(make_item(0))
    sandbox.fault(drop="after", times=1)
    adapter.send([made])
    calls()
    searches = [
        adapter.prepare_search(make_item(n), made.operation, key)
        for n, key in enumerate([made.key, "no@x.eu"])
    ]
    found, missing = adapter.resolve(searches)
    assert (found.error, found.remote_id) == (None, sandbox.contacts()[0]["id"])
    assert (missing.error, missing.remote_id) == (None, None)
    assert calls() == ["POST /batch/read 200", "POST /batch/read 200"]
    assert len(sandbox.contacts()) == 1


def test_search_finds_no_contact_that_took_the_address_over(adapter):
    one, two = make(adapter, 2)
    send(adapter, [merge_item(one, two)])
    searches = [
        adapter.prepare_search(make_item(n), "contact.upsert:email", make_item(n).data["emails"][0])
        for n in (0, 1)
    ]
    first, second = adapter.send(searches)
    assert first.remote_id
    assert second.remote_id is None


def test_failed_search(adapter, sandbox):
    sandbox.fault(status=503, times=1)
    [outcome] = adapter.resolve([adapter.prepare_search(make_item(0), "contact.upsert:email", "a@x.eu")])
    assert (type(outcome.error), outcome.error.uncertain) == (TransientError, False)


def test_not_answered(adapter, sandbox):
    sandbox.fault(times=1, status=200, body={"status": "COMPLETE", "results": []})
    error = send(adapter, numbers(1))[0].error
    assert (type(error), error.code, error.uncertain) == (TransientError, "NOT_ANSWERED", True)


@pytest.mark.parametrize(
    ("policy", "code", "low", "high"),
    [("burst", "TEN_SECONDLY_ROLLING", 10, 10), ("daily", "DAILY", 1, 3600)],
)
def test_limits_without_retry_after(adapter, sandbox, calls, policy, code, low, high):
    """Burst: the ten-second window. Daily: an hour at most, since the account's midnight is not known."""
    sandbox.fault(limit=policy)
    outcomes = send(adapter, numbers(250))
    assert {(type(o.error), o.error.code) for o in outcomes} == {(QuotaError, code)}
    assert low <= outcomes[0].error.retry_after <= high
    assert calls() == ["POST /batch/upsert 429"]
    assert outcomes[0].response["correlationId"]


def test_limit_while_narrowing(adapter, sandbox):
    """What was taken before stays taken; the rest waits."""
    items = numbers(4)
    items[0] = make_item(0, data=customer(0, emails=["not an address"]))
    sandbox.fault(limit="burst", skip=2)
    outcomes = send(adapter, items)
    assert failures(outcomes) == {0: QuotaError}
    assert len(sandbox.contacts()) == 3


@pytest.mark.parametrize(
    ("status", "uncertain"), [(500, True), (502, True), (503, False), (504, True), (408, True), (423, False)]
)
def test_server_errors(adapter, sandbox, calls, status, uncertain):
    sandbox.fault(status=status)
    outcomes = send(adapter, numbers(150))
    assert {(type(o.error), o.error.code) for o in outcomes} == {(TransientError, f"HTTP_{status}")}
    assert [o.error.uncertain for o in outcomes] == [uncertain] * 100 + [False] * 50
    assert len(calls()) == 1


def test_wrong_address(sandbox, calls):
    """A wrong API version or URL is no fault of any record, and costs one call."""
    settings = local_settings(sandbox.url + "/elsewhere", "2026-09", {"access_token": "sandbox-token"})
    with Connection(HUBSPOT, settings) as adapter:
        outcomes = send(adapter, numbers(3))
    assert {(type(o.error), o.error.code, o.error.uncertain) for o in outcomes} == {
        (TransientError, "WRONG_ADDRESS", False)
    }
    assert len(calls()) == 1


def test_missing_scope_is_named(adapter, sandbox):
    scopes = {"requiredGranularScopes": ["crm.objects.contacts.write"]}
    body = {
        "status": "error",
        "category": "MISSING_SCOPES",
        "errors": [{"message": "scopes", "context": scopes}],
    }
    sandbox.fault(status=403, body=body)
    error = send(adapter, numbers(1))[0].error
    assert type(error) is AuthError
    assert "crm.objects.contacts.write" in error.message


@pytest.mark.parametrize("token", ["", "  ", "tökén", "line\nbreak"])
def test_unusable_token(sandbox, token):
    """Never sent, and never quoted in an exception."""
    with Connection(HUBSPOT, local_settings(sandbox.url, "2026-09", {"access_token": token})) as adapter:
        error = send(adapter, numbers(1))[0].error
    assert type(error) is AuthError
    assert not token.strip() or token not in error.message
    assert sandbox.request_count() == 0


# ----- merging and erasing -----


def test_merge(adapter, sandbox, calls):
    """One call a pair; HubSpot makes a new contact, which is the outcome."""
    ids = make(adapter, 3)
    calls()
    outcome = send(adapter, [merge_item(*ids)])[0]
    assert outcome.error is None
    assert calls() == ["POST /merge 200"] * 2
    assert [c["id"] for c in sandbox.contacts() if not c["archived"]] == [outcome.remote_id]


def test_merge_that_keeps_the_id(adapter, sandbox):
    sandbox.configure(merge_keeps_primary_id=True)
    ids = make(adapter, 2)
    assert send(adapter, [merge_item(*ids)])[0].remote_id == ids[0]


@pytest.mark.parametrize("keeps_id", [False, True])
def test_merge_resolves(adapter, sandbox, calls, keeps_id):
    """A merge whose answer was lost is looked up, not repeated."""
    sandbox.configure(merge_keeps_primary_id=keeps_id)
    one, two = make(adapter, 2)
    calls()
    sandbox.fault(drop="after", times=1)
    lost = send(adapter, [merge_item(one, two)])[0]
    assert lost.error.uncertain
    resolved = adapter.resolve([adapter.prepare(merge_item(one, two, in_doubt=True))])[0]
    survivors = [c["id"] for c in sandbox.contacts() if not c["archived"]]
    assert (resolved.error, [resolved.remote_id]) == (None, survivors)
    assert calls() == ["POST /merge None", f"GET /{one} 200", f"GET /{two} 200"]


def test_merge_that_was_done_at_hubspot_already(adapter, calls):
    one, two = make(adapter, 2)
    survivor = send(adapter, [merge_item(one, two)])[0].remote_id
    calls()
    again = send(adapter, [merge_item(one, two)])[0]
    assert (again.error, again.remote_id) == (None, survivor)
    assert calls() == ["POST /merge 400", f"GET /{one} 200", f"GET /{two} 200"]


def test_merge_with_a_deleted_contact(adapter):
    """A loser that is gone needs no merging; a survivor that is gone is an error."""
    one, two, three = make(adapter, 3)
    send(adapter, [make_item(9, event_type="customer.erased", data={}, remote_id=two)])
    outcome = send(adapter, [merge_item(one, two)])[0]
    assert (outcome.error, outcome.remote_id) == (None, one)
    assert type(send(adapter, [merge_item(two, three)])[0].error) is RemoteNotFoundError


@pytest.mark.parametrize(("survivor", "losers"), [(None, ["1"]), ("1", []), ("1", ["1"])])
def test_merge_of_nothing(adapter, sandbox, survivor, losers):
    outcome = send(adapter, [merge_item(survivor, *losers)])[0]
    assert (outcome.error, outcome.remote_id) == (None, survivor)
    assert sandbox.request_count() == 0


def test_erase(adapter, sandbox, calls):
    """Erasing what is gone already, or was never there, succeeds."""
    ids = make(adapter, 2)
    calls()
    items = [
        make_item(n, event_type="customer.erased", data={"id": "res.partner,1"}, remote_id=remote_id)
        for n, remote_id in enumerate([*ids, "404404", None])
    ]
    assert failures(send(adapter, items)) == {}
    assert failures(send(adapter, items)) == {}
    assert calls() == ["POST /batch/read 200", "POST /batch/archive 204", "POST /batch/read 200"]
    assert {c["archived"] for c in sandbox.contacts()} == {True}


def test_erase_of_a_merged_contact_spares_the_survivor(adapter, sandbox):
    """Somebody merged two contacts at HubSpot; then one of the two customers is deleted in Odoo."""
    one, two, three = make(adapter, 3)
    survivor = send(adapter, [merge_item(one, two)])[0].remote_id
    items = [
        make_item(n, event_type="customer.erased", data={"id": "res.partner,1"}, remote_id=remote_id)
        for n, remote_id in enumerate([two, three])
    ]
    assert failures(send(adapter, items)) == {}
    assert [c["id"] for c in sandbox.contacts() if not c["archived"]] == [survivor]


def test_erase_is_not_uncertain_before_anything_is_archived(adapter, sandbox):
    remote_id = make(adapter, 1)[0]
    sandbox.fault(drop="before", path="/batch/read")
    error = send(adapter, [make_item(0, event_type="customer.erased", data={}, remote_id=remote_id)])[0].error
    assert (type(error), error.uncertain) == (TransientError, False)


def test_erase_where_hubspot_answers_404(adapter, sandbox):
    sandbox.fault(
        status=404, body={"status": "error", "category": "OBJECT_NOT_FOUND", "message": "resource not found"}
    )
    outcomes = send(
        adapter, [make_item(n, event_type="customer.erased", data={}, remote_id=str(n)) for n in (1, 2)]
    )
    assert failures(outcomes) == {}


# ----- connection -----


def test_connection(adapter, sandbox):
    sandbox.configure(clock_skew=120, daily_limit=1000)
    report = adapter.test_connection()
    assert "44237313" in report.account
    assert (report.quota_limit, report.quota_remaining) == (1000, 998)
    assert 118 <= adapter.api.http.clock_skew <= 122


def test_connection_without_the_right_to_see_usage(adapter, sandbox):
    sandbox.fault(path="/api-usage", status=403, body={"category": "MISSING_SCOPES"})
    report = adapter.test_connection()
    assert (report.quota_limit, report.quota_remaining) == (None, None)


def test_connection_refused(sandbox):
    with (
        Connection(HUBSPOT, local_settings(sandbox.url, "2026-09", {"access_token": "other"})) as adapter,
        pytest.raises(AuthError, match="access token"),
    ):
        adapter.test_connection()
