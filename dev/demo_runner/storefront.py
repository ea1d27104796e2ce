"""A web shop and its warehouse, which call the API: orders, payments, shipments, returns, and a flash sale."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import orders
import requests
from api import ApiClient
from remote import Unexpected, expect
from shop import Shop
from till import Till

from stack import OdooError, wait_until

PRICE = 29.0
PIECES, BUYERS, CLERK_ORDERS, TILL_SALES = 50, 120, 6, 5
PARALLEL = 12
MAX_REPEATS = 30


def order(shop: Shop, number: str, quantity: int, name: str, email: str, sku: str = "VASE") -> dict:
    """Return an order of the web shop as its API call: prices without tax, no taxes."""
    return {
        "external_id": number,
        "number": f"#{number}",
        "currency": "EUR",
        "prices_include_tax": False,
        "customer": {"name": {"full": name}, "email": email},
        "delivery_address": {
            "kind": "delivery",
            "street": "Kaai 7",
            "postal_code": "2000",
            "city": "Antwerpen",
            "country": "BE",
        },
        "lines": [
            {"id": "1", "sku": sku, "quantity": str(quantity), "unit_price": f"{PRICE:.2f}", "taxes": []}
        ],
        "total": f"{PRICE * quantity:.2f}",
    }


def place(storefront: ApiClient, content: dict) -> dict:
    return storefront.report("orders", content["external_id"], content["total"], "/orders", content)


def payment(storefront: ApiClient, step: str, number: str, id_: str, amount: float, **more) -> dict:
    body = {"id": id_, "amount": f"{amount:.2f}", "currency": "EUR", **more}
    path = f"/orders/{number}/payments/{step}"
    return storefront.report("payments", id_, (body["amount"], step), path, body, key=f"{id_}-{step}")


def open_storefront(shop: Shop):
    """The connector of the web shop, with a client for the shop and one for the warehouse."""
    values = {"name": "Storefront", "provider": "webhook", "base_url": "https://shop.example.com"}
    [connector] = shop.call("retail.connector", "create", [values])
    shop.storefront = ApiClient(shop, connector, "Web Shop")
    shop.warehouse = ApiClient(shop, connector, "Warehouse")
    shop.stocked("Vase", "VASE", PRICE, 40)
    [bank] = shop.call("account.journal", "search", [("type", "=", "bank")], limit=1)
    card = {"connector_id": connector, "kind": "payment_method", "code": "card", "journal_id": bank}
    shop.call("retail.code.map", "create", [card])
    yield "A web shop and a warehouse get API clients, each with a key of its own"
    clients = shop.call("retail.api.client", "search_count", [("connector_id", "=", connector)])
    expect(clients, 2, "the number of clients")
    yield "both call /retail/v1 from now on"


def payment_before_its_order(shop: Shop):
    storefront = shop.storefront
    early = payment(storefront, "capture", "W-1", "pay-1", 2 * PRICE, method="card")
    expect(early["state"], "waiting", "the state of the payment")
    place(storefront, order(shop, "W-1", 2, "Lotte Smets", "lotte@example.com"))
    wait_until(
        lambda: storefront.get("/orders/W-1")["paid"] == f"{2 * PRICE:.2f}", 60, "the order W-1 is not paid"
    )
    yield "Lotte’s payment arrives before her order W-1"
    expect(storefront.get(f"/messages/{early['id']}")["state"], "done", "the state of the payment")
    yield "the payment waits for its order; with it, the order is paid"


def lost_answer_of_a_payment(shop: Shop):
    storefront = shop.storefront
    place(storefront, order(shop, "W-2", 3, "Wout Pauwels", "wout@example.com"))
    payment(storefront, "authorize", "W-2", "pay-2", 3 * PRICE, method="card")
    body = {"id": "pay-2", "amount": f"{3 * PRICE:.2f}", "currency": "EUR"}
    try:  # gives up before Odoo can have answered
        storefront.post("/orders/W-2/payments/capture", body, key="pay-2-capture", timeout=0.02)
    except requests.Timeout:
        pass
    else:
        raise Unexpected("the call was answered within 20 ms")
    repeat_until_answered(storefront, "/orders/W-2/payments/capture", body, "pay-2-capture")
    storefront.reported["payments"]["pay-2"] = (body["amount"], "capture")
    yield "Wout’s payment of W-2 is captured; the web shop loses the answer, and repeats the call"
    paid = storefront.get("/orders/W-2")
    expect((paid["paid"], paid["authorized"]), (f"{3 * PRICE:.2f}", "0.00"), "what was paid and authorized")
    yield f"paid once: {paid['paid']} EUR"


def repeat_until_answered(client: ApiClient, path: str, body: dict, key: str) -> None:
    """Repeat a call, as the API asks for, while the first one is being carried out."""
    answer = wait_until(
        lambda: (
            response if (response := client.post(path, body, key=key)).status_code not in (409, 429) else None
        ),
        30,
        f"{path} is not answered",
        interval=0.2,
    )
    expect(answer.status_code in (200, 201), True, f"whether {path} was carried out")


def failed_payment(shop: Shop):
    storefront = shop.storefront
    place(storefront, order(shop, "W-3", 4, "Pieter Claes", "pieter.claes@example.com"))
    payment(storefront, "fail", "W-3", "pay-3", 4 * PRICE, method="card", reason="Card declined")
    for _time in range(2):
        storefront.report("cancellations", "W-3", "cancelled", "/orders/W-3/cancel", {"reason": "Not paid"})
    yield "Pieter’s card is declined; the web shop cancels W-3, twice"
    cancelled = storefront.get("/orders/W-3")
    expect((cancelled["status"], cancelled["paid"]), ("cancelled", "0.00"), "the order")
    yield "cancelled once; its 4 vases are free again"


def part_of_an_order_comes_back(shop: Shop):
    storefront, warehouse = shop.storefront, shop.warehouse
    ship(warehouse, "W-2", "S-1", 2)
    ship(warehouse, "W-2", "S-2", 1)
    found = shop.call("sale.order", "search", [("client_order_ref", "=", "#W-2")])
    invoice = orders.invoiced(shop, found[0])
    line = {"order_line_id": "1", "quantity": "1", "restock": True}
    body = {"return_id": "R-1", "lines": [line], "reason": "Too large"}
    warehouse.report("returns", "R-1", "1", "/orders/W-2/returns", body)
    refund = {
        "id": "F-1",
        "currency": "EUR",
        "lines": [{"id": "1", "quantity": "1"}],
        "payments": [{"id": "F-1-pay", "payment": "pay-2", "amount": f"{PRICE:.2f}"}],
    }
    storefront.report("refunds", "F-1", f"{PRICE:.2f}", "/orders/W-2/refunds", refund)
    shop.stories.append(
        ("Wout Pauwels orders W-2 in the web shop, and returns one vase", f"sale.order,{found[0]}")
    )
    yield "W-2 is shipped in two parts and invoiced; one vase comes back, and its money is given back"
    status = shop.call("account.move", "read", [invoice], ["payment_state"])[0]["payment_state"]
    answer = storefront.get("/orders/W-2")
    expect(answer["refunded"], f"{PRICE:.2f}", "what was refunded")
    yield f"invoice {status}, credit note and {PRICE:.2f} EUR given back, one vase in stock again"


def ship(warehouse: ApiClient, number: str, shipment: str, quantity: int) -> None:
    body = {
        "shipment_id": shipment,
        "lines": [{"order_line_id": "1", "quantity": str(quantity)}],
        "carrier": "bpost",
        "tracking_numbers": [f"TR-{shipment}"],
    }
    warehouse.report("shipments", shipment, str(quantity), f"/orders/{number}/shipments", body)


def flash_sale(shop: Shop):
    """120 buyers in the web shop and six quotations that the clerk confirms, for 50 pieces; a till is at work."""
    lamp = shop.stocked("Designer Vase", "FLASH", PRICE, PIECES)
    quotations = _quotations(shop, lamp)
    till = Till(shop, "Market Stall", "Soap")
    with ThreadPoolExecutor(PARALLEL + 2) as pool:
        clerk = pool.submit(_confirm, shop, quotations)
        sales = pool.submit(lambda: [till.sell(1) for _ in range(TILL_SALES)])
        answers = list(pool.map(lambda number: _buy(shop, number), range(1, BUYERS + 1)))
        sales.result()
        repeated = clerk.result()
    till.close(100.0 + TILL_SALES * 12.5)
    yield (
        f"Flash sale: {BUYERS} buyers at once for {PIECES} vases, while the clerk confirms {CLERK_ORDERS} quotations"
        " and a till sells"
    )
    statuses = Counter(answers)
    expect(set(statuses) - {201, 409}, set(), "the other answers")
    reserved, quants = _reserved(shop, lamp)
    expect(reserved, PIECES, "the number of reserved vases")
    expect(statuses[201] + _confirmed_with_stock(shop, lamp), PIECES, "the number of sold vases")
    yield (
        f"exactly {PIECES} reserved, on {quants} stock record; {statuses[201]} buyers got one, {statuses[409]} read"
        f" “out of stock”, none saw an error; the clerk clicked Confirm again {repeated} times"
    )


def _quotations(shop, product):
    customers = shop.call("res.partner", "search", [("email", "=like", "regular%")], limit=CLERK_ORDERS)
    lines = [(0, 0, {"product_id": product, "product_uom_qty": 1})]
    values = [{"partner_id": customer, "order_line": lines} for customer in customers]
    return shop.call("sale.order", "create", values)


def _confirm(shop, quotations):
    """Confirm quotations as the clerk; return how often that had to be repeated.

    Odoo gives up after five attempts if others change the same stock all the time, and asks to try again.
    """
    repeated = 0
    for quotation in quotations:
        while not _is_confirmed(shop, quotation):
            repeated += 1
            expect(repeated < MAX_REPEATS, True, "whether the clerk gets through")
    return repeated


def _is_confirmed(shop, quotation):
    try:
        return shop.clerk.call("sale.order", "action_confirm", [quotation])
    except OdooError as error:
        if "could not serialize" not in str(error):
            raise
        return False


def _buy(shop, number):
    content = order(shop, f"F-{number}", 1, f"Buyer {number}", f"buyer{number}@flash.example", "FLASH")
    response = shop.storefront.post("/orders", content)
    if response.status_code == 201:
        shop.storefront.reported["orders"][content["external_id"]] = content["total"]
    return response.status_code


def _reserved(shop, product):
    domain = [("product_id", "=", product), ("location_id.usage", "=", "internal")]
    quants = shop.call("stock.quant", "search_read", domain, ["reserved_quantity"])
    return sum(quant["reserved_quantity"] for quant in quants), len(quants)


def _confirmed_with_stock(shop, product):
    """Return how many pieces are reserved for the clerk's orders."""
    domain = [("product_id", "=", product), ("sale_line_id.order_id.retail_connector_id", "=", False)]
    moves = shop.call("stock.move", "search_read", domain, ["quantity"])
    return sum(move["quantity"] for move in moves)


STEPS = (
    open_storefront,
    payment_before_its_order,
    lost_answer_of_a_payment,
    failed_payment,
    part_of_an_order_comes_back,
    flash_sale,
)
