"""Measure the hub next to its peers; see dev/bench."""

import argparse

from bench import Bench
from figures import print_table, write_json
from rows import BENCHMARKS, GROUPS


def main():
    parser = argparse.ArgumentParser(prog="dev/bench", description="Measure the hub next to its peers.")
    choices = ", ".join((*BENCHMARKS, *GROUPS))
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {choices}; default: all")
    parser.add_argument("--runs", type=int, default=5, help="alternating runs of each (default: 5)")
    parser.add_argument(
        "--scale", type=float, default=1.0, help="share of the sizes, for a quick look (default: 1)"
    )
    parser.add_argument(
        "--smoke", action="store_true", help="only whether they work: one very small run, and no goals"
    )
    parser.add_argument("--json", metavar="FILE", help="write the figures to this file too")
    parser.add_argument(
        "--profile", action="store_true", help="show where the hub's time goes, once measured"
    )
    parser.add_argument(
        "--stages", action="store_true", help="show the stages of a single change (realtime_calm)"
    )
    options = parser.parse_args()
    names = [name for given in options.names for name in GROUPS.get(given, (given,))]
    unknown = set(names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    figures = []
    with _bench(options) as bench:
        for name in names or BENCHMARKS:
            figures += bench.measure(BENCHMARKS[name])
    print()
    print_table(figures, has_goals=not options.smoke)
    if options.json:
        write_json(figures, options.json)


def _bench(options):
    if options.smoke:
        return Bench.for_smoke()
    return Bench(options.runs, options.profile, options.scale, options.stages)


main()
