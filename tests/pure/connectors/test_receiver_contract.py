"""The contract of receivers, with each of them: what is not signed by who it says, and now, is not received."""

import json
import time

import pytest
from receiver_cases import CASES

from odoo.addons.retail_hub.connectors.receiver import ReceivedCommand, ReportedChange, SignatureError
from odoo.addons.retail_hub.core.problem import Problem

each = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
each_signed = pytest.mark.parametrize(
    "case", [case for case in CASES if case.is_signed], ids=lambda case: case.name
)
OLD, NEW, OTHER = range(3)


def accepts(case, request, *secrets):
    try:
        case.receiver.verify(request, case.known(*secrets))
    except SignatureError:
        return False
    return True


@each
def test_valid(case):
    assert accepts(case, case.request(), case.secrets[OLD])
    [item] = case.receiver.commands(case.request())
    assert isinstance(item, ReceivedCommand | ReportedChange)
    assert 0 < len(item.id) < 200


@each
def test_every_provider_with_a_receiver_is_here(case):
    from odoo.addons.retail_hub.connectors import PROVIDERS

    assert {code for code, provider in PROVIDERS.items() if provider.receiver} == {
        each.name for each in CASES
    }
    assert PROVIDERS[case.name].receiver.credentials == case.receiver.credentials


@each
def test_wrong_secret(case):
    assert not accepts(case, case.request(secret=case.secrets[OTHER]), case.secrets[OLD])


@each
def test_no_secret(case):
    """A connector without a secret believes nobody, whatever a request is signed with."""
    assert not accepts(case, case.request())
    assert not accepts(case, case.request(), "", "")
    with pytest.raises(SignatureError):
        case.receiver.verify(case.request(), {})


@each
def test_rotated_secrets(case):
    """While a secret is replaced, both are right."""
    for secret in (OLD, NEW):
        request = case.request(secret=case.secrets[secret])
        assert accepts(case, request, case.secrets[NEW], case.secrets[OLD])
    assert not accepts(case, case.request(secret=case.secrets[OLD]), case.secrets[NEW])


@each_signed
def test_forged(case):
    signed = case.request()
    for body in (case.body + case.tail, case.body.replace(b"1", b"2"), b"", b"{}"):
        forged = type(signed)(signed.method, signed.url, signed.headers, body)
        assert not accepts(case, forged, case.secrets[OLD])


@each
def test_missing_headers(case):
    for name in case.headers:
        headers = {name: None}
        assert not accepts(case, case.request(**headers), case.secrets[OLD]), name
        headers = {name: ""}
        assert not accepts(case, case.request(**headers), case.secrets[OLD]), name


@each
def test_changed_headers(case):
    for name in case.headers:
        for value in (
            "x",
            "\u00e9",
            "1" * 10_000,
            "nan",
            "-1",
            "1e9",
            "v1",
            "v1,",
            "v1,!",
            "v1,v1,v1",
            "0",
            "\0",
        ):
            assert not accepts(case, case.request(**{name: value}), case.secrets[OLD]), (name, value)


@each_signed
@pytest.mark.parametrize(("seconds", "is_right"), [(-10, True), (10, False)])
def test_stale_and_future(case, seconds, is_right):
    """An old request may be a replayed one: five minutes, past and future, if the time of the sending is signed."""
    past, future = (each + seconds for each in case.tolerance)
    for each in (-past, future):
        assert accepts(case, case.request(at=time.time() + each), case.secrets[OLD]) is is_right


@each
def test_replayed(case):
    """The same request again has the same ids: what comes twice is carried out once."""
    first, again = (case.receiver.commands(case.request()) for _number in range(2))
    assert [item.id for item in first] == [item.id for item in again]


@each
@pytest.mark.parametrize(
    "body",
    [b"", b"x", b"[", b"{}", b"[]", b"null", b"7", b'"x"', b"[7]", b"[[]]", b"[null]", b'{"a": NaN}', b"[" * 100_000,
     b'{"type": 7, "data": {}}', b'[{"subscriptionType": 7}]', b'{"type": "x", "data": []}', b"\xff\xfe"],
    ids=lambda body: body[:20].decode("latin-1"),
)  # fmt: skip
def test_content_that_cannot_be_read(case, body):
    """Signed or not: it is a problem of the sender, and no crash."""
    request = case.request(body=body.decode("latin-1").encode())
    request = type(request)(request.method, request.url, request.headers, body)
    with pytest.raises(Problem) as caught:
        case.receiver.commands(request)
    assert caught.value.kind in ("invalid-json", "invalid-request")


@each
def test_huge(case):
    item = case.content if isinstance(case.content, dict) else case.content[0]
    most, many = case.receiver.MAX_ITEMS, case.many or ([item].__mul__)
    lists = (item if most == 1 else many(most), many(most + 1))
    requests = [case.request(body=json.dumps(each).encode()) for each in lists]
    assert all(accepts(case, request, case.secrets[OLD]) for request in requests)
    assert len(case.receiver.commands(requests[0])) == most
    with pytest.raises(Problem):
        case.receiver.commands(requests[1])


@each
def test_nothing_of_it_is_in_a_repr(case):
    text = repr(case.request()) + repr(case.receiver.commands(case.request()))
    assert case.secrets[OLD] not in text
    assert "external_id" not in text
