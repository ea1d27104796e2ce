"""What clerks and managers see of messages and API clients."""

import json
from datetime import timedelta

from lxml import etree
from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from ...controllers.api.openapi import description
from .orders import GUEST, OrderCase


@tagged("-at_install", "post_install")
class TestMessageScreens(OrderCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = new_test_user(cls.env, "looks_clerk", "base.group_user,retail_hub.group_user")

    def refused(self, *lines, **values):
        self.post("/orders", self.order(*lines, **values))
        [message] = self.messages()
        return message

    def test_the_connector_has_its_clients_and_messages(self):
        self.place()
        self.assertEqual(self.system.api_client_count, 1)
        one = self.system.action_view_api_clients()
        self.assertEqual((one["res_id"], one["view_mode"]), (self.client.id, "form"))
        self.new_client("Second", self.system, ())
        several = self.system.action_view_api_clients()
        self.assertEqual(several["domain"], [("connector_id", "=", self.system.id)])
        action = self.system.action_view_messages()
        found = self.env["retail.message"].search(action["domain"])
        self.assertEqual((len(found), found), (1, self.messages()))
        self.assertEqual(action["context"], {"search_default_received_today": 1})
        self.assertEqual(self.system.received_today_count, 1)
        found.received_at -= timedelta(days=1)
        self.system.invalidate_recordset()
        self.assertEqual(self.system.received_today_count, 0)

    def test_the_connector_has_its_linked_records(self):
        """Records that are linked with the system, by name; who may not read a record gets no link to it."""
        order = self.sale_order(self.place(customer={**GUEST, "external_id": "C-1"}))
        linked = self.env["retail.binding"].search(self.system.action_view_linked_records()["domain"])
        self.assertEqual(
            {(each.record_name, each.model_name, each.remote_id) for each in linked},
            {
                (order.display_name, "Sales Order", "W-1001"),
                (order.partner_id.display_name, "Contact", "C-1"),
            },
        )
        of_order = linked.filtered(lambda each: each.res_model == "sale.order")
        self.assertEqual(of_order.action_open_record()["res_id"], order.id)
        seen = of_order.with_user(self.clerk)
        self.assertEqual((of_order.can_open_record, seen.can_open_record), (True, False))
        self.assertEqual(seen.record_name, order.name)
        with self.assertRaisesRegex(UserError, "not allowed to read it"):
            seen.action_open_record()
        with self.assertRaisesRegex(UserError, "page is not known"):
            of_order.action_open_remote()

    def test_what_was_refused_to_a_client(self):
        message = self.refused(self.line("CUP", "1"))
        clerk = self.client.with_user(self.clerk)
        self.assertEqual((clerk.message_count, clerk.refused_today_count), (1, 1))
        action = clerk.action_open_refused()
        self.assertEqual(self.env["retail.message"].search(action["domain"]), message)
        self.assertEqual(action["context"], {"search_default_refused": 1, "search_default_received_today": 1})
        message.received_at -= timedelta(days=1)
        self.client.invalidate_recordset()
        self.assertEqual((clerk.message_count, clerk.refused_today_count), (1, 0))

    def test_what_is_unknown_is_named(self):
        message = self.refused(self.line("CUP", "1", id="a"), self.line("MUG", "1", rate="19"))
        self.assertEqual(
            message.problem, f"Odoo does not know: product CUP, tax 19 % {self.country.code} excluded."
        )
        self.assertTrue(message.has_unknown_codes)
        places = message.problem_places.splitlines()
        self.assertEqual([place.partition(":")[0] for place in places], ["Line 1", "Line 2"])

    def test_many_unknown_codes(self):
        lines = [self.line(f"NO-{number}", "1", id=str(number)) for number in range(7)]
        message = self.refused(*lines)
        self.assertEqual(
            message.problem,
            "Odoo does not know: product NO-0, product NO-1, product NO-2, product NO-3, product NO-4, 2 more.",
        )

    def test_a_shortage_says_what_is_left(self):
        message = self.refused(self.line("PLATE", "6"), total="72.60")
        self.assertEqual(message.problem_places, "Line 1: There is not enough in stock. Available: 5.")
        self.assertFalse(message.has_unknown_codes)

    def test_a_total(self):
        message = self.refused(total="99.00")
        self.assertEqual(message.problem, "The lines add up to 24.20 with tax; the total is 99.00.")
        self.assertFalse(message.problem_places, "it would be said twice")

    def test_nothing_to_say_of_what_is_done(self):
        self.place()
        [message] = self.messages()
        self.assertEqual((message.problem_places, message.has_unknown_codes), (False, False))

    def searched(self, name, text):
        """Return what somebody finds who enters a text in the search bar, and chooses a field."""
        messages = self.env["retail.message"].with_user(self.clerk)
        view = etree.fromstring(messages.get_view(view_type="search")["arch"])
        [field] = view.xpath(f"//field[@name='{name}']")
        domain = field.get("filter_domain") or f"[({name!r}, 'ilike', self)]"
        return messages.search(safe_eval(domain, {"self": text}))

    def test_what_the_search_finds(self):
        """A message by the customer, the number of the document here and there, its key, and its trace id."""
        self.clerk.group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")
        response = self.post("/orders", self.order(), idempotency_key="key-4711")
        order = self.sale_order(response.json())
        zoe = {"name": {"full": "Zoë Maes"}, "email": "zoe@example.com"}
        self.post(
            "/orders", self.order(customer=zoe, external_id="W-2002", number="#2002"), idempotency_key="k-2"
        )
        gils, zoes = self.messages()
        for name, text, found in (
            ("record_name", "gil guest", gils),
            ("record_name", "zoë", zoes),
            ("record_name", order.name, gils),
            ("record_name", "#1001", gils),
            ("record_name", "nobody", self.messages()[:0]),
            ("subject", "W-1001", gils),
            ("subject", "w-2002", zoes),
            ("subject", response.headers["Retail-Trace-Id"], gils),
            ("idempotency_key", "4711", gils),
            ("idempotency_key", "k-2", zoes),
            ("client_id", "storefront", gils | zoes),
        ):
            with self.subTest(field=name, text=text):
                self.assertEqual(self.searched(name, text), found)

    def test_the_answer_is_masked(self):
        """Personal data in it is for those who may see such."""
        message = self.refused(self.line("CUP", "1"), total="12.10")
        answer = {
            "id": "7",
            "name": {"full": "Anna Peeters"},
            "emails": ["anna@example.com"],
            "phones": [{"number": "+32470123456"}],
            "addresses": [{"street": "Kaai 7", "city": "Ghent"}],
            "detail": "Anna wants anna@example.com, or +32470123456.",
        }
        message.sudo().response = json.dumps(answer)
        self.env.flush_all()
        self.env.invalidate_all()
        shown = message.with_user(self.clerk)
        for text in ("Peeters", "anna@example.com", "32470123456", "Kaai 7"):
            self.assertNotIn(text, shown.shown_response)
        self.assertEqual(json.loads(shown.shown_response)["id"], "7")
        with self.assertRaises(AccessError):
            shown.read(["response"])
        self.clerk.group_ids += self.env.ref("retail_hub.group_personal_data")
        self.env.invalidate_all()
        self.assertEqual(json.loads(shown.shown_response), answer)

    def test_a_retry_of_what_is_not_valid_any_more(self):
        message = self.refused(self.line("PLATE", "6"), total="72.60")
        message.sudo().content = {**message.sudo().content, "lines": []}
        self.env.flush_all()
        report = message.with_user(self.clerk).action_retry()["params"]
        self.assertEqual(report["type"], "warning")
        self.assertIn("The stored content is not valid in this version.", report["message"])

    def test_a_retry_in_test_mode(self):
        self.client.is_test = True
        message = self.refused(self.line("CUP", "1"), total="12.10")
        values = {"connector_id": self.system.id, "code": "CUP", "product_id": self.mug.id}
        self.env["retail.code.map"].create(values)
        self.env.flush_all()
        report = message.with_user(self.clerk).action_retry()["params"]
        self.assertEqual(
            (report["type"], report["message"]),
            ("success", "Tested: Capture an order (order/W-1001). Nothing was changed."),
        )

    def test_a_retry_for_an_archived_client(self):
        message = self.refused(self.line("CUP", "1"), total="12.10")
        self.client.active = False
        report = message.with_user(self.clerk).action_retry()["params"]
        self.assertEqual(report["message"], "Not completed: The client Storefront is archived.")

    def test_free_texts_are_masked(self):
        """Anything may stand in them; the names of lines are those of products."""
        self.place(self.line(name="Mug for gil@example.com"), note="Gil is at his mother's")
        self.post("/orders/W-1001/cancel", {"reason": "Gil died"})
        placed, cancelled = self.messages()
        shown = json.loads(placed.with_user(self.clerk).shown_content)
        self.assertEqual((shown["note"], shown["lines"][0]["name"]), ("***", "Mug for g***@e***.com"))
        self.assertEqual(json.loads(cancelled.with_user(self.clerk).shown_content)["reason"], "***")
        self.clerk.group_ids += self.env.ref("retail_hub.group_personal_data")
        placed.invalidate_recordset()
        shown = json.loads(placed.with_user(self.clerk).shown_content)
        self.assertEqual(shown["note"], "Gil is at his mother's")

    def test_limits_of_a_client(self):
        for name, values in (("safety_stock", (-1,)), ("max_rounding", (-0.01, 100.01, 1e12))):
            for value in values:
                with self.subTest(name=name, value=value):
                    with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.cr.savepoint():
                        self.client[name] = value
                        self.env.flush_all()
                    self.client.invalidate_recordset()

    def test_the_status_of_a_client(self):
        """A clerk sees it, too, although the keys are closed to them."""
        client = self.client.with_user(self.clerk)
        self.call("GET", "/orders/W-1")
        self.assertEqual((client.status, client.scope_names), ("live", "orders:read, orders:write"))
        self.client.is_test = True
        self.assertEqual(client.status, "test")
        self.client.key_ids.action_revoke()
        self.assertEqual(client.status, "no_key")
        self.client.expires_at = fields.Datetime.now() - timedelta(days=1)
        self.assertEqual(client.status, "expired")


@tagged("-at_install", "post_install")
class TestApiTours(OrderCase):
    """The screens of the API, pressed in a real browser."""

    browser_size = "1440x900"

    def test_try_it(self):
        """An admin tries a call as a client, and looks at what was refused to it today."""
        self.post("/orders", self.order(self.line("CUP", "1"), external_id="W-77"))
        url = f"/odoo/action-retail_hub.action_retail_api_client/{self.client.id}"
        self.start_tour(url, "retail_hub_try_it", login="admin")

    def test_the_page_of_the_api(self):
        """Every operation is on it, without the internet."""
        count = sum(len(methods) for methods in description()["paths"].values())
        ready = f"document.querySelectorAll('.opblock').length === {count}"
        self.browser_js("/retail/v1/docs", "console.log('test successful')", ready, login=None)
