"""What a till loads of the programs whose points an engine owns, and of their cards."""

from odoo import api, fields, models
from odoo.fields import Domain

from .entry import DIGITS

SHOWN = ("retail_pending", "retail_tier", "retail_expiring_points", "retail_expiring_on", "retail_read_at")


class LoyaltyProgram(models.Model):
    _inherit = "loyalty.program"

    retail_engine_owned = fields.Boolean(compute="_compute_retail_engine_owned")
    retail_offline_limit = fields.Float(
        "Redeemable Offline",
        digits=DIGITS,
        help="Points that a customer can redeem each day while a till cannot reach Odoo, or Odoo the loyalty engine. 0:"
        " none.",
    )

    _retail_offline_limit_positive = models.Constraint(
        "CHECK (retail_offline_limit >= 0)", "The points that can be redeemed offline cannot be negative."
    )

    @api.depends("retail_owner", "retail_connector_id")
    def _compute_retail_engine_owned(self):
        for program in self:
            program.retail_engine_owned = bool(program._retail_engine())

    @api.model
    def _load_pos_data_fields(self, config):
        own = ["retail_engine_owned", "retail_offline_limit", "retail_has_lots", "retail_pending_days"]
        return [*super()._load_pos_data_fields(config), *own]


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    retail_held = fields.Float("Held", digits=DIGITS, compute="_compute_retail_held")

    def _compute_retail_held(self):
        held = self._retail_held()
        for card in self:
            card.retail_held = held[card]

    @api.model
    def _load_pos_data_domain(self, data, config):
        """Load the cards of the loaded customers, so that a till knows their balances while it is offline."""
        engine_programs = config._retail_engine_programs()
        if not engine_programs:
            return super()._load_pos_data_domain(data, config)
        customer_ids = [customer["id"] for customer in data.get("res.partner", ())]
        return Domain("program_id", "in", engine_programs.ids) & Domain("partner_id", "in", customer_ids)

    @api.model
    def _load_pos_data_fields(self, config):
        return [*super()._load_pos_data_fields(config), "retail_held", *SHOWN]


class PosConfig(models.Model):
    _inherit = "pos.config"

    def _retail_engine_programs(self):
        """Return the programs of this till whose points an engine owns."""
        return self._get_program_ids().filtered("retail_engine_owned")
