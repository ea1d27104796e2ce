"""The customer portal: members see their own cards, and what is behind the balances."""

import re

from markupsafe import Markup

from odoo import fields, http
from odoo.tests import HttpCase, new_test_user, tagged

from .test_returns_of_orders import CreditCase

TAG = re.compile(r"<[^>]*>")
CARDS = "/my/loyalty_cards"


@tagged("post_install", "-at_install")
class TestPortal(CreditCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        new_test_user(cls.env, "portal_ann", "base.group_portal", partner_id=cls.customer.id)
        new_test_user(cls.env, "portal_bob", "base.group_portal")

    def _page(self, path, login="portal_ann"):
        """Return (status, HTML) of a page as a portal user sees it."""
        self.authenticate(login, login)
        self._commit()
        response = self.url_open(path, allow_redirects=False)
        return response.status_code, response.text

    def _history(self, login="portal_ann"):
        return self._page(f"/my/loyalty_card/{self.card.id}/history", login)

    def test_cards(self):
        self.card.points = 1240
        self._commit()
        account = self.env["retail.loyalty.account"].search([("card_id", "=", self.card.id)])
        said = {"pending": 30, "tier": "Gold", "expiring_points": 40, "expiring_on": "2031-02-03"}
        account.write({**said, "read_at": "2030-01-02 10:32:00"})
        for path in (CARDS, "/my", f"/my/loyalty_card/{self.card.id}/history"):
            with self.subTest(path=path):
                status, page = self._page(path)
                self.assertEqual(status, 200)
                text = " ".join(TAG.sub(" ", page[page.index("<main") :]).split())
                points = "1,240 Stars" if path != "/my" else "1240 Stars"
                said = f"{points} Gold Pending: 30 Stars 40 Stars expire on 02/03/2031 As of"
                self.assertTrue(said in text, text[:3000])
        self.assertIn(self.card.code, self._page(CARDS)[1])

    def test_documents(self):
        """Orders, credit notes, and the invoices of tills: those that the member may see, to follow; others by name."""
        order = self._ordered(2)
        credit_note = self._credit(self._bill(order))
        bob = self.env["res.partner"].create({"name": "Bob"})
        theirs = self.env["sale.order"].create({"partner_id": bob.id})
        line = {"card_id": self.card.id, "description": "By hand", "issued": 1}
        self.env["loyalty.history"].create({**line, "order_model": "sale.order", "order_id": theirs.id})
        status, page = self._history()
        self.assertEqual(status, 200)
        self.assertIn(f'href="/my/orders/{order.id}"', page)
        self.assertIn(f'href="/my/invoices/{credit_note.id}"', page)
        self.assertIn(theirs.name, page)
        self.assertNotIn(f"/my/orders/{theirs.id}", page)
        self.assertNotIn("access_token", page)
        theirs.unlink()
        self.assertEqual(self._history()[0], 200, "A document may be deleted.")

    def test_in_the_members_words(self):
        """Connected systems are not named, and reasons that are for colleagues not shown."""
        order = self._ordered(2)
        history = self.env["loyalty.history"]
        history.create({"card_id": self.card.id, "description": "Nothing changed"})
        system = {"connector_id": self.connector.id, "company_id": self.env.company.id}
        points = self.env["retail.loyalty.points"].sudo()
        earned = points._earn(self.card, 5, external_id="E", reference="Web order 7", **system)
        earned._reverse(2, 0, external_id="R", **{**system, "reference": ""})
        self._commit()
        hold = self.env["retail.loyalty.hold"].sudo()._hold(self.card, "3", 5, external_id="H", **system)
        hold._commit()
        values = {"card_id": self.card.id, "new_balance": 99, "description": "Suspected of fraud"}
        self.env["loyalty.card.update.balance"].create(values).action_update_card_point()
        history.create({"card_id": self.card.id, "description": "Merged: 044", "issued": 1})
        order._action_cancel()
        lines = history.search([("card_id", "=", self.card.id), ("issued", "!=", 0)]) | history.search(
            [("card_id", "=", self.card.id), ("used", "!=", 0)]
        )
        texts = [line._retail_customer_text() for line in lines.sorted("id", reverse=True)]
        company = self.env.company.name
        expected = [
            "Merged: 044",
            f"Correction by {company}",
            "Points redeemed",
            "Points of a return",
            "Points earned: Web order 7",
        ]
        self.assertEqual(texts, expected)
        self.card.flush_recordset()
        page = self._history()[1]
        for text in expected:
            self.assertIn(str(Markup.escape(text)), page)
        for text in ("Nothing changed", self.connector.name, "Suspected of fraud"):
            self.assertNotIn(text, page[page.index("<main") :])

    def test_what_a_document_is_called(self):
        order = self._ordered(2)
        credit_note = self._credit(self._bill(order))
        till_order = self._till_order()
        self.assertEqual(order._retail_customer_text(), f"Order {order.name}")
        self.assertEqual(credit_note._retail_customer_text(), f"Return of {order.name}")
        self.assertEqual(till_order._retail_customer_text(), f"Order {till_order.name}")
        page = self._history()[1]
        self.assertIn(f"Order {order.name}", page)
        self.assertIn(f"Return of {order.name}", page)
        order._action_cancel()
        self.assertEqual(order._retail_customer_text(), f"Cancelled order {order.name}")

    def _joinable(self, login="portal_bob"):
        """Return the names of the programs that the page offers to join."""
        page = self._page(CARDS, login)[1]
        return re.findall(r'<div class="fs-5 fw-bold">([^<]*)</div>', page)

    def _join(self, login="portal_bob", program=None, **values):
        self.authenticate(login, login)
        content = {"csrf_token": http.Request.csrf_token(self), "program_id": (program or self.program).id}
        response = self.url_open(f"{CARDS}/join", data={**content, **values}, allow_redirects=False)
        return response.status_code, response.headers.get("Location", "").rpartition("/my/")[2]

    def test_join(self):
        """A customer who agrees to the terms becomes a member, once; the card says when and where."""
        bob = self.env["res.users"].search([("login", "=", "portal_bob")]).partner_id
        self.assertEqual(self._joinable(), [], "There are no terms yet.")
        self.program.retail_terms = "<p>Points are valid for <b>two years</b>.</p>"
        self.assertEqual((self._joinable(), self._joinable("portal_ann")), ([self.program.name], []))
        page = self._page(CARDS, "portal_bob")[1]
        self.assertIn("<b>two years</b>", page)
        self.assertIn(self.program.reward_ids.description, page)
        self.assertIn("Your Loyalty Cards", self._page("/my", "portal_bob")[1])
        counters = self.make_jsonrpc_request("/my/counters", {"counters": ["retail_loyalty_count"]})
        self.assertEqual(counters, {"retail_loyalty_count": 1})
        domain = [("partner_id", "=", bob.id)]
        self._join()
        self.assertEqual(self.env["loyalty.card"].search_count(domain), 0, "Nobody joins without consent.")
        now = fields.Datetime.now().replace(microsecond=0)
        for _time in range(2):
            self.assertEqual(self._join(agrees="1"), (303, "loyalty_cards"))
        card = self.env["loyalty.card"].search(domain)
        self.assertEqual((card.program_id, card.points), (self.program, 0))
        self.assertEqual(card.retail_consent_source, "Customer portal")
        self.assertGreaterEqual(card.retail_consented_at, now)
        self.assertEqual(self._joinable(), [])
        self.assertIn(card.code, self._page(CARDS, "portal_bob")[1])

    def test_what_nobody_can_join(self):
        self.program.retail_terms = "<p>Terms</p>"
        company = self.env["res.company"].create({"name": "Elsewhere"})
        for values in (
            {"date_to": "2020-01-01"},
            {"date_from": "2099-01-01"},
            {"company_id": company.id},
            {"active": False},
        ):
            with self.subTest(values=values):
                kept = {name: self.program[name] for name in values}
                self.program.write(values)
                self.assertEqual(self._joinable(), [])
                self._join(agrees="1")
                self.program.write(kept)
        bob = self.env["res.users"].search([("login", "=", "portal_bob")]).partner_id
        cards = self.env["loyalty.card"].with_context(active_test=False)
        self.assertFalse(cards.search([("partner_id", "=", bob.id)]))
        cards.create({"program_id": self.program.id, "partner_id": bob.id, "active": False})
        self.assertEqual(self._joinable(), [], "Their card was archived.")
        self.authenticate(None, None)
        self.assertEqual(self._join(login=None, agrees="1")[0], 303)

    def test_cards_of_others(self):
        status, page = self._page(CARDS, "portal_bob")
        self.assertEqual(status, 200)
        self.assertIn("You have no loyalty card.", page)
        self.assertNotIn(self.card.code, page)
        status, page = self._history("portal_bob")
        self.assertEqual(status, 303)
        self.assertNotIn(self.card.code, page)
        counters = self.make_jsonrpc_request("/my/counters", {"counters": ["retail_loyalty_count"]})
        self.assertEqual(counters, {"retail_loyalty_count": 0})
        self.authenticate("portal_ann", "portal_ann")
        counters = self.make_jsonrpc_request("/my/counters", {"counters": ["retail_loyalty_count"]})
        self.assertEqual(counters, {"retail_loyalty_count": 1})
        self.authenticate(None, None)
        self.assertEqual(self.url_open(CARDS, allow_redirects=False).status_code, 303)
