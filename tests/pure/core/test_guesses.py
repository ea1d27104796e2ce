"""Wrong guesses are counted by key, and come back with time."""

from odoo.addons.retail_hub.core import guesses
from odoo.addons.retail_hub.core.guesses import Guesses


def left(tries, key, now):
    """Return how many guesses are left, and use them up."""
    count = 0
    while tries.has_some(key, now):
        tries.count(key, now)
        count += 1
    return count


def test_they_come_back_with_time():
    tries = Guesses(10, 600)
    assert left(tries, "a", 1_000) == 10
    assert left(tries, "a", 1_059) == 0
    assert left(tries, "a", 1_060) == 1
    assert left(tries, "a", 9_000) == 10


def test_everybody_has_their_own():
    tries = Guesses(3, 60)
    assert left(tries, "a", 0) == 3
    assert left(tries, "b", 0) == 3


def test_the_oldest_keys_are_forgotten(monkeypatch):
    monkeypatch.setattr(guesses, "MOST_KEYS", 2)
    tries = Guesses(1, 60)
    assert [left(tries, key, 0) for key in "abc"] == [1, 1, 1]
    assert [tries.has_some(key, 0) for key in "abc"] == [True, False, False]
