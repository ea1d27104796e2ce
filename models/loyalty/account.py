"""The account of a card: its balance by the ledger, in a row of its own that a transaction can lock."""

from odoo import fields, models
from odoo.tools import SQL

from ..outbox.unchecked_many2one import UncheckedMany2one
from .entry import DIGITS


class RetailLoyaltyAccount(models.Model):
    _name = "retail.loyalty.account"
    _description = "Loyalty Account"
    _inherit = ["retail.checked"]
    _log_access = False
    _rec_name = "card_id"

    card_id = UncheckedMany2one("loyalty.card", required=True, readonly=True)
    program_id = UncheckedMany2one("loyalty.program", required=True, readonly=True)
    company_id = UncheckedMany2one(
        "res.company", readonly=True, help="Empty: the program is for all companies."
    )
    balance = fields.Float(digits=DIGITS, required=True, readonly=True)

    _card_unique = models.UniqueIndex("(card_id)")

    def init(self):
        """Open the accounts of the cards that there are, when the ledger is new."""
        result = super().init()
        programs = self.env["loyalty.program"]._retail_keeping_points()
        self.env.cr.execute(
            SQL(
                """
                WITH account AS (
                    INSERT INTO retail_loyalty_account (card_id, program_id, company_id, balance)
                    SELECT c.id, c.program_id, c.company_id, round(c.points::numeric, 6) FROM loyalty_card c
                     WHERE c.program_id = ANY(%s) AND round(c.points::numeric, 6) != 0
                       AND NOT EXISTS (SELECT FROM retail_loyalty_account)
                 RETURNING card_id, program_id, company_id, balance
                )
                INSERT INTO retail_loyalty_entry (card_id, program_id, company_id, kind, points, balance, booked_at)
                SELECT card_id, program_id, company_id, 'opening', balance, balance,
                       statement_timestamp() AT TIME ZONE 'UTC'
                  FROM account
                """,
                programs.ids,
            )
        )
        return result
