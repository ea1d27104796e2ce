"""The screenshots of the documentation: a demo is played, and a browser goes through its screens."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import till_screens
from chromium import Chromium
from PIL import Image

from database import setting
from stack import wait_until

ROOT = Path(setting("RETAIL_HUB_ROOT"))
FOLDER = ROOT / "static" / "description" / "screenshots"
SIZE = (1440, 900)
PHONE = (390, 844)
GAP = 24  # pixels between the pages of one picture
ACTION = "/odoo/action-retail_hub.action_retail_"
# Nothing loads, no image or font is missing, nothing fades in or out.
QUIET = """
    document.fonts.status === 'loaded'
    && ![...document.images].some(image => !image.complete && image.loading !== 'lazy')
    && !document.querySelector('.o_loading_indicator, .o_blockUI, .o_view_sample_data .o_loading')
    && !document.getAnimations().some(animation => animation.playState === 'running')
"""


class Visitor:
    """The admin, in a browser."""

    def __init__(self, url: str, browser: Chromium):
        self.url = url
        self.browser = browser

    def log_in(self) -> None:
        self.browser.open(f"{self.url}/web/login")
        self.browser.wait_for("!!document.querySelector('.oe_login_form #login')")
        self.browser.evaluate(
            "const form = document.querySelector('.oe_login_form');"
            "form.login.value = form.password.value = 'admin'; form.querySelector('[type=submit]').click()"
        )
        self.browser.wait_for("!!document.querySelector('.o_main_navbar')")

    def visit(self, path: str, selector: str) -> None:
        """Open a page and wait until an element is there."""
        self.browser.open("about:blank")
        self.browser.open(self.url + path)
        self.see(selector)

    def see(self, selector: str) -> None:
        crash = self.browser.wait_for(
            f"document.querySelector('.o_error_dialog')?.innerText || {QUIET}"
            f" && !!document.querySelector({json.dumps(selector)})"
        )
        if crash is not True:
            raise RuntimeError(f"the web client shows an error on the way to {selector}: {crash}")

    def on_phone(self, *screens: Callable[[Visitor], None]) -> bytes:
        """Return one picture of several screens, as a phone shows them."""
        self.browser.resize(*PHONE)
        shots = []
        for screen in screens:
            screen(self)
            time.sleep(0.3)
            shots.append(Image.open(io.BytesIO(self.browser.screenshot())))
        self.browser.resize(*SIZE)
        width, height = PHONE
        picture = Image.new("RGB", (len(shots) * (width + GAP) - GAP, height), "#c9ccd1")
        for number, shot in enumerate(shots):
            picture.paste(shot, (number * (width + GAP), 0))
        png = io.BytesIO()
        picture.save(png, "PNG")
        return png.getvalue()

    def find(self, model: str, domain: list) -> int:
        """Return the id of the newest record that a search finds."""
        [found] = self.call(model, "search", domain, order="id desc", limit=1)
        return found

    def wait_to_find(self, model: str, domain: list) -> int:
        """Return the id of the newest record that a search finds, as soon as there is one."""
        wait_until(lambda: self.call(model, "search_count", domain), 60, f"there is no {model} with {domain}")
        return self.find(model, domain)

    def call(self, model: str, method: str, *args, **kwargs):
        """Return what a method of a model returns. Raise RuntimeError."""
        parameters = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        body = {"jsonrpc": "2.0", "method": "call", "params": parameters}
        answer = self.browser.evaluate(
            f"fetch('/web/dataset/call_kw', {{method: 'POST', headers: {{'Content-Type': 'application/json'}},"
            f" body: {json.dumps(json.dumps(body))}}}).then(answer => answer.json())"
        )
        if "error" in answer:
            raise RuntimeError(answer["error"]["data"]["message"])
        return answer.get("result")


def connectors(visitor: Visitor):
    visitor.visit(f"{ACTION}connector", ".o_list_view .o_data_row")


def connector_flows(visitor: Visitor):
    _connector(visitor, "HubSpot", "flows")


def connector_credentials(visitor: Visitor):
    _connector(visitor, "HubSpot", "credentials")


def connector_draft(visitor: Visitor):
    _connector(visitor, "HubSpot (test account)", "credentials")
    visitor.browser.evaluate(
        "document.querySelector('.o_form_view .alert').scrollIntoView({block: 'center'})"
    )


def connector_limits(visitor: Visitor):
    _connector(visitor, "HubSpot", "limits")


def connector_objects(visitor: Visitor):
    _connector(visitor, "HubSpot", "objects")


def connector_mapping(visitor: Visitor):
    _connector(visitor, "HubSpot", "mapping")


def mapping_lines(visitor: Visitor):
    connector_mapping(visitor)
    visitor.browser.click("button[name=action_view_field_maps]")
    visitor.see(".o_list_view .o_group_header")
    visitor.browser.click(".o_list_view .o_group_header")
    visitor.see(".o_list_view .o_data_row")


def mapping_preview(visitor: Visitor):
    connector_mapping(visitor)
    visitor.browser.click("button[name=action_preview_mapping]")
    visitor.see(".modal .o_retail_mapping_preview")


def _connector(visitor, name, tab):
    connector = visitor.find("retail.connector", [("name", "=", name)])
    visitor.visit(f"{ACTION}connector/{connector}", ".o_form_view .o_notebook .o_data_row")
    visitor.browser.click(f".o_notebook .nav-link[name={tab}]")
    visitor.see(".o_notebook .o_data_row")
    visitor.browser.evaluate(  # below the buttons, which stay at the top
        "const tabs = document.querySelector('.o_notebook');"
        "tabs.style.scrollMarginTop = '56px'; tabs.scrollIntoView()"
    )


def deliveries(visitor: Visitor):
    visitor.visit(f"{ACTION}delivery", ".o_list_view .o_data_row")


def deliveries_empty(visitor: Visitor):
    _connector(visitor, "HubSpot (test account)", "flows")
    visitor.browser.click("button[name=action_view_waiting]")
    visitor.see(".o_view_nocontent")


def dead_letters(visitor: Visitor):
    visitor.visit(f"{ACTION}error_group", ".o_list_view .o_data_row")


def repair(visitor: Visitor):
    group = visitor.find("retail.error.group", [("error_code", "=", "INVALID_ZIP")])
    visitor.visit(f"{ACTION}error_group/{group}", ".o_form_view button[name=action_repair]")
    visitor.browser.click(".o_form_view button[name=action_repair]")
    visitor.see(".modal .o_retail_diff")


def outage(visitor: Visitor):
    connector = visitor.find("retail.connector", [("name", "=", "HubSpot (second account)")])
    visitor.visit(f"{ACTION}connector/{connector}", ".o_form_view button[name=action_probe]")


def backfill(visitor: Visitor):
    run = visitor.find("retail.bulk.run", [("kind", "=", "backfill")])
    visitor.visit(f"{ACTION}bulk_run/{run}", ".o_form_view .o_field_widget[name=progress]")


def delivery_dead(visitor: Visitor):
    delivery = visitor.find("retail.delivery", [("error_code", "=", "INVALID_ZIP"), ("state", "=", "dead")])
    visitor.visit(f"{ACTION}delivery/{delivery}", ".o_form_view .o_notebook .o_data_row")


def delivery_waiting(visitor: Visitor):
    delivery = visitor.find("retail.delivery", [("error_code", "=", "HTTP_503")])
    visitor.visit(f"{ACTION}delivery/{delivery}", ".o_form_view .o_notebook .o_data_row")


def attempt(visitor: Visitor):
    delivery_dead(visitor)
    visitor.browser.click(".o_field_widget[name=attempt_ids] .o_data_row td[name=started_at]")
    visitor.see(".modal .ace_line")


def customer(visitor: Visitor):
    partner = visitor.find("res.partner", [("name", "=", "Leen Aerts")])
    visitor.visit(
        f"/odoo/action-account.res_partner_action_customer/{partner}",
        ".o_form_view button[name=action_retail_resync]",
    )


def sync_state(visitor: Visitor):
    customer(visitor)
    visitor.browser.click("button[name=action_retail_sync_state]")
    visitor.see(".o_list_view .o_data_row")


def timeline(visitor: Visitor):
    order = visitor.find("sale.order", [("client_order_ref", "=", "#W-2")])
    visitor.visit(
        f"/odoo/action-sale.action_orders/{order}", ".o_form_view button[name=action_retail_timeline]"
    )
    visitor.browser.click("button[name=action_retail_timeline]")
    visitor.see("td[name=delivery_badges]")


def event(visitor: Visitor):
    found = visitor.find("retail.event", [("event_type", "=", "order.placed")])
    visitor.visit(f"{ACTION}event/{found}", ".o_form_view .o_notebook")
    visitor.browser.click(".o_notebook .nav-link[name=content]")
    visitor.see(".ace_line")


def settings(visitor: Visitor):
    visitor.visit(f"{ACTION}settings", "#retail_setup_check")


def setup_check(visitor: Visitor):
    visitor.visit(f"{ACTION}setup_check", ".o_form_view .o_data_row")


def events(visitor: Visitor):
    visitor.visit(f"{ACTION}event", ".o_list_view .o_data_row")


def flow(visitor: Visitor):
    found = visitor.find(
        "retail.flow", [("event_type", "=", "customer.updated"), ("connector_id.name", "=", "HubSpot")]
    )
    visitor.visit(f"{ACTION}flow/{found}", ".o_form_view .o_field_widget[name=domain]")


def api_client(visitor: Visitor):
    client = visitor.find("retail.api.client", [("name", "=", "Web Shop")])
    visitor.visit(f"{ACTION}api_client/{client}", ".o_form_view .o_field_widget[name=scope_ids]")


def messages(visitor: Visitor):
    visitor.visit(f"{ACTION}message", ".o_list_view .o_data_row")
    visitor.browser.click(".o_pager_next")
    visitor.browser.wait_for("document.querySelector('.o_pager_value')?.innerText.startsWith('81')")
    visitor.see(".o_list_view .o_data_row")
    visitor.browser.evaluate(  # to what came before the flash sale
        "[...document.querySelectorAll('.o_data_row')].at(-1).scrollIntoView()"
    )


def order_process(visitor: Visitor):
    order = visitor.find("sale.order", [("client_order_ref", "=", "#W-2")])
    visitor.visit(f"/odoo/action-sale.action_orders/{order}", ".o_form_view .o_notebook")
    visitor.browser.click(".o_notebook .nav-link[name=retail_process]")
    visitor.see(".o_retail_process li")


def duplicates(visitor: Visitor):
    visitor.visit(f"{ACTION}alias", ".o_list_view .o_data_row button[name=action_merge]")


def sample(visitor: Visitor):
    connector = visitor.find("retail.connector", [("name", "=", "Middleware")])
    visitor.visit(f"{ACTION}connector/{connector}", ".o_form_view button[name=action_send_samples]")
    visitor.browser.click("button[name=action_send_samples]")
    visitor.browser.click(".modal .o_field_widget[name=scope] .o_radio_item label", "One event type")
    visitor.see(".modal .ace_line")
    visitor.browser.click(".modal button[name=action_send]")
    visitor.see(".modal .o_data_row")


def send_existing(visitor: Visitor):
    connector = visitor.find("retail.connector", [("name", "=", "Middleware")])
    visitor.visit(f"{ACTION}connector/{connector}", ".o_form_view .alert button[name=action_backfill]")


def discard(visitor: Visitor):
    repair(visitor)
    visitor.browser.click(".modal button[name=action_ask_discard]")
    visitor.see(".modal .o_field_widget[name=discard_reason]")
    visitor.browser.evaluate(
        "const reason = document.querySelector('.modal .o_field_widget[name=discard_reason] input');"
        "reason.value = 'Entered by mistake'; reason.dispatchEvent(new Event('input', {bubbles: true}))"
    )


def blocked(visitor: Visitor):
    order = _blocked_order(visitor)
    delivery = visitor.wait_to_find(
        "retail.delivery", [*order, ("connector_id.name", "=", "HubSpot"), ("error_code", "=", "WAITS_FOR")]
    )
    visitor.visit(f"{ACTION}delivery/{delivery}", ".o_form_view button[name=action_open_blocker]")


def _blocked_order(visitor):
    """Return the domain of the events of an order whose customer HubSpot refuses."""
    customer = visitor.find("res.partner", [("name", "=", "Mia Bogaert")])
    product = visitor.find("product.product", [("default_code", "=", "LAMP")])
    line = {"product_id": product, "product_uom_qty": 2}
    [order] = visitor.call("sale.order", "create", [{"partner_id": customer, "order_line": [(0, 0, line)]}])
    visitor.call("sale.order", "action_confirm", [order])
    return [("res_model", "=", "sale.order"), ("res_id", "=", order)]


def backfill_failures(visitor: Visitor):
    connector = visitor.find("retail.connector", [("name", "=", "HubSpot")])
    domain = "['|', ('email', '=like', '%@regulars.example'), ('name', 'in', ['Leen Aerts', 'Mia Bogaert'])]"
    values = {"kind": "backfill", "connector_id": connector, "domain": domain}
    [run] = visitor.call("retail.bulk.run", "create", [values])
    visitor.call("retail.bulk.run", "action_start", [run])
    visitor.wait_to_find("retail.bulk.run", [("id", "=", run), ("state", "=", "done")])
    visitor.visit(f"{ACTION}bulk_run/{run}", ".o_form_view .o_field_widget[name=progress]")


def phone(visitor: Visitor):
    """Return one picture of three pages, as a phone shows them."""
    delivery = visitor.find("retail.delivery", [("error_code", "=", "INVALID_ZIP"), ("state", "=", "dead")])
    pages = (
        (f"{ACTION}connector", ".o_kanban_record"),
        (f"{ACTION}error_group", ".o_kanban_record"),
        (f"{ACTION}delivery/{delivery}", ".o_form_view .o_statusbar_status"),
    )
    return visitor.on_phone(*(lambda each, page=page: each.visit(*page) for page in pages))


# What a screen does for its picture in the demo is in the pictures after it.
SCREENS: tuple[Callable[[Visitor], bytes | None], ...] = (
    connectors,
    connector_flows,
    connector_credentials,
    connector_limits,
    connector_objects,
    connector_mapping,
    mapping_lines,
    mapping_preview,
    connector_draft,
    flow,
    deliveries,
    deliveries_empty,
    dead_letters,
    repair,
    outage,
    backfill,
    delivery_dead,
    delivery_waiting,
    attempt,
    events,
    customer,
    sync_state,
    timeline,
    event,
    settings,
    setup_check,
    api_client,
    messages,
    order_process,
    duplicates,
    sample,
    send_existing,
    discard,
    phone,
    blocked,
    backfill_failures,
    *till_screens.SCREENS,
)


def save(name: str, png: bytes) -> None:
    """Write a screenshot in 256 colours: half the size, and it looks the same."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    palette = _palette(picture)
    pixels = list(picture.get_flattened_data())
    nearest = {color: min(range(256), key=lambda n: _distance(color, palette[n])) for color in set(pixels)}
    reduced = Image.new("P", picture.size)
    reduced.putpalette([channel for color in palette for channel in color])
    reduced.putdata([nearest[color] for color in pixels])
    path = FOLDER / f"{name}.png"
    reduced.save(path, optimize=True)
    print(f"  {path.relative_to(ROOT)}  {path.stat().st_size // 1024} KiB", flush=True)


