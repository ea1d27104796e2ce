"""Members redeem any amount of their points in the web shop's cart (``website_sale_loyalty``)."""

import re

from odoo import Command, http
from odoo.tests import HttpCase, new_test_user

from ..loyalty.engine_case import EngineCase
from .common import needs_neighbours

CART = "/shop/cart"
TAG = re.compile(r"<[^>]*>")


class CartCase(EngineCase, HttpCase):
    """Ann has 100 points, which were read just now, and a lamp of 60 in her cart."""

    browser_size = "1440x900"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program.portal_point_name = "Stars"
        cls.ann = new_test_user(cls.env, "shop_ann", "base.group_portal", partner_id=cls.customer.id)
        cls.product.write({"list_price": 60, "taxes_id": False, "is_published": True, "sale_ok": True})
        cls.website = cls.env["website"].search([], limit=1)

    def setUp(self):
        super().setUp()
        self.card = self._card(points=100)
        self._send()
        self._know_balance_of(self.card)
        self.cart = self._new_cart()

    def _new_cart(self, customer=None):
        line = {"product_id": self.product.id, "product_uom_qty": 1}
        values = {"partner_id": (customer or self.customer).id, "website_id": self.website.id}
        return self.env["sale.order"].create({**values, "order_line": [Command.create(line)]})

    def _sign_in(self, login="shop_ann"):
        self.authenticate(login, login)
        self.env.flush_all()

    def _page(self):
        """Return the HTML of the cart."""
        self.env.flush_all()
        response = self.url_open(CART)
        self.assertEqual(response.status_code, 200)
        return response.text

    def _offered(self):
        """Return the text of the form for points, and its number; None if there is no form."""
        found = re.search(r'<form[^>]*action="/shop/retail_points".*?</form>', self._page(), re.DOTALL)
        if not found:
            return None
        text = " ".join(TAG.sub(" ", found[0]).split())
        return text, re.search(r'type="number"[^>]*value="([^"]*)"', found[0])[1]

    def _redeem(self, points="", card=None, **values):
        content = {"csrf_token": http.Request.csrf_token(self), "card_id": (card or self.card).id}
        self.env.flush_all()
        response = self.url_open("/shop/retail_points", data={**content, "points": points, **values})
        self.env.invalidate_all()
        errors = re.findall(r'<div class="alert alert-danger[^>]*>(.*?)</div>', response.text, re.DOTALL)
        return [" ".join(TAG.sub(" ", error).split()) for error in errors]

    def _holds(self):
        holds = self.env["retail.loyalty.hold"].search([], order="id")
        return [(hold.sale_order_id, hold.points, hold.state) for hold in holds]


