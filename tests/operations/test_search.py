"""Search finds by what people have in hand, and lists of records are filtered and grouped by how they are synced."""

from lxml import etree

from odoo.tests import new_test_user, tagged
from odoo.tools.safe_eval import safe_eval

from ..common import ShopCase
from ..source.test_pos_order import PosCase

MODELS = ("retail.event", "retail.delivery")
FAILED_MODELS = ("retail.error.group", "retail.dead.letter")
FILTERS = (
    "retail_failed",
    "retail_waiting",
    "retail_in_sync",
    "retail_not_sent",
    "group_retail_sync_state",
)
# Where people list records that are sent.
ACTIONS = (
    "base.action_partner_form",
    "sale.action_orders",
    "sale.action_quotations_with_onboarding",
    "account.action_move_out_invoice_type",
    "account.action_move_out_invoice",
    "account.action_move_out_refund_type",
    "account.action_move_out_refund_type_non_legacy",
    "point_of_sale.action_pos_pos_form",
    "point_of_sale.action_pos_order_filtered",
)


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

    def test_number_of_a_failed_document(self):
        """It finds the failure in all lists, and that of another document in none."""
        self.connector.action_set_up()
        self.sandbox.configure(currencies=["JPY"])
        order, other = self._order(), self._order()
        invoice = order._create_invoices()
        invoice.action_post()
        for _turn in range(4):
            self._drain()
        failed = self._deliveries(order)
        self.assertEqual((failed.state, failed.error_code), ("dead", "INVALID_OPTION"))
        for model in (*MODELS, *FAILED_MODELS):
            self.assertEqual(self._fields_of_search(model)[0], "record_name", model)
        for model in MODELS:
            self.assertIn(("sale.order", order.id), self._subjects(model, order.name))
            self.assertNotIn(("sale.order", other.id), self._subjects(model, order.name))
            self.assertEqual(self._subjects(model, invoice.name), {("account.move", invoice.id)})
        letters = self._found("retail.dead.letter", order.name)
        self.assertEqual(letters.delivery_id, failed)
        [group] = self._found("retail.error.group", order.name)
        self.assertEqual((group.fingerprint, group.dead_count), (failed.fingerprint, 2))
        self.assertFalse(self._found("retail.error.group", "S00000"))
        self._deliveries(other).sudo().state = "delivered"
        self.assertFalse(self._found("retail.error.group", other.name))
        self.assertFalse(self._found("retail.dead.letter", other.name))

    def _subjects(self, model, text):
        return set(self._found(model, text).mapped(lambda each: (each.res_model, each.res_id)))

    def _fields_of_search(self, model):
        """Return the names of the fields in which the search box looks, the first choice first."""
        arch = self.env[model].with_user(self.clerk).get_view(view_type="search")["arch"]
        return [field.get("name") for field in etree.fromstring(arch).iter("field")]

    def test_archived_records(self):
        partner = self._partner("Old Friend", "old@example.com")
        self._commit()
        partner.active = False
        self.assertEqual(set(self._found("retail.delivery", "old friend").mapped("res_id")), {partner.id})


class ListChecks:
    """Checks the filters and groups of lists, as the web client asks for them."""

    def _in_all_states(self, create, failed):
        """Return ``{state: document}``, each with an event in that state, and one that has arrived.

        :param failed: a customer who has failed
        """
        documents = {state: create() for state in ("failed", "waiting", "in_sync", False)}
        states = {"failed": "dead", "waiting": "pending", "in_sync": "delivered"}
        for state, document in documents.items():
            deliveries = self._deliveries(document)
            self.assertTrue(deliveries)
            if state:
                deliveries.sudo().copy({"state": "delivered"})
                deliveries.sudo().state = states[state]
            else:
                deliveries.sudo().unlink()
        documents["blocked"] = create()
        self._deliveries(documents["blocked"]).sudo().waits_for = f"res.partner,{failed.id}"
        self.env.flush_all()
        self.env.invalidate_all()
        return documents

    def _check_lists(self, xml_id, documents):
        action = self.env.ref(xml_id)
        model = self.env[action.res_model].with_user(self.clerk)
        arch = model.get_views([(action.search_view_id.id, "search")])["views"]["search"]["arch"]
        filters = {
            each.get("name"): (safe_eval(each.get("domain", "[]")), safe_eval(each.get("context", "{}")))
            for each in etree.fromstring(arch).iter("filter")
            if each.get("name") in FILTERS
        }
        mine = [("id", "in", [each.id for each in documents.values()])]
        found = {
            name: set(model.search([*mine, *domain]).ids)
            for name, (domain, context) in filters.items()
            if not context
        }
        ids = {state: each.id for state, each in documents.items()}
        self.assertEqual(
            found,
            {
                "retail_failed": {ids["failed"], ids["blocked"]},
                "retail_waiting": {ids["waiting"]},
                "retail_in_sync": {ids["in_sync"]},
                "retail_not_sent": {ids[False]},
            },
        )
        [group_by] = [context["group_by"] for _domain, context in filters.values() if context]
        read = model.web_read_group(mine, [group_by], ["__count"], auto_unfold=False)
        self.assertEqual(read["length"], 5)
        for group in read["groups"]:
            state = group["retail_sync_state"]
            self.assertEqual(group["__count"], 1)
            self.assertEqual(model.search([*mine, *group["__extra_domain"]]).ids, [ids.pop(state)])
        self.assertFalse(ids)


@tagged("post_install", "-at_install")
class TestSyncStateOfLists(SearchCase, ListChecks):
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

    def test_filters_and_groups_of_documents(self):
        orders = self._in_all_states(self._order, self.failed)
        self._check_lists("sale.action_orders", orders)
        invoices = self._in_all_states(self._invoice, self.failed)
        self._check_lists("account.action_move_out_invoice_type", invoices)

    def _invoice(self):
        invoice = self._order()._create_invoices()
        invoice.action_post()
        return invoice

    def test_what_was_not_sent(self):
        """Its group has a title."""
        field = self.env["res.partner"].with_user(self.clerk).fields_get(["retail_sync_state"])
        self.assertEqual(field["retail_sync_state"]["falsy_value_label"], "Not sent")

    def test_views(self):
        """The lists offer the filters, to users of Retail Hub only."""
        groups = "sales_team.group_sale_salesman_all_leads,account.group_account_invoice,point_of_sale.group_pos_user"
        employee = new_test_user(self.env, "seller", groups)
        self.clerk.group_ids += self.env.ref("point_of_sale.group_pos_user")
        for action in map(self.env.ref, ACTIONS):
            for user, is_there in ((self.clerk, True), (employee, False)):
                model = self.env[action.res_model].with_user(user)
                arch = model.get_view(action.search_view_id.id, "search")["arch"]
                shown = [name for name in FILTERS if f'name="{name}"' in arch]
                self.assertEqual(shown, list(FILTERS) if is_there else [], action.xml_id)

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


@tagged("post_install", "-at_install")
class TestSyncStateOfTillOrders(PosCase, ListChecks):
    wanted = ("customer.created", "order.placed")

    def test_filters_and_groups(self):
        groups = "retail_hub.group_user,point_of_sale.group_pos_user"
        self.clerk = new_test_user(self.env, "clerk", groups, company_id=self.env.company.id)
        failed = self._partner("Nobody", False)
        self._deliveries(failed).sudo().state = "dead"
        orders = self._in_all_states(lambda: self._sell([(self.vase, 1)]), failed)
        self._check_lists("point_of_sale.action_pos_pos_form", orders)
        self._check_lists("point_of_sale.action_pos_order_filtered", orders)
