"""How a day is played.

A step is a generator function that takes the shop: it does something in Odoo, yields what that was, and,
when everything has had the time to arrive, looks at the remote and yields what it found there. What is not
as it should be raises `Unexpected` (see `expect`).
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

from remote import Unexpected
from report import progress
from shop import Shop

Step = Callable[[Shop], Generator[str, None, None]]


@dataclass
class Result:
    """One line of the report: what happened in Odoo, and what the remote holds (or what is wrong there)."""

    happened: str
    found: str
    succeeded: bool


def play(shop: Shop, steps: list[Step]) -> list[Result]:
    """Play the steps one after the other, wait until all is quiet, then check each."""
    played = [_begin(shop, step) for step in steps]
    progress("waiting until nothing is on its way any more")
    shop.settle()
    return [_finish(happened, running) for happened, running in played]


def _begin(shop, step):
    running = step(shop)
    happened = next(running)
    progress(happened)
    return happened, running


def _finish(happened, running):
    try:
        return Result(happened, next(running), True)
    except Unexpected as error:
        return Result(happened, str(error), False)
