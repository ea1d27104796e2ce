"""A connector's own secrets are masked by their values, however a remote quotes them."""

import base64
import json
from urllib.parse import quote

import pytest

from odoo.addons.retail_hub.core.known_secrets import KnownSecrets

TOKEN = 'pa$$w/ord+ein"fü&r%41alles'
SIGNING = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SECRETS = KnownSecrets([TOKEN, SIGNING, "abc1", "", "xy"])


def twice(function, text):
    return function(function(text))


QUOTED = [
    TOKEN,
    TOKEN.upper(),
    quote(TOKEN),
    twice(lambda text: quote(text, safe=""), TOKEN),
    json.dumps(TOKEN)[1:-1],
    twice(json.dumps, TOKEN)[2:-2],
    "pa&#36;&#36;w/ord+ein&quot;f&uuml;&amp;r&#37;41alles",
    'pa\u200b$$w/ord+ein"fü&r%41alles',
    SIGNING,
    SIGNING.removeprefix("whsec_"),
    "".join(f"\\u{ord(character):04x}" for character in SIGNING),
    "".join(f"={ord(character):02X}" for character in SIGNING),
    "abc1",
]


@pytest.mark.parametrize("quoted", QUOTED)
def test_masked(quoted):
    text = f"You sent '{quoted}' to us"
    assert SECRETS.occur_in(text)
    masked = SECRETS.mask(text)
    assert masked.startswith("You sent '") and masked.endswith("' to us")
    assert "***" in masked and len(masked) <= len("You sent '\"***\"' to us")


@pytest.mark.parametrize("before", ["", "a", "ab", "abc", "shop:"])
@pytest.mark.parametrize("after", ["", "z", "zz", ":more"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_in_base64(before, after, encode):
    """As in the header of a basic authentication; what is left of it names at most one more character."""
    encoded = encode(f"{before}{TOKEN}{after}".encode()).decode()
    own = base64.b64encode(TOKEN.encode()).decode()
    masked = SECRETS.mask(f"got {encoded}.")
    assert masked.count("***") == 1
    assert len(masked) <= len("got ***.") + len(encoded) - len(own) + 8


@pytest.mark.parametrize("text", ["abc12", "xabc1", "xy", "pa$$", "whsec_", "", "100%25 of &amp; \\u0041"])
def test_other_text_stays(text):
    assert SECRETS.mask(text) == text
    assert not SECRETS.occur_in(text) or "abc1" in text


def test_json():
    data = {"a": [1, None, True, 2.5, f"x{SIGNING}y"], f"k {SIGNING}": {"n": "abc1"}, "id": "7"}
    assert SECRETS.mask(data) == {"a": [1, None, True, 2.5, "x***y"], "k ***": {"n": "***"}, "id": "7"}


def test_more_escapes_than_anybody_needs():
    assert SECRETS.mask("&#38;" + "#38;" * 40 + "#64;") == "***"


def test_no_secrets():
    secrets = KnownSecrets([None, "", "  "])
    assert (secrets.mask({"a": "b"}), secrets.occur_in("b"), secrets.longest) == ({"a": "b"}, False, 0)
