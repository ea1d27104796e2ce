"""What a shop sells."""


def make_products(env, count):
    """Return `count` new products, more of each in stock than a benchmark sells."""
    products = env["product.product"].create(
        [
            {
                "name": f"Product {number}",
                "default_code": f"P{number}",
                "is_storable": True,
                "available_in_pos": True,
                "list_price": 10 + number,
            }
            for number in range(count)
        ]
    )
    location = env["stock.warehouse"].search([], limit=1).lot_stock_id
    for product in products:
        env["stock.quant"]._update_available_quantity(product, location, 100_000)
    return products


def find_products(env):
    """Return the products of :func:`make_products`."""
    return env["product.product"].search([("default_code", "=like", "P%")], order="id")