@needs_neighbours
class TestCartPoints(CartCase):
    def test_some_points(self):
        self._sign_in()
        text, number = self._offered()
        self.assertEqual(text, "Club 100 Stars available Redeem up to 60 Stars, worth $ 60.00 Apply")
        self.assertEqual(number, "60")
        self.assertNotIn("o_loyalty_claim", self._page(), "There is one way to redeem points.")
        self.assertEqual(self._redeem("25"), [])
        self.assertEqual((self.cart.amount_total, self._holds()), (35, [(self.cart, 25, "held")]))
        text, number = self._offered()
        self.assertIn("100 Stars available", text)
        self.assertEqual((text.rpartition("Apply ")[2], number), ("Remove", "25"))
        self.assertEqual(self._redeem("40"), [])
        self.assertEqual((self.cart.amount_total, self._holds()), (20, [(self.cart, 40, "held")]))
        self.cart.action_confirm()
        self._send()
        self.assertEqual((self.card.points, self._at_engine()), (60, 60))

    def test_none_any_more(self):
        self._sign_in()
        self._redeem("25")
        self.assertEqual(self._redeem(remove="1"), [])
        self.assertEqual((self.cart.amount_total, self._holds()), (60, [(self.cart, 25, "released")]))

    def test_an_empty_cart(self):
        self._sign_in()
        self._redeem("25")
        line = self.cart.order_line.filtered(lambda line: not line.is_reward_line)
        change = {"line_id": line.id, "quantity": 0}
        self.make_jsonrpc_request("/shop/cart/update", change)
        self.env.invalidate_all()
        self.assertEqual((len(self.cart.order_line), self._holds()), (0, [(self.cart, 25, "released")]))

    def test_what_is_refused(self):
        """The cart says why, and stays as it is."""
        self._sign_in()
        self._redeem("25")
        for points in ("0", "-5", "x", "nan", "inf", "1e12", ""):
            with self.subTest(points=points):
                self.assertEqual(self._redeem(points), ["Enter how many points to redeem."])
        self.assertEqual(self._redeem("101"), ["Enter how many points to redeem: at most 100 Stars."])
        self.assertEqual(self._redeem("2.5"), ["Enter a whole number of points."])
        self.assertEqual((self.cart.amount_total, self._holds()), (35, [(self.cart, 25, "held")]))

    def test_points_that_are_held_elsewhere(self):
        self._sign_in()
        self._new_order_that_redeems(90)
        self.assertEqual(self._redeem("25"), ["Enter how many points to redeem: at most 10 Stars."])
        self.assertEqual(self._redeem("10"), [])
        self.assertEqual(self.cart.amount_total, 50)

    def _new_order_that_redeems(self, points):
        order = self._quotation_of(200)
        order._update_programs_and_rewards()
        order._retail_want_points(self.card, points)
        order._apply_program_reward(self.program.reward_ids, self.card)

    def test_while_the_engine_is_away(self):
        self._sign_in()
        self.program.retail_offline_limit = 20
        self._know_balance_of(self.card, ago=120)
        self.patch(
            self.env.registry["retail.loyalty.reader"], "_read_for_till", lambda _self, _card, _until: False
        )
        [error] = self._redeem("25")
        self.assertIn("whose balance cannot be checked now: at most 20 Stars.", error)
        self.assertEqual((self.cart.amount_total, self._holds()), (60, []))
        self.assertEqual(self._redeem("20"), [])
        self.assertEqual(self.cart.amount_total, 40)

    def test_large_redemptions(self):
        """Whoever is signed in as the member has confirmed it by that."""
        self.env.company.retail_confirm_above = 50
        self._sign_in()
        self.assertEqual(self._redeem("60"), [])
        self.assertEqual((self.cart.amount_total, self._holds()), (0, [(self.cart, 60, "held")]))

    def test_cards_of_others(self):
        """Nobody redeems the points of others, whatever they send; nor does a visitor who is not signed in."""
        new_test_user(self.env, "shop_bob", "base.group_portal")
        bob = self.env["res.users"].search([("login", "=", "shop_bob")]).partner_id
        theirs = self._new_cart(bob)
        self._sign_in("shop_bob")
        self.assertIsNone(self._offered())
        self.assertEqual(self._redeem("25"), ["The points of this card cannot be redeemed here."])
        self.assertEqual((theirs.amount_total, self.cart.amount_total, self._holds()), (60, 60, []))
        self.authenticate(None, None)
        content = {"card_id": self.card.id, "points": "25", "csrf_token": http.Request.csrf_token(self)}
        response = self.url_open("/shop/retail_points", data=content, allow_redirects=False)
        self.assertIn("/web/login", response.headers["Location"])

    def test_tour(self):
        self.start_tour(CART, "retail_hub_cart_points", login="shop_ann")
        self.env.invalidate_all()
        self.assertEqual((self.cart.amount_total, self._holds()), (60, [(self.cart, 30, "released")]))

    def test_the_view_is_loaded_again(self):
        """An upgrade of either module keeps the form: Odoo removes what was not loaded."""
        view = self.env.ref("retail_hub.cart_rewards")
        self.assertEqual(view.inherit_id, self.env.ref("website_sale_loyalty.modify_code_form"))
        loaded = self.env.registry.loaded_xmlids
        self.addCleanup(loaded.discard, "retail_hub.cart_rewards")
        self.env["ir.model.data"]._process_end(["website_sale_loyalty_of_nobody"])
        self.assertNotIn("retail_hub.cart_rewards", loaded)
        self.env["ir.model.data"]._retail_load_views(["website_sale_loyalty"])
        self.assertIn("retail_hub.cart_rewards", loaded)
