"""Undoing a merge of cards: what was moved is moved back, as far as it is left."""

from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class Return(NamedTuple):
    """What is moved back when a merge is undone.

    :param moved: points that came from the merged card
    :param points: those of them that are left
    """

    moved: float
    points: float


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    retail_is_unmerged = fields.Boolean("Merge Undone", readonly=True, copy=False)
    retail_has_merged = fields.Boolean(compute="_compute_retail_has_merged")

    @api.depends("retail_merged_ids.retail_is_unmerged")
    def _compute_retail_has_merged(self):
        for card in self:
            card.retail_has_merged = not all(card.retail_merged_ids.mapped("retail_is_unmerged"))

    def _retail_return(self):
        """Return the :class:`Return` of a merged card. What is held for a checkout is not left."""
        entries = self.env["retail.loyalty.entry"].search(
            [("card_id", "=", self.id), ("order_model", "=", self._name)]
        )
        moved = round(-sum(entries.mapped("points")), 6)
        target = self.retail_merged_into_id
        left = max(target.points - target._retail_held()[target], 0)
        return Return(moved, min(moved, round(left, 6)))

    def _retail_unmerge(self, customer):
        """Give a merged card to a customer, with the points that are left; return it.

        At an engine they become a new member: the former one is still known there by the ID of the customer who was
        merged. What the engine books for that one later goes to the new card.

        :param customer: who has no card of the program
        :raise AccessError: the user is no manager
        :raise UserError: the merge was undone before, or the customer has a card
        """
        self.ensure_one()
        if not self.env.user.has_group("retail_hub.group_manager"):
            raise AccessError(self.env._("Only managers of Retail Hub may undo a merge."))
        target = self.retail_merged_into_id
        if not target or self.retail_is_unmerged or self.retail_erased_at:
            raise UserError(self.env._("There is no merge of this card that can be undone."))
        domain = [("program_id", "=", self.program_id.id), ("partner_id", "=", customer.id)]
        if self.search_count(domain, limit=1):
            raise UserError(
                self.env._("%(customer)s has a card of the program already.", customer=customer.display_name)
            )
        self.env.cr.flush()  # books what was changed just now
        returned = self._retail_return()
        card = self._retail_restored(customer, target)
        target._retail_move_back(card, returned)
        return card

    def _retail_restored(self, customer, target):
        """Return the card of the customer: a new one if the program has an engine."""
        if self.retail_former_code:  # the customer without a card had got the code
            code = self.retail_former_code
            target.code = self._generate_code()
            target.flush_recordset(["code"])
            self.write({"code": code, "retail_former_code": False})
            self.flush_recordset(["code"])
        if not self.program_id.retail_connector_id:
            values = {"active": True, "partner_id": customer.id, "retail_merged_into_id": False}
            self.write({**values, "retail_member_of": False})
            return self
        card = self._retail_reissue(customer)
        self.write({"retail_merged_into_id": card.id, "retail_is_unmerged": True})
        return card

    def _retail_move_back(self, card, returned):
        """
        :param returned: a :class:`Return`
        :raise UserError: a checkout has taken the points at this moment
        """
        accounts = self.env["retail.loyalty.account"]
        if returned.points > 0 and not accounts._reserve(self, str(returned.points)):
            raise UserError(self.env._("The points are being spent right now. Try again."))
        if returned.points:
            self._retail_note_move(-returned.points, card, self.env._("Merge undone"))
            card._retail_note_move(returned.points, self, self.env._("Merge undone"))
        if returned.points > 0:
            accounts._free(self, str(returned.points))
        values = {"code": card.code, "points": returned.points, "moved": returned.moved}
        text = self.env._(
            "Merge undone: %(points)g of %(moved)g points were moved back to card %(code)s.", **values
        )
        for each in (self, card):
            each.message_post(body=text)
