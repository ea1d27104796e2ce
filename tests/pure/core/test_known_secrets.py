"""A connector's own secrets are masked by their values, however a remote quotes them."""

import base64
import json
import time
import timeit
from urllib.parse import quote

import pytest

from odoo.addons.retail_hub.core.known_secrets import MAX_TEXTS, KnownSecrets

TOKEN = 'pa$$w/ord+ein"fü&r%41alles'
SIGNING = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LONG = "CJSP5qf1KhICAQEYs-gDIIGOBii1hQIyGQAf3xBKmlwHjX7OIpuIFEavB2-qYAGQsF4"
SHORT = "Kx7-qq_2mZ9pL4"
SECRETS = KnownSecrets([TOKEN, SIGNING, LONG, SHORT, "abc1", "", "xy"])


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
    SHORT,
    *(text.encode().hex() for text in (TOKEN, LONG, SHORT)),
    LONG.encode().hex().upper(),
    LONG.encode().hex(":"),
    LONG.encode().hex(" "),
    " ".join(LONG),
    f"{LONG[:20]}\n{LONG[20:30]}\r\n\t{LONG[30:]}",
    f"{LONG[:20]}\\n{LONG[20:]}",
    f"{SHORT[:5]}\n{SHORT[5:]}",
    base64.encodebytes(LONG.encode()).decode().strip("\n="),
    json.dumps(base64.encodebytes(LONG.encode()).decode().strip("\n="))[1:-1],
]


@pytest.mark.parametrize("quoted", QUOTED)
def test_masked(quoted):
    text = f"You sent '{quoted}' to us"
    assert SECRETS.occur_in(text)
    masked = SECRETS.mask(text)
    assert masked.startswith("You sent '") and masked.endswith("' to us")
    assert "***" in masked and len(masked) <= len("You sent '\"***\"' to us")


PARTS = [
    LONG[:10],
    LONG[:-3],
    LONG[4:],
    LONG[20:31],
    LONG[-10:],
    LONG[30:-1].upper(),
    TOKEN[3:-3],
    SIGNING[:-1],
]


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(
    "spell", [str, quote, lambda text: json.dumps(text)[1:-1], lambda text: "\n".join(text)]
)
def test_parts(part, spell):
    text = f"The token {spell(part)}... is expired"
    assert SECRETS.occur_in(text)
    assert SECRETS.mask(text) == "The token ***... is expired"


@pytest.mark.parametrize("part", [LONG[:20], LONG[-20:], TOKEN[:-3]])
def test_encoded_parts(part):
    """In base64, the first and the last character of a part may depend on what stands beside it."""
    assert SECRETS.mask(f"({part.encode().hex()})") == "(***)"
    masked = SECRETS.mask(f"({base64.b64encode(part.encode()).decode().strip('=')})")
    assert masked.count("***") == 1 and len(masked) <= len("(***)") + 2


def test_base64_of_several_lines():
    """As in emails: lines of 76 characters."""
    encoded = base64.encodebytes(f"Authorization: Bearer {LONG}".encode()).decode()
    assert encoded.count("\n") == 2
    assert SECRETS.mask(f"Request was: {encoded}!") == "Request was: QXV0aG9yaXphdGlvbjogQmVhcmVyIE***Q=\n!"


def test_several_parts():
    text = f"{LONG[:12]}; {LONG[30:42]}{LONG[:12]}, not {LONG[:9]}"
    assert SECRETS.mask(text) == f"***; ***, not {LONG[:9]}"


def test_letters_whose_lower_case_is_longer():
    assert SECRETS.mask(f"İİİ {LONG[5:25]}, İ") == "İİİ ***, İ"


def test_dashes_and_zeros_of_a_secret_stay():
    secrets = KnownSecrets([f"-----------{'0' * 12}{LONG}"])
    text = "a ---------- b 0000000000000 c"
    assert (secrets.mask(text), secrets.mask(f"a {LONG} c")) == (text, "a *** c")


def test_secret_of_blanks_in_an_escaped_form():
    assert KnownSecrets([r"\n\n\n"]).mask(r"a \n\n\n b") == "a *** b"


@pytest.mark.parametrize(
    "piece", ["a", " ", LONG[:10], LONG[:6], f"{LONG} ", "\\", "\\n", "\n", SHORT[:-1], f"{SHORT} "]
)
def test_time_is_linear(piece):
    """A remote may send anything."""
    short, long = (
        min(timeit.repeat(lambda text=text: SECRETS.mask(text), timer=time.thread_time, number=1, repeat=3))
        for text in (piece * (length // len(piece)) for length in (4_000, 40_000))
    )
    assert long < 40 * short + 0.05


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


@pytest.mark.parametrize(
    "text",
    [
        "abc12",
        "xabc1",
        "xy",
        "pa$$",
        LONG[:9],
        SHORT[:-1],
        LONG[-9:],
        "whsec_",
        "",
        "100%25 of &amp; \\u0041",
    ],
)
def test_other_text_stays(text):
    assert SECRETS.mask(text) == text
    assert not SECRETS.occur_in(text) or "abc1" in text


def test_json():
    data = {"a": [1, None, True, 2.5, f"x{SIGNING}y"], f"k {SIGNING}": {"n": "abc1"}, "id": "7"}
    assert SECRETS.mask(data) == {"a": [1, None, True, 2.5, "x***y"], "k ***": {"n": "***"}, "id": "7"}


def test_more_escapes_than_anybody_needs():
    assert SECRETS.mask("&#38;" + "#38;" * 40 + "#64;") == "***"


def test_number_of_texts(monkeypatch):
    """To mask a text takes long: each is masked once, and what is beyond a number of them is masked unseen."""
    counted = []
    mask_text = KnownSecrets._mask_text
    monkeypatch.setattr(
        KnownSecrets, "_mask_text", lambda secrets, text: counted.append(text) or mask_text(secrets, text)
    )
    data = [*("same" for _number in range(50_000)), *(f"%25{number}" for number in range(30_000)), 7]
    masked = SECRETS.mask(data)
    assert len(counted) == MAX_TEXTS
    assert (masked.count("same"), masked.count("***"), len(masked)) == (50_000, 20_001, 80_001)
    assert SECRETS.mask_all(data) is None
    assert SECRETS.mask_all([SIGNING, 7] * 50_000) == ["***", 7] * 50_000


def test_depth():
    data = SIGNING
    for _level in range(2_000):
        data = [data]
    masked = SECRETS.mask(data)
    assert str(masked) == "[" * 100 + "'***'" + "]" * 100
    assert SECRETS.mask_all(data) is None


def test_long_texts():
    text = "x" * 100 + TOKEN.upper()
    assert SECRETS.are_quoted_in(text) and not SECRETS.are_quoted_in("x" * 100 + "pa%24$w")


def test_no_secrets():
    secrets = KnownSecrets([None, "", "  "])
    assert (secrets.mask({"a": "b"}), secrets.occur_in("b"), secrets.longest) == ({"a": "b"}, False, 0)
