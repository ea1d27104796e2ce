"""Calls side by side: several in the air at once, each in a thread that does HTTP and nothing else."""

import queue
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ..core.errors import TransientError
from .http_client import HttpClient

_ANSWER_SECONDS = 1.0  # how long a thread waits before it looks whether anybody will still answer


def call_side_by_side(
    items: Sequence[Any],
    call: Callable[[Any], Any],
    is_fault: Callable[[Any], bool],
    http: HttpClient,
    limit: int,
) -> list[Any]:
    """Call ``call(item)`` for each item and return the results in order, None for items whose turn never came.

    At most ``limit`` calls are in the air. After a result that ``is_fault`` says is one, or an exception, no
    further call is begun; those in the air finish. An exception is raised once they have.

    :param call: runs in threads: it may use ``http``, whose ``before_call`` runs in the thread of the caller
    """
    if limit <= 1 or len(items) <= 1:
        return _call_in_turn(items, call, is_fault)
    return _Round(items, call, is_fault, http).run(limit)


def _call_in_turn(items, call, is_fault):
    results = [None] * len(items)
    for number, item in enumerate(items):
        results[number] = call(item)
        if is_fault(results[number]):
            break
    return results


class _Round:
    """One batch of calls. Threads put functions into the inbox, and the caller's thread runs them."""

    def __init__(self, items, call, is_fault, http):
        self.items = items
        self.call = call
        self.is_fault = is_fault
        self.http = http
        self.results = [None] * len(items)
        self.ask = None
        self.error = None
        self.in_air = 0
        self.is_stopped = False
        self.is_over = False
        self.inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    def run(self, limit):
        self.ask = self.http.before_call
        if self.ask:
            self.http.before_call = self._ask_caller
        try:
            with ThreadPoolExecutor(min(limit, len(self.items))) as threads:
                try:
                    self._run(threads, limit)
                finally:
                    self.is_over = True  # whatever happened here, no thread waits for an answer any more
        finally:
            self.http.before_call = self.ask
        if self.error:
            raise self.error
        return self.results

    def _run(self, threads, limit):
        numbers = iter(range(len(self.items)))
        while True:
            while self.in_air < limit and not self.is_stopped:
                number = next(numbers, None)
                if number is None:
                    break
                self.in_air += 1
                threads.submit(self._call, number)
            if not self.in_air:
                return
            self.inbox.get()()

    # -- in a thread -------------------------------------------------------------------------------

    def _call(self, number):
        try:
            result = self.call(self.items[number])
        except BaseException as error:
            failure = error
            self.inbox.put(lambda: self._note_error(failure))
        else:
            self.inbox.put(lambda: self._note(number, result))

    def _ask_caller(self):
        """Have the caller's thread run ``before_call``; raise what it raises."""
        answer: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()
        self.inbox.put(lambda: self._answer(answer))
        while True:
            try:
                error = answer.get(timeout=_ANSWER_SECONDS)
            except queue.Empty:
                if self.is_over:
                    raise TransientError("Not sent: the batch was broken off.", code="OUT_OF_TIME") from None
                continue
            if error:
                raise error
            return

    # -- in the caller's thread --------------------------------------------------------------------

    def _answer(self, answer):
        try:
            self.ask()
        except BaseException as error:
            answer.put(error)
        else:
            answer.put(None)

    def _note(self, number, result):
        self.in_air -= 1
        self.results[number] = result
        self.is_stopped = self.is_stopped or self.is_fault(result)

    def _note_error(self, error):
        self.in_air -= 1
        self.is_stopped = True
        self.error = self.error or error
