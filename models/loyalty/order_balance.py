"""What the customer of a sales order has in each loyalty program, and what the order earns."""

from datetime import timedelta

from babel.dates import format_timedelta

from odoo import api, fields, models
from odoo.tools import babel_locale_parse, format_date, get_lang


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    def _retail_status_text(self):
        """Return what the card has, and how old that is: ``1,240 points · Gold · read 2 minutes ago``."""
        # As the superuser: whoever may see the order may know what its customer has.
        card = self.sudo()
        held = card._retail_held()[card]
        parts = [
            card._retail_points_text(card.points),
            card.retail_tier,
            self.env._("%(points)s held for checkouts", points=card._retail_points_text(held))
            if held
            else "",
            card._retail_pending_text(),
            card._retail_expiry_text(),
            card._retail_age(),
        ]
        return " · ".join(part for part in parts if part)

    def _retail_pending_text(self):
        """Return which points cannot be spent yet; empty if there are none."""
        points = self._retail_points_text(self.retail_pending)
        return self.env._("%(points)s pending", points=points) if self.retail_pending else ""

    def _retail_expiry_text(self):
        """Return which points expire next; empty if none do."""
        points, day = self.retail_expiring_points, self.retail_expiring_on
        if not points or not day:
            return ""
        text = self._retail_points_text(points)
        return self.env._("%(points)s expire on %(day)s", points=text, day=format_date(self.env, day))

    def _retail_age(self):
        """Return how long ago the balance was read from its engine; empty if Odoo has the only one."""
        if not self.retail_engine_name:
            return ""
        if not self.retail_read_at:
            return self.env._("not read yet")
        age = min(self.retail_read_at - fields.Datetime.now(), timedelta(seconds=-1))
        locale = babel_locale_parse(get_lang(self.env).code)
        return self.env._("read %(ago)s", ago=format_timedelta(age, add_direction=True, locale=locale))


class SaleOrder(models.Model):
    _inherit = "sale.order"

    retail_loyalty_status = fields.Text("Loyalty", compute="_compute_retail_loyalty_status")
    retail_may_refresh_points = fields.Boolean(compute="_compute_retail_loyalty_status")

    @api.depends("partner_id", "company_id", "state", "coupon_point_ids.points", "order_line.price_total")
    @api.depends_context("lang", "uid")
    def _compute_retail_loyalty_status(self):
        may_read = self.env["loyalty.card"].has_access("read")
        for order in self:
            cards = order._retail_cards()
            earned = order._retail_to_earn(cards)
            lines = []
            for card in cards:
                lines.append(f"{card.program_id.name}: {card._retail_status_text()}")
                if earned.get(card):
                    lines.append(order._retail_earned_text(card, earned[card]))
            order.retail_loyalty_status = "\n".join(lines) or False
            order.retail_may_refresh_points = may_read and bool(cards.program_id.retail_connector_id)

    def _retail_cards(self):
        """Return the loyalty cards (superuser) of the customer that the order's company has."""
        companies = self.company_id.parent_ids
        cards = self.partner_id._origin._retail_loyalty_cards()
        return cards.filtered(lambda card: not card.company_id or card.company_id in companies)

    def _retail_to_earn(self, cards):
        """Return what the order gives to cards, as far as that is known: ``{card: points}``.

        Of a quotation that is being edited, it is not; of an engine's points, only when it has booked them.
        """
        order = self._origin.sudo()  # as the superuser: see _retail_status_text
        if not order or not cards or order.state == "cancel":
            return {}
        booked = [("order_model", "=", order._name), ("order_id", "=", order.id), ("kind", "=", "earn")]
        entries = order.env["retail.loyalty.entry"].search([*booked, ("card_id", "in", cards.ids)])
        earned = {each: sum(of_card.mapped("points")) for each, of_card in entries.grouped("card_id").items()}
        if order.state in ("draft", "sent") and self == self._origin:
            own = cards.program_id.filtered(lambda program: not program._retail_engine())
            programs = own.filtered_domain(order._get_program_domain())
            points = order._program_check_compute_points(programs)
            earned |= {card: sum(points.get(card.program_id, {}).get("points") or ()) for card in cards}
        return earned

    def _retail_earned_text(self, card, points):
        text = card._retail_points_text(points)
        if self.state in ("draft", "sent"):
            return self.env._("This order will earn %(points)s", points=text)
        return self.env._("This order earned %(points)s", points=text)

    def action_retail_refresh_points(self):
        """Read what the customer has from the loyalty engines now."""
        self.ensure_one()
        self.check_access("read")
        cards = self._retail_cards().filtered("program_id.retail_connector_id")
        cards = cards.with_env(self.env)
        cards.check_access("read")
        for card in cards:
            card.action_retail_refresh()
        self.invalidate_recordset(["retail_loyalty_status"])
        return {"type": "ir.actions.client", "tag": "soft_reload"}
