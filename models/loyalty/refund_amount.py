"""What a return changes in the money that is given back: what cards paid goes back to them, and spent points cost."""

from collections import defaultdict

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError

from ..source.origin import origin_of
from .order_points import Returned
from .share_rule import PAYMENTS

PRODUCT = "retail_hub.product_spent_points"


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    def _retail_text_of_missing(self, points):
        """Return what customers read of points that they spent already."""
        return self.env._(
            "%(points)g %(unit)s of %(program)s already spent",
            points=points,
            unit=self._retail_unit_name(),
            program=self.program_id.name,
        )

    def _retail_refusal(self, points):
        return self.env._(
            "The customer has already spent %(points)g %(unit)s of %(program)s that this return takes back. Such"
            " returns are refused.",
            points=points,
            unit=self._retail_unit_name(),
            program=self.program_id.name,
        )

    def _retail_unit_name(self):
        return self.program_id.portal_point_name or self.env._("points")

    def _retail_price_of_missing(self, points, currency, company, limit):
        """Return ``(amount, points)`` to deduct from a refund of at most ``limit``.

        (0, 0): nothing is deducted by the program's policy, or its points have no value.
        """
        program = self.program_id
        own = program.currency_id
        value = own._convert(
            program._retail_point_value(), currency, company, fields.Date.today(), round=False
        )
        if program.retail_spent_points != "deduct" or value <= 0:
            return 0.0, 0.0
        amount = currency.round(points * value)
        return (amount, points) if amount <= limit else (limit, round(limit / value, 2))


class AccountMove(models.Model):
    _inherit = "account.move"

    def _retail_prepare_returns(self, soft):
        """Before credit notes of sales orders are posted, see to it that the money is right.

        What an eWallet or a gift card paid is left out of the refund, as it goes back to the card. Points that were
        spent already are deducted, or refused, if their program says so. Not if another system asked for the credit
        note: it has given the money back.

        :return: ``{move: {card: points}}`` that are deducted
        :raise UserError: a program does not allow to return what was spent
        """
        deducted = {}
        if origin_of(self.env.cr):
            return deducted
        for move in self:
            is_later = soft and move.date and move.date > fields.Date.context_today(self)
            shares = (
                move._retail_credited_shares() if move.move_type == "out_refund" and not is_later else None
            )
            if shares:
                move._retail_leave_out_payments(shares)
                deducted[move] = move._retail_deduct_spent_points(shares)
        return deducted

    def _retail_credited_shares(self):
        """Return the shares (superuser) of the sales orders of a credit note; none for those of tills."""
        # As the superuser: accountants may have no rights on cards, and shares are the hub's own.
        move = self.sudo()
        orders = move.invoice_line_ids.sale_line_ids.order_id
        shares = move.env["retail.loyalty.share"]
        return shares if move.pos_order_ids else shares._of(orders)

    def _retail_pending_returns(self):
        """Return what the draft is about to return: ``{line of a sales order: [Returned]}``."""
        pending = defaultdict(list)
        # As the superuser: accountants may have no rights on sales.
        for line in self.sudo().invoice_line_ids:
            for sale_line in line.sale_line_ids[:1]:
                pending[sale_line].append(line._retail_as_return())
        return pending

    def _retail_leave_out_payments(self, shares):
        discounts = shares._discounts_to_take_back(self._retail_pending_returns())
        paid = {
            line: amount
            for line, amount in discounts.items()
            if line.reward_id.program_id.program_type in PAYMENTS
        }
        for line, amount in paid.items():
            values = {"name": line.name, "price_unit": amount, "sale_line_ids": [Command.link(line.id)]}
            self._retail_add_line(line.product_id, **values)

    def _retail_deduct_spent_points(self, shares):
        product = self.env["pos.config"]._retail_spent_product()
        # Those of an earlier draft: what is missing may be less by now.
        self.invoice_line_ids.filtered(lambda line: line.product_id == product).unlink()
        changes = shares._changes(self._retail_pending_returns())
        deducted = {}
        for card, missing in shares._missing(changes).items():
            if card.program_id.retail_spent_points == "refuse":
                raise UserError(card._retail_refusal(missing))
            amount, points = card._retail_price_of_missing(
                missing, self.currency_id, self.company_id, self.amount_total
            )
            if points and product:
                text = card.with_context(lang=self.partner_id.lang)._retail_text_of_missing(points)
                self._retail_add_line(product, name=text, price_unit=-amount)
                deducted[card] = points
        return deducted

    def _retail_add_line(self, product, **values):
        line = {"product_id": product.id, "quantity": 1, "tax_ids": [Command.clear()], **values}
        self.write({"invoice_line_ids": [Command.create(line)]})


