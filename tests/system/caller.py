"""What the tests of the API share: a system outside of Odoo, its API clients, and products that it sells."""

import uuid

import requests

NO_LIMITS = {"calls_per_minute": 0, "max_parallel": 0}


def new_system(odoo, name="Shop"):
    """Create the connector of a system that calls Odoo; return its id."""
    values = {"name": name, "provider": "webhook", "base_url": "https://shop.example.com"}
    [connector] = odoo.call("retail.connector", "create", [values])
    return connector


def find_scopes(odoo, like):
    """Return the ids of the scopes with this in their names."""
    return odoo.call("retail.api.scope", "search", [("name", "like", like)])


def new_client(odoo, connector, scopes="", **values):
    """Create an API client with no limits, unless the values say so; return (its id, its key).

    :param scopes: it has those with this in their names; all of them by default
    """
    values = {
        "name": "Storefront",
        "connector_id": connector,
        "scope_ids": find_scopes(odoo, scopes),
        **NO_LIMITS,
        **values,
    }
    ids = odoo.call("retail.api.client", "create", [values])
    return ids[0], odoo.call("retail.api.client", "action_new_key", ids)["params"]["secret"]


def new_product(odoo, sku, quantity, **values):
    """Create a product with so many pieces in stock; return its id."""
    values = {"name": sku, "default_code": sku, "is_storable": True, "list_price": 10, **values}
    [product] = odoo.call("product.product", "create", [values])
    if quantity:
        [location] = odoo.call("stock.location", "search", [("complete_name", "=", "WH/Stock")])
        quant = {"product_id": product, "location_id": location, "inventory_quantity": quantity}
        odoo.call("stock.quant", "action_apply_inventory", odoo.call("stock.quant", "create", [quant]))
    return product


def currency_of(odoo):
    """Return the code of the first company's currency."""
    [(code,)] = odoo.db.query(
        "SELECT c.name FROM res_company o JOIN res_currency c ON c.id = o.currency_id WHERE o.id = 1"
    )
    return code


def open_shop(odoo):
    """Give a server the key of a client that may capture orders; return the server."""
    _client, odoo.key = new_client(odoo, new_system(odoo), "orders:")
    odoo.currency = currency_of(odoo)
    odoo.session = requests.Session()
    odoo.session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=32))
    return odoo


def order_of(shop, number, *lines, **values):
    """Return the content of an order.

    :param lines: each is a SKU, or the values of a line
    """
    lines = [line if isinstance(line, dict) else {"sku": line} for line in lines]
    return {
        "external_id": f"W-{uuid.uuid4()}",
        "currency": shop.currency,
        "prices_include_tax": False,
        "customer": {"name": {"full": f"Buyer {number}"}, "email": f"buyer{number % 7}@example.com"},
        "lines": [
            {"id": str(place), "unit_price": "10.00", "taxes": [], **line} for place, line in enumerate(lines)
        ],
        "total": f"{10 * len(lines)}.00",
        **values,
    }


def post_order(shop, content, idempotency_key, **headers):
    headers = {"Authorization": f"Bearer {shop.key}", "Idempotency-Key": idempotency_key, **headers}
    return shop.session.post(f"{shop.url}/retail/v1/orders", json=content, headers=headers, timeout=120)


def place(shop, number, *lines, **values):
    """Capture an order, as often as the server is too busy; return the response."""
    content, key = order_of(shop, number, *lines, **values), str(uuid.uuid4())
    while True:
        response = post_order(shop, content, key)
        if response.status_code != 429:
            return response


def reserved(shop, product_id):
    """Return (reserved by quants, reserved by moves, number of quants) of a product in stock."""
    return shop.db.query(
        f"""
        SELECT (SELECT SUM(reserved_quantity) FROM stock_quant q JOIN stock_location l ON l.id = q.location_id
                 WHERE product_id = {product_id} AND l.usage = 'internal'),
               (SELECT SUM(quantity) FROM stock_move
                 WHERE product_id = {product_id} AND state NOT IN ('cancel', 'done')),
               (SELECT count(*) FROM stock_quant q JOIN stock_location l ON l.id = q.location_id
                 WHERE product_id = {product_id} AND l.usage = 'internal')
        """
    )[0]
