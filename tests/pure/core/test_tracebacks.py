"""Tracebacks for the log, which say where and what, but not with which values."""

import re

import pytest

from odoo.addons.retail_hub.core.tracebacks import without_values


def fail():
    raise ValueError("ann@example.com is no number")


def fail_twice():
    try:
        fail()
    except ValueError as error:
        raise KeyError("Ann Lee") from error


def fail_while_handling():
    try:
        fail()
    except ValueError:
        return {}["+32 470 12 34 56"]


def hide_the_cause():
    try:
        fail()
    except ValueError:
        raise RuntimeError("Ann Lee") from None


@pytest.mark.parametrize(
    ("function", "types"),
    [
        (fail, ["builtins.ValueError"]),
        (fail_twice, ["builtins.ValueError", "builtins.KeyError"]),
        (fail_while_handling, ["builtins.ValueError", "builtins.KeyError"]),
        (hide_the_cause, ["builtins.RuntimeError"]),
    ],
)
def test_types_and_places_without_values(function, types):
    with pytest.raises(Exception) as caught:
        function()
    text = without_values(caught.value)
    assert re.findall(r"^builtins\.\w+$", text, re.MULTILINE) == types
    assert f"in {function.__name__}\n" in text
    values = text.replace(function.__name__, "")
    assert not re.findall(r"^(?!  ).*(?:example\.com|Ann Lee|470)", values, re.MULTILINE)
