"""What the demo prints."""

from __future__ import annotations

import textwrap
from itertools import zip_longest

import story

WIDTHS = (48, 60)
COLUMNS = ("Expected", "Arrived", "Missing", "Double", "Wrong")
NAMED = 5  # of what is missing, doubled or wrong


def say(text: str) -> None:
    print(f"\n{text}", flush=True)


def progress(text: str) -> None:
    print(f"  · {text}", flush=True)


def show(shop, results, systems, seconds: float) -> None:
    """Print the day as a table, the processes step by step, and the account of every system."""
    say(f"{'In Odoo':<{WIDTHS[0] + 3}}In the remote systems")
    for result in results:
        _show_row(_mark(result.is_right), result.happened, result.found)
    _show_stories(shop)
    _show_systems(systems)
    counts = ", ".join(f"{count} {state}" for state, count in shop.deliveries_by_state())
    say(f"Outgoing events to HubSpot: {counts}; {shop.hubspot.call_count()} calls in {seconds:.0f} s.")
    _show_verdict(results, systems)


def _mark(is_right):
    return "✓" if is_right else "✗"


def _show_row(mark, happened, found):
    columns = (textwrap.wrap(text, width) for text, width in zip((happened, found), WIDTHS, strict=True))
    for left, right in zip_longest(*columns, fillvalue=""):
        print(f"{mark} {left:<{WIDTHS[0]}} {right}".rstrip())
        mark = " "


def _show_stories(shop):
    say("Business processes, as the middleware received them: each event stands under the one that caused it")
    for title, process in shop.stories:
        print(f"  {title} (correlation id {process})")
        for line in story.tree(story.events_of(shop, process)):
            print(f"    {line}")


def _show_systems(systems):
    say(
        f"{'What arrived, compared with where it came from':<51}{''.join(f'{column:>9}' for column in COLUMNS)}"
    )
    for system in systems:
        print(f"  {system.name}")
        for arrival in system.arrivals:
            _show_arrival(arrival)


def _show_arrival(arrival):
    counts = (
        len(arrival.expected),
        len(dict(arrival.arrived)),
        len(arrival.missing),
        len(arrival.doubled),
        len(arrival.wrong),
    )
    numbers = "".join(f"{count or '-':>9}" for count in counts)
    print(f"{_mark(arrival.is_right)}   {arrival.what:<47}{numbers}  {arrival.note}".rstrip())
    for what in ("missing", "doubled", "wrong"):
        keys = getattr(arrival, what)
        more = [f"and {len(keys) - NAMED} more"] if len(keys) > NAMED else []
        for key in keys[:NAMED] + more:
            print(f"      {what}: {key}")


def _show_verdict(results, systems):
    failed = sum(not result.is_right for result in results)
    wrong = [system.name for system in systems if not system.is_right]
    print(
        f"{failed} of {len(results)} steps FAILED" if failed else f"All {len(results)} steps went as expected"
    )
    if wrong:
        print(f"Something is missing, double or wrong in: {', '.join(wrong)}")
    else:
        print("Every system has everything it should have, exactly once")


def show_addresses(shop) -> None:
    """Print where to look, and as whom."""
    say("Look around")
    for name, path in (
        ("Connectors", "action-retail_hub.action_retail_connector"),
        ("Outgoing events", "action-retail_hub.action_retail_delivery"),
        ("Failed events", "action-retail_hub.action_retail_error_group"),
        ("API clients", "action-retail_hub.action_retail_api_client"),
        ("Incoming messages", "action-retail_hub.action_retail_message"),
    ):
        print(f"  {name:<19}{shop.url}/odoo/{path}")
    print(f"  {'API description':<19}{shop.url}/retail/v1/docs")
    print(f"  {'HubSpot':<19}{shop.hubspot.url}/_sandbox/state?records=contacts")
    print(f"  {'Log in':<19}admin / admin (manager), clerk / clerk (user)")
    print(f"  {'Odoo log':<19}{shop.odoo.log_path}")
