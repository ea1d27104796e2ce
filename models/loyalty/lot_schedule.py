"""Each hour, points become available whose day has come, and others expire."""

import logging

from psycopg2 import OperationalError

from odoo import api, fields, models

from ...core.tracebacks import without_values
from .lot import Move

_logger = logging.getLogger(__name__)

BATCH = 500


class RetailLoyaltyLot(models.Model):
    _inherit = "retail.loyalty.lot"

    @api.model
    def _cron_mature(self):
        """Have points become available, or expire, whose day has come."""
        count = self._mature(BATCH)
        self.env["ir.cron"]._commit_progress(count, remaining=int(count >= BATCH))

    @api.model
    def _mature(self, limit):
        """Do that for so many lots at most; return their number. What is done already is not found again."""
        today, count = fields.Date.context_today(self), 0
        due = [("state", "=", "pending"), ("available_on", "<=", today)]
        over = [("state", "=", "available"), ("expires_on", "<", today)]
        for domain, step in ((due, "_activate"), (over, "_expire")):
            lots = self.search(domain, order="card_id, expires_on, id", limit=limit - count)
            for of_card in lots.grouped("card_id").values():
                count += of_card._without_stopping(getattr(of_card, step))
        self._forget_figures()
        return count

    def _without_stopping(self, step):
        """Do a step for the lots of one card; return how many it changed. A card that fails does not stop others."""
        card = self.card_id
        try:
            with self.env.cr.savepoint():
                account = self.env["retail.loyalty.account"]._of(card)
                account._lock()
                return step(card, account)
        except OperationalError:  # somebody else changes the same card: the next run does it
            raise
        except Exception as error:  # overrides of cards and their history may raise anything
            _logger.error("Cannot update the lots of card %s\n%s", card.id, without_values(error))
        return 0

    def _activate(self, card, _account):
        for lot in self:
            points = lot.left
            card._retail_move(Move.RELEASE, points, lot._source(), self.env._("Available"), is_told=True)
            owed = round(points - self._pay(card, points), 6)
            lot.write({"state": "available" if points > owed else "used", "left": round(points - owed, 6)})
        return len(self)

    def _expire(self, card, account):
        """Take what has expired, but nothing that is held for a checkout: that is taken when the hold has ended."""
        self.env["retail.loyalty.hold"]._expire(card)
        account.invalidate_recordset()
        free, gone, count = account.balance - account.held, 0.0, 0
        for lot in self:
            taken = max(min(lot.left, round(free - gone, 6)), 0)
            left = round(lot.left - taken, 6)
            if taken:
                lot.write({"left": left, "state": "available" if left else "expired"})
                count += 1
            gone = round(gone + taken, 6)
        if gone:
            card._retail_move(Move.EXPIRE, -gone, (), self.env._("Expired"))
        return count