class PosConfig(models.Model):
    _inherit = "pos.config"

    def _get_special_products(self):
        return super()._get_special_products() | self._retail_spent_product()

    @api.model
    def _retail_spent_product(self):
        """Return the product of lines that deduct spent points; empty if somebody has deleted it."""
        return self.env.ref(PRODUCT, raise_if_not_found=False) or self.env["product.product"]


class PosOrderLine(models.Model):
    _inherit = "pos.order.line"

    # What the hub added to a return: {"kind": "discount"}, or {"kind": "spent", "card": 7, "points": 12}.
    retail_return = fields.Json(copy=False)

    @api.model
    def _load_pos_data_fields(self, config):
        return [*super()._load_pos_data_fields(config), "retail_return"]

    def _retail_prepare_return(self, returned):
        pending, total = defaultdict(list), 0.0
        by_id = {line.id: line for line in self}
        for each in returned:
            line = by_id.get(each["line"])
            if line:
                back = Returned(each["quantity"], each["amount"])
                pending[line._retail_sale_line() or line].append(back)
                total += back.amount
        shares = self.env["retail.loyalty.share"]
        discounts, changes = [], {}
        for orders in (self.order_id, self._retail_settled_orders()):
            of_orders = shares._of(orders)
            for line, amount in of_orders._discounts_to_take_back(pending).items():
                line_of_till = line._retail_line_of_till()
                if line_of_till:
                    pending[line].append(Returned(1, amount))
                    total += amount
                    price = line_of_till.price_unit * amount / line_of_till._retail_sold().amount
                    discounts.append({"line": line_of_till.id, "price_unit": price})
            changes |= of_orders._changes(pending)
        return {"discounts": discounts, **self._retail_spent(shares._missing(changes), total)}

    def _retail_spent(self, missing, total):
        """Return what the policies of programs make of missing points: a dict of JSON values."""
        order, refused, spent = self.order_id[:1], "", []
        for card, missed in missing.items():
            if card.program_id.retail_spent_points == "refuse":
                refused = card._retail_refusal(missed)
            amount, points = card._retail_price_of_missing(
                missed, order.currency_id, order.company_id, max(total, 0)
            )
            if points:
                total -= amount
                text = card._retail_text_of_missing(points)
                spent.append({"card": card.id, "points": points, "amount": amount, "text": text})
        return {
            "refused": refused,
            "spent": spent,
            "product": self.env["pos.config"]._retail_spent_product().id,
        }

    def _retail_line_of_till(self):
        return self


class PosOrder(models.Model):
    _inherit = "pos.order"

    def _retail_covered(self):
        """Return the points whose value was deducted from what the till gave back: ``{card: points}``."""
        product = self.env["pos.config"]._retail_spent_product()
        covered = defaultdict(float)
        for line in self.lines.filtered(lambda line: line.product_id == product and line.retail_return):
            card = self.env["loyalty.card"].browse(line.retail_return.get("card")).exists()
            value = card.program_id._retail_point_value()
            if value > 0:  # what a till says counts up to what it was paid
                paid = line._retail_amount() / value + 0.005
                covered[card] += max(min(float(line.retail_return.get("points", 0)), paid), 0)
        return covered

    @api.model
    def retail_prepare_return(self, returned):
        """For a till that is about to give money back: say what changes its amount.

        :param returned: a list of ``{"line": id of the line that was sold, "quantity", "amount"}`` (with taxes)
        :return: a dict. ``refused``: a message, or ""; ``discounts``: a list of ``{"line": id, "price_unit"}``, lines
            whose discount belongs to what is returned; ``spent``: a list of ``{"card", "points", "amount", "text"}``,
            points to deduct; ``product``: id of the product for that
        :raise AccessError: the user may not use tills, or not read the lines
        """
        if not self.env.user.has_group("point_of_sale.group_pos_user"):
            raise AccessError(self.env._("Only users of tills may do this."))
        lines = self.env["pos.order.line"].browse([each["line"] for each in returned]).exists()
        lines.check_access("read")
        # As the superuser: whoever sells may have no rights on cards, and shares are the hub's own.
        return lines.sudo()._retail_prepare_return(returned)


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _retail_line_of_till(self):
        """Return the line with which a till settled this one, empty if none did."""
        if "pos_order_line_ids" not in self._fields:
            return self.env["pos.order.line"]
        return self.pos_order_line_ids.filtered(lambda line: line.qty > 0)[:1]
