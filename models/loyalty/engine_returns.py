"""Returns of orders whose points a loyalty engine owns: the hub takes back what the engine does not.

For engines that cannot reverse a part of an order, it keeps the shares of what they gave, and takes back what returned
lines had. Of others, an outcome says which points they left with the customer. Each change is sent.
"""

from odoo import api, models
from odoo.fields import Domain

from ...tools.own_context import with_own
from ..source.loyalty_history import REVERSED


class LoyaltyProgram(models.Model):
    _inherit = "loyalty.program"

    def _retail_counts_shares(self, of_rewards=False):
        """Also count those of engines that take back points of whole orders only, or of none."""
        if super()._retail_counts_shares(of_rewards):
            return True
        abilities = self._retail_abilities()
        is_counted = bool(abilities) and (of_rewards or not abilities.reverses_parts)
        return is_counted and self._retail_keeps_points()

    def _retail_abilities(self):
        """Return the :class:`~...connectors.loyalty.LoyaltyAbilities` of the engine that owns the points, or None."""
        provider = self._retail_engine()._get_provider()
        return provider.loyalty if provider else None

    def _retail_unit(self):
        """Where the engine takes whole points only, parts of returns are whole, too."""
        # As the superuser: whoever sells may have no rights on connectors.
        provider = self.sudo().retail_connector_id._get_provider()
        if provider and provider.loyalty and not provider.loyalty.has_fractions:
            return 1
        return super()._retail_unit()


class LoyaltyShare(models.Model):
    _inherit = "retail.loyalty.share"

    @api.model
    def _add_earned(self, order, card, points):
        """Keep the shares of points that an engine gave for an order, and reverse at once what was returned before.

        An engine may give points for one order in several transactions.
        """
        lines = order._retail_point_lines()
        if not card.program_id._retail_counts_shares() or all(each.reward for each in lines):
            return
        own = self._of(order).filtered(lambda share: share.card_id == card and not share.reward_line_id)
        known = {share.line_id: share for share in own}
        rows = self._rows_of_earned(order, card, points, lines)
        for row in rows:
            if row["line_id"] in known:
                known[row["line_id"]].earned += row["earned"]
        self.create([row for row in rows if row["line_id"] not in known])
        document = order._retail_last_return()
        if document:
            self._book_returns(order, document)


class PosOrder(models.Model):
    _inherit = "pos.order"

    def action_pos_order_paid(self):
        """Also keep the shares of points of an engine that the order spent."""
        result = super().action_pos_order_paid()
        if self._retail_redeemed():
            self.env["retail.loyalty.difference"]._attempt("shared", self)
        return result

    def _retail_last_return(self):
        """Return the newest document that returns what the order sold, empty if there is none."""
        return self.lines.refund_orderline_ids.order_id.sorted("id")[-1:]


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _retail_last_return(self):
        """Return the newest document that returns what the order sold, None if there is none."""
        documents = [record for records in self._retail_return_documents() for record in records]
        return max(documents, key=lambda each: each.create_date, default=None)

    def _action_cancel(self):
        """Take back what an engine gave for the orders: Odoo knows of nothing that they earned."""
        # As the superuser: whoever sells may have no rights on cards, and shares are the hub's own.
        orders = self.sudo().filtered(lambda order: order.state == "sale")
        left = {order: order._retail_left_of_engine() for order in orders}
        result = super()._action_cancel()
        for order, by_card in left.items():
            for card, points in by_card.items():
                card._retail_take_back(points, order, self.env._("Cancelled %(order)s", order=order.name))
        return result

    def _retail_left_of_engine(self):
        """Return what the order earned at engines and was not reversed: ``{card: points}``."""
        shares = (
            self.env["retail.loyalty.share"]
            ._of(self)
            .filtered(lambda share: not share.reward_line_id and share.program_id._retail_engine())
        )
        by_card = shares.grouped("card_id").items()
        return {card: sum(each.earned - each.earned_back for each in of_card) for card, of_card in by_card}


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    def _retail_take_back(self, points, document, description):
        """Take points back that an order earned, with its cancellation or a return.

        :param description: for the history
        """
        if not points:
            return
        history = with_own(
            self.env["loyalty.history"],
            retail_change=REVERSED,
            retail_document=(document._name, document.id),
        )
        history.create({"card_id": self.id, "description": description, "used": points})
        self.with_context(loyalty_no_mail=True).points -= points


class RetailDelivery(models.Model):
    _inherit = "retail.delivery"

    @api.model
    def _after_arrival(self, connector, deliveries):
        """Take back what an engine has left with customers whose goods came back."""
        result = super()._after_arrival(connector, deliveries)
        for each in deliveries:
            if each.error is None and each.outcome.kept_points:
                document = self.env[each.claim.res_model].browse(each.claim.res_id).exists()
                for kept in each.outcome.kept_points if document else ():
                    self._take_back_kept(document, kept)
        return result

    @api.model
    def _take_back_kept(self, document, kept):
        """Take back points once for a document: an event may be replayed.

        :param kept: a :class:`~...connectors.loyalty.KeptPoints`
        """
        card = self._card_of_member(kept)
        of_document = [("order_model", "=", document._name), ("order_id", "=", document.id)]
        taken = [("kind", "=", "reverse"), ("points", "<", 0), ("connector_id", "=", False), *of_document]
        entries = self.env["retail.loyalty.entry"]
        if card and not entries.search_count([("card_id", "=", card.id), *taken], limit=1):
            description = self.env._("Return %(document)s", document=document.display_name)
            card._retail_take_back(float(kept.points), document, description)

    @api.model
    def _card_of_member(self, kept):
        """Return the card that has the points of a member: of one who was merged in Odoo, the card that remained."""
        of_program = Domain("program_id", "=", int(kept.program_id))
        is_own = Domain("active", "=", True) & Domain("partner_id", "=", int(kept.customer_id))
        is_merged = Domain("retail_member_of", "=", kept.customer_id)
        cards = self.env["loyalty.card"].with_context(active_test=False)
        found = cards.search(of_program & (is_own | is_merged)).with_context(active_test=True)
        return (found.filtered("active") or found.retail_merged_into_id)[:1]


class RetailLoyaltyAccount(models.Model):
    _inherit = "retail.loyalty.account"

    def _enter_reading(self, reading):
        """Share out what was earned. What is reversed by that is a change of Odoo's, and is sent to the engine."""
        before = self._last_entry()
        is_settled = super()._enter_reading(reading)
        self.env.cr.flush()
        domain = [("card_id", "=", self.card_id.id), ("id", ">", before), ("kind", "=", "earn")]
        for entry in self.env["retail.loyalty.entry"].search(
            [*domain, ("order_id", "!=", False)], order="id"
        ):
            order = self.env[entry.order_model].browse(entry.order_id).exists()
            if order and entry.remote_id:
                self.env["retail.loyalty.share"]._add_earned(order, self.card_id, entry.points)
        return is_settled

    def _last_entry(self):
        return self.env["retail.loyalty.entry"].search([("card_id", "=", self.card_id.id)], limit=1).id or 0
