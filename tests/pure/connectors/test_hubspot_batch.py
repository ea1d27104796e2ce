"""Cutting items into calls, and reading HubSpot's batch answers."""

import json
from pathlib import Path

import pytest
from samples import make_item

from odoo.addons.retail_hub.connectors.http_client import Response
from odoo.addons.retail_hub.connectors.hubspot import batch, errors
from odoo.addons.retail_hub.connectors.items import Prepared
from odoo.addons.retail_hub.core.errors import ConflictError, RemoteNotFoundError, TransientError

FIXTURES = Path(__file__).parents[2] / "fixtures" / "hubspot"


def answer(name, status=207):
    return Response(status, {}, json.loads((FIXTURES / f"{name}.json").read_text()))


def update(number, **properties):
    item = make_item(number, remote_id=str(10 + number))
    body = {"id": str(10 + number), "properties": properties}
    return Prepared(item, "contact.update", body, {}, object="contact")


def upsert(number, key="email", value=None):
    value = value or f"anna{number}@example.com"
    item = make_item(number)
    body = {"id": value, "idProperty": key, "properties": {key: value}, "objectWriteTraceId": item.trace_id}
    return Prepared(item, f"contact.upsert:{key}", body, {}, object="contact")


def blamed(items, response):
    return batch.blamed(items, response, errors.from_response(response))


# ----- cutting -----


def cut(keys, size):
    items = [upsert(n, value=key) for n, key in enumerate(keys)]
    return ["".join(p.body["id"] for p in chunk) for chunk in batch.chunks(items, size)]


@pytest.mark.parametrize(
    ("keys", "size", "chunks"),
    [
        ("", 2, []),
        ("abc", 5, ["abc"]),
        ("abcde", 2, ["ab", "cd", "e"]),
        ("aab", 5, ["ab", "a"]),
        ("aaa", 5, ["a", "a", "a"]),
        ("abab", 2, ["ab", "ab"]),
        ("abaca", 2, ["ab", "ac", "a"]),
    ],
)
def test_chunks(keys, size, chunks):
    """Full as long as no key is in one twice; the same keys stay in order."""
    assert cut(keys, size) == chunks


def test_by_operation():
    items = [update(1), upsert(2), update(3)]
    groups = batch.by_operation(items)
    assert {name: [p.item.trace_id for p in group] for name, group in groups.items()} == {
        "contact.update": ["1001", "1003"],
        "contact.upsert:email": ["1002"],
    }


# ----- reading -----


def test_partial_by_trace_id():
    one, two, three = batch.read([upsert(1), upsert(2), upsert(3)], answer("batch_upsert__partial"))
    assert (type(one.error), one.error.code, one.http_status) == (ConflictError, "CONTACT_EXISTS", 409)
    assert one.response == {"category": "CONFLICT"}
    assert (two.error, two.remote_id, two.response) == (None, "21", {"id": "21", "new": True})
    assert (type(three.error), three.error.code, three.error.uncertain) == (
        TransientError,
        "NOT_ANSWERED",
        True,
    )


def test_partial_by_record_id():
    """Older answers have no trace ids."""
    gone, fine = batch.read([update(1), update(2)], answer("batch_update__one_not_found"))
    assert (type(gone.error), gone.remote_id) == (RemoteNotFoundError, "11")
    assert (fine.error, fine.remote_id, fine.response) == (None, "12", {"id": "12", "new": False})


def test_by_the_value_of_the_key():
    results = [
        {"id": "2", "properties": {"email": "ANNA2@example.com"}, "new": True},
        {"id": "1", "properties": {"email": "anna1@example.com"}, "new": False},
    ]
    outcomes = batch.read([upsert(1), upsert(2)], Response(200, {}, {"results": results}))
    assert [o.remote_id for o in outcomes] == ["1", "2"]


def test_an_error_comes_before_a_result():
    body = {
        "results": [{"id": "9", "objectWriteTraceId": "1001"}],
        "errors": [
            {"category": "VALIDATION_ERROR", "message": "no", "context": {"objectWriteTraceId": ["1001"]}}
        ],
    }
    assert batch.read([upsert(1)], Response(207, {}, body))[0].error.message.endswith("no")


def test_an_error_without_a_name_is_about_the_only_item():
    body = {"results": [], "errors": [{"category": "VALIDATION_ERROR", "message": "no"}]}
    assert batch.read([upsert(1)], Response(207, {}, body))[0].error.code == "VALIDATION_ERROR"
    two = batch.read([upsert(1), upsert(2)], Response(207, {}, body))
    assert [o.error.code for o in two] == ["NOT_ANSWERED"] * 2


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"results": None},
        {"results": [None, {}, {"id": None}]},
        {"results": "x", "errors": [None]},
    ],
)
def test_nonsense_is_not_an_answer(body):
    assert [o.error.code for o in batch.read([upsert(1), update(2)], Response(200, {}, body))] == [
        "NOT_ANSWERED"
    ] * 2


def test_the_record_that_was_updated_may_have_another_id():
    """It was merged: the trace id says which item it is."""
    body = {"results": [{"id": "99", "objectWriteTraceId": "1001"}]}
    assert batch.read([update(1)], Response(200, {}, body))[0].remote_id == "99"


def test_archived():
    assert [o.error for o in batch.read_done([update(1), update(2)], Response(204, {}))] == [None, None]


# ----- refusals -----


def test_blamed_by_ids():
    body = {"category": "OBJECT_NOT_FOUND", "message": "gone", "context": {"ids": ["12"]}}
    found = blamed([update(1), update(2)], Response(404, {}, body))
    assert {trace: type(error) for trace, error in found.items()} == {"1002": RemoteNotFoundError}


def test_blamed_for_an_unknown_property():
    """All that have it, and only these."""
    items = [update(1, odoo_customer_id="1"), update(2)]
    assert set(blamed(items, answer("error__property_does_not_exist", 400))) == {"1001"}


def test_blamed_for_nothing_of_theirs():
    """A media type that is not taken: no use in looking for a bad item."""
    assert set(blamed([update(1), update(2)], Response(415, {}, None))) == {"1001", "1002"}


def test_it_does_not_say_which():
    assert blamed([update(1), update(2)], answer("error__contact_exists", 409)) == {}


def test_suspected_for_a_quoted_value():
    items = [update(1, email="jan@peeters"), update(2, email="an@peeters.be"), update(3, hs_language="xx-yy")]
    items.append(update(4, firstname="jan@peeters"))
    response = answer("error__two_invalid_values", 400)
    assert blamed(items, response) == {}
    assert [p.item.trace_id for p in batch.suspected(items, response)] == ["1001", "1003"]


def test_suspected_for_a_missing_value():
    items = [update(1, mobilephone="+32"), update(2, mobilephone=""), update(3)]
    response = answer("error__missing_required_property", 400)
    assert [p.item.trace_id for p in batch.suspected(items, response)] == ["1002", "1003"]


def test_suspected_twice_in_the_batch():
    """Two ids of one contact: neither is a bad record, so neither is blamed."""
    first = Prepared(make_item(1), "update", {"id": "12877907025", "properties": {}}, {})
    response = answer("error__duplicate_ids", 400)
    assert blamed([first, update(2)], response) == {}
    assert batch.suspected([first, update(2)], response) == [first]


def test_a_single_item_is_not_suspected():
    """It was sent alone: it is the one."""
    assert batch.suspected([update(1, email="jan@peeters")], answer("error__two_invalid_values", 400)) == []
