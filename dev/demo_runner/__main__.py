"""The demo: bring everything up, play one retail day, check from outside that all arrived, keep serving."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time

from day import play
from report import say, show, show_addresses
from stage import stage
from systems import accounts


def main() -> int:
    parser = argparse.ArgumentParser(prog="dev/demo", description="Play one retail day, and keep serving.")
    parser.add_argument(
        "--exit", action="store_true", help="stop after the day; status 0 only if all arrived"
    )
    parser.add_argument(
        "--port", type=int, help="Odoo's port (default: 8069, or a free one if that is taken)"
    )
    options = parser.parse_args()
    with stage(options.port) as shop:
        say("Playing one retail day")
        started = time.monotonic()
        results = play(shop)
        systems = accounts(shop)
        show(shop, results, systems, time.monotonic() - started)
        if options.exit:
            return 0 if all(part.is_right for part in (*results, *systems)) else 1
        show_addresses(shop)
        say("Serving until you press Ctrl-C")
        with contextlib.suppress(KeyboardInterrupt):
            serve(shop)
        say("Stopping")
    return 0


def serve(shop) -> None:
    """Wait for Ctrl-C; RuntimeError if one of the servers ends by itself."""
    while True:
        time.sleep(1)
        for server in shop.servers:
            if server.process.poll() is not None:
                raise RuntimeError(f"{type(server).__name__} ended; its log is {server.log_path}")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        say("Stopped")
    except TimeoutError as error:
        sys.exit(f"The demo failed: {error}")
