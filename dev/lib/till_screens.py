"""The screens of a till in the documentation, in the demo's loyalty club: the engine answers, is away, and is back."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from database import setting

MEMBER = "Nele Segers"
OFFLINE = 100  # points that a member can redeem while the engine is away


def till_balance(visitor) -> None:
    """A customer was chosen: the balance is live."""
    _begin(visitor)
    visitor.see(".retail-points-live")


def till_redeem(visitor) -> None:
    """A part of the points is redeemed."""
    _begin(visitor)
    visitor.see(".retail-points-live")
    _redeem(visitor, 60)


def till_payment(visitor) -> None:
    """The points are held while the customer pays."""
    till_redeem(visitor)
    visitor.browser.click(".pay-order-button")
    visitor.see(".payment-screen")


def till_receipt(visitor) -> None:
    till_payment(visitor)
    visitor.browser.click(".paymentmethod", "Cash")
    visitor.browser.click(".button.next.validation")
    visitor.see(".receipt-screen .retail-receipt-redeemed")


def till_engine_away(visitor) -> None:
    """The engine does not answer: the balance has its age."""
    sandbox = _sandbox(visitor)
    sandbox.fault(status=503, path="/v")
    try:
        _begin(visitor)
        visitor.see(".retail-points-age")
    finally:
        sandbox.faults_clear()


SCREENS = (till_balance, till_redeem, till_payment, till_receipt, till_engine_away)


def _begin(visitor):
    """Open the till, put something on an order, and choose the member."""
    config = visitor.find("pos.config", [("name", "=", "Club Till")])
    _open(visitor, config)
    visitor.visit(f"/pos/ui/{config}", ".pos .product-screen")
    [member] = visitor.call("res.partner", "search", [("name", "=", MEMBER)])
    visitor.browser.evaluate(
        f"""
        (async () => {{
            posmodel.addNewOrder();
            const product = posmodel.models["product.template"].find((each) => each.name === "Tea");
            await posmodel.addLineToCurrentOrder({{ product_tmpl_id: product, qty: 2 }}, {{}});
            const [member] = await posmodel.data.searchRead("res.partner", [["id", "=", {member}]]);
            posmodel.getOrder().setPartner(posmodel.models["res.partner"].get({member}) || member);
            return true;
        }})()
        """
    )


def _open(visitor, config):
    visitor.call("pos.config", "open_ui", [config])
    [values] = visitor.call("pos.config", "read", [config], ["current_session_id"])
    session = values["current_session_id"][0]
    [found] = visitor.call("pos.session", "read", [session], ["state"])
    if found["state"] == "opening_control":
        visitor.call("pos.session", "set_opening_control", [session], 100, "")


def _redeem(visitor, points):
    visitor.browser.click("button.retail-points-redeem")
    for digit in str(points):
        visitor.browser.click(".modal .numpad button", digit)
    visitor.browser.click(".modal .btn-primary")
    visitor.see(".retail-points-redeemed")


def _sandbox(visitor):
    [engine] = visitor.call(
        "retail.connector", "search_read", [("provider", "=", "voucherify")], ["base_url"], limit=1
    )
    path = Path(setting("RETAIL_HUB_ROOT"), "tests", "sandbox", "client.py")
    spec = importlib.util.spec_from_file_location("sandbox_client", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.SandboxClient(engine["base_url"])
