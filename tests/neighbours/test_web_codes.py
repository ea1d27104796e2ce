"""Codes of a loyalty engine in the web shop (``website_sale_loyalty``)."""

from ..loyalty.code_case import CodeCase
from .common import needs_neighbours


@needs_neighbours
class TestWebCodes(CodeCase):
    def _cart(self):
        website = self.env["website"].search([("company_id", "=", self.env.company.id)], limit=1)
        cart = self._quotation_of()
        cart.website_id = website
        return cart

    def test_a_visitor_uses_a_code(self):
        """The visitor is nobody whom Odoo knows: they have no rights on the engine."""
        self._voucher()
        cart = self._cart()
        visitor = cart.with_user(self.env.ref("base.public_user")).sudo()
        result = visitor._try_apply_code("TEA10")
        [(card, reward)] = result.items()
        visitor._apply_program_reward(reward, card)
        self.assertEqual((cart.amount_total, self._holds()), (90, [(cart, 1, "held")]))
        visitor._update_programs_and_rewards()
        self.assertEqual((cart.amount_total, len(self._asked())), (90, 1))
        cart.action_confirm()
        self._send()
        self.assertEqual(self._at_engine(), (1, None))
        event = self.env["retail.event"].search([("event_type", "=", "code.redeemed")])
        self.assertEqual((event.payload["channel"], event.payload["amount"]), ("web", "10.00"))

    def test_refused_in_a_cart(self):
        """A cart keeps going: it is told why, and nothing is held."""
        self._voucher(active=False)
        cart = self._cart()
        error = cart._try_apply_code("TEA10")["error"]
        self.assertEqual(error, "Points refuses this code: The voucher has been disabled and cannot be used.")
        self.assertEqual((cart.amount_total, self._holds()), (100, []))
        self.assertEqual(cart._try_apply_code("TEA10")["error"], error)
        self.assertEqual(len(self._asked()), 1)
        cart.order_line.product_uom_qty = 2
        cart._try_apply_code("TEA10")
        self.assertEqual(len(self._asked()), 2)
