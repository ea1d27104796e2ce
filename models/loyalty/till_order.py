"""Orders of tills: the points that their rewards cost are taken once, with the order."""

from odoo import fields, models

from .mirror import SMALLEST


class PosOrder(models.Model):
    _inherit = "pos.order"

    retail_loyalty_claims = fields.Json(
        "Points at the Till",
        copy=False,
        help="What the till knew when the customer paid: for each card the points to redeem, the balance it showed, and"
        " when that was read.",
    )

    def action_pos_order_paid(self):
        result = super().action_pos_order_paid()
        self._retail_take_points()
        return result

    def _retail_take_points(self):
        """Take the points that the rewards of the order cost, each once."""
        for card in self._retail_redeemed():
            self.env["retail.loyalty.difference"]._attempt("redeemed", self, card)

    def _retail_book_redeemed(self, cards, _deducted):
        for card, points in self._retail_redeemed().items():
            if card in cards:
                self._retail_take(card, points)

    def _retail_redeemed(self):
        """Return ``{card (superuser): points}`` of rewards of programs whose points an engine owns."""
        redeemed = {}
        for line in self._retail_sold_rewards():
            program = line.reward_id.program_id
            if line.points_cost > 0 and program._retail_engine():
                card = line.order_id._retail_card(program) or line.coupon_id
                redeemed[card] = redeemed.get(card, 0.0) + line.points_cost
        redeemed.pop(self.env["loyalty.card"], None)
        return redeemed

    def _retail_sold_rewards(self):
        """Return the lines (superuser) of rewards that the customer got. Returned lines are left out."""
        # As the superuser: a cashier may have no rights on programs.
        return self.sudo().lines.filtered(
            lambda line: line.is_reward_line and line.qty > 0 and not line.refunded_orderline_id
        )

    def _retail_card(self, program):
        """Return the card of the order's customer: nobody pays with the points of others."""
        domain = [("program_id", "=", program.id), ("partner_id", "=", self.partner_id.id)]
        cards = self.env["loyalty.card"]
        return cards.search(domain, order="id", limit=1) if self.partner_id else cards

    def _retail_take(self, card, points):
        """Take points from the card of the order's customer, unless they were taken.

        :param card: as the superuser
        """
        differences = card.env["retail.loyalty.difference"]
        if card.partner_id != self.partner_id:
            holds = card.env["retail.loyalty.hold"]
            if not holds._of_redemption(self.uuid, card):
                holds.create({**self._retail_redemption(card, points), "state": "released"})
                differences._note_till(card, "owner", points, self, self._retail_claim(card))
            return
        if not self._retail_spend(card, points):
            return
        short = card._retail_held()[card] - card.points
        if short > SMALLEST:
            differences._note_till(card, "overdraft", min(short, points), self, self._retail_claim(card))

    def _retail_spend(self, card, points):
        """Spend points of a card, or a code, for this order, whether they are held or not. Return False if they were.

        :param card: as the superuser
        """
        holds = card.env["retail.loyalty.hold"]
        hold = holds._of_redemption(self.uuid, card)
        if hold.state == "committed":
            return False
        if hold.state == "held":
            hold._end("released")
        hold = hold or holds.create(self._retail_redemption(card, points))
        hold.write({"state": "committed", "spent": points, "ended_at": fields.Datetime.now()})
        hold._spend(points, description=self._retail_number(), order_model=self._name, order_id=self.id)
        return True

    def _retail_redemption(self, card, points):
        """Return the values of the hold of points that were not held."""
        return {
            **card.env["retail.loyalty.hold"]._key_of(self.uuid, card),
            "order_uuid": self.uuid,
            "reference": self.config_id.name,
            "card_id": card.id,
            "company_id": self.company_id.id,
            "points": points,
            "held_until": fields.Datetime.now(),
            "is_offline": bool(self._retail_claim(card).get("offline")),
        }

    def _retail_claim(self, card):
        """Return what the till says of a card: a dict. Nothing in it can be relied on."""
        claims = self.retail_loyalty_claims
        claim = claims.get(str(card.id)) if isinstance(claims, dict) else None
        return claim if isinstance(claim, dict) else {}

    def action_pos_order_cancel(self):
        result = super().action_pos_order_cancel()
        for order in self.filtered(lambda order: order.state == "cancel"):
            order.config_id._retail_release(order.uuid)
        return result

    # -- what Odoo's till asks for its own programs ------------------------------------------------

    def validate_coupon_programs(self, point_changes, new_codes):
        """Leave out the cards of engines: their points are held."""
        return super().validate_coupon_programs(self._retail_without_engines(point_changes), new_codes)

    def confirm_coupon_programs(self, coupon_data):
        """Leave out the cards of engines: their points are taken with the order, and earned at the engine."""
        return super().confirm_coupon_programs(self._retail_without_engines(coupon_data))

    def _retail_without_engines(self, by_card):
        """Return the entries that are about no card, and no program, whose points or codes an engine owns.

        :param by_card: ``{id of a card: points or a dict about the card}``, as the till sends it
        """
        # As the superuser: what is left out does not depend on who sells.
        cards, programs = self.env["loyalty.card"].sudo(), self.env["loyalty.program"].sudo()

        def is_of_engine(card_id, about):
            about = about if isinstance(about, dict) else {}
            domain = [
                "|",
                ("id", "in", [int(card_id), int(about.get("coupon_id") or 0)]),
                ("code", "in", [about[name] for name in ("code", "barcode") if about.get(name)]),
            ]
            named = programs.browse(int(about.get("program_id") or 0)).exists()
            found = named | cards.search(domain).program_id
            return any(each._retail_engine() or each.retail_code_connector_id for each in found)

        return {card_id: about for card_id, about in by_card.items() if not is_of_engine(card_id, about)}
