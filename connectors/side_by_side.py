"""Parallel calls: several HTTP calls at once, each in a thread that does nothing else."""

import queue
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ..core.errors import OUT_OF_TIME, TransientError
from .http_client import HttpClient

_POLL_SECONDS = 1.0  # how often a waiting thread checks whether the batch is still running


def call_side_by_side(
    items: Sequence[Any],
    call: Callable[[Any], Any],
    is_fault: Callable[[Any], bool],
    http: HttpClient,
    limit: int,
) -> list[Any]:
    """Call ``call(item)`` for each item, in parallel. Return the results in the order of the items.

    After a fault or an exception no further call starts, and those in progress finish. The result of an item whose
    call never started is None.

    :param call: runs in threads; it may use ``http``, whose ``before_call`` runs in the caller's thread
    :param is_fault: takes a result, and returns whether to stop
    :param limit: the maximum number of calls in progress
    :raise Exception: the first exception of a call, after all calls in progress have finished
    """
    if limit <= 1 or len(items) <= 1:
        return _call_one_by_one(items, call, is_fault)
    return _Batch(items, call, is_fault, http).run(limit)


def _call_one_by_one(items, call, is_fault):
    results = [None] * len(items)
    for number, item in enumerate(items):
        results[number] = call(item)
        if is_fault(results[number]):
            break
    return results


class _Batch:
    """One batch of calls. The threads put functions into the inbox, and the caller's thread runs them.

    So ``before_call``, which uses the database, and the batch's state are only ever used by the caller's thread.
    """

    def __init__(self, items, call, is_fault, http):
        self.items = items
        self.call = call
        self.is_fault = is_fault
        self.http = http
        self.results = [None] * len(items)
        self.before_call = None
        self.error = None
        self.in_progress = 0
        self.is_stopped = False
        self.is_over = False
        self.inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    def run(self, limit):
        self.before_call = self.http.before_call
        if self.before_call:
            self.http.before_call = self._wait_for_before_call
        try:
            with ThreadPoolExecutor(min(limit, len(self.items))) as threads:
                try:
                    self._run(threads, limit)
                finally:
                    self.is_over = True  # after an error here too, no thread must go on waiting
        finally:
            self.http.before_call = self.before_call
        if self.error:
            raise self.error
        return self.results

    def _run(self, threads, limit):
        numbers = iter(range(len(self.items)))
        while True:
            while self.in_progress < limit and not self.is_stopped:
                number = next(numbers, None)
                if number is None:
                    break
                self.in_progress += 1
                threads.submit(self._call, number)
            if not self.in_progress:
                return
            self.inbox.get()()

    # -- in a thread -------------------------------------------------------------------------------

    def _call(self, number):
        try:
            result = self.call(self.items[number])
        except BaseException as error:
            failure = error
            self.inbox.put(lambda: self._add_error(failure))
        else:
            self.inbox.put(lambda: self._add_result(number, result))

    def _wait_for_before_call(self):
        """Have the caller's thread run ``before_call``, and raise what it raises."""
        answer: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()
        self.inbox.put(lambda: self._run_before_call(answer))
        while True:
            try:
                error = answer.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                if self.is_over:
                    raise TransientError("Not sent: the batch was aborted.", code=OUT_OF_TIME) from None
                continue
            if error:
                raise error
            return

    # -- in the caller's thread --------------------------------------------------------------------

    def _run_before_call(self, answer):
        try:
            self.before_call()
        except BaseException as error:
            answer.put(error)
        else:
            answer.put(None)

    def _add_result(self, number, result):
        self.in_progress -= 1
        self.results[number] = result
        self.is_stopped = self.is_stopped or self.is_fault(result)

    def _add_error(self, error):
        self.in_progress -= 1
        self.is_stopped = True
        self.error = self.error or error
