"""Adjusting points by hand: of programs that are linked to an engine it takes a reason, and above a limit a manager.

A person may have several ways to a card's points. All of them write them, or a line of the history, with the person's
own rights: that is refused, except in Odoo's dialog *Update Balance*, and by documents such as an order.
"""

from contextlib import contextmanager
from datetime import timedelta
from weakref import WeakKeyDictionary

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

ONE_DAY = timedelta(days=1)

# By cursor, not in a context: clients may send a context.
_explained = WeakKeyDictionary()


@contextmanager
def explained_changes(cr):
    """Note that the changes of points within the block come from a document, or that the user may make them."""
    before = _explained.get(cr, False)
    _explained[cr] = True
    try:
        yield
    finally:
        _explained[cr] = before


class LoyaltyProgram(models.Model):
    _inherit = "loyalty.program"

    def _retail_check_adjustment(self, points, reason):
        """Check that the user may adjust a card of the program by hand.

        :param points: a float above 0, of one card on one day
        :param reason: what the user entered
        :raise UserError: there is no reason
        :raise AccessError: it is more than the user may adjust
        """
        self.ensure_one()
        program = self.sudo()  # as the superuser: whoever sells may have no rights on programs
        if not program.retail_connector_id:
            return
        if not (reason or "").strip():
            raise UserError(self.env._("Enter a description that says why the points change."))
        company = program.company_id or self.env.company
        if company.with_env(self.env)._retail_needs_manager(points):
            raise AccessError(
                self.env._(
                    "Only a manager of Retail Hub can adjust a card of %(program)s by %(points)g points. Other users of"
                    " Retail Hub can adjust a card by up to %(limit)g points a day.",
                    program=program.name,
                    points=points,
                    limit=company.sudo().retail_loyalty_limit,  # as the superuser: see above
                )
            )


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    @api.model_create_multi
    def create(self, vals_list):
        cards = super().create(vals_list)
        cards.filtered("points")._retail_check_explained()
        return cards

    def write(self, vals):
        if "points" in vals:
            self._retail_check_explained()
        return super().write(vals)

    def _retail_check_explained(self):
        """
        :raise AccessError: a person changes points of a linked program in a way that asks for no reason
        """
        if self.env.su or _explained.get(self.env.cr):
            return
        # As the superuser: whoever sells may have no rights on programs.
        program = self.sudo().program_id.filtered("retail_connector_id")[:1]
        if program:
            raise AccessError(
                self.env._(
                    "%(program)s is linked to a loyalty engine. To change points by hand, open the card, press Update"
                    " Balance and enter why.",
                    program=program.name,
                )
            )

    def _retail_adjusted_by_user(self):
        """Return by how many points the user has adjusted the card in the last day."""
        self.ensure_one()
        self.env.cr.flush()  # books what was changed just now
        # As the superuser: what a user has adjusted counts, whether they may see the ledger or not.
        entries = self.env["retail.loyalty.entry"].sudo()
        domain = [
            ("card_id", "=", self.id),
            ("kind", "=", "adjust"),
            ("user_id", "=", self.env.uid),
            ("booked_at", ">=", fields.Datetime.now() - ONE_DAY),
        ]
        return sum(abs(points) for points in entries.search(domain).mapped("points"))


class LoyaltyHistory(models.Model):
    _inherit = "loyalty.history"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.card_id._retail_check_explained()
        return lines

    def write(self, vals):
        self.card_id._retail_check_explained()
        return super().write(vals)


class LoyaltyCardUpdateBalance(models.TransientModel):
    _inherit = "loyalty.card.update.balance"

    @api.model
    def default_get(self, fields):
        """Begin with the balance as it is."""
        defaults = super().default_get(fields)
        card = self.env["loyalty.card"].browse(defaults.get("card_id"))
        return {"new_balance": card.points, **defaults} if card and "new_balance" in fields else defaults

    def action_update_card_point(self):
        """Adjust the card, if the user may."""
        card = self.card_id
        change = abs(self.new_balance - card.points)
        card.program_id._retail_check_adjustment(change + card._retail_adjusted_by_user(), self.description)
        with explained_changes(self.env.cr):
            dialog = self.with_context(default_retail_shown_kind="adjust")
            return super(LoyaltyCardUpdateBalance, dialog).action_update_card_point()


class LoyaltyGenerateWizard(models.TransientModel):
    _inherit = "loyalty.generate.wizard"

    def generate_coupons(self):
        """Create cards with points, if the user may give so many to each."""
        for wizard in self:
            wizard.program_id._retail_check_adjustment(wizard.points_granted, wizard.description)
        with explained_changes(self.env.cr):
            return super().generate_coupons()


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def action_confirm(self):
        """Confirm orders, which earn and spend points."""
        with explained_changes(self.env.cr):
            return super().action_confirm()

    def _action_cancel(self):
        with explained_changes(self.env.cr):
            return super()._action_cancel()


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        with explained_changes(self.env.cr):
            return super().create(vals_list)

    def write(self, vals):
        with explained_changes(self.env.cr):
            return super().write(vals)

    def unlink(self):
        """Delete lines; those of a confirmed order give back the points that they spent."""
        with explained_changes(self.env.cr):
            return super().unlink()


class PosOrder(models.Model):
    _inherit = "pos.order"

    def confirm_coupon_programs(self, coupon_data):
        """Book the points of an order, as the till says."""
        with explained_changes(self.env.cr):
            return super().confirm_coupon_programs(coupon_data)
