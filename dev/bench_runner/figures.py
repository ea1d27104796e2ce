"""What the benchmarks measure, and how it is shown."""

import json
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median


@dataclass
class Figure:
    """One result next to that of its peer. `ratio` is value to peer value, unless it says more otherwise."""

    name: str
    value: float
    unit: str
    peer: str
    peer_value: float
    ratio: float
    goal: str
    is_met: bool | None = None
    runs: list = field(default_factory=list)

    def row(self):
        met = {True: "yes", False: "NO", None: ""}[self.is_met]
        return (
            self.name,
            show(self.value),
            self.unit,
            self.peer,
            show(self.peer_value),
            show(self.ratio),
            self.goal,
            met,
        )


def show(number):
    """Three figures are all that a measurement is good for."""
    if number is None:
        return ""
    if number and abs(number) < 100:
        return f"{number:.3g}"
    return f"{number:,.0f}"


def middle(runs, *names):
    """Return the medians of these entries of the runs (dicts)."""
    return [median(run[name] for run in runs) for name in names]


def percentile(values, percent):
    """Return the value that this percentage of the values do not exceed."""
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1]


def print_table(figures, has_goals=True):
    head = ("name", "value", "unit", "peer", "peer value", "ratio", "goal", "met")
    rows = [head, *(figure.row() for figure in figures)]
    rows = rows if has_goals else [row[:-2] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


def write_json(figures, path):
    content = {figure.name: asdict(figure) for figure in figures}
    for entry in content.values():
        del entry["name"]
    Path(path).write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
