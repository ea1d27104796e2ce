"""A customer of the web shop: pays an order online, over the routes that a browser uses."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from rpc import Visitor
from shop import Shop


def pay_online(shop: Shop, order: int) -> None:
    """Pay a quotation in full, as its customer does who has got the link to it: that confirms the order."""
    link = shop.call("sale.order", "action_preview_sale_order", [order])["url"]
    [values] = shop.call("sale.order", "read", [order], ["amount_total"])
    [provider] = shop.call("payment.provider", "search", [("code", "=", "demo")])
    [method] = shop.call("payment.method", "search", [("code", "=", "demo")], context={"active_test": False})
    browser = Visitor(shop.odoo.url)
    payment = browser.post(
        f"/my/orders/{order}/transaction",
        access_token=parse_qs(urlsplit(link).query)["access_token"][0],
        provider_id=provider,
        payment_method_id=method,
        token_id=None,
        amount=values["amount_total"],
        flow="direct",
        tokenization_requested=False,
        landing_route=link,
    )
    # The provider says that it has the money; then the page asks Odoo what became of it.
    browser.post(
        "/payment/demo/simulate_payment",
        reference=payment["reference"],
        simulated_state="done",
        payment_details="4242",
    )
    browser.post("/payment/status/poll")
