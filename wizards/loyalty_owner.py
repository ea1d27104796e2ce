"""Linking a program to a loyalty engine, and switching who owns its points, after a comparison of all balances."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import formatLang

from ..connectors.loyalty import EngineProgram
from ..models.loyalty.engine import ENGINE, ODOO
from ..models.outbox.names import action_dialog

OWNERS = [(ODOO, "Odoo"), (ENGINE, "Loyalty engine")]


class RetailLoyaltyOwner(models.TransientModel):
    _name = "retail.loyalty.owner"
    _description = "Owner of Loyalty Points"
    _inherit = ["retail.checked"]

    program_id = fields.Many2one("loyalty.program", readonly=True, ondelete="cascade")
    engine_id = fields.Many2one(
        "retail.connector",
        "Loyalty Engine",
        ondelete="cascade",
        domain="[('is_loyalty_engine', '=', True)]",
    )
    remote_program = fields.Char("Program ID")
    remote_wallet = fields.Char("Wallet ID")
    present_owner = fields.Selection(OWNERS, "Owner Now", compute="_compute_comparison")
    owner = fields.Selection(OWNERS, "New Owner", required=True, default=ENGINE)
    balances_of = fields.Selection(
        [(ENGINE, "Take those of the engine"), (ODOO, "Send those of Odoo")],
        "Where Balances Differ",
        required=True,
        default=ODOO,
    )
    is_linked = fields.Boolean(compute="_compute_comparison")
    card_count = fields.Integer("Cards", compute="_compute_comparison")
    unread_count = fields.Integer("Not Compared Yet", compute="_compute_comparison")
    stranger_count = fields.Integer("Not Members There", compute="_compute_comparison")
    different_count = fields.Integer("Different Balances", compute="_compute_comparison")
    effect = fields.Char("Changes of Balances", compute="_compute_effect")

    @api.depends("program_id.retail_connector_id")
    def _compute_comparison(self):
        for each in self:
            program = each.program_id
            each.is_linked = bool(program.retail_connector_id)
            each.present_owner = program.retail_owner
            comparison = program._retail_comparison()
            each.card_count = comparison.cards
            each.unread_count = comparison.unread
            each.stranger_count = comparison.strangers
            each.different_count = comparison.different

    @api.depends("balances_of", "program_id.retail_connector_id")
    def _compute_effect(self):
        for each in self:
            connector = each.program_id.retail_connector_id
            effect = each.program_id._retail_effect(each.balances_of)
            texts = [
                each.env._(
                    "%(added)s points are added and %(removed)s points removed in %(system)s.",
                    added=formatLang(each.env, change.added, digits=2),
                    removed=formatLang(each.env, change.removed, digits=2),
                    system=system,
                )
                for change, system in ((effect.odoo, each.env._("Odoo")), (effect.engine, connector.name))
                if change.added or change.removed
            ]
            each.effect = " ".join(texts)

    @api.model
    def _open(self, program):
        """Return the action that shows a new window. It begins with how the program is linked, and the other owner."""
        is_engines = program.retail_owner == ENGINE
        values = {
            "program_id": program.id,
            "engine_id": program.retail_connector_id.id,
            "remote_program": program.retail_remote_program,
            "remote_wallet": program.retail_remote_wallet,
            "owner": ODOO if is_engines else ENGINE,
            "balances_of": ENGINE if is_engines else ODOO,
        }
        # As the superuser: the program is read-only for users.
        return self.sudo().create(values).with_env(self.env)._again()

    def action_compare(self):
        """Link the program, and have the balances of all cards read."""
        self.ensure_one()
        if not self.engine_id or not self.remote_program:
            raise UserError(
                self.env._("Choose the loyalty engine, and enter the ID that the program has there.")
            )
        self.engine_id.check_access("read")  # a client may have chosen it
        self.engine_id._check_program(EngineProgram(self.remote_program, self.remote_wallet or ""))
        self._program().write(
            {
                "retail_connector_id": self.engine_id.id,
                "retail_remote_program": self.remote_program,
                "retail_remote_wallet": self.remote_wallet,
            }
        )
        self._program()._retail_compare()
        return self._again()

    def _program(self):
        # As the superuser: managers of Retail Hub may decide this, whatever their rights on programs.
        return self.program_id.sudo()

    def action_refresh(self):
        """Show how far the comparison is."""
        self.ensure_one()
        return self._again()

    def action_switch(self):
        """Switch the owner."""
        self.ensure_one()
        if self.owner == self.present_owner:
            raise UserError(
                self.env._("%(program)s has this owner already.", program=self.program_id.display_name)
            )
        self._program()._retail_switch_owner(self.owner, self.balances_of)
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def _again(self):
        return action_dialog(self, self.env._("Owner of the Points"))


class LoyaltyProgram(models.Model):
    _inherit = "loyalty.program"

    def action_retail_owner(self):
        """Open the dialog to link the program to a loyalty engine, or to switch the owner."""
        self.ensure_one()
        self.check_access("read")
        owners = self.env["retail.loyalty.owner"]
        owners.check_access("create")
        # As the superuser: managers of Retail Hub may decide this, whatever their rights on programs.
        return owners._open(self.sudo())