def _palette(picture):
    """Return 256 colours: the most frequent as they are, and some for the others, however rare these are."""
    counts = sorted(picture.getcolors(picture.width * picture.height), reverse=True)
    colors = [color for _count, color in counts]
    rest = Image.new("RGB", (max(1, len(colors[128:])), 1))
    rest.putdata(colors[128:])
    others = [color for _count, color in rest.quantize(128).convert("RGB").getcolors()]
    return (colors[:128] + others + [(0, 0, 0)] * 256)[:256]


def _distance(one, other):
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


@contextlib.contextmanager
def demo(url: str | None) -> Iterator[str]:
    """Give the address of the demo: one that is running, or a new one."""
    if url:
        yield url.rstrip("/")
        return
    from day import play
    from stage import stage

    with stage() as shop:
        failed = [result.found for result in play(shop) if not result.is_right]
        if failed:
            sys.exit(f"the demo failed: {failed}")
        shop.wait_for_retries()
        yield shop.url


def main() -> None:
    parser = argparse.ArgumentParser(prog="dev/screenshots")
    parser.add_argument("--url", help="address of a demo that is running")
    names = [screen.__name__ for screen in SCREENS]
    parser.add_argument("screens", nargs="*", choices=[*names, []], help="only these (default: all)")
    options = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with demo(options.url) as url, Chromium(*SIZE) as browser:
        visitor = Visitor(url, browser)
        visitor.log_in()
        for screen in SCREENS:
            if screen.__name__ in (options.screens or names):
                png = screen(visitor)
                time.sleep(0.3)  # what is drawn after the last event: avatars, the caret's colour
                save(screen.__name__, png or browser.screenshot())


if __name__ == "__main__":
    main()
