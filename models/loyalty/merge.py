"""Merging customers who have cards of one program: one card gets the points of the others.

Odoo adds up the balances itself, but an engine cannot merge members. So the points are moved by entries of the ledger
that name the other card, and at an engine from one member to the other. The card that lost its points is archived, and
still stands for the member that the engine has: what is booked on it later is moved, too.
"""

import json
from collections import Counter

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.own_context import own_value, with_own
from ..source.origin import changes_from, origin_of
from ..source.pending import pending, take_pending

MOVED = "retail_hub.moved_points"
# The programs whose cards Odoo merges.
OF_CUSTOMERS = Domain("program_id.applies_on", "=", "both") | (
    Domain("program_id.program_type", "in", ("ewallet", "loyalty"))
    & Domain("program_id.applies_on", "=", "future")
)
# Values of a context key, whether a move is sent to the engine. No client can send them.
SENT, UNSENT = object(), object()
FOLLOWING = ("retail.loyalty.points", "retail.loyalty.share")  # what cards have earned, which may be reversed


class PartnerMerge(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _merge_loyalty_cards(self, src_partners, dst_partner):
        """Move the points first. Odoo then finds nothing to add up, and archives the cards without points."""
        # As the superuser, as Odoo does it: whoever merges customers may have no rights on cards.
        src_partners.sudo()._retail_merge_cards(dst_partner.sudo())
        return super()._merge_loyalty_cards(src_partners, dst_partner)


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _retail_merge_cards(self, survivor):
        """Have the customer's cards take over the points of those of these customers, who are about to be merged."""
        cards = self.env["loyalty.card"]
        merged = cards.search(Domain("partner_id", "in", self.ids) & OF_CUSTOMERS, order="id")
        for program, of_program in merged.grouped("program_id").items():
            if not program._retail_keeps_points():
                continue
            target = cards.search(
                [("partner_id", "=", survivor.id), ("program_id", "=", program.id)], limit=1
            )
            if not target and program.retail_connector_id:
                target = of_program[0]._retail_reissue(survivor)
            target = target or of_program[0]
            for card in of_program - target:
                card._retail_merge_into(target)


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    retail_merged_into_id = fields.Many2one(
        "loyalty.card", "Merged Into", readonly=True, copy=False, index="btree_not_null", ondelete="set null"
    )
    retail_merged_ids = fields.One2many(
        "loyalty.card", "retail_merged_into_id", "Merged Cards", context={"active_test": False}, readonly=True
    )
    retail_member_of = fields.Char(
        "Member's Customer ID",
        readonly=True,
        copy=False,
        help="If the member was merged: the customer ID by which remote systems still know them.",
    )
    retail_former_code = fields.Char(
        readonly=True, copy=False, help="The code that the other card took over."
    )

    def write(self, vals):
        """Have the points passed on that a merged card still gets, such as from an order that is cancelled."""
        result = super().write(vals)
        if "points" in vals:
            for card in self.filtered("retail_merged_into_id"):
                card._retail_moved()[card.id] += 0
        return result

    def _retail_note_change(self, event_type, points, **details):
        """Note what the engine did with a merged member. What Odoo does with its card, only the other member gets."""
        sent = own_value(self.env, "retail_is_sent")
        if self.retail_merged_into_id and sent is None:
            is_engines = origin_of(self.env.cr) == self.program_id.retail_connector_id.id
            self._retail_moved()[self.id] += points if is_engines else 0
            sent = SENT if is_engines else UNSENT
        if sent is UNSENT:
            details["is_of_odoo_only"] = True
        return super()._retail_note_change(event_type, points, **details)

    def _retail_moved(self):
        """Return ``{card id: points that the engine gave}`` of the merged cards that were changed, until precommit."""
        # As the superuser: whoever sells may have no rights on cards.
        pass_on = self.env(su=True, context={})["loyalty.card"]._retail_pass_on
        return pending(self.env.cr, MOVED, Counter, pass_on)

    def _retail_known_customer(self):
        return self.retail_member_of or super()._retail_known_customer()

    # -- merging -----------------------------------------------------------------------------------

    def _retail_reissue(self, customer):
        """Return a new card for a customer who had none. It gets the code, which may be printed on a card.

        The card itself stays that of the member whom the engine knows, and who cannot become another customer there.
        """
        code = self.code
        self.write({"code": self._generate_code(), "retail_former_code": code})
        self.flush_recordset(["code"])
        values = {
            "program_id": self.program_id.id,
            "partner_id": customer.id,
            "code": code,
            "expiration_date": self.expiration_date,
            "retail_consented_at": self.retail_consented_at,
            "retail_consent_source": self.retail_consent_source,
        }
        return self.with_context(loyalty_no_mail=True).create(values)

    def _retail_merge_into(self, target):
        """Move all that the card has to another one of the program."""
        self.env.cr.flush()  # books what was changed just now
        customer_id, name, points = self._retail_known_customer(), self.partner_id.display_name, self.points
        self._retail_know_member()
        sent = SENT if self._retail_is_member() else UNSENT
        self._retail_move_points(target, round(points, 6), sent)
        self.env["retail.loyalty.hold"]._follow_card(self, target)
        for model in FOLLOWING:
            self.env[model].search([("card_id", "=", self.id)]).card_id = target
        self.retail_merged_ids.retail_merged_into_id = target
        self.write({"retail_merged_into_id": target.id, "retail_member_of": customer_id})
        values = {"code": self.retail_former_code or self.code, "customer": name, "points": points}
        text = self.env._(
            "Merged with card %(code)s of %(customer)s: %(points)g points came from it.", **values
        )
        target.message_post(body=text)
        self.message_post(body=self.env._("Merged into card %(code)s.", code=target.code))
        self.env["retail.loyalty.account"]._read_soon(self | target)

    def _retail_move_points(self, target, points, sent):
        """
        :param points: negative to move a debt
        :param sent: ``UNSENT`` if the engine does not have them on this card
        """
        if points:
            self._retail_note_move(-points, target, self.env._("Merged"), sent)
            target._retail_note_move(points, self, self.env._("Merged"))

    def _retail_note_move(self, points, other, reason, sent=SENT):
        history = with_own(
            self.env["loyalty.history"], retail_document=(self._name, other.id), retail_is_sent=sent
        )
        amounts = {"issued": points} if points > 0 else {"used": -points}
        history.create({"card_id": self.id, "description": f"{reason}: {other.code}", **amounts})
        card = with_own(self, retail_is_sent=sent).with_context(loyalty_no_mail=True, tracking_disable=True)
        card.points += points

    @api.model
    def _retail_pass_on(self):
        """Precommit hook: move what merged cards have got. May run several times in a transaction."""
        moved = take_pending(self.env.cr, MOVED) or {}
        # What was changed before keeps its origin: what the engine did itself is not sent to it.
        self._retail_capture_points()
        self.env["retail.capture"]._retail_insert_captured()
        with changes_from(self.env.cr, None):
            for card in self.browse(sorted(moved)).exists():
                target, of_engine = card.retail_merged_into_id, round(moved[card.id], 6)
                if target:
                    of_odoo = round(card.points - of_engine, 6)
                    card._retail_move_points(target, of_engine, SENT)
                    card._retail_move_points(target, of_odoo, UNSENT)

    # -- the member at the engine ------------------------------------------------------------------

    def _retail_is_member(self):
        """Return whether the engine has the card's member, or may have it. What only waits to be sent is not sent.

        A card of a program without an engine counts as one.
        """
        connector = self.program_id.retail_connector_id
        if not connector or self._retail_binding():
            return True
        unsent = self.env["retail.delivery"]._waiting_facts(self)
        unsent.filtered(lambda delivery: delivery.connector_id == connector)._cancel(
            self.env._("The card was merged into another one before it was sent.")
        )
        return self.env["retail.delivery"]._has_unfinished(connector, self._name, self.ids)

    def _retail_binding(self):
        connector = self.program_id.retail_connector_id
        return self.env["retail.binding"]._of_records(connector, self._name, self.ids)

    def _retail_know_member(self):
        """Link the card to the member that only a reading has found, while it is clear which one that is."""
        account = self.env["retail.loyalty.account"].search([("card_id", "=", self.id)])
        connector = self.program_id.retail_connector_id
        if account.remote_id and connector and not self._retail_binding():
            self.env["retail.binding"].create(
                {
                    "connector_id": connector.id,
                    "res_model": self._name,
                    "res_id": self.id,
                    "remote_id": account.remote_id,
                }
            )


class RetailEvent(models.Model):
    _inherit = "retail.event"

    @api.model
    def _is_for_engine(self, model, row, programs):
        """An engine does not get changes of cards whose members it does not have, or has merged."""
        is_of_odoo_only = row.details and json.loads(row.details).get("is_of_odoo_only")
        return not is_of_odoo_only and super()._is_for_engine(model, row, programs)


class RetailLoyaltyHold(models.Model):
    _inherit = "retail.loyalty.hold"

    @api.model
    def _follow_card(self, card, target):
        """Have what is held of a card held of the one that got its points."""
        held = self.search([("card_id", "=", card.id), ("state", "=", "held")])
        if not held:
            return
        points = sum(held.mapped("points"))
        held.card_id = target
        accounts = self.env["retail.loyalty.account"]
        accounts._of(target)
        for of_card, change in ((card, -points), (target, points)):
            self.env.execute_query(
                SQL(
                    "UPDATE retail_loyalty_account SET held = COALESCE(held, 0) + round(%s::numeric, 6)"
                    " WHERE card_id = %s RETURNING id",
                    change,
                    of_card.id,
                )
            )
        accounts.invalidate_model(["held"])
