"""What the tests of the API share: a system outside of Odoo, its API clients, and products that it sells."""

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
