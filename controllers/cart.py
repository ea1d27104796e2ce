"""The web shop's cart, if there is one: signed-in members redeem points."""

from werkzeug.exceptions import NotFound

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

MOST_POINTS = 1e9
CART = "/shop/cart"


class RetailCart(http.Controller):
    @http.route(
        "/shop/retail_points", type="http", auth="user", methods=["POST"], website=True, sitemap=False
    )
    def redeem_points(self, card_id, points="", remove="", r=CART, **_options):
        """Redeem points of a card of the visitor, or none any more, and show the cart."""
        if not hasattr(request, "cart"):
            raise NotFound  # there is no web shop
        if request.cart:
            try:
                wanted = 0.0 if remove else self._entered_number(points)
                request.cart._retail_redeem_in_cart(int(self._entered_number(card_id)), wanted)
            except UserError as error:
                request.session["error_promo_code"] = str(error)  # which the cart shows next to the form
        return request.redirect(r)

    def _entered_number(self, text):
        """
        :raise UserError: it is not a number that a cart would send
        """
        try:
            number = float(text)
        except ValueError:
            number = 0.0
        if not 0 < number <= MOST_POINTS:
            raise UserError(request.env._("Enter how many points to redeem."))
        return number
