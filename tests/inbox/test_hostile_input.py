"""Texts that are code somewhere, and fields that nobody may set: they stay texts, and are refused."""

import csv
import json

from odoo.http import Request
from odoo.tests import tagged

from .orders import OrderCase

SCRIPT = "<script>alert(1)</script>"
TEXTS = (
    SCRIPT,
    '"><img src=x onerror=alert(1)>',
    "Robert'); DROP TABLE res_partner;--",
    "%(name)s %s {0} {name}",
    "{{ object.env }} ${7*7}",
    "javascript:alert(1)",
    "../../etc/passwd",
)
FORMULAS = ("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1+1)", "=HYPERLINK(1)")
HEADERS = (
    "Anna\r\nBcc: all@example.com",
    "Anna\nBcc: all@example.com",
    "Anna\x00",
    "Anna\x1b[31m",
    "Anna\u2028Bcc",
)
ANNA = {"external_id": "C-1", "name": {"full": "Anna"}}


@tagged("-at_install", "post_install")
class TestHostileInput(OrderCase):
    scopes = ("customers:read", "customers:write", "orders:read", "orders:write")

    def customer(self, text, number=1):
        """Send a customer who is called so; return the partner."""
        content = {
            "external_id": f"C-{number}",
            "name": {"full": text},
            "job_title": text,
            "company_name": text,
        }
        response = self.post("/customers", content)
        self.assertEqual(response.status_code, 201, response.text)
        return self.env["res.partner"].browse(int(response.json()["id"]))

    def test_texts_are_stored_as_they_are(self):
        for number, text in enumerate((*TEXTS, *FORMULAS)):
            with self.subTest(text):
                partner = self.customer(text, number)
                self.assertEqual((partner.name, partner.function, partner.company_name), (text, text, text))
                read = self.call("GET", f"/customers/C-{number}")
                self.assertEqual(read.headers["Content-Type"], "application/json")
                self.assertEqual(read.json()["name"]["full"], text)

    def test_formulas_are_exported_as_texts(self):
        """Odoo's export makes texts of them for spreadsheets."""
        partners = self.env["res.partner"].union(
            *(
                self.customer(text, number)
                for number, text in enumerate(("=cmd|' /C calc'!A0", "+1+1", "-2+3"))
            )
        )
        self.authenticate("admin", "admin")
        export = {
            "model": "res.partner",
            "fields": [{"name": "function", "label": "Job", "type": "char"}],
            "ids": partners.ids,
            "domain": [],
            "import_compat": False,
        }
        response = self.url_open(
            "/web/export/csv", data={"data": json.dumps(export), "csrf_token": Request.csrf_token(self)}
        )
        self.assertEqual(response.status_code, 200, response.text)
        cells = [row[0] for row in csv.reader(response.content.decode("utf-8-sig").splitlines())][1:]
        self.assertEqual(sorted(cells), ["'+1+1", "'-2+3", "'=cmd|' /C calc'!A0"])

    def test_html_is_escaped_where_an_order_is_shown(self):
        """In the report, which is also its page in the portal and its email, and in the history of the order."""
        customer = {"name": {"full": SCRIPT}, "email": "guest@example.com"}
        line = self.line(name=SCRIPT)
        order = self.sale_order(self.place(line, customer=customer, number=SCRIPT, note=SCRIPT))
        self.assertEqual(order.partner_id.name, SCRIPT)
        self.post("/orders/W-1001/cancel", {"reason": SCRIPT})
        html, _kind = self.env["ir.actions.report"]._render_qweb_html("sale.report_saleorder", order.ids)
        texts = [html.decode(), *order.message_ids.mapped("body"), str(order.note or "")]
        self.assertIn("&lt;script&gt;alert(1)", texts[0])
        self.assertTrue(any("Cancelled by" in text for text in texts))
        for text in texts:
            self.assertNotIn(SCRIPT, text)

    def test_headers_of_mails(self):
        """A line is one line: what would become a header of its own is refused, wherever it stands."""
        for text in HEADERS:
            for name, content in (
                ("/name/full", {**ANNA, "name": {"full": text}}),
                ("/company_name", {**ANNA, "company_name": text}),
                ("/email", {**ANNA, "email": f"anna@example.com{text[4:]}"}),
            ):
                with self.subTest(text=text, name=name):
                    response = self.post("/customers", content)
                    if "\x00" in text:
                        self.assertProblem(response, "invalid-json", 400)
                    else:
                        self.assertProblem(response, "invalid-request", 422, [name])
        self.assertFalse(self.env["res.partner"].search([("name", "like", "Anna")]))

    def test_fields_that_nobody_may_set(self):
        """What is not in the schema is refused, by name; also where Odoo has a field with that name."""
        fields = (
            "id",
            "company_id",
            "user_ids",
            "credit_limit",
            "active",
            "parent_id",
            "is_test",
            "__class__",
        )
        for name in fields:
            with self.subTest(name):
                self.assertProblem(
                    self.post("/customers", {**ANNA, name: 1}), "invalid-request", 422, [f"/{name}"]
                )
                nested = {**ANNA, "name": {"full": "Anna", name: 1}}
                self.assertProblem(self.post("/customers", nested), "invalid-request", 422, [f"/name/{name}"])
        for name in ("state", "user_id", "amount_total", "invoice_status", "pricelist_id", "warehouse_id"):
            with self.subTest(name):
                response = self.post("/orders", self.order(**{name: 1}))
                self.assertProblem(response, "invalid-request", 422, [f"/{name}"])
                response = self.post("/orders", self.order(self.line(**{name: 1})))
                self.assertProblem(response, "invalid-request", 422, [f"/lines/0/{name}"])
        self.assertFalse(self.messages())

    def test_what_the_query_says_sets_nothing(self):
        other = self.env["res.company"].create({"name": "Other"})
        query = f"?company_id={other.id}&external_id=C-9&credit_limit=1&allowed_company_ids={other.id}"
        response = self.post(f"/customers{query}", ANNA)
        partner = self.env["res.partner"].browse(int(response.json()["id"]))
        self.assertEqual(response.json()["external_id"], "C-1")
        self.assertEqual((partner.company_id, partner.credit_limit), (self.env.company, 0.0))
