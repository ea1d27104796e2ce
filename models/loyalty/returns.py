"""Returns: shares are kept when the points of an order are booked, and reversed when goods are returned."""

from odoo import models


class LoyaltyShare(models.Model):
    _inherit = "retail.loyalty.share"

    def _earned_back_of_odoo(self):
        """Return how many points were reversed that Odoo itself gave: those that it takes back with a cancellation."""
        of_odoo = self.filtered(lambda share: not share.program_id._retail_engine())
        return sum(of_odoo.mapped("earned_back"))

    def _reverse(self, orders, document, covered=None):
        """Book what a document returns of orders (a list of recordsets), see :meth:`_book_returns`.

        If that fails, the next return of the same order makes up for it, too: what is booked is what is not booked yet.
        """
        cards = self.browse().union(*(self._of(each) for each in orders)).card_id
        if cards:  # all others go on as if this was not here
            self.env["retail.loyalty.difference"]._attempt("returned", document, cards, covered)


class PosOrder(models.Model):
    _inherit = "pos.order"

    def confirm_coupon_programs(self, coupon_data):
        """Keep the shares of the order, and reverse at once what was returned before its points were confirmed."""
        result = super().confirm_coupon_programs(coupon_data)
        self.env["retail.loyalty.difference"]._attempt("shared", self)
        return result

    def _retail_book_shared(self, *_options):
        shares = self.env["retail.loyalty.share"]
        shares._count(self)
        refunds = self.lines.refund_orderline_ids.order_id.sorted("id")
        if refunds:
            shares._book_returns(self, refunds[-1])

    def action_pos_order_paid(self):
        """Reverse the points of what is returned."""
        result = super().action_pos_order_paid()
        # As the superuser: whoever sells may have no rights on cards, and shares are the hub's own.
        order = self.sudo()
        order.env["retail.loyalty.share"]._reverse(order._retail_returned_orders(), order)
        return result

    def _retail_returned_orders(self):
        """Return of what the order returns something: orders of tills, and sales orders."""
        returned = self.lines.filtered(lambda line: line.qty < 0 or line.refunded_orderline_id)
        return [returned.refunded_orderline_id.order_id, returned._retail_settled_orders()]

    def _retail_book_returned(self, *_options):
        for orders in self._retail_returned_orders():
            self.env["retail.loyalty.share"]._book_returns(orders, self, self._retail_covered())


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def action_confirm(self):
        """Keep the shares of the orders, whose points are booked now."""
        result = super().action_confirm()
        for order in self:
            if order.coupon_point_ids or order.order_line.coupon_id:
                order._retail_share_points()
        return result

    def _update_loyalty_history(self, coupon_id, points):
        """Keep the shares of a reward that was added to a confirmed order."""
        result = super()._update_loyalty_history(coupon_id, points)
        self._retail_share_points()
        return result

    def _retail_share_points(self):
        self.env["retail.loyalty.difference"]._attempt("shared", self)

    def _retail_book_shared(self, *_options):
        self.env["retail.loyalty.share"]._count(self)

    def _action_cancel(self):
        """Odoo takes back all that the orders earned, and gives back all that they spent: not what returns reversed."""
        # As the superuser: see above.
        orders = self.sudo().filtered(lambda order: order.state == "sale")
        shares = orders.env["retail.loyalty.share"]._of(orders)
        result = super()._action_cancel()
        shares = shares.exists()
        for card, of_card in shares.grouped("card_id").items():
            reversed_ = of_card._earned_back_of_odoo() - sum(of_card.mapped("spent_back"))
            if reversed_:
                card.with_context(loyalty_no_mail=True).points += reversed_
        shares.unlink()
        return result


class LoyaltyHistory(models.Model):
    _inherit = "loyalty.history"

    def _retail_reversed(self):
        issued, used = super()._retail_reversed()
        if self.order_model != "sale.order":
            return issued, used
        # As the superuser: shares are the hub's own.
        shares = self.env["retail.loyalty.share"].sudo()
        own = [("order_model", "=", self.order_model), ("order_id", "=", self.order_id)]
        of_card = shares.search([*own, ("card_id", "=", self.card_id.id)])
        return issued + of_card._earned_back_of_odoo(), used + sum(of_card.mapped("spent_back"))


class AccountMove(models.Model):
    _inherit = "account.move"

    def _post(self, soft=True):
        """Reverse the points of what is credited."""
        covered = self._retail_prepare_returns(soft)
        posted = super()._post(soft)
        posted._retail_reverse_points(covered)
        return posted

    def button_draft(self):
        """Give the points back of what is not credited any more."""
        result = super().button_draft()
        self._retail_reverse_points()
        return result

    def _retail_reverse_points(self, covered=None):
        """Book what credit notes of sales orders return. The refunds of a till are returns of its own orders.

        An invoice counts as well: what is credited and invoiced again was not returned.

        :param covered: ``{move: {card: points}}``, see :meth:`_retail_prepare_returns`
        """
        # As the superuser: accountants may have no rights on cards, and shares are the hub's own.
        for move in self.sudo():
            orders = move._retail_returned_orders()
            if orders and not move.pos_order_ids and move.move_type in ("out_invoice", "out_refund"):
                move.env["retail.loyalty.share"]._reverse([orders], move, (covered or {}).get(move))

    def _retail_returned_orders(self):
        return self.invoice_line_ids.sale_line_ids.order_id

    def _retail_book_returned(self, _cards, covered):
        self.env["retail.loyalty.share"]._book_returns(self._retail_returned_orders(), self, covered)
