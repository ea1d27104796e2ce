"""Balances that differ between Odoo and a loyalty engine: found with each reading, explained, and corrected."""

import json

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..source.canonical_values import decimal
from ..source.capture import CapturedEvent
from ..source.loyalty_card import ADJUSTED
from ..source.origin import changes_from
from .entry import DIGITS
from .mirror import SMALLEST

ENGINE, RESTORED, ABSENT, REPLACED = "engine", "restored", "absent", "replaced"
OF_ENGINES = (ENGINE, RESTORED, ABSENT, REPLACED)


class RetailLoyaltyDifference(models.Model):
    _inherit = "retail.loyalty.difference"

    engine_balance = fields.Float("Balance at the Engine", digits=DIGITS, readonly=True)
    is_of_engine = fields.Boolean(compute="_compute_is_of_engine")
    cause = fields.Selection(
        selection_add=[
            (ENGINE, "Engine has another balance"),
            (RESTORED, "Engine lost transactions"),
            (ABSENT, "Deleted or merged at the engine"),
            (REPLACED, "Another member at the engine"),
        ],
        ondelete=dict.fromkeys(OF_ENGINES, "cascade"),
    )
    correction = fields.Selection(
        selection_add=[("follow", "Take engine's balance"), ("send", "Send Odoo's balance")]
    )

    _open_engine_unique = models.UniqueIndex(
        "(card_id) WHERE state = 'open' AND cause IN ('engine', 'restored', 'absent', 'replaced')"
    )

    @api.depends("cause")
    def _compute_is_of_engine(self):
        for each in self:
            each.is_of_engine = each.cause in OF_ENGINES

    @api.depends("points", "balance", "engine_balance", "cause")
    def _compute_difference(self):
        """Compare with the engine where that is what differs."""
        of_engines = self.filtered("is_of_engine")
        for each in of_engines:
            each.difference = each.balance - each.engine_balance
        return super(RetailLoyaltyDifference, self - of_engines)._compute_difference()

    @api.depends("cause")
    def _compute_correction(self):
        of_engines = self.filtered("is_of_engine")
        for each in of_engines:
            is_lost = each.cause in (RESTORED, ABSENT) or not each.program_id._retail_engine()
            each.correction = "send" if is_lost else "follow"
        return super(RetailLoyaltyDifference, self - of_engines)._compute_correction()

    @api.model
    def _cron_prove(self):
        """Also have all balances read from the engines again."""
        result = super()._cron_prove()
        self.env["retail.loyalty.account"]._read_all()
        return result

    @api.model
    def _note(self, found, known):
        """What differs from an engine ends when the engine is read again, not when cards are compared."""
        return super()._note(found, known.filtered(lambda each: not each.is_of_engine))

    @api.model
    def _note_engine(self, account, cause):
        """Note that the account differs from what the engine said, or that it does not.

        :param cause: of ``OF_ENGINES``; None if it does not differ
        """
        domain = [("card_id", "=", account.card_id.id), ("cause", "in", OF_ENGINES), ("state", "=", "open")]
        known = self.search(domain)
        now = fields.Datetime.now()
        values = {
            "points": account.card_id.points,
            "balance": account.balance,
            "engine_balance": account.remote_balance,
            "cause": cause,
        }
        if cause and known:
            known.write(values)
        elif cause:
            ids = {
                "card_id": account.card_id.id,
                "program_id": account.program_id.id,
                "company_id": account.company_id.id,
            }
            self.create({**values, **ids, "found_at": now})
        elif known:
            known.write({"state": "resolved", "ended_at": now})

    def action_follow_engine(self):
        """Set the cards to what the engine says, and enter that in the ledger."""
        for each in self._open_of_engine():
            each._account()._follow_engine()
            each._end_as_corrected()

    def action_send_balance(self):
        """Have the engine add or take the points by which it differs."""
        for each in self._open_of_engine():
            account = each._account()
            account._accept_member(is_wanted=True)
            account._send_change(account.balance - account.remote_balance, self.env._("Correction"))
            each._end_as_corrected()

    def _open_of_engine(self):
        """
        :raise AccessError: it is more than the user may correct
        :raise UserError: nothing of the selection differs from an engine
        """
        found = self.filtered(lambda each: each.state == "open" and each.is_of_engine)
        if not found:
            raise UserError(self.env._("None of the selected cards differs from a loyalty engine."))
        for each in found:
            each._check_may_correct()
        return found

    def _account(self):
        # As the superuser: whether the user may correct the card was checked.
        return self.env["retail.loyalty.account"].sudo()._of(self.sudo().card_id)

    def _end_as_corrected(self):
        # As the superuser: see above.
        self.sudo().write(
            {"state": "corrected", "ended_at": fields.Datetime.now(), "ended_by_id": self.env.uid}
        )


class RetailLoyaltyAccount(models.Model):
    _inherit = "retail.loyalty.account"

    def _enter_reading(self, reading):
        """Also note whether the ledger has what the engine has."""
        is_current = not self.read_at or reading.read_at >= self.read_at
        lost = self._lost_transactions(reading) if is_current and reading.membership else False
        is_settled = super()._enter_reading(reading)
        if is_current and reading.membership and not self._is_moving(reading):
            self._compare(lost)
        return is_settled

    def _is_moving(self, reading):
        """Return whether something is on its way, in either direction: then the balances differ for a while."""
        is_pending = any(each.state == "pending" for each in reading.transactions)
        return is_pending or self._unsent()[1] > 0

    def _compare(self, lost):
        self.env.cr.flush()  # enters what was changed just now
        self.invalidate_recordset()
        differs = abs(self.balance - self.remote_balance) > SMALLEST
        cause = (RESTORED if lost else ENGINE) if differs else None
        self.env["retail.loyalty.difference"]._note_engine(self, cause)

    def _lost_transactions(self, reading):
        """Return whether the engine does not know transactions any more that it once had, such as after a backup."""
        if not self.last_transaction or self._is_as_read(reading.membership):
            return False
        entries = self.env["retail.loyalty.entry"]
        domain = [("card_id", "=", self.card_id.id), ("remote_id", "!=", False)]
        known = set(entries.search(domain).mapped("remote_id"))
        listed = {each.id for each in reading.transactions}
        # After the last one that is known, there is nothing that is known: else the engine did not find it.
        return bool(known - listed) and (bool(known & listed) or not listed)

    def _follow_engine(self):
        """Set the card to what the engine has said, and enter that in the ledger."""
        self._accept_member(is_wanted=False)
        points = self.remote_balance - self.balance
        if abs(points) > SMALLEST:
            with changes_from(self.env.cr, self.program_id.retail_connector_id.id):
                self._enter_change("adjust", points, None, None, self.env._("Correction"))

    def _send_change(self, points, reason):
        """Have the engine, and no other system, change a balance. The card does not change.

        :param points: negative to take them
        """
        details = {
            "card": self.card_id._retail_identity(),
            "points": decimal(points),
            "reason": reason,
        }
        captured = CapturedEvent(
            ADJUSTED,
            self.card_id.id,
            is_fact=True,
            company_id=self.company_id.id or None,
            details=json.dumps(details),
        )
        self.env["retail.event"]._insert(
            "loyalty.card", [captured], connectors=self.program_id.retail_connector_id, is_manual=True
        )
