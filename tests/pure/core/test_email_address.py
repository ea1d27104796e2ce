"""What is an email address, and whether a text has it as it stands."""

import pytest

from odoo.addons.retail_hub.core.email_address import is_as_typed, is_email_address


@pytest.mark.parametrize(
    "address",
    [
        "ann@example.com",
        "o'hara.1+shop@my-shop.example.co.uk",
        "ann@m\u00fcnchen.de",
        "ann@xn--mnchen-3ya.de",
        "ann@\u0909\u0926\u093e\u0939\u0930\u0923.\u092d\u093e\u0930\u0924",  # with vowel signs
        f"{'a' * 64}@example.com",
        f"{'a' * 64}@{'.'.join(['b' * 63, 'c' * 63, 'd' * 61])}",  # 254
    ],
)
def test_addresses(address):
    assert is_email_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ann",
        "@example.com",
        "ann@",
        "ann@example",
        "ann@.com",
        "ann@example.com.",
        "ann@exam ple.com",
        "ann@exam_ple.com",
        "ann@-example.com",
        "ann@example-.com",
        "ann@example.com\u00a0",
        "ann.@example.com",
        ".ann@example.com",
        "an..n@example.com",
        "a@b@example.com",
        '"ann lee"@example.com',
        "ann@[192.0.2.1]",
        "zo\u00eb@example.com",
        "ann@\u2764.com",
        "ann@exam\ufe0fple.com",
        f"{'a' * 65}@example.com",
        f"ann@{'b' * 64}.com",
        f"{'a' * 64}@{'.'.join(['b' * 63, 'c' * 63, 'd' * 62])}",  # 255
        *(f"an{char}n@example.com" for char in "\u00ad\u034f\u115f\u200b\u2800\u3164\ufeff\uffa0"),
        *(f"ann@exam{char}ple.com" for char in "\u00ad\u034f\u115f\u200b\u2800\u3164\ufeff\uffa0"),
    ],
)
def test_no_addresses(address):
    assert not is_email_address(address)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ann@Example.com", True),
        ("Ann Lee <ann@example.com>", True),
        ("ann@example.com; bo@example.com", True),
        ("bo@example.com,ann@example.com", True),
        ("mailto:ann@example.com", True),
        ("ann@exam ple.com", False),
        ("jo@ann@example.com", False),
        ("joann@example.com", False),
        ("jo,ann@example.com", False),
        ("ann@example.com.au", False),
        ("ann@example.community", False),
    ],
)
def test_as_typed(text, expected):
    assert is_as_typed("ann@example.com", text) is expected
