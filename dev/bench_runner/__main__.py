"""Measure the hub next to its peers; see dev/bench."""

import argparse

import capture
import capture_orders
import capture_pos_orders
import large_table
import losses
import memory
import outbound
import outbound_orders
import outbound_webhooks
import realtime
import realtime_calm
from bench import Bench
from figures import print_table, write_json

BENCHMARKS = {
    "capture": capture.measure,
    "capture_orders": capture_orders.measure,
    "capture_pos_orders": capture_pos_orders.measure,
    "outbound": outbound.measure,
    "outbound_orders": outbound_orders.measure,
    "outbound_webhooks": outbound_webhooks.measure,
    "losses": losses.measure,
    "realtime": realtime.measure,
    "realtime_calm": realtime_calm.measure,
    "large_table": large_table.measure,
    "memory": memory.measure,
}


def main():
    parser = argparse.ArgumentParser(prog="dev/bench", description="Measure the hub next to its peers.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(BENCHMARKS)}; default: all")
    parser.add_argument("--runs", type=int, default=5, help="alternating runs of each (default: 5)")
    parser.add_argument(
        "--scale", type=float, default=1.0, help="share of the sizes, for a quick look (default: 1)"
    )
    parser.add_argument("--json", metavar="FILE", help="write the figures to this file too")
    parser.add_argument(
        "--profile", action="store_true", help="show where the hub's time goes, once measured"
    )
    parser.add_argument(
        "--stages", action="store_true", help="show the stages of a single change (realtime_calm)"
    )
    options = parser.parse_args()
    unknown = set(options.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    figures = []
    with Bench(options.runs, options.profile, options.scale, options.stages) as bench:
        for name in options.names or BENCHMARKS:
            figures += bench.measure(BENCHMARKS[name])
    print()
    print_table(figures)
    if options.json:
        write_json(figures, options.json)


main()
