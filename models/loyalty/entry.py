"""The ledger of points: one row for each change of a card's balance, which nobody can change or delete.

Odoo's ``loyalty.card.points`` is a number of its own, and lines of ``loyalty.history`` are deleted when an order is
cancelled: they show the balance, and the ledger proves it.
"""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..outbox.names import action_open, record_names
from ..outbox.unchecked_many2one import UncheckedMany2one

DIGITS = (32, 6)  # of an amount of points; a card's own are a float, which is rounded to so many decimals
KINDS = [
    ("opening", "Opening Balance"),
    ("earn", "Earned"),
    ("redeem", "Redeemed"),
    ("reverse", "Reversed"),
    ("adjust", "Adjusted"),
    ("expire", "Expired"),
    ("pending", "Became Pending"),
    ("available", "Became Available"),
    ("delete", "Card Deleted"),
    ("erase", "Member Erased"),
]


class RetailLoyaltyEntry(models.Model):
    _name = "retail.loyalty.entry"
    _description = "Loyalty Ledger Entry"
    _inherit = ["retail.checked", "retail.loyalty.card.names"]
    _order = "id desc"
    _log_access = False

    # Not foreign keys: an entry outlives its card and its program.
    card_id = UncheckedMany2one("loyalty.card", required=True, readonly=True)
    program_id = UncheckedMany2one("loyalty.program", required=True, readonly=True)
    company_id = UncheckedMany2one(
        "res.company", readonly=True, help="Empty: the program is for all companies."
    )
    kind = fields.Selection(KINDS, required=True, readonly=True)
    points = fields.Float(
        digits=DIGITS, required=True, readonly=True, help="Negative if the card lost points."
    )
    balance = fields.Float("Balance After", digits=DIGITS, required=True, readonly=True)
    booked_at = fields.Datetime("Booked", required=True, readonly=True)
    user_id = UncheckedMany2one("res.users", readonly=True)
    order_model = fields.Char("Document Model", readonly=True)
    order_id = fields.Many2oneReference("Document ID", model_field="order_model", readonly=True)
    order_name = fields.Char("Document", compute="_compute_order_name")
    connector_id = UncheckedMany2one("retail.connector", "Engine", readonly=True)
    remote_id = fields.Char("Transaction", readonly=True, help="The ID of the transaction at the engine.")

    _card_idx = models.Index("(card_id, id)")
    _remote_unique = models.UniqueIndex("(connector_id, remote_id) WHERE remote_id IS NOT NULL")
    _order_idx = models.Index("(order_id, order_model) WHERE order_id IS NOT NULL")

    def init(self):
        """Have PostgreSQL refuse changes, and enter the balances that cards have already."""
        result = super().init()
        self.env.cr.execute(
            SQL(
                """
                CREATE OR REPLACE FUNCTION retail_loyalty_entry_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    RAISE EXCEPTION 'Entries of the loyalty ledger cannot be changed or deleted.';
                END $$;
                CREATE OR REPLACE TRIGGER retail_loyalty_entry_is_final
                 BEFORE UPDATE OR DELETE OR TRUNCATE ON retail_loyalty_entry
                 EXECUTE FUNCTION retail_loyalty_entry_is_final()
                """
            )
        )
        return result

    @api.depends("order_model", "order_id")
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_order_name(self):
        names = record_names(self.env, {(each.order_model, each.order_id) for each in self if each.order_id})
        for entry in self:
            entry.order_name = names.get((entry.order_model, entry.order_id))

    @api.depends("card_id", "kind")
    @api.depends_context("lang")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for entry in self:
            entry.display_name = f"{kinds[entry.kind]} (#{entry.id})"

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        """Refuse it: entries are booked with the change of the balance, by :meth:`_book`."""
        raise UserError(self._final_message())

    def write(self, vals):  # pylint: disable=method-required-super
        """Refuse it."""
        raise UserError(self._final_message())

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self._final_message())

    @api.model
    def _final_message(self):
        return self.env._("Entries of the loyalty ledger cannot be added, changed or deleted by hand.")

    def action_open_order(self):
        """Open the order with which the points came or went."""
        self.ensure_one()
        return action_open(self.env, self.order_model, self.order_id)

    @api.model
    def _book(self, card, kind, points, order=None, remote=(None, None)):
        """Change the balance of a card's account, and enter that.

        A second transaction that books on the same card waits, and is repeated by Odoo with the new balance.

        :param points: a float, negative if the card loses points
        :param order: ``(model, id)`` of the order with which they come or go
        :param remote: (id of the engine's connector, the engine's id of the change), of a change that it made
        """
        order_model, order_id = order or (None, None)
        self.env.execute_query(
            SQL(
                """
                WITH account AS (
                     INSERT INTO retail_loyalty_account AS a (card_id, program_id, company_id, balance)
                     VALUES (%(card)s, %(program)s, %(company)s, round(%(points)s::numeric, 6))
                ON CONFLICT (card_id) DO UPDATE SET balance = a.balance + EXCLUDED.balance
                  RETURNING a.balance
                )
                INSERT INTO retail_loyalty_entry (
                       card_id, program_id, company_id, kind, points, balance, booked_at, user_id, order_model,
                       order_id, connector_id, remote_id)
                SELECT %(card)s, %(program)s, %(company)s, %(kind)s, round(%(points)s::numeric, 6), balance,
                       clock_timestamp() AT TIME ZONE 'UTC', %(user)s, %(order_model)s, %(order_id)s,
                       %(connector)s, %(remote)s
                  FROM account RETURNING id
                """,
                card=card.id,
                program=card.program_id.id,
                company=card.company_id.id or None,
                kind=kind,
                points=points,
                user=self.env.uid,
                order_model=order_model,
                order_id=order_id,
                connector=remote[0],
                remote=remote[1],
            )
        )
        self.env["retail.loyalty.account"].invalidate_model()
