"""A token that ends in the middle of a rush: orders, their lines and their customer arrive once, all of them."""

from hub import PATIENCE, customers
from test_oauth import consent, token_calls, use_oauth

from stack import wait_until

ORDERS = 300
SCOPES = " ".join(
    (
        "oauth",
        *(
            f"crm.objects.{name}.{right}"
            for name in ("contacts", "orders", "invoices", "line_items")
            for right in ("read", "write")
        ),
        *(f"crm.schemas.{name}.write" for name in ("orders", "invoices")),
        "e-commerce",
    )
)


def test_the_token_ends_in_the_middle(connect, sandbox):
    hub = connect()
    use_oauth(hub, consent(sandbox.url, SCOPES))
    hub.connector("action_add_flows")
    hub.set_flows(window_seconds=0)
    sandbox.configure(currencies=[company_currency(hub.odoo)])
    hub.connector("action_pause")
    confirm_orders(hub.odoo, *hub.create(*customers(1)))
    hub.odoo.db.query(  # a token that is refused as soon as it was given is not replaced: that would go on for ever
        "UPDATE retail_connector SET token_given_at = token_given_at - interval '1 hour' WHERE id = %s",
        hub.id,
    )
    asked = len(token_calls(sandbox))
    hub.connector("action_activate")
    wait_until(lambda: living(sandbox, "orders") > 0, PATIENCE, "the first orders to arrive")
    sandbox.act("expire_access_tokens")
    hub.wait(delivered=ORDERS + 1)
    refused = [call for call in sandbox.requests() if call["status"] == 401]
    assert refused, "it was over before the token ended"
    assert len(token_calls(sandbox)) == asked + 1
    orders, lines = sandbox.records("orders"), sandbox.records("line_items")
    assert len({each["properties"]["odoo_id"] for each in orders}) == len(orders) == ORDERS
    assert len({each["properties"]["odoo_id"] for each in lines}) == len(lines) == 2 * ORDERS
    assert {len(each["associations"]["line_items"]) for each in orders} == {2}
    [contact] = sandbox.contacts()
    assert {*map(tuple, (each["associations"]["contacts"] for each in orders))} == {(contact["id"],)}
    assert hub.state() == ("active", False)


def company_currency(odoo):
    [company] = odoo.call("res.company", "search_read", [("id", "=", 1)], ["currency_id"])
    return company["currency_id"][1]


def confirm_orders(odoo, customer):
    """Confirm orders of two lines each: of a service, so that no stock is reserved."""
    [product] = odoo.call(
        "product.product", "create", [{"name": "Repair", "type": "service", "list_price": 9.5}]
    )
    line = (0, 0, {"product_id": product, "product_uom_qty": 2})
    values = {"partner_id": customer, "order_line": [line, line]}
    orders = odoo.call("sale.order", "create", [values] * ORDERS, context={"tracking_disable": True})
    odoo.call("sale.order", "action_confirm", orders, context={"tracking_disable": True})


def living(sandbox, kind):
    return len(sandbox.records(kind))
