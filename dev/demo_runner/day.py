"""The day, and how it is played.

A new part of the business is a file with its own `STEPS`, and one name in `PARTS`. A step is a generator
function that takes the shop: it does something in Odoo, yields what that was, and, when everything has had
the time to arrive, looks at the remote and yields what it found there. What is not as it should be raises
`Unexpected` (see `expect`).
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

import customers
import delivered
import leftovers
import operations
import orders
import till
import trouble
from remote import Unexpected
from report import progress
from shop import Shop

PARTS = (customers, orders, till, trouble, operations, leftovers, delivered)

Step = Callable[[Shop], Generator[str, None, None]]


@dataclass
class Result:
    """One line of the report: what happened in Odoo, and what the remote holds (or what is wrong there)."""

    happened: str
    found: str
    is_right: bool


def play(shop: Shop) -> list[Result]:
    """Play the steps one after the other, wait until all is quiet, then check each."""
    played = [_begin(shop, step) for part in PARTS for step in part.STEPS]
    progress("waiting until nothing is on its way any more")
    shop.settle()
    return [_finish(*half) for half in played]


def _begin(shop: Shop, step: Step):
    """Return the running step, what happened (its name, if it did not get that far), and what went wrong."""
    running = step(shop)
    try:
        happened, trouble = next(running), ""
    except (Unexpected, TimeoutError) as error:
        happened, trouble = step.__name__.replace("_", " "), str(error)
    progress(happened)
    return running, happened, trouble


def _finish(running, happened: str, trouble: str) -> Result:
    try:
        return Result(happened, trouble or next(running), not trouble)
    except Unexpected as error:
        return Result(happened, str(error), False)
