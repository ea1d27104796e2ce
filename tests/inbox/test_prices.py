"""``GET /prices``: what products cost."""

from odoo import Command
from odoo.tests import tagged

from .orders import OrderCase


@tagged("-at_install", "post_install")
class TestApiPrices(OrderCase):
    scopes = ("prices:read",)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["product.pricelist"].search([]).active = False
        cls.mug.write({"list_price": 10, "barcode": "5400000000017", "taxes_id": cls.tax_21.ids})
        cls.plate.write({"list_price": 12.1, "taxes_id": cls.tax_21_included.ids})
        cls.pricelist = cls.env["product.pricelist"].create({"name": "Web", "company_id": cls.company.id})

    def rule(self, **values):
        return self.env["product.pricelist.item"].create(
            {
                "pricelist_id": self.pricelist.id,
                "applied_on": "1_product",
                "product_tmpl_id": self.mug.product_tmpl_id.id,
                "compute_price": "fixed",
                **values,
            }
        )

    def prices(self, query="?sku=MUG"):
        response = self.call("GET", f"/prices{query}")
        self.assertEqual(response.status_code, 200, response.text)
        return response.json()

    def breaks(self, query="?sku=MUG", names=("minimum_quantity", "price", "untaxed", "total")):
        return [tuple(each[name] for name in names) for each in self.prices(query)["items"][0]["prices"]]

    def test_without_a_price_list(self):
        self.pricelist.active = False
        page = self.prices("?sku=MUG")
        self.assertEqual(
            page,
            {
                "currency": self.company.currency_id.name,
                "pricelist": "",
                "items": [
                    {
                        "product_id": str(self.mug.id),
                        "sku": "MUG",
                        "barcode": "5400000000017",
                        "unit": self.mug.uom_id.name,
                        "prices": [
                            {
                                "minimum_quantity": "1",
                                "price": "10",
                                "untaxed": "10.00",
                                "total": "12.10",
                                "starts_at": None,
                                "ends_at": None,
                            }
                        ],
                    }
                ],
                "next": "",
                "cursor": "",
            },
        )

    def test_tax_included(self):
        self.assertEqual(self.breaks("?sku=PLATE"), [("1", "12.1", "10.00", "12.10")])

    def test_quantity_breaks(self):
        self.rule(min_quantity=10, fixed_price=8)
        self.rule(min_quantity=100, compute_price="percentage", percent_price=30)
        self.rule(product_tmpl_id=self.plate.product_tmpl_id.id, min_quantity=3, fixed_price=6.05)
        self.assertEqual(
            self.breaks(),
            [("1", "10", "10.00", "12.10"), ("10", "8", "8.00", "9.68"), ("100", "7", "7.00", "8.47")],
        )
        self.assertEqual(
            self.breaks("?sku=PLATE"), [("1", "12.1", "10.00", "12.10"), ("3", "6.05", "5.00", "6.05")]
        )

    def test_the_clients_price_list(self):
        """The company's first, unless the client has another one; in its currency."""
        self.rule(fixed_price=9)
        self.assertEqual(self.breaks(), [("1", "9", "9.00", "10.89")])
        currency = self.env["res.currency"].with_context(active_test=False).search([("name", "=", "JPY")])
        currency.active = True
        yen = self.env["product.pricelist"].create(
            {
                "name": "Japan",
                "currency_id": currency.id,
                "company_id": self.company.id,
                "item_ids": [Command.create({"compute_price": "fixed", "fixed_price": 1500})],
            }
        )
        self.client.pricelist_id = yen
        page = self.prices()
        self.assertEqual((page["currency"], page["pricelist"]), ("JPY", "Japan"))
        self.assertEqual(self.breaks(), [("1", "1500", "1500", "1815")])

    def test_a_price_list_on_another(self):
        base = self.env["product.pricelist"].create(
            {
                "name": "Base",
                "company_id": self.company.id,
                "sequence": 99,
                "item_ids": [
                    Command.create({"compute_price": "fixed", "fixed_price": 5, "min_quantity": 20}),
                ],
            }
        )
        self.rule(
            applied_on="3_global",
            product_tmpl_id=False,
            compute_price="formula",
            base="pricelist",
            base_pricelist_id=base.id,
            price_discount=10,
        )
        self.assertEqual(self.breaks(), [("1", "9", "9.00", "10.89"), ("20", "4.5", "4.50", "5.45")])

    def test_when(self):
        """A price is valid until it ends, or until another one may begin; any moment can be asked for."""
        names = ("price", "starts_at", "ends_at")
        self.rule(fixed_price=9, date_start="2026-01-01 00:00:00", date_end="2026-03-31 22:00:00")
        self.rule(fixed_price=7, date_start="2026-02-01 00:00:00", date_end="2026-02-28 22:00:00")
        wanted = {
            "2025-12-31T23:59:59Z": ("10", None, "2026-01-01T00:00:00Z"),
            "2026-01-15T00:00:00Z": ("9", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"),
            "2026-04-01T00:00:00Z": ("10", None, None),
        }
        for at, expected in wanted.items():
            with self.subTest(at=at):
                self.assertEqual(self.breaks(f"?sku=MUG&at={at}", names), [expected])

    def test_pages(self):
        domain = [("sale_ok", "=", True), ("company_id", "in", (False, self.company.id))]
        wanted = [str(product.id) for product in self.env["product.product"].search(domain, order="id")]
        found, after = [], ""
        while True:
            page = self.prices(f"?limit=3&after={after}")
            found += [each["product_id"] for each in page["items"]]
            after = page["next"]
            if not after:
                break
        self.assertEqual(found, wanted)

    def test_by_barcode(self):
        self.assertEqual(self.breaks("?barcode=5400000000017"), [("1", "10", "10.00", "12.10")])
        self.assertEqual(self.prices("?sku=NONE")["items"], [])

    def test_another_company(self):
        company = self.env["res.company"].create({"name": "Other"})
        self.new_product("THEIRS", 0, company_id=company.id)
        self.assertEqual(self.prices("?sku=THEIRS")["items"], [])

    def test_queries_that_do_not_fit(self):
        for query, at in (("limit=0", "/limit"), ("at=2026-02-30T00:00:00Z", "/at"), ("sku=", "/sku/0")):
            self.assertProblem(self.call("GET", f"/prices?{query}"), "invalid-request", 422, [at])

    def test_etag(self):
        first = self.call("GET", "/prices?sku=MUG")
        again = self.call("GET", "/prices?sku=MUG", headers={"If-None-Match": first.headers["ETag"]})
        self.assertEqual((again.status_code, again.content), (304, b""))
        self.mug.list_price = 11
        changed = self.call("GET", "/prices?sku=MUG", headers={"If-None-Match": first.headers["ETag"]})
        self.assertEqual(changed.status_code, 200)
        self.assertNotEqual(changed.headers["ETag"], first.headers["ETag"])
        self.assertNotEqual(changed.json()["items"][0]["prices"], first.json()["items"][0]["prices"])
        self.mug.list_price = 10
        back = self.call("GET", "/prices?sku=MUG", headers={"If-None-Match": changed.headers["ETag"]})
        self.assertEqual((back.status_code, back.headers["ETag"]), (200, first.headers["ETag"]))

    def _note_changes(self):
        """Switch on the flows that note changes of prices, and return the cursor of now."""
        self.assertEqual(self.prices()["cursor"], "")
        self.assertProblem(self.call("GET", "/prices?since=1-1"), "conflict", 409)
        flows = self.env["retail.flow"]
        for event_type in ("price.changed", "price.removed"):
            found = self.system.flow_ids.filtered(lambda flow, wanted=event_type: flow.event_type == wanted)
            flow = found or flows.create({"connector_id": self.system.id, "event_type": event_type})
            flow.write({"active": True, "mode": "pull"})
        return self._cursor()

    def _cursor(self):
        self.env.flush_all()
        self.env.cr.flush()
        return self.prices()["cursor"]

    def _changed(self, since):
        """Return the SKUs of those of this test's products that have changed, and the cursor of now."""
        cursor = self._cursor()
        query = "".join(f"&sku={sku}" for sku in ("MUG", "PLATE", "BOWL"))
        items = self.prices(f"?since={since}{query}")["items"]
        return [item["sku"] for item in items], cursor

    def test_since(self):
        """Only what has changed since the cursor: by a list price, or a rule for a product, a category or all."""
        lighting = self.env["product.category"].create({"name": "Lighting"})
        self.new_product("BOWL", 0, categ_id=lighting.id)
        cursor = self._note_changes()
        self.assertEqual(self.prices(f"?since={cursor}")["items"], [])
        self.plate.list_price = 13
        changed, cursor = self._changed(cursor)
        self.assertEqual(changed, ["PLATE"])
        rule = self.rule(fixed_price=9)
        changed, cursor = self._changed(cursor)
        self.assertEqual(changed, ["MUG"])
        everything = ["MUG", "PLATE", "BOWL"]
        for values, expected in (
            ({"fixed_price": 8}, ["MUG"]),
            ({"min_quantity": 3}, ["MUG"]),
            ({"product_tmpl_id": self.plate.product_tmpl_id.id}, everything),
        ):
            with self.subTest(values=values):
                rule.write(values)
                changed, cursor = self._changed(cursor)
                self.assertEqual(changed, expected)
        of_category = self.rule(applied_on="2_product_category", product_tmpl_id=False, categ_id=lighting.id)
        changed, cursor = self._changed(cursor)
        self.assertEqual(changed, ["BOWL"])
        self.mug.categ_id = lighting
        changed, cursor = self._changed(cursor)
        self.assertEqual(changed, ["MUG"])
        rule.unlink()
        changed, cursor = self._changed(cursor)
        self.assertEqual(changed, ["PLATE"])
        of_category.unlink()
        changed, cursor = self._changed(cursor)
        self.assertEqual(changed, everything)
        self.pricelist.name = "Shop"
        self.assertEqual(self._changed(cursor)[0], [])
        self.assertProblem(self.call("GET", "/prices?since=x"), "invalid-request", 422, ["/since"])
