"""What clerks and managers see of messages and API clients."""

import json
from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

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
        self.assertEqual(client.last_used_at, self.client.last_used_at)
        self.client.is_test = True
        self.assertEqual(client.status, "test")
        self.client.key_ids.action_revoke()
        self.assertEqual(client.status, "no_key")
        self.client.expires_at = fields.Datetime.now() - timedelta(days=1)
        self.assertEqual(client.status, "expired")
