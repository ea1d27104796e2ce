"""``POST /orders``, ``GET /orders/{external_id}`` and ``POST /orders/{external_id}/cancel``."""

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.queue_job.tests.common import trap_jobs

from .orders import ADDRESS, GUEST, OrderCase


@tagged("-at_install", "post_install")
class TestApiOrders(OrderCase):
    def test_an_order(self):
        response = self.post("/orders", self.order())
        self.assertEqual(response.status_code, 201, response.text)
        order = self.sale_order(response.json())
        self.assertEqual(
            response.json(),
            {
                "id": str(order.id),
                "number": order.name,
                "external_id": "W-1001",
                "outcome": "created",
                "status": "placed",
                "held_until": None,
                "customer_id": str(order.partner_id.id),
                "currency": order.currency_id.name,
                "untaxed": "20.00",
                "tax": "4.20",
                "total": "24.20",
                "rounding": "0.00",
                "paid": "0.00",
                "authorized": "0.00",
                "refunded": "0.00",
                "lines": [
                    {"id": "L-MUG", "quantity": "2", "reserved": "2", "backordered": "0", "expected_at": None}
                ],
                "warnings": [],
            },
        )
        self.assertEqual(
            (order.state, order.client_order_ref, order.origin, order.retail_connector_id, order.create_uid),
            ("sale", "#1001", "Web Shop", self.system, self.client.user_id),
        )
        self.assertEqual(order.date_order, fields.Datetime.to_datetime("2026-11-20 10:00:00"))
        self.assertEqual(
            (order.order_line.product_id, order.order_line.product_uom_qty, order.order_line.price_unit),
            (self.mug, 2, 10.0),
        )
        self.assertEqual(order.order_line.tax_ids, self.tax_21)
        self.assertEqual(order.picking_ids.move_ids.quantity, 2)
        self.assertEqual(self.free(self.mug), 18)
        partner = order.partner_id
        self.assertEqual(
            (partner.name, partner.email, partner.city), ("Gil Guest", "gil@example.com", "Antwerp")
        )
        self.assertEqual(order.partner_shipping_id, partner)
        [message] = self.messages()
        self.assertEqual((message.state, message.subject, message.res_id), ("done", "order/W-1001", order.id))

    def test_the_same_order_under_another_key(self):
        first = self.place()
        again = self.place(total="999.00", status=200)
        self.assertEqual((again["id"], again["outcome"], again["total"]), (first["id"], "unchanged", "24.20"))
        self.assertEqual(self.env["sale.order"].search_count([("client_order_ref", "=", "#1001")]), 1)

    def test_read(self):
        placed = self.place()
        response = self.call("GET", "/orders/W-1001")
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.json(), {**placed, "outcome": "unchanged"})
        self.assertProblem(self.call("GET", "/orders/W-1002"), "not-found", 404)

    def test_a_price_does_not_change_with_the_quantity(self):
        order = self.sale_order(self.place())
        order.order_line.product_uom_qty = 3
        self.assertEqual(order.order_line.price_unit, 10.0)

    # -- customers and addresses -------------------------------------------------------------------

    def test_a_guest_who_comes_again(self):
        first = self.sale_order(self.place())
        customer = {"name": {"full": "G. Guest"}, "email": "GIL@Example.com "}
        address = {**ADDRESS, "street": " dock  7"}
        second = self.sale_order(
            self.place(external_id="W-1002", customer=customer, delivery_address=address)
        )
        self.assertEqual(second.partner_id, first.partner_id)
        self.assertEqual(second.partner_id.name, "Gil Guest")
        self.assertEqual(second.partner_shipping_id, first.partner_shipping_id)

    def test_a_guest_by_telephone(self):
        customer = {"name": {"full": "Tel Ephone"}, "phone": {"number": "+32470123456"}}
        first = self.sale_order(self.place(customer=customer))
        second = self.sale_order(self.place(external_id="W-2", customer=customer))
        other = {**customer, "name": {"full": "Tel Other"}}
        third = self.sale_order(self.place(external_id="W-3", customer=other))
        self.assertEqual(second.partner_id, first.partner_id)
        self.assertNotEqual(third.partner_id, first.partner_id)

    def test_a_customer_by_external_id(self):
        customer = {"external_id": "C-7", "name": {"full": "Reg Ular"}, "email": "reg@example.com"}
        first = self.sale_order(self.place(customer=customer))
        second = self.sale_order(self.place(external_id="W-2", customer={"external_id": "C-7"}))
        self.assertEqual(second.partner_id, first.partner_id)

    def test_a_customer_needs_a_name(self):
        response = self.post("/orders", self.order(customer={"external_id": "C-8"}))
        self.assertProblem(response, "invalid-request", 422, ["/customer/name"])

    def test_another_address_is_added_once(self):
        first = self.sale_order(self.place())
        gift = {**ADDRESS, "name": "Aunt Ida", "street": "Gift Lane 2"}
        second = self.sale_order(self.place(external_id="W-2", delivery_address=gift))
        third = self.sale_order(self.place(external_id="W-3", delivery_address=gift))
        self.assertEqual(second.partner_shipping_id, third.partner_shipping_id)
        self.assertEqual(second.partner_shipping_id.parent_id, first.partner_id)
        self.assertEqual(
            (second.partner_shipping_id.type, second.partner_shipping_id.name), ("other", "Aunt Ida")
        )
        self.assertEqual(second.partner_invoice_id, first.partner_id)

    def test_the_address_of_another_order_is_not_taken(self):
        """An order without a delivery address goes where its invoice goes, or to the customer: not to Aunt Ida."""
        home = {**ADDRESS, "kind": "invoice"}
        order = self.order(invoice_address=home)
        del order["delivery_address"]
        customer = self.sale_order(self.post("/orders", order).json()).partner_id
        gift = {**ADDRESS, "name": "Aunt Ida", "street": "Gift Lane 2"}
        self.place(external_id="W-2", delivery_address=gift, invoice_address={**gift, "name": "Employer"})
        for number, (given, street) in enumerate(
            (
                ({}, "Dock 7"),
                ({"invoice_address": home}, "Dock 7"),
                ({"invoice_address": {**home, "street": "New Street 4"}}, "New Street 4"),
            )
        ):
            with self.subTest(street=street, given=given):
                content = {**order, "external_id": f"W-3{number}", **given}
                if not given:
                    del content["invoice_address"]
                placed = self.sale_order(self.post("/orders", content).json())
                found = placed.partner_id, placed.partner_shipping_id.street, placed.partner_invoice_id.street
                self.assertEqual(found, (customer, street, street))

    def test_the_delivery_address_of_a_customer_in_odoo(self):
        """It is that of orders that name none."""
        customer = self.env["res.partner"].create({"name": "Gil", "email": "gil@example.com"})
        dock = customer.create({"parent_id": customer.id, "type": "delivery", "street": "Back Door 1"})
        order = self.order()
        del order["delivery_address"]
        placed = self.sale_order(self.post("/orders", order).json())
        self.assertEqual((placed.partner_shipping_id, placed.partner_invoice_id), (dock, customer))

    # -- stock -------------------------------------------------------------------------------------

    def test_out_of_stock(self):
        lines = [self.line("MUG", "2"), self.line("PLATE", "6")]
        response = self.post("/orders", self.order(*lines, total="96.80"))
        problem = self.assertProblem(response, "out-of-stock", 409, ["/lines/1"])
        self.assertEqual(problem["errors"][0]["available"], "5")
        self.assertEqual((self.free(self.mug), self.free(self.plate)), (20, 5))
        self.assertFalse(self.env["sale.order"].search([("client_order_ref", "=", "#1001")]))

    def test_repeated_lines_count_together(self):
        lines = [self.line("PLATE", "3", id="a"), self.line("PLATE", "3", id="b")]
        response = self.post("/orders", self.order(*lines, total="72.60"))
        self.assertProblem(response, "out-of-stock", 409, ["/lines/0", "/lines/1"])

    def test_safety_stock(self):
        self.client.safety_stock = 1
        response = self.post("/orders", self.order(self.line("PLATE", "5"), total="60.50"))
        problem = self.assertProblem(response, "out-of-stock", 409, ["/lines/0"])
        self.assertEqual(problem["errors"][0]["available"], "4")
        self.place(self.line("PLATE", "4"), total="48.40")

    def test_the_rest_later(self):
        self.client.allocation = "partial"
        answer = self.place(self.line("PLATE", "6"), total="72.60")
        self.assertEqual((answer["lines"][0]["reserved"], answer["lines"][0]["backordered"]), ("5", "1"))
        response = self.post("/orders", self.order(self.line("PLATE", "1"), total="12.10", external_id="W-2"))
        self.assertProblem(response, "out-of-stock", 409, ["/lines/0"])

    def test_always_accept(self):
        self.client.allocation = "backorder"
        self.place(self.line("PLATE", "5"), total="60.50")
        answer = self.place(self.line("PLATE", "2"), total="24.20", external_id="W-2")
        self.assertEqual((answer["lines"][0]["reserved"], answer["lines"][0]["backordered"]), ("0", "2"))

    def test_two_warehouses(self):
        other = self.env["stock.warehouse"].create({"name": "Second", "code": "W2"})
        self.env["stock.quant"]._update_available_quantity(self.plate, other.lot_stock_id, 9)
        lines = [self.line("PLATE", "5"), self.line("PLATE", "9", id="b", warehouse="W2")]
        order = self.sale_order(self.place(*lines, total="169.40"))
        found = order.picking_ids.mapped(
            lambda picking: (picking.picking_type_id.warehouse_id.code, picking.state)
        )
        self.assertEqual(sorted(found), sorted([(self.warehouse.code, "assigned"), ("W2", "assigned")]))
        self.assertEqual((self.free(self.plate), self.free(self.plate, other)), (0, 0))

    def test_lines_of_several_warehouses_in_any_order(self):
        """Each line is delivered from its own warehouse, whatever the first line says."""
        other = self.env["stock.warehouse"].create({"name": "Second", "code": "W2"})
        self.env["stock.quant"]._update_available_quantity(self.plate, other.lot_stock_id, 5)
        fee = {"id": "fee", "kind": "fee", "unit_price": "1.00", "taxes": [], "warehouse": "W2"}
        for number, lines in enumerate(
            (
                [fee, self.line("MUG", "1")],
                [self.line("PLATE", "5", id="a", warehouse="W2"), self.line("PLATE", "5", id="b")],
            )
        ):
            with self.subTest(number=number):
                total = "13.10" if number == 0 else "121.00"
                answer = self.place(*lines, total=total, external_id=f"W-{number}")
                self.assertEqual({line["backordered"] for line in answer["lines"]}, {"0"})
        self.assertEqual(
            (self.free(self.mug), self.free(self.plate), self.free(self.plate, other)), (19, 0, 0)
        )

    def test_all_is_really_reserved(self):
        """A rule of Odoo may keep stock that is free from being reserved."""
        route = self.env["stock.route"].create(
            {"name": "Elsewhere", "sale_selectable": True, "product_selectable": True}
        )
        elsewhere = self.env["stock.location"].create({"name": "Elsewhere", "usage": "internal"})
        self.env["stock.rule"].create(
            {
                "name": "From elsewhere",
                "route_id": route.id,
                "action": "pull",
                "location_src_id": elsewhere.id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                "picking_type_id": self.warehouse.out_type_id.id,
                "procure_method": "make_to_stock",
            }
        )
        self.mug.route_ids = route
        self.assertProblem(self.post("/orders", self.order()), "out-of-stock", 409, ["/lines/0"])
        self.assertFalse(self.env["sale.order"].search([("client_order_ref", "=", "#1001")]))

    def test_safety_stock_of_what_is_delivered_later(self):
        self.client.write({"allocation": "partial", "safety_stock": 3})
        answer = self.place(self.line("PLATE", "4"), total="48.40")
        self.assertEqual((answer["lines"][0]["reserved"], answer["lines"][0]["backordered"]), ("2", "2"))
        self.assertEqual(self.free(self.plate), 3)
        self.client.allocation = "backorder"
        answer = self.place(self.line("PLATE", "1"), total="12.10", external_id="W-2")
        self.assertEqual((answer["lines"][0]["reserved"], self.free(self.plate)), ("0", 3))

    def test_stock_outside_of_the_stock_location_does_not_count(self):
        damaged = self.env["stock.location"].create(
            {"name": "Damaged", "usage": "internal", "location_id": self.warehouse.view_location_id.id}
        )
        self.env["stock.quant"]._update_available_quantity(self.plate, damaged, 9)
        self.assertEqual(self.free(self.plate), 5)

    def test_a_manual_reservation_is_made_at_once(self):
        self.warehouse.out_type_id.reservation_method = "manual"
        self.assertEqual(self.place()["lines"][0]["reserved"], "2")

    # -- what it names -----------------------------------------------------------------------------

    def test_unknown_codes(self):
        lines = [
            self.line("CUP", id="a", name="A cup"),
            self.line("MUG", rate="19"),
            self.line("MUG", id="c", warehouse="XX"),
        ]
        response = self.post("/orders", self.order(*lines))
        pointers = ["/lines/0", "/lines/2/warehouse", "/lines/1/taxes/0"]
        self.assertProblem(response, "unknown-reference", 422, pointers)
        maps = self.env["retail.code.map"].search([("connector_id", "=", self.system.id)])
        self.assertEqual(
            sorted(maps.mapped(lambda line: (line.kind, line.code, line.label, line.asked_count))),
            [
                ("product", "CUP", "A cup", 1),
                ("tax", f"19 % {self.country.code} excluded", "Prices without tax", 1),
                ("warehouse", "XX", False, 1),
            ],
        )
        values = {"product": {"product_id": self.plate.id}, "tax": {"tax_id": self.tax_21.id}}
        for line in maps:
            line.write(values.get(line.kind, {"warehouse_id": self.warehouse.id}))
        order = self.sale_order(
            self.place(self.line("CUP", "1"), self.line("MUG", "1", rate="19", warehouse="XX"), total="24.00")
        )
        self.assertEqual(order.order_line.product_id, self.plate | self.mug)
        self.assertEqual((order.amount_untaxed, order.amount_tax), (20.0, 4.0))

    def test_an_order_that_is_kept(self):
        """Until a person has mapped what it names; then it is carried out, and its caller gets that answer."""
        self.client.keeps_incomplete = True
        content = self.order(self.line("CUP", id="a", name="A cup"))
        response = self.post("/orders", content, idempotency_key="kept-1")
        self.assertEqual(response.status_code, 202, response.text)
        kept = response.json()
        self.assertEqual(
            (kept["state"], [each["pointer"] for each in kept["errors"]]), ("incomplete", ["/lines/0"])
        )
        read = self.call("GET", f"/messages/{kept['id']}").json()
        self.assertEqual(read, kept)
        message = self.messages()
        self.assertEqual((message.state, message.res_id), ("incomplete", 0))
        self.assertTrue(message.has_unknown_codes)
        still = message.action_retry()
        self.assertEqual((still["params"]["type"], message.state), ("warning", "incomplete"))

        line = self.env["retail.code.map"].search([("code", "=", "CUP")])
        with trap_jobs() as jobs:
            line.product_id = self.mug
            jobs.assert_jobs_count(1, only=self.env["retail.message"]._retry_incomplete)
            self.env.flush_all()
            jobs.perform_enqueued_jobs()
        message.invalidate_recordset()
        order = self.env["sale.order"].browse(message.res_id)
        self.assertEqual((message.state, message.res_model, order.state), ("done", "sale.order", "sale"))
        self.assertEqual((order.order_line.product_id, order.create_uid), (self.mug, self.client.user_id))
        again = self.post("/orders", content, idempotency_key="kept-1")
        self.assertEqual((again.status_code, again.json()["id"]), (201, str(order.id)))
        self.assertEqual(self.call("GET", f"/messages/{kept['id']}").json()["state"], "done")

    def test_an_order_that_is_cancelled_before_it_is_complete(self):
        self.client.keeps_incomplete = True
        self.assertEqual(self.post("/orders", self.order(self.line("CUP"))).status_code, 202)
        read = self.call("GET", "/orders/W-1001")
        self.assertEqual(
            (read.status_code, read.json()["status"], read.json()["id"]), (200, "incomplete", "")
        )
        response = self.post("/orders/W-1001/cancel", {})
        self.assertEqual((response.status_code, response.json()["status"]), (200, "cancelled"), response.text)
        self.env["retail.code.map"].search([("code", "=", "CUP")]).product_id = self.mug
        self.env["retail.message"]._retry_incomplete(self.system.id)
        self.assertEqual(self.messages(command="order.place").state, "cancelled")
        self.assertFalse(self.env["sale.order"].search([("client_order_ref", "=", "#1001")]))
        self.assertProblem(self.call("GET", "/orders/W-1001"), "not-found", 404)

    def test_an_order_that_was_sent_twice_is_cancelled_before_it_is_complete(self):
        """None of the requests is carried out later."""
        self.client.keeps_incomplete = True
        for sku in ("CUP", "BOWL"):
            self.assertEqual(self.post("/orders", self.order(self.line(sku))).status_code, 202)
        self.assertEqual(self.post("/orders/W-1001/cancel", {}).json()["status"], "cancelled")
        self.env["retail.code.map"].search([("code", "in", ("CUP", "BOWL"))]).product_id = self.mug
        self.env["retail.message"]._retry_incomplete(self.system.id)
        self.assertEqual(self.messages(command="order.place").mapped("state"), ["cancelled", "cancelled"])
        self.assertFalse(self.env["sale.order"].search([("client_order_ref", "=", "#1001")]))

    def test_what_was_tested_and_what_is_meant_are_different_requests(self):
        """The same idempotency key in test mode and afterwards; and an order that is kept keeps its mode."""
        self.client.write({"is_test": True, "keeps_incomplete": True})
        self.post("/orders", self.order(), idempotency_key="K")
        self.client.is_test = False
        response = self.post("/orders", self.order(), idempotency_key="K")
        self.assertEqual((response.status_code, response.json()["outcome"]), (201, "created"))
        self.assertTrue(self.sale_order(response.json()).exists())
        kept = self.order(self.line("CUP"), external_id="W-2")
        self.assertEqual(self.post("/orders", kept).status_code, 202)
        self.client.is_test = True
        self.env["retail.code.map"].search([("code", "=", "CUP")]).product_id = self.mug
        self.env.flush_all()
        self.env["retail.message"]._retry_incomplete(self.system.id)
        self.assertEqual(self.messages(subject="order/W-2").state, "done")

    def test_a_refused_order_is_carried_out_again(self):
        response = self.post("/orders", self.order(self.line("PLATE", "6"), total="72.60"))
        self.assertProblem(response, "out-of-stock", 409, ["/lines/0"])
        message = self.messages()
        location = self.warehouse.lot_stock_id
        self.env["stock.quant"]._update_available_quantity(self.plate, location, 1)
        user = new_test_user(self.env, "clerk", "base.group_user,retail_hub.group_user")
        done = message.with_user(user).action_retry()
        message.invalidate_recordset()
        self.assertEqual((done["params"]["type"], message.state), ("success", "done"))
        self.assertEqual(self.env["sale.order"].browse(message.res_id).order_line.product_uom_qty, 6)
        self.assertEqual(message.action_retry()["params"]["type"], "warning")

    def test_an_archived_product(self):
        self.mug.active = False
        self.assertProblem(self.post("/orders", self.order()), "invalid-request", 422, ["/lines/0"])

    def test_what_a_person_can_help_with_is_kept(self):
        """An archived product, an inactive currency and a closed period, if the client keeps such orders."""
        self.client.keeps_incomplete = True
        iceland = self.env["res.currency"].with_context(active_test=False).search([("name", "=", "ISK")])
        iceland.active = False
        self.plate.active = False
        self.company.fiscalyear_lock_date = "2026-11-25"
        line = self.line(price="10", rate="")
        later = {"placed_at": "2026-11-28T10:00:00Z"}
        for code, order, pointer in (
            ("W-1", self.order(self.line("PLATE"), **later), "/lines/0"),
            ("W-2", self.order(line, total="20", currency="ISK", **later), "/currency"),
            ("W-3", self.order(), "/placed_at"),
        ):
            with self.subTest(pointer):
                answer = self.post("/orders", {**order, "external_id": code})
                self.assertEqual(answer.status_code, 202, answer.text)
                kept = answer.json()
                self.assertEqual([each["pointer"] for each in kept["errors"]], [pointer])
                self.assertEqual(kept["state"], "incomplete")
                self.assertFalse(self.messages(subject=f"order/{code}").has_unknown_codes)
        self.plate.active = iceland.active = True
        self.company.fiscalyear_lock_date = False
        for code in ("W-1", "W-2", "W-3"):
            self.messages(subject=f"order/{code}").action_retry()
            self.assertEqual(self.call("GET", f"/orders/{code}").json()["status"], "placed")

    def test_a_closed_period(self):
        self.company.fiscalyear_lock_date = "2026-11-25"
        problem = self.assertProblem(
            self.post("/orders", self.order()), "invalid-request", 422, ["/placed_at"]
        )
        self.assertEqual(problem["detail"], "The period until 2026-11-25 is closed in Odoo.")

    def test_an_order_of_a_period_that_was_closed_since(self):
        """It can be changed, cancelled in part and as a whole."""
        order = self.sale_order(self.place(self.line(quantity="3"), total="36.30"))
        self.company.fiscalyear_lock_date = "2026-11-25"
        lines = [self.line(quantity="4")]
        state = {**self.order(*lines, total="48.40"), "version": 1}
        for name in ("external_id", "number", "placed_at", "customer", "delivery_address"):
            del state[name]
        response = self.post("/orders/W-1001/amend", state)
        self.assertEqual(response.status_code, 200, response.text)
        for content in ({"lines": [{"id": "L-MUG", "quantity": "2"}]}, {}):
            response = self.post("/orders/W-1001/cancel", content)
            self.assertEqual(response.status_code, 200, response.text)
        order.invalidate_recordset()
        self.assertEqual((order.state, self.free(self.mug)), ("cancel", 20))

    def test_a_sku_that_two_products_have(self):
        self.new_product("MUG", 0)
        self.assertProblem(self.post("/orders", self.order()), "unknown-reference", 422, ["/lines/0"])

    def test_by_barcode(self):
        self.mug.barcode = "5400000000017"
        line = {**self.line(sku=""), "id": "a", "barcode": "5400000000017"}
        self.assertEqual(self.sale_order(self.place(line)).order_line.product_id, self.mug)

    def test_the_first_code_that_odoo_knows(self):
        for number, codes in enumerate(({"product_id": "PID-1"}, {"product_id": "PID-2", "barcode": "1"})):
            order = self.sale_order(self.place({**self.line(), **codes}, external_id=f"W-{number}"))
            self.assertEqual(order.order_line.product_id, self.mug)
        values = {"connector_id": self.system.id, "code": "LATER", "product_id": self.mug.id}
        self.env["retail.code.map"].create(values)
        line = {**self.line("LATER"), "product_id": "PID-3"}
        self.assertEqual(self.sale_order(self.place(line)).order_line.product_id, self.mug)

    def test_an_unknown_sku_of_a_line_that_is_no_product(self):
        line = self.line("EXPRESS", "1", "20.00", kind="delivery")
        self.assertProblem(self.post("/orders", self.order(line)), "unknown-reference", 422, ["/lines/0"])
        [listed] = self.env["retail.code.map"].search([("code", "=", "EXPRESS")])
        self.assertEqual((listed.kind, listed.is_mapped), ("delivery_method", False))
        order = self.sale_order(self.place({**line, "sku": ""}))
        self.assertEqual(order.order_line.product_id, self.env.ref("retail_hub.product_delivery"))
        self.assertEqual([line._retail_line().kind for line in order.order_line], ["delivery"])

    def test_a_company_without_a_warehouse(self):
        company = self.env["res.company"].create({"name": "Bare"})
        self.env["stock.warehouse"].search([("company_id", "=", company.id)]).active = False
        system = self.system.copy({"name": "Bare", "company_id": company.id})
        key = self.env["retail.api.key"]._issue(self.new_client("Bare", system, self.scopes))
        content = self.order(self.line(rate=None), customer={"name": {"full": "Gil"}})
        problem = self.assertProblem(self.post("/orders", content, key=key), "conflict", 409)
        self.assertIn("no warehouse", problem["detail"])

    def test_a_quantity_with_too_many_decimals(self):
        response = self.post("/orders", self.order(self.line(quantity="1.234")))
        self.assertProblem(response, "invalid-request", 422, ["/lines/0/quantity"])

    def test_content_that_does_not_fit(self):
        for changes, pointer in (
            ({"lines": []}, "/lines"),
            ({"lines": [self.line(), self.line()]}, ""),
            ({"lines": [{**self.line(), "sku": ""}]}, "/lines/0"),
            ({"total": "1e3"}, "/total"),
            ({"lines": [self.line(quantity="0")]}, "/lines/0/quantity"),
            ({"lines": [self.line(quantity="-1")]}, "/lines/0/quantity"),
            ({"currency": "EURO"}, "/currency"),
            ({"placed_at": "2026-02-30T00:00:00Z"}, "/placed_at"),
            ({"promised_at": "8627-34-33T31:96:52Z"}, "/promised_at"),
            ({"placed_at": "0001-01-01T00:00:00Z"}, "/placed_at"),
            ({"placed_at": "2026-11-20T10:00:00"}, "/placed_at"),
            ({"state": "sale"}, "/state"),
            ({"prices_include_tax": "yes"}, "/prices_include_tax"),
            ({"prices_include_tax": 1}, "/prices_include_tax"),
            ({"total": "٢٤.٢٠"}, "/total"),
            ({"lines": [self.line(price="١٠")]}, "/lines/0/unit_price"),
            ({"lines": [self.line(quantity="٢1")]}, "/lines/0/quantity"),
            ({"lines": [self.line(rate="٢١")]}, "/lines/0/taxes/0/rate"),
            ({"placed_at": "٢٠٢٦-11-20T10:00:00Z"}, "/placed_at"),
            ({"lines": [self.line(name="A\nB")]}, "/lines/0/name"),
            ({"lines": [self.line("M\tUG", id="1")]}, "/lines/0/sku"),
            ({"number": "#1\r\nBcc: x@example.com"}, "/number"),
            ({"note": "A\x1b[2J"}, "/note"),
            ({"delivery_address": {**ADDRESS, "street": "Dock\u2028 7"}}, "/delivery_address/street"),
            ({"customer": {**GUEST, "email": "foo@"}}, "/customer/email"),
            ({"customer": {}}, "/customer"),
        ):
            with self.subTest(pointer=pointer, changes=str(changes)[:40]):
                response = self.post("/orders", self.order(**changes) | changes)
                self.assertProblem(response, "invalid-request", 422, [pointer])

    def test_a_currency_that_is_not_active(self):
        self.env["res.currency"].with_context(active_test=False).search([("name", "=", "ISK")]).active = False
        response = self.post("/orders", self.order(currency="ISK"))
        self.assertProblem(response, "invalid-request", 422, ["/currency"])

    # -- cancelling --------------------------------------------------------------------------------

    def test_cancel(self):
        order = self.sale_order(self.place())
        response = self.post("/orders/W-1001/cancel", {"reason": "Changed my mind"})
        self.assertEqual(response.status_code, 200, response.text)
        self.assertEqual(
            (response.json()["outcome"], response.json()["status"], order.state),
            ("cancelled", "cancelled", "cancel"),
        )
        self.assertEqual(self.free(self.mug), 20)
        self.assertIn("Changed my mind", "".join(order.message_ids.mapped("body")))
        again = self.post("/orders/W-1001/cancel", {})
        self.assertEqual((again.status_code, again.json()["outcome"]), (200, "unchanged"))

    def test_cancel_takes_loyalty_points_back(self):
        """Salespeople may not, but the order's system may cancel the order."""
        values = {
            "name": "Points",
            "program_type": "loyalty",
            "applies_on": "both",
            "trigger": "auto",
            "rule_ids": [(0, 0, {"reward_point_mode": "order", "reward_point_amount": 10})],
        }
        program = self.env["loyalty.program"].create(values)
        order = self.sale_order(self.place())
        points = order.coupon_point_ids.filtered(lambda each: each.coupon_id.program_id == program)
        card = points.coupon_id
        self.assertEqual(card.points, 10)
        response = self.post("/orders/W-1001/cancel", {})
        self.assertEqual(response.status_code, 200, response.text)
        card.invalidate_recordset()
        self.assertEqual((card.points, order.state), (0, "cancel"))

    def test_what_was_shipped_is_not_cancelled(self):
        order = self.sale_order(self.place())
        order.picking_ids.move_ids.picked = True
        order.picking_ids.button_validate()
        self.assertProblem(self.post("/orders/W-1001/cancel", {}), "conflict", 409)
        self.assertEqual(order.state, "sale")

    def test_cancel_with_a_draft_invoice(self):
        order = self.sale_order(self.place())
        self.mug.invoice_policy = "order"
        invoice = order._create_invoices()
        response = self.post("/orders/W-1001/cancel", {})
        self.assertEqual(response.status_code, 200, response.text)
        self.assertEqual((order.state, invoice.state), ("cancel", "cancel"))

    def test_what_was_invoiced_is_not_cancelled(self):
        order = self.sale_order(self.place())
        self.mug.invoice_policy = "order"
        order._create_invoices().action_post()
        self.assertProblem(self.post("/orders/W-1001/cancel", {}), "conflict", 409)
        self.assertEqual(order.state, "sale")

    def test_a_cancelled_order_reserves_nothing(self):
        """Not what was picked for it, either."""
        self.warehouse.delivery_steps = "pick_ship"
        order = self.sale_order(self.place())
        picking = order.picking_ids.filtered(lambda each: each.state == "assigned")
        picking.move_ids.picked = True
        picking.button_validate()
        self.assertEqual(self.call("GET", "/orders/W-1001").json()["lines"][0]["reserved"], "2")
        response = self.post("/orders/W-1001/cancel", {})
        self.assertEqual(response.status_code, 200, response.text)
        [line] = response.json()["lines"]
        self.assertEqual((line["quantity"], line["reserved"], line["backordered"]), ("2", "0", "0"))

    # -- who may -----------------------------------------------------------------------------------

    def test_scopes(self):
        reader = self.new_client("Reader", self.system, ("orders:read",))
        key = self.env["retail.api.key"]._issue(reader)
        self.assertProblem(self.post("/orders", self.order(), key=key), "forbidden", 403)
        self.place()
        self.assertEqual(self.call("GET", "/orders/W-1001", key=key).status_code, 200)

    def test_the_orders_of_another_system(self):
        self.place()
        other = self.env["retail.connector"].create(
            {"name": "Marketplace", "provider": "webhook", "base_url": "https://market.example.com"}
        )
        client = self.new_client("Market", other, self.scopes, patience_minutes=0)
        key = self.env["retail.api.key"]._issue(client)
        self.assertProblem(self.call("GET", "/orders/W-1001", key=key), "not-found", 404)
        self.assertProblem(self.post("/orders/W-1001/cancel", {}, key=key), "not-found", 404)
        response = self.post("/orders", self.order(), key=key)
        self.assertEqual(response.status_code, 201, response.text)
        self.assertEqual(self.env["sale.order"].search_count([("client_order_ref", "=", "#1001")]), 2)

    def test_test_mode(self):
        self.client.is_test = True
        self.assertEqual(self.place()["lines"][0]["reserved"], "2")
        self.assertEqual(self.free(self.mug), 20)
        self.assertFalse(self.env["sale.order"].search([("client_order_ref", "=", "#1001")]))
        self.assertEqual(self.messages().state, "tested")

    def test_test_mode_lists_no_unknown_codes(self):
        self.client.is_test = True
        response = self.post("/orders", self.order(self.line("CUP")))
        self.assertProblem(response, "unknown-reference", 422, ["/lines/0"])
        self.assertFalse(self.env["retail.code.map"].search([("connector_id", "=", self.system.id)]))

    def test_a_customer_of_another_company(self):
        customer = {"external_id": "C-7", "name": {"full": "Reg Ular"}}
        order = self.sale_order(self.place(customer=customer))
        other = self.env["res.company"].create({"name": "Other"})
        partner = order.partner_id
        partner.sudo().write({"company_id": other.id})
        response = self.post("/orders", self.order(external_id="W-2", customer=customer))
        self.assertProblem(response, "conflict", 409, ["/customer/external_id"])
        self.assertNotIn("Ular", response.text)

    def test_a_rule_of_odoo(self):
        """Its text may name customers: people in Odoo may read it, the caller may not."""

        def refuse(order, *_args, **_options):
            text = f"{order.partner_id.name} owes us money."
            raise UserError(text)

        self.patch(type(self.env["sale.order"]), "action_confirm", refuse)
        response = self.post("/orders", self.order())
        self.assertProblem(response, "invalid-request", 422)
        message = self.messages()
        found = self.call("GET", f"/messages/{message.uuid}")
        for text in (response.text, found.text, message.problem):
            self.assertNotIn("Gil", text)
        self.assertEqual(message.reason, "Gil Guest owes us money.")
        clerk = new_test_user(self.env, "clerk", "base.group_user,retail_hub.group_user")
        with self.assertRaises(AccessError):
            message.with_user(clerk).read(["reason"])

    def test_a_note_is_text(self):
        order = self.sale_order(self.place(note="Ring <b>twice</b>\nfor A&B"))
        self.assertEqual(order.note, "<p>Ring &lt;b&gt;twice&lt;/b&gt;<br>for A&amp;B</p>")

    def test_the_customer_gets_no_mail(self):
        order = self.sale_order(self.place())
        template = self.env.ref("sale.mail_template_sale_confirmation")
        before = self.env["mail.mail"].search_count([])
        order._send_order_notification_mail(template)
        self.assertEqual(self.env["mail.mail"].search_count([]), before)
