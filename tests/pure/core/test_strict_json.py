"""What is ambiguous in JSON is refused, and costs no time."""

import time

import pytest

from odoo.addons.retail_hub.core.problem import PROBLEMS, Problem, pointer
from odoo.addons.retail_hub.core.strict_json import MAX_DEPTH, read_object


@pytest.mark.parametrize(
    ("content", "data"),
    [
        (b"{}", {}),
        (b' {"a": [1, 2.5, -3, true, null, "\xc3\xa9"]} ', {"a": [1, 2.5, -3, True, None, "é"]}),
        (b'{"a": {"b": 1}, "c": {"b": 2}}', {"a": {"b": 1}, "c": {"b": 2}}),
        (b'{"a": "\\ud83d\\ude00"}', {"a": "😀"}),
    ],
)
def test_read(content, data):
    assert read_object(content) == data


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"", "Expecting value at line 1, column 1."),
        (b"[]", "The body is not an object."),
        (b"7", "The body is not an object."),
        (b'{"a": 1, "a": 1}', "A key occurs twice in one object."),
        (b'{"a": {"b": 1, "b": 2}}', "A key occurs twice in one object."),
        (b'{"a": NaN}', "NaN and Infinity are not JSON."),
        (b'{"a": 1e400}', "A number is too large."),
        (b'{"a": ' + b"1" * 101 + b"}", "A number has too many digits."),
        (b'{"a": "\xff"}', "The body is not UTF-8."),
        (b'{"a": "\\u0000"}', "A text has a NUL character or half of a character, which cannot be stored."),
        (b'{"\\ud800": 1}', "A text has a NUL character or half of a character, which cannot be stored."),
        (
            b'{"a": ' + b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1) + b"}",
            "The body has too many levels.",
        ),
        (b'{"a": ' + b"[" * 500_000, "The body has too many levels."),
        (b'{"a": ' + b'{"a":' * 500_000, "The body has too many levels."),
    ],
)
def test_refused(content, detail):
    started = time.process_time()
    with pytest.raises(Problem) as caught:
        read_object(content)
    assert (caught.value.kind, caught.value.detail) == ("invalid-json", detail)
    assert time.process_time() - started < 2


def test_problem_details():
    problem = Problem("conflict", "Why.", [{"pointer": "/a", "detail": "x"}])
    assert problem.as_json("https://odoo.example.com/retail/v1", "t-1") == {
        "type": "https://odoo.example.com/retail/v1/problems/conflict",
        "title": "Conflict",
        "status": 409,
        "detail": "Why.",
        "trace_id": "t-1",
        "errors": [{"pointer": "/a", "detail": "x"}],
    }
    assert "errors" not in Problem("conflict", "Why.").as_json("", "")
    assert all(400 <= kind.status < 600 for kind in PROBLEMS.values())


@pytest.mark.parametrize(
    ("path", "text"), [((), ""), (("lines", 0, "sku"), "/lines/0/sku"), (("a/b", "m~n"), "/a~1b/m~0n")]
)
def test_pointer(path, text):
    assert pointer(path) == text
