"""Calls side by side: bounded, stopped by a fault of the endpoint, and counted by the thread of the caller."""

import threading
from types import SimpleNamespace

import pytest

from odoo.addons.retail_hub.connectors.side_by_side import call_side_by_side

PATIENCE = 10  # seconds for what takes no time


def run(items, call, limit, is_fault=lambda result: False, before_call=None):
    http = SimpleNamespace(before_call=before_call)
    try:
        return call_side_by_side(items, lambda item: call(http, item), is_fault, http, limit)
    finally:
        assert http.before_call is before_call, "It is as it was."


class Air:
    """Counts the calls in the air, and holds each until as many are there as are expected."""

    def __init__(self, expected):
        self.barrier = threading.Barrier(expected)
        self.lock = threading.Lock()
        self.now = self.most = 0

    def __call__(self, _http, item):
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.barrier.wait(PATIENCE)
        with self.lock:
            self.now -= 1
        return item


def test_as_many_as_allowed_and_in_order():
    air = Air(4)
    assert run(range(12), air, limit=4) == list(range(12))
    assert air.most == 4


def test_one_at_a_time():
    """Without threads: a single change has nothing to wait for."""
    threads = []

    def call(_http, item):
        threads.append(threading.current_thread())
        return item

    assert run(range(3), call, limit=1) == [0, 1, 2]
    assert run(range(1), call, limit=8) == [0]
    assert set(threads) == {threading.current_thread()}


def test_a_fault_stops_what_is_not_in_the_air():
    """The others in the air finish, and their results count."""
    both = threading.Barrier(2)
    begun = []

    def call(_http, item):
        begun.append(item)
        both.wait(PATIENCE)
        if item == 0:
            both.wait(PATIENCE)  # ends after the fault of 1 was seen, since nothing else is begun
        return item

    def is_fault(result):
        if result == 1:
            both.wait(PATIENCE)
        return result == 1

    assert run(range(5), call, limit=2, is_fault=is_fault) == [0, 1, None, None, None]
    assert sorted(begun) == [0, 1]


@pytest.mark.parametrize("limit", [1, 3])
def test_a_fault_in_turn(limit):
    results = run([1, 1, 1], lambda _http, item: item, limit, is_fault=bool)
    assert results[0] == 1
    assert len(results) == 3
    if limit == 1:
        assert results == [1, None, None]


def test_before_call_runs_where_the_database_is():
    threads = []
    air = Air(3)

    def call(http, item):
        http.before_call()
        return air(http, item)

    assert run(range(6), call, 3, before_call=lambda: threads.append(threading.current_thread())) == list(
        range(6)
    )
    assert threads == [threading.current_thread()] * 6


def test_what_before_call_refuses():
    """Each call gets the refusal for itself, and the calls before it are not affected."""
    allowed = iter([None, None])

    def before_call():
        if next(allowed, "refused") == "refused":
            raise PermissionError

    def call(http, item):
        try:
            http.before_call()
        except PermissionError:
            return "refused"
        return item

    results = run(range(9), call, 3, is_fault=lambda result: result == "refused", before_call=before_call)
    assert len([result for result in results if result not in ("refused", None)]) == 2
    assert results.count("refused") in (1, 2, 3)


def test_an_exception_ends_it_once_all_are_down():
    both = threading.Barrier(2)
    raised = threading.Event()
    ended = []

    def call(_http, item):
        both.wait(PATIENCE)
        if item == 0:
            raised.set()
            raise ZeroDivisionError
        raised.wait(PATIENCE)
        ended.append(item)
        return item

    with pytest.raises(ZeroDivisionError):
        run(range(2), call, 2)
    assert ended == [1]


def test_nobody_waits_for_a_caller_that_gave_up():
    """An exception in the caller's thread, such as a time limit of the worker, leaves no thread behind."""
    refused = []

    def call(http, item):
        try:
            http.before_call()
        except Exception as error:
            refused.append(str(error))
        return item

    def is_fault(_result):
        raise KeyboardInterrupt

    asked = iter([None])

    def before_call():
        if next(asked, "no") == "no":
            raise PermissionError("no")

    with pytest.raises(KeyboardInterrupt):
        run(range(3), call, 3, is_fault=is_fault, before_call=before_call)
    assert not [each for each in threading.enumerate() if "ThreadPool" in each.name]
