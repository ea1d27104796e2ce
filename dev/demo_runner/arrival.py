"""What a system should have of one kind of thing, and what it has. Plain Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass


@dataclass(frozen=True)
class Arrival:
    """One line of the account of a system.

    ``expected`` is what the source's own records say: {key: content}. ``arrived`` is what the system holds, read from
    outside: (key, content) of each thing, once for every time that it is there. ``note`` is shown beside it.
    """

    what: str
    expected: dict[str, Hashable]
    arrived: tuple[tuple[str, Hashable], ...]
    note: str = ""

    @property
    def missing(self) -> list[str]:
        return sorted(self.expected.keys() - dict(self.arrived).keys())

    @property
    def doubled(self) -> list[str]:
        return sorted(key for key, count in Counter(key for key, _ in self.arrived).items() if count > 1)

    @property
    def wrong(self) -> list[str]:
        """What is there and should not be, and what is not as Odoo has it."""
        return sorted(
            f"{key}: {content!r}, not {self.expected[key]!r}"
            if key in self.expected
            else f"{key}: not at its source"
            for key, content in dict(self.arrived).items()
            if key not in self.expected or content != self.expected[key]
        )

    @property
    def is_right(self) -> bool:
        return not (self.missing or self.doubled or self.wrong)


@dataclass(frozen=True)
class System:
    """The account of one system: what of each kind of thing should be there, and is."""

    name: str
    arrivals: list[Arrival]

    @property
    def is_right(self) -> bool:
        return all(arrival.is_right for arrival in self.arrivals)
