"""Cards whose balance the ledger does not prove, for people to look at and to correct."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..connector.notice import notice
from ..outbox.names import action_open
from .entry import DIGITS

CAUSES = [
    ("card", "Card changed in the database"),
    ("unknown", "Points from before the ledger"),
    ("ledger", "Ledger changed in the database"),
    ("lots", "Lots changed in the database"),
]
# Of what the proof finds.
CORRECTIONS = {"card": "reset", "unknown": "enter", "ledger": "look", "lots": "match"}


class RetailLoyaltyDifference(models.Model):
    _name = "retail.loyalty.difference"
    _description = "Loyalty Difference"
    _inherit = ["retail.checked", "retail.loyalty.card.names"]
    _order = "found_at desc, id desc"
    _rec_name = "card_id"

    card_id = fields.Many2one("loyalty.card", required=True, readonly=True, ondelete="cascade", index=True)
    program_id = fields.Many2one("loyalty.program", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(
        "res.company", readonly=True, ondelete="cascade", help="Empty: the program is for all companies."
    )
    found_at = fields.Datetime("Found", required=True, readonly=True)
    holder_name = fields.Char(
        "Customer or Card", compute="_compute_holder_name", help="Of a card that belongs to nobody: the card."
    )
    points = fields.Float(
        "Points on the Card", digits=DIGITS, readonly=True, help="The points of the card when this was found."
    )
    balance = fields.Float(
        "Balance by the Ledger", digits=DIGITS, readonly=True, help="The balance by the ledger."
    )
    difference = fields.Float(
        digits=DIGITS,
        compute="_compute_difference",
        help="The points on the card minus the balance by the ledger.",
    )
    cause = fields.Selection(CAUSES, "Likely Cause", required=True, readonly=True)
    correction = fields.Selection(
        [
            ("reset", "Set to ledger balance"),
            ("enter", "Enter in ledger"),
            ("look", "Compare with a backup"),
            ("match", "Match lots to ledger"),
        ],
        "Proposed Correction",
        compute="_compute_correction",
    )
    state = fields.Selection(
        [("open", "Open"), ("corrected", "Corrected"), ("resolved", "Resolved")],
        default="open",
        required=True,
        readonly=True,
    )
    ended_at = fields.Datetime("Ended", readonly=True)
    ended_by_id = fields.Many2one("res.users", "Corrected By", readonly=True)

    _open_unique = models.UniqueIndex(
        "(card_id) WHERE state = 'open' AND cause IN ('card', 'unknown', 'ledger', 'lots')"
    )

    @api.depends("card_name", "customer_name")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_holder_name(self):
        for each in self:
            each.holder_name = each.customer_name or each.card_name

    @api.depends("points", "balance")
    def _compute_difference(self):
        for each in self:
            each.difference = each.points - each.balance

    @api.depends("cause")
    def _compute_correction(self):
        for each in self:
            each.correction = CORRECTIONS.get(each.cause)

    # -- finding -----------------------------------------------------------------------------------

    @api.model
    def _cron_prove(self):
        """Compare all cards with the ledger, and note the differences."""
        known = self.search([("state", "=", "open"), ("cause", "in", list(CORRECTIONS))])
        self._note(self.env["retail.loyalty.proof"]._differences(), known)

    @api.model
    def _note(self, found, known):
        """Note the differences that were found, and end those that were not.

        :param found: a list of :class:`~.proof.Difference`
        :param known: the open differences of the cards that were compared
        """
        by_card = {each.card_id: each for each in found}
        now = fields.Datetime.now()
        for each in known:
            new = by_card.pop(each.card_id.id, None)
            if new:
                each.write({"points": new.points, "balance": new.balance, "cause": new.cause})
            else:
                each.write({"state": "resolved", "ended_at": now})
        cards = {card.id: card for card in self.env["loyalty.card"].browse(by_card)}
        self.create(
            [
                {
                    **each._asdict(),
                    "program_id": cards[each.card_id].program_id.id,
                    "company_id": cards[each.card_id].company_id.id,
                    "found_at": now,
                }
                for each in by_card.values()
            ]
        )

    def action_open_card(self):
        """Open the card."""
        self.ensure_one()
        return action_open(self.env, "loyalty.card", self.card_id.id)

    def action_prove(self):
        """Compare all cards with the ledger now, and show the differences."""
        self.check_access("read")
        # As the superuser: the comparison is of all cards; the list shows what the user may see.
        self.sudo()._cron_prove()
        count = self.search_count([("state", "=", "open")])
        if not count:
            return notice("success", self.env._("All balances match the ledger."))
        return notice("warning", self.env._("Cards that do not match the ledger: %(count)s.", count=count))

    # -- correcting --------------------------------------------------------------------------------

    def action_reset_card(self):
        """Set the cards to the ledger's balance."""
        self._correct(lambda card, new: card._retail_set_points(new.balance), ("card", "unknown"))

    def action_enter(self):
        """Enter the difference in the ledger, so that it proves the cards' points."""

        def enter(card, new):
            # As the superuser: users book nothing themselves; whether they may was checked.
            self.env["retail.loyalty.entry"].sudo()._book(card, "adjust", new.points - new.balance)

        self._correct(enter, ("card", "unknown"))

    def action_match_lots(self):
        """Have the lots add up to what the ledger says."""
        self._correct(lambda card, _new: card.env["retail.loyalty.lot"]._match(card), ("lots",))

    def _correct(self, change, causes):
        """Correct the differences as they are now.

        :param change: takes the card (as the superuser) and its :class:`~.proof.Difference`
        :param causes: for which this helps
        """
        for each in self.filtered(lambda each: each.state == "open" and each.cause in CORRECTIONS):
            each._check_may_correct()
            # As the superuser: whether the user may correct the card was checked.
            card = each.sudo().card_id
            new = next(iter(self.env["retail.loyalty.proof"]._differences(card)), None)
            if new and new.cause not in causes:
                self._check_fits(new, each.card_name)
                raise UserError(
                    self.env._(
                        "The ledger of %(card)s was changed in the database. Compare it with a backup first.",
                        card=each.card_name,
                    )
                )
            if new:
                change(card, new)
            # As the superuser: see above.
            each.sudo().write(
                {"state": "corrected", "ended_at": fields.Datetime.now(), "ended_by_id": self.env.uid}
            )

    @api.model
    def _check_fits(self, difference, card_name):
        """
        :raise UserError: another correction is needed
        """
        if difference.cause == "ledger":
            return
        if difference.cause == "lots":
            message = self.env._("Choose Match Lots for %(card)s: only its lots differ.", card=card_name)
        else:
            message = self.env._("Correct the points of %(card)s first.", card=card_name)
        raise UserError(message)

    def _check_may_correct(self):
        """
        :raise AccessError: it is more than the user may correct
        """
        self.ensure_one()
        company = self.company_id or self.env.company
        if company._retail_needs_manager(self.difference):
            raise AccessError(
                self.env._(
                    "A manager has to approve this correction: %(card)s differs by %(points)g points, and you may"
                    " correct up to %(limit)g.",
                    card=self.card_name,
                    points=abs(self.difference),
                    limit=company.retail_loyalty_limit,
                )
            )
