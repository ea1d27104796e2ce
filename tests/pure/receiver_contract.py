"""The contract of all receivers, as tests. To test a receiver, write a subclass of :class:`ReceiverContract`.

The subclass sets a :class:`ReceiverCase`, which says how the remote signs its webhooks. It may be in another addon:
``./dev/test path/to/the/test.py`` makes this module available there too.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from odoo.addons.retail_hub.connectors.provider import Provider
from odoo.addons.retail_hub.connectors.receiver import (
    ReceivedCommand,
    ReportedChange,
    SignatureError,
    WebhookRequest,
)
from odoo.addons.retail_hub.core.problem import Problem

URL = "https://odoo.example.com/retail/webhooks/abc?x=1"
OLD, NEW, OTHER = range(3)
BAD_HEADERS = ("x", "\u00e9", "1" * 10_000, "nan", "-1", "1e9", "v1", "v1,", "v1,!", "v1,v1,v1", "0", "\0")
UNREADABLE = (
    b"", b"x", b"[", b"{}", b"[]", b"null", b"7", b'"x"', b"[7]", b"[[]]", b"[null]", b'{"a": NaN}', b"[" * 100_000,
    b'{"type": 7, "data": {}}', b'[{"subscriptionType": 7}]', b'{"type": "x", "data": []}', b"\xff\xfe",
)  # fmt: skip


@dataclass(frozen=True)
class ReceiverCase:
    """A provider with a receiver, and how the remote signs a request.

    Sign with the vendor's own library if there is one, and never with functions of the receiver: then the test also
    shows that both agree.

    :param sign: takes body, secret, Unix time and URL; returns the headers with lower-case names
    :param secrets: three different ones
    :param content: the body of a valid webhook that says one thing, as data
    :param headers: the names of the headers without which a request is refused
    :param tolerance: seconds (past, future) by which the time of a request may differ from now
    :param is_dated: whether the time is the ``created_at`` of the content
    :param tail: bytes that, added to a signed body, make it another body
    :param is_signed: whether the secret proves what a request says and when it was sent. False: it only proves who
        sends it, as a bearer token does
    :param many: takes a number, and returns a body with so many items as data; None: a list of the content
    """

    provider: Provider
    sign: Callable[[bytes, str, float, str], dict[str, str]]
    secrets: Sequence[str]
    content: Any
    headers: Sequence[str]
    tolerance: tuple[int, int] = (300, 300)
    is_dated: bool = False
    tail: bytes = b" "
    is_signed: bool = True
    many: Callable[[int], Any] | None = None

    @property
    def receiver(self):
        return self.provider.receiver

    @property
    def body(self):
        return self.body_at(None)

    def body_at(self, at):
        """Return the body of a request at this Unix time; None for now."""
        content = self.content
        if self.is_dated:
            content = {**content, "created_at": datetime.fromtimestamp(at or time.time(), UTC).isoformat()}
        return json.dumps(content).encode()

    def request(self, body=None, secret=None, at=None, url=URL, **headers):
        """Return a request that is signed for these values; then ``headers`` replace some, None removes one."""
        body = self.body_at(at) if body is None else body
        secret, at = self.secrets[OLD] if secret is None else secret, time.time() if at is None else at
        signed = self.sign(body, secret, at, url)
        found = {**signed, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return WebhookRequest(
            "POST", url, {name: each for name, each in found.items() if each is not None}, body
        )

    def known(self, *secrets):
        """Return the credentials of a connector with these secrets, the present one first."""
        names = self.receiver.secret_names
        return {**dict.fromkeys(names, ""), **dict(zip(names, secrets, strict=False))}

    def accepts(self, request, *secrets):
        """Return whether the receiver of a connector with these secrets takes a request for genuine."""
        try:
            self.receiver.verify(request, self.known(*secrets))
        except SignatureError:
            return False
        return True

    def items(self, content=None, **headers):
        """Return what the receiver reads from a request with this content as data; None: with that of the case."""
        body = None if content is None else json.dumps(content).encode()
        return self.receiver.commands(self.request(body, **headers))


class ReceiverContract:
    """All tests of the contract. Inherit it in a class whose name begins with ``Test``, and set its CASE."""

    CASE: ReceiverCase

    def test_valid(self):
        assert self.CASE.accepts(self.CASE.request(), self.CASE.secrets[OLD])
        [item] = self.CASE.items()
        assert isinstance(item, ReceivedCommand | ReportedChange)
        assert 0 < len(item.id) < 200

    def test_the_admin_can_enter_the_secrets(self):
        entered = [each.name for each in self.CASE.receiver.credentials]
        entered += [each.name for way in self.CASE.provider.auth_methods for each in way.credentials]
        assert self.CASE.receiver.secret_names
        assert set(self.CASE.receiver.secret_names) <= set(entered)

    def test_wrong_secret(self):
        request = self.CASE.request(secret=self.CASE.secrets[OTHER])
        assert not self.CASE.accepts(request, self.CASE.secrets[OLD])

    def test_no_secret(self):
        """A connector without a secret believes nobody, whatever a request is signed with."""
        assert not self.CASE.accepts(self.CASE.request())
        assert not self.CASE.accepts(self.CASE.request(), "", "")
        with pytest.raises(SignatureError):
            self.CASE.receiver.verify(self.CASE.request(), {})

    def test_a_signature_with_an_empty_secret(self):
        """Anybody can make one: a credential that is not set verifies nothing."""
        try:
            request = self.CASE.request(secret="")
        except Exception:  # each library has its own
            pytest.skip("the library that signs for this remote refuses an empty secret")
        assert not self.CASE.accepts(request)
        assert not self.CASE.accepts(request, "", "")
        assert not self.CASE.accepts(request, self.CASE.secrets[OLD], "")

    def test_rotated_secrets(self):
        """While a secret is replaced, both are right."""
        old, new, _other = self.CASE.secrets
        for secret in (old, new):
            assert self.CASE.accepts(self.CASE.request(secret=secret), new, old)
        assert not self.CASE.accepts(self.CASE.request(secret=old), new)

    def test_forged(self):
        self.requires_a_signature()
        signed = self.CASE.request()
        for body in (self.CASE.body + self.CASE.tail, self.CASE.body.swapcase(), b"", b"{}"):
            forged = WebhookRequest(signed.method, signed.url, signed.headers, body)
            assert not self.CASE.accepts(forged, self.CASE.secrets[OLD]), body

    def test_missing_headers(self):
        for name in self.CASE.headers:
            for value in (None, ""):
                request = self.CASE.request(**{name: value})
                assert not self.CASE.accepts(request, self.CASE.secrets[OLD]), (name, value)

    def test_changed_headers(self):
        for name in self.CASE.headers:
            for value in BAD_HEADERS:
                request = self.CASE.request(**{name: value})
                assert not self.CASE.accepts(request, self.CASE.secrets[OLD]), (name, value)

    @pytest.mark.parametrize(("seconds", "is_right"), [(-10, True), (10, False)])
    def test_stale_and_future(self, seconds, is_right):
        """An old request may be a replayed one, if the time of the sending is signed."""
        self.requires_a_signature()
        past, future = (each + seconds for each in self.CASE.tolerance)
        for each in (-past, future):
            request = self.CASE.request(at=time.time() + each)
            assert self.CASE.accepts(request, self.CASE.secrets[OLD]) is is_right, each

    def test_replayed(self):
        """The same request again has the same ids: what comes twice is carried out once."""
        first, again = self.CASE.items(), self.CASE.items()
        assert [item.id for item in first] == [item.id for item in again]

    @pytest.mark.parametrize("body", UNREADABLE, ids=lambda body: body[:20].decode("latin-1"))
    def test_content_that_cannot_be_read(self, body):
        """Signed or not: it is a problem of the sender, and no crash."""
        request = self.CASE.request(body=body.decode("latin-1").encode())
        request = WebhookRequest(request.method, request.url, request.headers, body)
        with pytest.raises(Problem) as caught:
            self.CASE.receiver.commands(request)
        assert caught.value.kind in ("invalid-json", "invalid-request")

    def test_huge(self):
        content = self.CASE.content
        item, most = content if isinstance(content, dict) else content[0], self.CASE.receiver.MAX_ITEMS
        many = self.CASE.many or [item].__mul__
        largest, too_large = item if most == 1 else many(most), many(most + 1)
        for each in (largest, too_large):
            request = self.CASE.request(body=json.dumps(each).encode())
            assert self.CASE.accepts(request, self.CASE.secrets[OLD])
        assert len(self.CASE.items(largest)) == most
        with pytest.raises(Problem):
            self.CASE.items(too_large)

    def test_nothing_of_it_is_in_a_repr(self):
        """A repr may get into a log."""
        request, items = self.CASE.request(), self.CASE.items()
        text = repr(request) + repr(items)
        hidden = [self.CASE.secrets[OLD], request.body.decode(), *(str(item.data) for item in items)]
        assert [each for each in hidden if each in text] == []

    def requires_a_signature(self):
        """Skip the test if the secret only proves who sends a request."""
        if not self.CASE.is_signed:
            pytest.skip("this remote does not sign its webhooks")
