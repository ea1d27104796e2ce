"""The screens of a till in the documentation, in the demo's loyalty club: the engine answers, and does not."""

from __future__ import annotations

import contextlib
import importlib.util
import json
from pathlib import Path

from database import setting

MEMBER = "Nele Segers"
PROGRAM, TILL = "Linden Club", "Club Till"
SOLD = ("Club Vase", "Tea")
CONFIRM_ABOVE = 100  # points
CHOOSE = """
    (async () => {
        const member = %(member)s;
        if (!posmodel.models["res.partner"].get(member)) {
            await posmodel.data.searchRead("res.partner", [["id", "=", member]]);
        }
        posmodel.addNewOrder();
        for (const name of %(products)s) {
            const product = posmodel.models["product.template"].find((each) => each.name === name);
            await posmodel.addLineToCurrentOrder({ product_tmpl_id: product, qty: 2 }, {});
        }
        posmodel.getOrder().setPartner(posmodel.models["res.partner"].get(member));
        return true;
    })()
"""


def till_balance(visitor) -> None:
    """A customer was chosen: the balance is live."""
    _begin(visitor)
    visitor.see(".retail-points-live")


def till_redeem(visitor) -> None:
    """The cashier is asked how many points to redeem."""
    till_balance(visitor)
    _ask_for_points(visitor, 120)


def till_confirmation(visitor) -> None:
    """The customer confirms a large redemption: a code was sent."""
    till_redeem(visitor)
    _redeem(visitor)
    visitor.browser.click(".pay-order-button")
    visitor.browser.click(".modal .retail-confirmation-email")
    visitor.see(".modal .retail-confirmation-sent")


def till_payment(visitor) -> None:
    """The points are held while the customer pays."""
    till_balance(visitor)
    _ask_for_points(visitor, 60)
    _redeem(visitor)
    visitor.browser.click(".pay-order-button")
    visitor.see(".payment-screen")


def till_receipt(visitor) -> None:
    till_payment(visitor)
    visitor.browser.click(".paymentmethod", "Cash")
    visitor.browser.click(".payment-screen .validation-button.next")
    visitor.see(".receipt-screen .retail-receipt-redeemed")


def till_engine_away(visitor) -> bytes:
    """The engine does not answer: the balance has its age."""
    with _engine_away(visitor):
        _begin(visitor)
        visitor.see(".retail-points-age")
        return visitor.browser.screenshot()


def till_phone(visitor) -> bytes:
    return visitor.on_phone(till_balance, till_redeem, till_confirmation)


SCREENS = (till_balance, till_redeem, till_confirmation, till_receipt, till_engine_away, till_phone)


def _begin(visitor):
    """Open the till, put something on an order, and choose the member."""
    config = visitor.find("pos.config", [("name", "=", TILL)])
    _prepare(visitor, config)
    visitor.visit(f"/pos/ui/{config}?from_backend=True", ".pos .product-screen .product")
    member = visitor.find("res.partner", [("name", "=", MEMBER)])
    visitor.browser.evaluate(CHOOSE % {"member": member, "products": json.dumps(SOLD)})
    visitor.browser.evaluate("document.querySelector('.review-button')?.click()")  # to the cart, on a phone


def _prepare(visitor, config):
    """Open the register, have products at the till, and large redemptions confirmed."""
    products = visitor.call("product.template", "search", [("list_price", ">", 0), ("sale_ok", "=", True)])
    visitor.call("product.template", "write", products, {"available_in_pos": True})
    others = visitor.call("loyalty.program", "search", [("name", "!=", PROGRAM)])
    visitor.call("loyalty.program", "write", others, {"pos_ok": False})
    [till] = visitor.call("pos.config", "read", [config], ["company_id"])
    company = till["company_id"][0]
    visitor.call("res.company", "write", [company], {"retail_confirm_above": CONFIRM_ABOVE})
    visitor.call("pos.config", "open_ui", [config])
    [till] = visitor.call("pos.config", "read", [config], ["current_session_id"])
    session = till["current_session_id"][0]
    [found] = visitor.call("pos.session", "read", [session], ["state"])
    if found["state"] == "opening_control":
        visitor.call("pos.session", "set_opening_control", [session], 100, "")


def _ask_for_points(visitor, points):
    visitor.browser.click("button.retail-points-redeem")
    visitor.see(".modal .numpad")
    visitor.browser.click(".modal .numpad button", "⌫")
    for digit in str(points):
        visitor.browser.click(".modal .numpad button", digit)


def _redeem(visitor):
    visitor.browser.click(".modal .btn-primary", "Redeem")
    visitor.see(".retail-points-redeemed")


@contextlib.contextmanager
def _engine_away(visitor):
    sandbox = _sandbox(visitor)
    sandbox.fault(status=503, path="/v")
    try:
        yield
    finally:
        sandbox.faults_clear()


def _sandbox(visitor):
    [engine] = visitor.call(
        "retail.connector", "search_read", [("provider", "=", "voucherify")], ["base_url"], limit=1
    )
    path = Path(setting("RETAIL_HUB_ROOT"), "tests", "sandbox", "client.py")
    spec = importlib.util.spec_from_file_location("sandbox_client", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.SandboxClient(engine["base_url"])
