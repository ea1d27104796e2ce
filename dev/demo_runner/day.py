"""The day, and how it is played.

A new part of the business is a file with its own `STEPS`, and one name in `PARTS`. A step is a generator
function that takes the shop: it does something in Odoo, yields what that was, and, when everything has had
the time to arrive, looks at the remote and yields what it found there. One that needs something to have
arrived before it can go on yields `WAIT` first: the steps of a part wait together. What is not as it should
be raises `Unexpected` (see `expect`).
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

import club
import customers
import delivered
import leftovers
import operations
import orders
import storefront
import till
import trouble
from remote import Unexpected
from report import progress
from shop import WAIT, Shop

PARTS = (customers, orders, till, storefront, club, trouble, operations, leftovers, delivered)

Step = Callable[[Shop], Generator[str, None, None]]


@dataclass
class Result:
    """One line of the report: what happened in Odoo, and what the remote holds (or what is wrong there)."""

    happened: str
    found: str
    is_right: bool


def play(shop: Shop) -> list[Result]:
    """Play the steps one after the other, wait until all is quiet, then check each."""
    acts = [act for part in PARTS for act in _play_part(shop, part)]
    progress("waiting until everything has been sent")
    shop.resolve()
    return [act.finish() for act in acts]


def _play_part(shop, part):
    acts = [Act(step, shop) for step in part.STEPS]
    waiting = [act for act in acts if act.happened == WAIT]
    if waiting:
        shop.resolve()
        for act in waiting:
            act.go_on()
    return acts


class Act:
    """A step that is being played: what happened (its name, if it did not get that far), and what went wrong."""

    def __init__(self, step: Step, shop: Shop):
        self.name = step.__name__.replace("_", " ")
        self.happened = self.trouble = ""
        self._running = step(shop)
        self.go_on()

    def go_on(self) -> None:
        try:
            self.happened = next(self._running)
        except (Unexpected, TimeoutError) as error:
            self.happened, self.trouble = self.name, str(error)
        if self.happened != WAIT:
            progress(self.happened)

    def finish(self) -> Result:
        try:
            return Result(self.happened, self.trouble or next(self._running), not self.trouble)
        except Unexpected as error:
            return Result(self.happened, str(error), False)
