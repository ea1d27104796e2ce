"""Search finds by what people have in hand, and lists of records are filtered and grouped by how they are synced."""

from odoo.tests import new_test_user, tagged

from ..common import ShopCase

MODELS = ("retail.event", "retail.delivery")


class SearchCase(ShopCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        groups = (
            "retail_hub.group_user,sales_team.group_sale_salesman_all_leads,account.group_account_invoice"
        )
        cls.clerk = new_test_user(cls.env, "clerk", groups, tz="UTC")
        cls.connector._add_flows(["order.placed", "invoice.posted"], {"order.placed", "invoice.posted"})
        cls.connector.flow_ids.window_seconds = 0

    def _found(self, model, text):
        return self.env[model].with_user(self.clerk).search([("record_name", "ilike", text)])


@tagged("post_install", "-at_install")
class TestSearchByName(SearchCase):
    def test_orders_of_a_customer(self):
        """The customer's name finds the customer and the documents; their numbers find these alone."""
        other = self._partner("Zoë Maes", "zoe@example.com")
        order = self._order(client_order_ref="PO-4711", partner_id=other.id)
        invoice = order._create_invoices()
        invoice.action_post()
        self._commit()
        everything = {("res.partner", other.id), ("sale.order", order.id), ("account.move", invoice.id)}
        for model in MODELS:
            found = self._found(model, "zoë maes")
            self.assertEqual(set(found.mapped(lambda each: (each.res_model, each.res_id))), everything)
            # The invoice has both as its source and reference.
            documents = {"sale.order", "account.move"}
            self.assertEqual(set(self._found(model, order.name).mapped("res_model")) - documents, set())
            self.assertIn("sale.order", self._found(model, order.name).mapped("res_model"))
            self.assertEqual(set(self._found(model, "4711").mapped("res_model")), documents)
            self.assertEqual(set(self._found(model, invoice.name).mapped("res_model")), {"account.move"})
            self.assertFalse(self._found(model, "nobody of this name"))

    def test_failed_events(self):
        """Groups of failures are found by the records that failed, and name them."""
        self._partner("Jon Snow", False)
        self._partner("Bad Address", "bad@example.x")
        self._drain()
        self._drain()
        groups = self.env["retail.error.group"].with_user(self.clerk)
        [group] = groups.search([("record_name", "ilike", "snow")])
        self.assertEqual((group.error_code, group.record_name), ("KEY_MISSING", "Jon Snow"))
        self.assertFalse(groups.search([("record_name", "ilike", "nobody of this name")]))
        for number in range(4):
            self._partner(f"More {number}", False)
        self._drain()
        group.invalidate_recordset()
        self.assertEqual(group.record_name, "Jon Snow, More 0, More 1 and 2 more")

    def test_archived_records(self):
        partner = self._partner("Old Friend", "old@example.com")
        self._commit()
        partner.active = False
        self.assertEqual(set(self._found("retail.delivery", "old friend").mapped("res_id")), {partner.id})


@tagged("post_install", "-at_install")
class TestSyncStateOfLists(SearchCase):
    def setUp(self):
        super().setUp()
        self.failed = self._partner("Failed", False)
        self.in_sync = self._partner("In sync", "in@example.com")
        self._drain()
        self._drain()
        self.waiting = self._partner("Waiting", "waiting@example.com")
        self.corrected = self._partner("Corrected", False)
        self._drain()
        self.corrected.email = "corrected@example.com"
        self._deliveries(self.waiting).sudo().write({"state": "pending", "finished_at": False})
        self.env["retail.binding"].sudo().search([("res_id", "=", self.waiting.id)]).unlink()
        self.never = self._partner("Never", "never@example.com")
        self._deliveries(self.never).unlink()
        self.all = self.failed + self.in_sync + self.waiting + self.corrected + self.never
        self._commit()

    EXPECTED = {
        "failed": ["Failed"],
        "waiting": ["Corrected", "Waiting"],
        "in_sync": ["In sync"],
        False: ["Never"],
    }

    def test_filter(self):
        customers = self.env["res.partner"].with_user(self.clerk)
        for state, names in self.EXPECTED.items():
            found = customers.search([("id", "in", self.all.ids), ("retail_sync_state", "=", state)])
            self.assertEqual(sorted(found.mapped("name")), names)
            self.assertEqual(set(found.mapped("retail_sync_state")), {state})
        found = customers.search([("id", "in", self.all.ids), ("retail_sync_state", "!=", "in_sync")])
        self.assertEqual(sorted(found.mapped("name")), ["Corrected", "Failed", "Never", "Waiting"])

    def test_group(self):
        customers = self.env["res.partner"].with_user(self.clerk)
        self.assertTrue(customers.fields_get(["retail_sync_state"])["retail_sync_state"]["groupable"])
        groups = customers.formatted_read_group(
            [("id", "in", self.all.ids)], ["retail_sync_state"], ["__count"]
        )
        self.assertEqual(
            {group["retail_sync_state"]: group["__count"] for group in groups},
            {state: len(names) for state, names in self.EXPECTED.items()},
        )
        for group in groups:
            found = customers.search([("id", "in", self.all.ids), *group["__extra_domain"]])
            self.assertEqual(sorted(found.mapped("name")), self.EXPECTED[group["retail_sync_state"]])

    def test_orders_and_invoices(self):
        """The same for documents, which wait for their failed customer: they are blocked."""
        order = self._order(partner_id=self.failed.id)
        invoice = order._create_invoices()
        invoice.action_post()
        for _turn in range(3):
            self._drain()
        for records in (order, invoice):
            model = self.env[records._name].with_user(self.clerk)
            state = records.with_user(self.clerk).retail_sync_state
            self.assertEqual(state, "blocked")
            self.assertIn(records, model.search([("retail_sync_state", "=", "blocked")]))
            self.assertNotIn(records, model.search([("retail_sync_state", "!=", "blocked")]))

    def test_what_was_not_sent(self):
        """Its group has a title."""
        field = self.env["res.partner"].with_user(self.clerk).fields_get(["retail_sync_state"])
        self.assertEqual(field["retail_sync_state"]["falsy_value_label"], "Not sent")

    def test_views(self):
        """The lists offer the filters, to users of Retail Hub only."""
        employee = new_test_user(self.env, "seller", "sales_team.group_sale_salesman_all_leads")
        for model in ("res.partner", "sale.order"):
            for user, is_there in ((self.clerk, True), (employee, False)):
                arch = self.env[model].with_user(user).get_view(view_type="search")["arch"]
                self.assertEqual("group_retail_sync_state" in arch, is_there)

    def test_other_companies(self):
        """What another company's connector sends is not seen."""
        company = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "stranger",
            "retail_hub.group_user",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        found = self.env["res.partner"].with_user(stranger).search([("retail_sync_state", "!=", False)])
        self.assertFalse(found & self.all)
