"""``POST /batch``: many commands in one request."""

import json
import uuid
from unittest.mock import patch

from odoo import api
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .orders import OrderCase


@tagged("-at_install", "post_install")
class TestApiBatch(OrderCase):
    scopes = ("customers:write", "orders:write")

    def item(self, command, data, key=None):
        return {"command": command, "idempotency_key": key or str(uuid.uuid4()), "data": data}

    def customer(self, number, key=None, **values):
        name = {"full": f"Customer {number}"}
        return self.item("customer.upsert", {"external_id": f"C-{number}", "name": name, **values}, key)

    def batch(self, *items, key=None):
        response = self.call("POST", "/batch", {"commands": list(items)}, key=key)
        self.assertEqual(response.status_code, 200, response.text)
        results = response.json()["results"]
        self.assertEqual(
            [(each["command"], each["idempotency_key"]) for each in results],
            [(each["command"], each["idempotency_key"]) for each in items],
        )
        return results

    def kind(self, result):
        return result["status"], result["body"]["type"].rpartition("/")[2]

    def named(self, name):
        return self.env["res.partner"].search([("name", "=", name)])

    def test_each_by_itself(self):
        """Those that are refused do not affect the others, in whatever order they come."""
        order = self.order(customer={"external_id": "C-1"})
        results = self.batch(
            self.customer(1, email="one@example.com"),
            self.customer(2, addresses=[{"kind": "contact", "country": "ZZ"}]),
            self.item("order.place", order),
            self.item(
                "order.place", self.order(self.line(quantity="999"), external_id="W-2", total="12087.90")
            ),
            self.customer(3),
            self.item("order.cancel", {"external_id": "W-1001"}),
        )
        self.assertEqual([each["status"] for each in results], [201, 422, 201, 409, 201, 200])
        self.assertEqual(self.kind(results[1]), (422, "invalid-request"))
        self.assertEqual(results[1]["body"]["errors"][0]["pointer"], "/addresses/0/country")
        self.assertEqual(self.kind(results[3]), (409, "out-of-stock"))
        self.assertEqual(results[2]["body"]["customer_id"], results[0]["body"]["id"])
        self.assertEqual(results[5]["body"]["outcome"], "cancelled")
        self.assertEqual([len(self.named(f"Customer {n}")) for n in (1, 2, 3)], [1, 0, 1])
        self.assertEqual(
            self.messages().mapped("state"), ["done", "refused", "done", "refused", "done", "done"]
        )
        self.assertEqual(self.messages().mapped("uuid"), [each["trace_id"] for each in results])
        self.assertEqual(results[1]["body"]["trace_id"], results[1]["trace_id"])

    def test_new_and_known_customers(self):
        """New customers are created together; whoever is no plain case is looked at alone, with the same result."""
        there = self.env["res.partner"].create({"name": "There", "email": "there@example.com"})
        self.post("/customers", {"external_id": "C-9", "name": {"full": "Known"}})
        user = self.env.ref("base.user_admin").partner_id
        user.email = "user@example.com"
        dock = {"kind": "delivery", "city": "Antwerp", "country": "BE"}
        home = {"kind": "contact", "city": "Ghent", "country": "BE", "region": "Nowhere"}
        results = self.batch(
            self.customer(1, email="one@example.com", addresses=[home], consent={"email_opt_out": True}),
            self.customer(2, email="there@example.com"),
            self.customer(9),
            self.customer(3, email="twice@example.com"),
            self.customer(4, email="TWICE@example.com"),
            self.customer(5, email="user@example.com"),
            self.customer(6, addresses=[dock], language="tlh"),
            self.customer(7, language="tlh", phone={"number": "+32470123456"}),
            self.item("customer.upsert", {"external_id": "C-8"}),
        )
        outcomes = [each["body"].get("outcome") for each in results]
        self.assertEqual(
            outcomes,
            ["created", "linked", "updated", *["created"] * 5, None],
        )
        self.assertEqual(results[1]["body"]["id"], str(there.id))
        one, seven = (self.env["res.partner"].browse(int(results[n]["body"]["id"])) for n in (0, 7))
        self.assertEqual(
            (one.name, one.city, one.country_id.code, one.is_blacklisted), ("Customer 1", "Ghent", "BE", True)
        )
        self.assertEqual((one.company_id, one.create_uid), (self.company, self.client.user_id))
        self.assertEqual(seven.phone, "+32470123456")
        self.assertEqual(
            [len(each["body"].get("warnings", ())) for each in results], [1, 0, 0, 0, 0, 1, 1, 1, 0]
        )
        self.assertEqual(results[0]["body"]["warnings"], ["The region Nowhere is not known."])
        self.assertEqual(results[8]["status"], 422)
        again = self.batch(*(self.customer(n) for n in (1, 3, 7)))
        self.assertEqual([each["body"]["outcome"] for each in again], ["unchanged"] * 3)
        self.assertEqual(
            [each["body"]["id"] for each in again], [results[n]["body"]["id"] for n in (0, 3, 7)]
        )

    def test_changes(self):
        """Customers who keep their email address are changed together, with the same result as one by one."""
        self.batch(*(self.customer(n, email=f"c{n}@example.com") for n in range(1, 8)))
        partners = {n: self.named(f"Customer {n}") for n in range(1, 8)}
        self.env.ref("base.user_admin").partner_id.email = "c5@example.com"
        partners[6].company_id = self.env["res.company"].create({"name": "Other"})
        home = {"kind": "contact", "city": "Ghent", "country": "BE", "region": "Nowhere"}
        commands = type(self.env["retail.command.customer.upsert"])
        with patch.object(commands, "_apply", autospec=True, side_effect=commands._apply) as alone:
            results = self.batch(
                self.customer(1, job_title="Director"),
                self.customer(2, email="C2@example.com", addresses=[home], consent={"email_opt_out": True}),
                self.customer(3),
                self.customer(4, email="new@example.com"),
                self.customer(5, email="c5@example.com", job_title="Director"),
                self.customer(6, job_title="Director"),
                self.customer(7, occurred_at="2026-11-20T10:00:00Z", job_title="Director"),
                self.customer(8, email="c8@example.com"),
            )
        self.assertEqual(alone.call_count, 3)
        self.assertEqual(
            [each["body"].get("outcome") for each in results],
            ["updated", "updated", "unchanged", "updated", "updated", None, "updated", "created"],
        )
        self.assertEqual(
            [each["body"].get("warnings") for each in results],
            [
                [],
                ["The region Nowhere is not known."],
                [],
                [],
                ["A user of Odoo has this email address, and is not changed."],
                None,
                [],
                [],
            ],
        )
        self.assertEqual(self.kind(results[5]), (409, "conflict"))
        self.assertEqual(
            [partners[n].function for n in (1, 5, 6, 7)], ["Director", "Director", False, "Director"]
        )
        two = partners[2]
        self.assertEqual((two.email, two.city, two.is_blacklisted), ("C2@example.com", "Ghent", True))
        self.assertEqual(partners[4].email, "new@example.com")
        older = {"occurred_at": "2026-11-19T10:00:00Z", "job_title": "Clerk"}
        results = self.batch(self.customer(7, **older), self.customer(1, **older))
        self.assertEqual([each["body"]["outcome"] for each in results], ["superseded", "updated"])
        self.assertEqual((partners[7].function, partners[1].function), ("Director", "Clerk"))

    def test_a_rule_of_odoo(self):
        """If a rule forbids one of those that are created together, only that one is refused."""
        partners = self.env.registry["res.partner"]
        original = partners.create

        @api.model_create_multi
        def strict(partner, vals_list):
            if any(vals.get("name") == "Customer 2" for vals in vals_list):
                raise UserError(partner.env._("Customer 2 is not welcome"))
            return original(partner, vals_list)

        with patch.object(partners, "create", strict):
            results = self.batch(*(self.customer(number) for number in range(4)))
        self.assertEqual([each["status"] for each in results], [201, 201, 422, 201])
        self.assertNotIn("welcome", str(results))
        self.assertEqual(self.messages().mapped("state"), ["done", "done", "refused", "done"])

    def test_repeated(self):
        """The whole batch can be sent again: each gets its first answer, and what was missing is carried out."""
        items = [self.customer(number) for number in range(3)]
        first = self.batch(*items[:2])
        again = self.batch(*items)
        self.assertEqual([each["is_replayed"] for each in again], [True, True, False])
        for before, after in zip(first, again, strict=False):
            self.assertEqual({**before, "is_replayed": True}, after)
        self.assertEqual([len(self.named(f"Customer {n}")) for n in range(3)], [1, 1, 1])
        self.assertEqual(len(self.messages()), 3)

    def test_one_key_twice(self):
        results = self.batch(self.customer(1, "K"), self.customer(1, "K"), self.customer(2, "K"))
        self.assertEqual(results[1], {**results[0], "is_replayed": True})
        self.assertEqual(self.kind(results[2]), (422, "key-reused"))
        self.assertEqual(len(self.messages()), 1)

    def test_one_customer_twice(self):
        results = self.batch(self.customer(1), self.customer(1, email="one@example.com"), self.customer(1))
        outcomes = [each["body"]["outcome"] for each in results]
        self.assertEqual(outcomes, ["created", "updated", "unchanged"])
        self.assertEqual(len(self.named("Customer 1")), 1)

    def test_a_late_older_state(self):
        """Also of customers who were created together."""
        at = [f"2026-11-20T1{hour}:00:00Z" for hour in range(2)]
        self.batch(*(self.customer(number, occurred_at=at[1]) for number in (1, 2)))
        late, newer = self.batch(
            self.customer(1, occurred_at=at[0], job_title="Old"), self.customer(2, job_title="New")
        )
        self.assertEqual((late["body"]["outcome"], newer["body"]["outcome"]), ("superseded", "updated"))

    def test_not_valid(self):
        """Such commands are refused one by one, and not stored."""
        results = self.batch(
            self.item("customer.delete", {}),
            self.customer(1, emial="one@example.com"),
            self.customer(2),
            self.item("order.cancel", {}),
        )
        self.assertEqual(
            [
                (each["status"], [error["pointer"] for error in each["body"].get("errors", ())])
                for each in results
            ],
            [(422, ["/command"]), (422, ["/emial"]), (201, []), (422, ["/external_id"])],
        )
        self.assertEqual(len(self.messages()), 1)

    def test_scopes(self):
        client = self.new_client("Customers only", self.system, ("customers:write",))
        key = self.env["retail.api.key"]._issue(client)
        results = self.batch(self.item("order.place", self.order()), self.customer(1), key=key)
        self.assertEqual(self.kind(results[0]), (403, "forbidden"))
        self.assertEqual(results[1]["status"], 201)
        self.assertEqual(self.messages().mapped("command"), ["customer.upsert"])

    def test_limits(self):
        items = [self.customer(number) for number in range(501)]
        for found, at in ((items, "/commands"), ([], "/commands"), (None, "/commands")):
            response = self.call("POST", "/batch", {"commands": found})
            self.assertProblem(response, "invalid-request", 422, [at])
        no_key = {"command": "customer.upsert", "data": {}}
        response = self.call("POST", "/batch", {"commands": [no_key]})
        self.assertProblem(response, "invalid-request", 422, ["/commands/0/idempotency_key"])
        filler = json.dumps({"commands": [], "more": "x" * 5_000_000}).encode()
        self.assertProblem(self.call("POST", "/batch", body=filler), "too-large", 413)
        filler = json.dumps({"external_id": "C-1", "more": "x" * 1_000_000}).encode()
        self.assertProblem(self.call("POST", "/customers", body=filler), "too-large", 413)
        headers = {"Content-Type": "text/plain"}
        response = self.call("POST", "/batch", body=b"{}", headers=headers)
        self.assertProblem(response, "unsupported-media-type", 415)
        self.assertFalse(self.messages())

    def test_large(self):
        """500 commands, in several groups."""
        results = self.batch(*(self.customer(number) for number in range(500)))
        self.assertEqual({each["status"] for each in results}, {201})
        self.assertEqual(len({each["body"]["id"] for each in results}), 500)
        self.assertEqual(len(self.messages(state="done")), 500)

    def test_test_mode(self):
        self.client.is_test = True
        results = self.batch(self.customer(1), self.customer(2))
        self.assertEqual([each["status"] for each in results], [201, 201])
        self.assertFalse(self.named("Customer 1"))
        self.assertEqual(self.messages().mapped("state"), ["tested", "tested"])

    @mute_logger("odoo.addons.retail_hub.models.inbox.batch")
    def test_a_defect(self):
        """A command that fails unexpectedly is answered with 500 and not stored; the others are carried out."""
        received = self.env.registry["retail.received.customer"]
        original = received._given_values

        def broken(model, customer):
            if customer.external_id == "C-2":
                raise ZeroDivisionError
            return original(model, customer)

        with patch.object(received, "_given_values", broken):
            results = self.batch(self.customer(1), self.customer(2), self.customer(3))
        self.assertEqual([each["status"] for each in results], [201, 500, 201])
        self.assertEqual(self.messages().mapped("subject"), ["customer/C-1", "customer/C-3"])
        again = self.batch(self.customer(2, results[1]["idempotency_key"]))
        self.assertEqual((again[0]["status"], again[0]["is_replayed"]), (201, False))
