"""``GET /inventory``: what can be promised."""

from odoo.tests import tagged

from .orders import OrderCase


@tagged("-at_install", "post_install")
class TestApiInventory(OrderCase):
    scopes = ("inventory:read", "orders:write")

    def inventory(self, query=""):
        response = self.call("GET", f"/inventory{query}")
        self.assertEqual(response.status_code, 200, response.text)
        return response.json()

    def available(self, query):
        return [
            (each["sku"], each["warehouse"], each["available"]) for each in self.inventory(query)["items"]
        ]

    def test_by_sku_and_barcode(self):
        self.plate.barcode = "5400000000017"
        found = self.available(f"?sku=MUG&barcode=5400000000017&sku=NONE&warehouse={self.warehouse.code}")
        self.assertEqual(found, [("MUG", self.warehouse.code, "20"), ("PLATE", self.warehouse.code, "5")])

    def test_what_is_reserved_or_kept_back_cannot_be_promised(self):
        self.place()
        self.assertEqual(self.available("?sku=MUG"), [("MUG", self.warehouse.code, "18")])
        self.client.safety_stock = 15.5
        self.assertEqual(self.available("?sku=MUG"), [("MUG", self.warehouse.code, "2.5")])
        self.client.safety_stock = 30
        self.assertEqual(self.available("?sku=MUG"), [("MUG", self.warehouse.code, "0")])

    def test_warehouses(self):
        other = self.env["stock.warehouse"].create({"name": "Second", "code": "W2"})
        self.env["stock.quant"]._update_available_quantity(self.mug, other.lot_stock_id, 3)
        self.assertEqual(
            sorted(self.available("?sku=MUG")),
            sorted([("MUG", self.warehouse.code, "20"), ("MUG", "W2", "3")]),
        )
        self.assertEqual(self.available("?sku=MUG&warehouse=W2"), [("MUG", "W2", "3")])
        self.env["retail.code.map"].create(
            {"connector_id": self.system.id, "kind": "warehouse", "code": "north", "warehouse_id": other.id}
        )
        self.assertEqual(self.available("?sku=MUG&warehouse=north"), [("MUG", "W2", "3")])
        self.assertProblem(
            self.call("GET", "/inventory?warehouse=XX"), "invalid-request", 422, ["/warehouse"]
        )

    def test_texts_that_cannot_be_stored(self):
        with self.assertNoLogs("odoo.addons.retail_hub", "WARNING"):
            for name in ("sku", "barcode", "warehouse", "after"):
                response = self.call("GET", f"/inventory?{name}=a%00")
                self.assertProblem(response, "invalid-request", 422, [f"/{name}"])

    def test_numbers(self):
        for query in ("after=%D9%A2", "limit=%D9%A2", "limit=1_0", "limit=1.0", "limit=true", "limit=0"):
            response = self.call("GET", f"/inventory?{query}")
            self.assertProblem(response, "invalid-request", 422, [f"/{query.partition('=')[0]}"])

    def test_pages(self):
        """All products, each once, and none that is not kept in stock or not sold."""
        self.new_product("SERVICE", 0, type="service", is_storable=False)
        self.new_product("HIDDEN", 0, sale_ok=False)
        found, after = [], ""
        while True:
            page = self.inventory(f"?limit=2&warehouse={self.warehouse.code}&after={after}")
            self.assertLessEqual(len(page["items"]), 2)
            found += [each["product_id"] for each in page["items"]]
            after = page["next"]
            if not after:
                break
        domain = [
            ("is_storable", "=", True),
            ("sale_ok", "=", True),
            ("company_id", "in", (False, self.company.id)),
        ]
        self.assertEqual(
            found, [str(product.id) for product in self.env["product.product"].search(domain, order="id")]
        )

    def test_etag(self):
        first = self.call("GET", "/inventory?sku=MUG")
        again = self.call("GET", "/inventory?sku=MUG", headers={"If-None-Match": first.headers["ETag"]})
        self.assertEqual((again.status_code, again.text), (304, ""))
        self.place()
        changed = self.call("GET", "/inventory?sku=MUG", headers={"If-None-Match": first.headers["ETag"]})
        self.assertEqual((changed.status_code, changed.json()["items"][0]["available"]), (200, "18"))

    def test_a_query_that_does_not_fit(self):
        for query, pointer in (
            ("?limit=0", "/limit"),
            ("?limit=501", "/limit"),
            ("?limit=1&limit=2", "/limit"),
            ("?after=x", "/after"),
            ("?skus=MUG", "/skus"),
            ("?sku=", "/sku/0"),
        ):
            with self.subTest(query=query):
                response = self.call("GET", f"/inventory{query}")
                self.assertProblem(response, "invalid-request", 422, [pointer])

    def test_since(self):
        """Only what has changed since the cursor; the new cursor is that of the first page."""
        self.assertEqual(self.inventory("?sku=MUG")["cursor"], "")
        self.assertProblem(self.call("GET", "/inventory?since=1-1"), "conflict", 409)
        flow = self.system.flow_ids.filtered(lambda each: each.event_type == "stock.level_changed")
        flow = flow or flow.create({"connector_id": self.system.id, "event_type": "stock.level_changed"})
        flow.write({"active": True, "mode": "pull"})
        self._receive(self.mug, 1)
        cursor = self.inventory("?sku=MUG")["cursor"]
        self.assertEqual(self.inventory(f"?since={cursor}"), {"items": [], "next": "", "cursor": cursor})
        self._receive(self.plate, 2)
        page = self.inventory(f"?since={cursor}&warehouse={self.warehouse.code}")
        self.assertEqual([(each["sku"], each["available"]) for each in page["items"]], [("PLATE", "7")])
        self.assertEqual(self.inventory(f"?since={page['cursor']}")["items"], [])
        self._receive(self.mug, 3)
        page = self.inventory(f"?since={cursor}&limit=1&warehouse={self.warehouse.code}")
        rest = self.inventory(f"?since={cursor}&limit=1&warehouse={self.warehouse.code}&after={page['next']}")
        self.assertEqual([each["sku"] for each in (*page["items"], *rest["items"])], ["MUG", "PLATE"])
        self.assertEqual(rest["next"], "")

    def _receive(self, product, quantity):
        self.env["stock.quant"]._update_available_quantity(product, self.warehouse.lot_stock_id, quantity)
        self.env.flush_all()
        self.env.cr.flush()

    def test_products_of_another_company(self):
        company = self.env["res.company"].create({"name": "Other"})
        self.new_product("THEIRS", 0, company_id=company.id)
        self.assertEqual(self.available("?sku=THEIRS"), [])
