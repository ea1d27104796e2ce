"""Measure the hub next to its peers; see dev/bench."""

import argparse

import capture
import outbound
from bench import Bench
from figures import print_table, write_json

BENCHMARKS = {
    "capture": capture.measure,
    "outbound": outbound.measure,
}


def main():
    parser = argparse.ArgumentParser(prog="dev/bench", description="Measure the hub next to its peers.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(BENCHMARKS)}; default: all")
    parser.add_argument("--runs", type=int, default=5, help="alternating runs of each (default: 5)")
    parser.add_argument("--json", metavar="FILE", help="write the figures to this file too")
    parser.add_argument(
        "--profile", action="store_true", help="show where the hub's time goes, once measured"
    )
    options = parser.parse_args()
    unknown = set(options.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    figures = []
    with Bench(options.runs, options.profile) as bench:
        for name in options.names or BENCHMARKS:
            figures += BENCHMARKS[name](bench)
    print()
    print_table(figures)
    if options.json:
        write_json(figures, options.json)


main()
