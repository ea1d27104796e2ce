"""Orders and returns of programs that keep lots: pending points are not spent, and are the first to be taken back."""

from collections import defaultdict

from odoo import api, fields, models

from ...tools.own_context import with_own
from .lot import Sources


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _get_real_points_for_coupon(self, coupon, post_confirm=False):
        """Leave out what the order itself will earn, if that is pending first."""
        points = super()._get_real_points_for_coupon(coupon, post_confirm=post_confirm)
        is_counted = self.state not in ("sale", "done") and coupon.program_id.applies_on != "future"
        if is_counted and coupon._retail_pends():
            points -= sum(
                self.coupon_point_ids.filtered(lambda each: each.coupon_id == coupon).mapped("points")
            )
        return points


class PosOrder(models.Model):
    _inherit = "pos.order"

    def add_loyalty_history_lines(self, coupon_data, coupon_updates):
        """Record what was earned and what was spent, not only the difference: the one is pending, the other is not."""
        ids = {each["old_id"]: int(each["id"]) for each in coupon_updates}
        spent = self._retail_spent_of_lots()
        grown = []
        for each in coupon_data:
            more = spent.get(ids.get(int(each["card_id"])) or int(each["card_id"]), 0.0)
            won = round(each["won"] - each["spent"] + more, 6)
            grown.append({**each, "won": won, "spent": more} if more > 0 and won >= 0 else each)
        return super().add_loyalty_history_lines(grown, coupon_updates)

    def _retail_spent_of_lots(self):
        """Return the points that rewards of the order cost, of cards with lots: ``{id of the card: points}``."""
        spent = defaultdict(float)
        # As the superuser: a cashier may have no rights on programs.
        for line in self.sudo().lines:
            if line.reward_id and line.coupon_id.program_id.retail_has_lots and not self.is_refund:
                spent[line.coupon_id.id] += line.points_cost
        return spent


class LoyaltyShare(models.Model):
    _inherit = "retail.loyalty.share"

    def _still_pending(self, card):
        """Return how many points of the card are pending of the orders of the shares: a return takes these first."""
        return self.env["retail.loyalty.lot"]._pending_of(card, self._sources())

    def _sources(self):
        return tuple({(share.order_model, share.order_id) for share in self})


class RetailLoyaltyPoints(models.Model):
    _inherit = "retail.loyalty.points"

    def _book(self, event_type, values):
        """Have the lots know which points are earned, and which are taken back."""
        source = self.earned_id or self
        with_source = with_own(self, retail_lot_sources=Sources(((self._name, source.id),)))
        return super(RetailLoyaltyPoints, with_source)._book(event_type, values)

    def _still_pending(self):
        """Return how many of the earned points are pending."""
        return self.env["retail.loyalty.lot"]._pending_of(self.card_id, ((self._name, self.id),))


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    retail_lot_count = fields.Integer(
        "Lots", compute="_compute_retail_lot_count", groups="retail_hub.group_user"
    )

    def _compute_retail_lot_count(self):
        rows = self.env["retail.loyalty.lot"]._read_group(
            [("card_id", "in", self.ids)], ["card_id"], ["__count"]
        )
        counts = {card.id: count for card, count in rows}
        for card in self:
            card.retail_lot_count = counts.get(card.id, 0)

    def action_retail_view_lots(self):
        """Open the card's lots."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("retail_hub.action_retail_loyalty_lot")
        return {**action, "domain": [("card_id", "=", self.id)], "context": {}}

    @api.depends("program_id", "points")
    def _compute_retail_engine(self):
        """For programs of Odoo, lots say what is pending, and what expires next."""
        result = super()._compute_retail_engine()
        # As the superuser: whoever may see the card may know what its points are.
        cards = self.sudo().filtered("program_id.retail_has_lots")
        domain = [("card_id", "in", cards.ids), ("state", "in", ("pending", "available"))]
        by_card = cards.env["retail.loyalty.lot"].search(domain).grouped("card_id") if cards else {}
        for card in self.filtered(lambda card: card in by_card):
            lots = by_card[card]
            expiring = lots.filtered(lambda lot: lot.state == "available" and lot.expires_on)
            first = expiring[:1].expires_on
            card.retail_pending = sum(lots.filtered(lambda lot: lot.state == "pending").mapped("left"))
            card.retail_expiring_on = first
            card.retail_expiring_points = sum(
                expiring.filtered(lambda lot, first=first: lot.expires_on == first).mapped("left")
            )
        return result


class MergePartners(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _merge_loyalty_cards(self, src_partners, dst_partner):
        """Points that are pending stay so: they become a part of the balance, which Odoo moves, and pend again."""
        # As the superuser: lots are the hub's own, and Odoo merges cards as the superuser.
        lots = self.env["retail.loyalty.lot"].sudo()
        pending = lots.search([("card_id.partner_id", "in", src_partners.ids), ("state", "=", "pending")])
        moved = [lot._release_to_merge() for lot in pending]
        result = super()._merge_loyalty_cards(src_partners, dst_partner)
        if not moved:
            return result
        self.env.flush_all()
        self.env.cr.flush()  # enters what was moved just now
        for program, points, day, source in moved:
            card = lots.env["loyalty.card"].search(
                [("program_id", "=", program.id), ("partner_id", "=", dst_partner.id)], limit=1
            )
            lots._pend(card, points, day, source)
        return result
