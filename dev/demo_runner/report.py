"""What the demo prints."""

from __future__ import annotations

import textwrap
from itertools import zip_longest

WIDTHS = (48, 60)


def say(text: str) -> None:
    print(f"\n{text}", flush=True)


def progress(text: str) -> None:
    print(f"  · {text}", flush=True)


def show(shop, results, seconds: float) -> None:
    """Print the day as a table, and the deliveries by state."""
    say(f"{'In Odoo':<{WIDTHS[0] + 3}}The others hold")
    for result in results:
        _show_row("✓" if result.succeeded else "✗", result.happened, result.found)
    failed = sum(not result.succeeded for result in results)
    counts = ", ".join(f"{count} {state}" for state, count in shop.deliveries_by_state())
    say(f"Deliveries: {counts}. HubSpot was called {shop.hubspot.call_count()} times in {seconds:.0f} s.")
    print(f"{failed} of {len(results)} steps FAILED" if failed else f"All {len(results)} steps: as expected")


def _show_row(mark, happened, found):
    columns = (textwrap.wrap(text, width) for text, width in zip((happened, found), WIDTHS, strict=True))
    for left, right in zip_longest(*columns, fillvalue=""):
        print(f"{mark} {left:<{WIDTHS[0]}} {right}".rstrip())
        mark = " "


def show_addresses(shop) -> None:
    """Print where to look, and as whom."""
    say("Look around")
    for name, path in (
        ("Connectors", "action-retail_hub.action_retail_connector"),
        ("Deliveries", "action-retail_hub.action_retail_delivery"),
        ("Dead letters", "action-retail_hub.action_retail_error_group"),
    ):
        print(f"  {name:<14}{shop.odoo.url}/odoo/{path}")
    print(f"  {'HubSpot':<14}{shop.hubspot.url}/_sandbox/state?records=contacts")
    print(f"  {'Log in':<14}admin / admin (manager), clerk / clerk (user)")
    print(f"  {'Odoo log':<14}{shop.odoo.log_path}")
