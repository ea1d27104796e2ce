"""The base for APIs with one call per record: when it stops, and what an answer's status stands for."""

from types import SimpleNamespace

import pytest
from samples import make_item

from odoo.addons.retail_hub.connectors.http_client import Response
from odoo.addons.retail_hub.connectors.items import Outcome, Prepared
from odoo.addons.retail_hub.connectors.record_adapter import RecordAdapter
from odoo.addons.retail_hub.connectors.texts import family_name
from odoo.addons.retail_hub.core.errors import (
    AuthError,
    ConflictError,
    QuotaError,
    RemoteNotFoundError,
    TransientError,
    ValidationError,
)


class Adapter(RecordAdapter):
    """Answers come from a list, in the place of a remote."""

    noun = "member"

    def __init__(self, *answers):
        super().__init__(SimpleNamespace(parallel_calls=1), None, SimpleNamespace(host="api.example.com"))
        self.answers = list(answers)

    def prepare(self, item):
        return Prepared(item, "upsert", item.data, item.data)

    def send_one(self, prepared):
        response = self.check(self.answers.pop(0), prepared.body)
        return Outcome(prepared.item.trace_id, response.object["id"])

    def resolve(self, batch):
        return self.send(batch)

    def test_connection(self):
        raise NotImplementedError


def answer(status, body=None, **headers):
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def send(*answers, count=3):
    adapter = Adapter(*answers)
    outcomes = adapter.send([adapter.prepare(make_item(n)) for n in range(count)])
    return outcomes, adapter.answers


@pytest.mark.parametrize(
    ("status", "error", "uncertain"),
    [
        (401, AuthError, False),
        (429, QuotaError, False),
        (502, TransientError, True),
    ],
)
def test_a_fault_of_the_endpoint_stops(status, error, uncertain):
    outcomes, left = send(answer(200, {"id": "a"}), answer(status), answer(200, {"id": "c"}))
    assert [o.remote_id for o in outcomes] == ["a", None, None]
    assert [type(o.error) for o in outcomes[1:]] == [error, error]
    assert [(o.error.is_sent, o.error.uncertain) for o in outcomes[1:]] == [(True, uncertain), (False, False)]
    assert len(left) == 1


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, ValidationError),
        (404, RemoteNotFoundError),
        (409, ConflictError),
        (422, ValidationError),
        (500, TransientError),
    ],
)
def test_a_fault_of_the_item_fails_alone(status, error):
    outcomes, left = send(answer(200, {"id": "a"}), answer(status), answer(200, {"id": "c"}))
    assert [o.remote_id for o in outcomes] == ["a", None, "c"]
    assert type(outcomes[1].error) is error
    assert outcomes[1].http_status == status
    assert not left


@pytest.mark.parametrize("parallel_calls", [1, 3])
def test_an_exception_leaves_its_item_in_doubt(parallel_calls, caplog):
    """The others are sent, and their outcomes count. The log does not quote the exception."""

    class Broken(Adapter):
        def send_one(self, prepared):
            if prepared.item.trace_id == batch[1].item.trace_id:
                raise OverflowError("@".join(("ann", "example.com")))
            return Outcome(prepared.item.trace_id, "7")

    adapter = Broken()
    adapter.settings.parallel_calls = parallel_calls
    adapter.http.before_call = None
    batch = [adapter.prepare(make_item(number)) for number in range(3)]
    outcomes = adapter.send(batch)
    assert [each.remote_id for each in outcomes] == ["7", None, "7"]
    error = outcomes[1].error
    assert (error.code, error.uncertain) == ("ADAPTER_FAILED", True)
    assert "builtins.OverflowError" in caplog.text
    assert "ann@example.com" not in caplog.text


def test_the_remotes_words_name_nobody():
    said = {"message": "anna0@example.com of Janssens0 is taken"}
    [outcome], _left = send(answer(422, said), count=1)
    assert outcome.error.message == "api.example.com rejected the member (HTTP 422): *** of *** is taken"


def test_what_is_not_found_is_said_to_be_missing_there():
    [outcome], _left = send(answer(404, {"error": {"code": 7, "message": "no such id"}}), count=1)
    assert outcome.error.message == "The member does not exist at api.example.com (HTTP 404): no such id"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"error": {"message": "too long"}}, "too long"),
        ({"error": {"code": 7}, "detail": "too long"}, "too long"),
        ({"message": ["a", "b"], "title": "Wrong"}, "Wrong"),
        ({"error": {"code": 7}}, ""),
        ([], ""),
    ],
)
def test_the_remotes_words(body, expected):
    assert Adapter().explanation(answer(400, body)) == expected


def test_a_busy_remote_says_when():
    [outcome], _left = send(answer(503, None, Retry_After="7"), count=1)
    assert (type(outcome.error), outcome.error.retry_after) == (QuotaError, 7)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ({"full": "Anna Janssens", "given": "Anna", "family": "Janssens"}, "Janssens"),
        ({"full": "Anna Janssens", "given": "", "family": ""}, "Anna Janssens"),
        ({"full": "Anna", "given": "Anna", "family": ""}, ""),
    ],
)
def test_family_name(name, expected):
    assert family_name(name) == expected


@pytest.mark.parametrize(("body", "found"), [({"id": "m1"}, "m1"), ({"id": 7}, "7")])
def test_the_id_of_a_saved_record_is_a_text(body, found):
    assert Adapter().remote_id(answer(200, body)) == found
    assert Adapter().remote_id(answer(200, {"number": body["id"]}), "number") == found


@pytest.mark.parametrize("body", [None, [], {}, {"id": None}, {"id": ""}, {"id": ["m1"]}])
def test_an_answer_without_an_id_leaves_the_outcome_open(body):
    with pytest.raises(TransientError) as caught:
        Adapter().remote_id(answer(200, body))
    error = caught.value
    assert (error.code, error.uncertain, error.http_status) == ("NO_ID", True, 200)
    assert error.message == "api.example.com did not say which member it saved."
