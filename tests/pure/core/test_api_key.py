"""API keys."""

import pytest

from odoo.addons.retail_hub.core import api_key
from odoo.addons.retail_hub.core.redaction import redact_text


def test_a_key():
    key = api_key.new_key()
    assert len({api_key.new_key() for _number in range(100)}) == 100
    assert len(key) == 4 + 12 + 1 + 43  # 43 characters are 256 bits
    assert api_key.prefix_of(key) == key[:16]
    assert api_key.matches(key, api_key.digest(key))
    assert not api_key.matches(key[:-1] + ("A" if key[-1] != "A" else "B"), api_key.digest(key))


@pytest.mark.parametrize(
    "text", ["", "rhk_", "x" * 60, "rhk_AAAAAAAAAAA\u0661_" + "A" * 43, "rhk_AAAAAAAAAAAA_" + "A" * 44]
)
def test_no_key(text):
    assert api_key.prefix_of(text) == ""


def test_a_key_in_a_message_is_masked():
    key = api_key.new_key()
    assert key not in redact_text(f"refused {key}")
