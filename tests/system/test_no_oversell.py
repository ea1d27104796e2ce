"""No oversell in several processes: kits, lines that repeat a SKU, and two warehouses, each counted exactly."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from caller import new_product, open_shop, place, reserved

BUYERS = 12  # at once


@pytest.fixture(scope="module")
def shop(start_odoo):
    """Return a server with kits."""
    return open_shop(start_odoo("oversell", modules=("mrp",), workers=4))


def new_kit(shop, sku, parts):
    """Create a product that is delivered as its parts: ``{product id: quantity}``."""
    [kit] = shop.call("product.product", "create", [{"name": sku, "default_code": sku, "type": "consu"}])
    [row] = shop.call("product.product", "read", [kit], ["product_tmpl_id"])
    lines = [(0, 0, {"product_id": product, "product_qty": quantity}) for product, quantity in parts.items()]
    bom = {"product_tmpl_id": row["product_tmpl_id"][0], "type": "phantom", "bom_line_ids": lines}
    shop.call("mrp.bom", "create", [bom])


def place_all(shop, orders):
    """Capture orders at once, each given by its lines; return the responses."""
    with ThreadPoolExecutor(BUYERS) as pool:
        return list(pool.map(lambda each: place(shop, each[0], *each[1]), enumerate(orders)))


def left_for_each_line(response):
    """Return ``[(pointer, quantity that is left)]`` of an order that was refused."""
    assert response.json()["type"].endswith("/out-of-stock")
    return [(each["pointer"], each["available"]) for each in response.json()["errors"]]


def test_kits(shop):
    """20 mugs and 12 plates are 10 sets, whatever is left of the plates."""
    mug, plate = new_product(shop, "MUG", 20), new_product(shop, "PLATE", 12)
    new_kit(shop, "SET", {mug: 2, plate: 1})
    responses = place_all(shop, [["SET"]] * 30)
    assert Counter(each.status_code for each in responses) == {201: 10, 409: 20}
    assert (reserved(shop, mug), reserved(shop, plate)) == ((20, 20, 1), (10, 10, 1))
    for each in responses:
        if each.status_code == 409:
            assert left_for_each_line(each) == [("/lines/0", "0")]


def test_kits_beside_their_components(shop):
    """Who buys a part alone takes it from the sets: together, they get what is there and no more."""
    cup, saucer = new_product(shop, "CUP", 20), new_product(shop, "SAUCER", 40)
    new_kit(shop, "TEA-SET", {cup: 2, saucer: 2})
    orders = [["TEA-SET"], ["CUP"], ["SAUCER", "CUP"]] * 20
    responses = place_all(shop, orders)
    sold = Counter(
        "+".join(lines) for lines, each in zip(orders, responses, strict=True) if each.status_code == 201
    )
    assert {each.status_code for each in responses} == {201, 409}
    assert 2 * sold["TEA-SET"] + sold["CUP"] + sold["SAUCER+CUP"] == 20
    saucers = 2 * sold["TEA-SET"] + sold["SAUCER+CUP"]
    assert (reserved(shop, cup), reserved(shop, saucer)) == ((20, 20, 1), (saucers, saucers, 1))


def test_repeated_lines_of_one_sku(shop):
    """Each order has it twice: of 21 pieces, one is left, and the others are told so for both of their lines."""
    twin = new_product(shop, "TWIN", 21)
    responses = place_all(shop, [["TWIN", "TWIN"]] * 24)
    assert Counter(each.status_code for each in responses) == {201: 10, 409: 14}
    assert reserved(shop, twin) == (20, 20, 1)
    for each in responses:
        if each.status_code == 409:
            assert left_for_each_line(each) == [("/lines/0", "1"), ("/lines/1", "1")]


def test_two_warehouses(shop):
    """20 pieces in one and 12 in the other one; some orders take one from each, in either order."""
    both = new_product(shop, "BOTH", 20)
    [second] = shop.call("stock.warehouse", "create", [{"name": "Second", "code": "W2"}])
    [row] = shop.call("stock.warehouse", "read", [second], ["lot_stock_id"])
    quant = {"product_id": both, "location_id": row["lot_stock_id"][0], "inventory_quantity": 12}
    shop.call("stock.quant", "action_apply_inventory", shop.call("stock.quant", "create", [quant]))
    here, there = {"sku": "BOTH", "warehouse": "WH"}, {"sku": "BOTH", "warehouse": "W2"}
    kinds = {"here": [here], "there": [there], "both": [here, there], "both back": [there, here]}
    names = ["here", "there", "both", "here", "there", "both back"] * 12
    responses = place_all(shop, [kinds[name] for name in names])
    assert {each.status_code for each in responses} == {201, 409}
    sold = Counter(name for name, each in zip(names, responses, strict=True) if each.status_code == 201)
    mixed = sold["both"] + sold["both back"]
    assert (sold["here"] + mixed, sold["there"] + mixed) == (20, 12)
    assert by_warehouse(shop, both) == [("W2", 12, 12), ("WH", 20, 20)]


def by_warehouse(shop, product_id):
    """Return ``[(warehouse, reserved by quants, reserved by moves)]`` of a product."""
    return shop.db.query(
        """
        SELECT w.code,
               (SELECT SUM(reserved_quantity) FROM stock_quant
                 WHERE product_id = %s AND location_id = w.lot_stock_id),
               (SELECT SUM(quantity) FROM stock_move
                 WHERE product_id = %s AND location_id = w.lot_stock_id AND state NOT IN ('cancel', 'done'))
          FROM stock_warehouse w WHERE w.code IN ('WH', 'W2') ORDER BY w.code
        """,
        product_id,
        product_id,
    )
