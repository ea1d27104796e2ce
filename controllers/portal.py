"""The customer portal: a member's loyalty cards, and what is behind their balances."""

from odoo.http import request, route

from odoo.addons.loyalty.controllers.portal import CustomerPortalLoyalty


class RetailCustomerPortal(CustomerPortalLoyalty):
    """Odoo shows the cards of the user's own partner; all of them here come from there."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "retail_loyalty_count" in counters:
            values["retail_loyalty_count"] = len(self._retail_cards()) + len(self._retail_open_programs())
        return values

    def _retail_open_programs(self):
        """Return the programs (superuser) that the user can join."""
        env = request.env
        return env["loyalty.program"]._retail_joinable(env.user.partner_id, env.company)

    def _retail_cards(self):
        """Return the cards (superuser) that Odoo shows to the user."""
        by_program = self._prepare_home_portal_values([])["cards_per_programs"]
        # As the superuser, as Odoo does: which cards these are was decided by Odoo, for this user.
        return request.env["loyalty.card"].sudo().union(*by_program.values())

    @route("/my/loyalty_cards", type="http", auth="user", website=True)
    def portal_my_loyalty_cards(self, **_options):
        """Show the user's cards: what they have, what is pending, and what expires next; and what they can join."""
        values = {
            "page_name": "retail_loyalty_cards",
            "cards": self._retail_cards().sorted("id"),
            "joinable": self._retail_open_programs(),
        }
        return request.render("retail_hub.portal_my_loyalty_cards", values)

    @route("/my/loyalty_cards/join", type="http", auth="user", methods=["POST"], website=True)
    def portal_join_loyalty(self, program_id, agrees="", **_options):
        """Enroll the user in a program to whose terms they agree. If they are a member already, nothing changes."""
        program = self._retail_open_programs().filtered(lambda each: str(each.id) == program_id)
        if program and agrees:
            request.env.user.partner_id._retail_enroll(program, request.env._("Customer portal"))
        return request.redirect("/my/loyalty_cards")

    @route()
    def portal_my_loyalty_card_history(self, card_id, page=1, sortby="date", **kw):
        """Also show what the card has."""
        response = super().portal_my_loyalty_card_history(card_id, page=page, sortby=sortby, **kw)
        if response.is_qweb:
            # As the superuser, as Odoo does: the page is only there for the user's own card.
            response.qcontext["card"] = request.env["loyalty.card"].sudo().browse(card_id)
        return response
