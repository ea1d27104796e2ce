"""Load as locust makes it: nothing fails, all that was accepted is there, and no piece is sold twice."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from caller import currency_of, new_client, new_product, new_system
from hub import complaints

BUYERS, SECONDS = 12, 20
PIECES = {"VASE": 10, "BOWL": 1_000, "CUP": 1_000}


def shop(start_odoo):
    """Return the server, and the environment that the buyers need."""
    odoo = start_odoo("load", workers=4)
    for sku, quantity in PIECES.items():
        new_product(odoo, sku, quantity)
    _client, key = new_client(odoo, new_system(odoo))
    return odoo, {"SHOP_KEY": key, "SHOP_CURRENCY": currency_of(odoo)}


def test_a_web_shop_at_full_load(start_odoo, tmp_path):
    odoo, environment = shop(start_odoo)
    command = [
        *(sys.executable, "-m", "locust", "--locustfile", Path(__file__).with_name("locustfile.py")),
        *("--headless", "--users", str(BUYERS), "--spawn-rate", str(BUYERS), "--run-time", f"{SECONDS}s"),
        *("--stop-timeout", "60s", "--host", odoo.url, "--only-summary", "--json-file", tmp_path / "stats"),
    ]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    print(done.stdout[-6_000:], done.stderr[-6_000:])
    assert done.returncode == 0
    stats = json.loads((tmp_path / "stats.json").read_text(encoding="utf-8"))
    assert {each["name"]: each["num_failures"] for each in stats} == dict.fromkeys(
        ("customers", "inventory", "order", "orders", "payments"), 0
    )
    counts = {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", done.stdout)}
    assert counts["out_of_stock"] > 0 and counts["placed"] > 0
    found = """
        SELECT (SELECT count(*)::int FROM sale_order WHERE state = 'sale'),
               (SELECT sum(product_uom_qty)::int FROM sale_order_line),
               (SELECT count(*)::int FROM payment_transaction WHERE state = 'done'),
               (SELECT count(*)::int FROM res_partner WHERE name ~ '^Buyer [0-9a-f]{12}$')
    """
    names = ("placed", "pieces", "paid", "customers")
    [row] = odoo.db.query(found)
    assert dict(zip(names, row, strict=True)) == {name: counts[name] for name in names}
    reserved = odoo.db.query(
        "SELECT p.default_code, q.quantity::int, q.reserved_quantity::int = (SELECT sum(l.product_uom_qty)"
        " FROM sale_order_line l WHERE l.product_id = q.product_id), q.reserved_quantity <= q.quantity"
        " FROM stock_quant q JOIN product_product p ON p.id = q.product_id"
        " JOIN stock_location s ON s.id = q.location_id AND s.usage = 'internal'"
    )
    assert sorted(reserved) == sorted((sku, quantity, True, True) for sku, quantity in PIECES.items())
    assert complaints(odoo.log_path.read_text(encoding="utf-8")) == []
