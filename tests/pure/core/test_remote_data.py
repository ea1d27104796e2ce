"""What is kept of remote data is cut before anything else looks at it, so that work on it is bounded."""

import json

import pytest

from odoo.addons.retail_hub.core import remote_data
from odoo.addons.retail_hub.core.errors import ValidationError


class Counted(list):
    """A list that counts how many of its entries are read."""

    read = 0

    def __iter__(self):
        for each in super().__iter__():
            self.read += 1
            yield each


def nested(levels):
    data = 1
    for _level in range(levels):
        data = [data]
    return data


def test_small_data_stays():
    data = {"a": [1, None, True, 2.5, "x"], "b": {"c": "", "d": []}}
    assert remote_data.values(data) == data
    assert remote_data.fits(data, 9, 5)
    assert not remote_data.fits(data, 8, 5)
    assert not remote_data.fits(data, 9, 4)


def test_entries():
    """Of all lists and dicts together, and no more of them are read."""
    many = Counted(["x"] * 100_000)
    kept = remote_data.values({"a": [1] * 99, "b": many, "c": "never seen"})
    assert kept == {"a": [1] * 99, "b": ["x"] * 99 + ["…"], "…": "…"}
    assert many.read == 100


def test_keys():
    kept = remote_data.values({f"{number}": number for number in range(100_000)})
    assert len(kept) == 201
    assert list(kept.items())[-2:] == [("199", 199), ("…", "…")]


def test_characters():
    kept = remote_data.values(["y" * 9_000] * 2_100)
    assert list(map(len, kept)) == [9_000, 9_000, 2_001, 1]
    assert kept[2:] == ["y" * 2_000 + "…", "…"]
    assert len(json.dumps(remote_data.values({"k" * 300: ["y" * 90_000]}))) < 11_000


def test_a_key_stays_before_its_long_value():
    kept = remote_data.values({"a": ["y" * 9_000] * 9, "b": 1})
    assert {key: list(map(len, value)) for key, value in kept.items()} == {
        "a": [9_000, 9_000, 2_000, 1],
        "…": [1],
    }


def test_characters_of_keys():
    kept = remote_data.values({"k" * 190 + str(number): number for number in range(10_000, 11_000)})
    assert sum(map(len, kept)) == 20_000 + 2
    assert len(kept) == 104


@pytest.mark.parametrize("branches", [1, 3, 100])
def test_breadth_and_depth(branches):
    """Many branches, each of which is nested."""
    kept = json.dumps(remote_data.values([nested(10) for _branch in range(branches)]), ensure_ascii=False)
    assert kept.count("[") <= 201
    assert ("…" in kept) == (branches == 100)


def test_values_that_cannot_be_stored():
    data = ["\0a\ud800", float("nan"), float("inf"), 10**400, 2**63 - 1, nested(30)]
    kept = remote_data.values(data)
    assert kept[:5] == ["\ufffda\ufffd", None, None, None, 2**63 - 1]
    assert json.dumps(kept[5], ensure_ascii=False) == "[" * 19 + '"…"' + "]" * 19


def test_short():
    assert remote_data.short(None, 5) is None
    assert [remote_data.short(each, 5) for each in ("a\0b", "abcdefg", 1234567, True)] == [
        "a\ufffdb",
        "abcde",
        "12345",
        "True",
    ]


def test_short_reads_no_more_than_it_keeps():
    """As a text, a large list would take long, and a deep one would fail."""
    many = Counted(["x"] * 100_000)
    assert remote_data.short(many, 10) == "['x', 'x',"
    assert many.read == 201
    assert remote_data.short(nested(100_000), 3) == "[[["


def test_an_error():
    error = ValidationError(nested(100_000), code=Counted(["x"] * 100_000), field={"a": 1})
    assert len(error.message) <= 2_000
    assert (len(error.code), error.field) == (100, "{'a': 1}")
