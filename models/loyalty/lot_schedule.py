"""Each hour, points become available whose day has come, and others expire."""

from odoo import api, fields, models

from .lot import Move

BATCH = 500


def _domains(today):
    """Return the domains of the lots that become available, and of those that expire."""
    due = [("state", "=", "pending"), ("available_on", "<=", today)]
    return due, [("state", "=", "available"), ("expires_on", "<", today)]


class RetailLoyaltyLot(models.Model):
    _inherit = "retail.loyalty.lot"

    @api.model
    def _cron_mature(self):
        """Have points become available, or expire, whose day has come."""
        count = self._mature(BATCH)
        self.env["ir.cron"]._commit_progress(count, remaining=int(count >= BATCH))

    @api.model
    def _mature(self, limit):
        """Do that for so many lots, and all others of their cards; return their number.

        What is done already is not found again. A card that fails does not stop others.
        """
        today = fields.Date.context_today(self)
        lots = self.browse().union(
            *(self.search(domain, order="card_id, id", limit=limit) for domain in _domains(today))
        )
        differences = self.env["retail.loyalty.difference"]
        count = sum(differences._attempt("matured", card, card) or 0 for card in lots.card_id)
        self._forget_figures()
        return count

    def _activate(self, card, _account):
        for lot in self:
            points = lot.left
            card._retail_move(Move.RELEASE, points, lot._source(), self.env._("Available"), sends_mail=True)
            owed = round(points - self._pay(card, points), 6)
            lot.write({"state": "available" if points > owed else "used", "left": round(points - owed, 6)})
        return len(self)

    def _expire(self, card, account):
        """Take what has expired, but nothing that is held for a checkout: that is taken when the hold has ended."""
        self.env["retail.loyalty.hold"]._expire(card)
        account.invalidate_recordset()
        free, expired, count = account.balance - account.held, 0.0, 0
        for lot in self:
            taken = max(min(lot.left, round(free - expired, 6)), 0)
            left = round(lot.left - taken, 6)
            if taken:
                lot.write({"left": left, "state": "available" if left else "expired"})
                count += 1
            expired = round(expired + taken, 6)
        if expired:
            card._retail_move(Move.EXPIRE, -expired, (), self.env._("Expired"))
        return count


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    def _retail_book_matured(self, *_options):
        """Have points of the card become available, or expire, whose day has come; return the number of lots."""
        account = self.env["retail.loyalty.account"]._of(self)
        account._lock()
        count, lots = 0, self.env["retail.loyalty.lot"]
        of_card, order = [("card_id", "=", self.id)], "expires_on, id"
        for domain, step in zip(
            _domains(fields.Date.context_today(self)), ("_activate", "_expire"), strict=True
        ):
            found = lots.search([*domain, *of_card], order=order)
            count += getattr(found, step)(self, account) if found else 0
        return count
