"""When points of a program that Odoo owns can be spent, and when they expire."""

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from .engine import ENGINE

SETTINGS = {
    "retail_pending_days",
    "retail_expiry_period",
    "retail_owner",
    "retail_connector_id",
    "program_type",
}


class LoyaltyProgram(models.Model):
    _inherit = "loyalty.program"

    retail_pending_days = fields.Integer(
        "Points Become Available After",
        help="Days until points of a purchase can be spent, such as the days in which it can be returned. 0: at once.",
    )
    retail_expiry_period = fields.Integer(
        "Points Expire After", help="Counted from the day on which points can be spent. 0: never."
    )
    retail_expiry_unit = fields.Selection(
        [("days", "days"), ("months", "months")], "Expiry Unit", default="months", required=True
    )
    retail_has_lots = fields.Boolean(
        readonly=True,
        copy=False,
        help="The points of each card are kept in lots, each with the day on which it can be spent and the day on which"
        " it expires.",
    )

    _retail_periods_positive = models.Constraint(
        "CHECK (retail_pending_days BETWEEN 0 AND 3650 AND retail_expiry_period BETWEEN 0 AND 3650)",
        "The days and months of points have to be between 0 and 3650.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        programs = super().create(vals_list)
        programs._retail_begin_lots()
        return programs

    def write(self, vals):
        result = super().write(vals)
        if SETTINGS & vals.keys():
            self._retail_begin_lots()
        return result

    def _retail_begin_lots(self):
        """Begin to keep lots if the settings need them. Once begun, that goes on until an engine owns the points."""
        # As the superuser: whoever edits a program may have no rights on the hub's own records.
        for program in self.sudo():
            is_odoos = program.program_type == "loyalty" and not program._retail_engine()
            is_wanted = bool(program.retail_pending_days or program.retail_expiry_period)
            if program.retail_has_lots and not is_odoos:
                program.env["retail.loyalty.lot"].search([("program_id", "=", program.id)]).unlink()
                program.retail_has_lots = False
            elif is_odoos and is_wanted and not program.retail_has_lots:
                program.env.flush_all()
                program.env.cr.flush()  # enters what was changed just now: until here, there are no lots
                program.retail_has_lots = True
                program.env["retail.loyalty.lot"]._begin(program)

    def _retail_switch_owner(self, owner, balances_of):
        """An engine knows nothing of points that are pending in Odoo.

        :raise UserError: there are such points
        """
        # As the superuser: lots are the hub's own.
        lots = self.env["retail.loyalty.lot"].sudo()
        if owner == ENGINE and lots.search_count(
            [("program_id", "=", self.id), ("state", "=", "pending")], limit=1
        ):
            raise UserError(
                self.env._(
                    "Points of %(program)s are still pending. Let purchases earn no more pending points (set Points"
                    " Become Available After to 0), and switch the owner when none are left.",
                    program=self.name,
                )
            )
        return super()._retail_switch_owner(owner, balances_of)

    def _retail_expiry(self, day):
        """Return the last day on which points can be spent that are available since ``day``; False: always."""
        if not self.retail_expiry_period:
            return False
        return day + relativedelta(**{self.retail_expiry_unit: self.retail_expiry_period})
