from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    _inherit = "res.company"

    retail_delivery_days = fields.Integer(
        "Keep Deliveries (days)",
        default=30,
        help="Delivered, superseded and cancelled deliveries are removed with their attempts when they are older."
        " Dead ones stay until somebody replays or cancels them. At least 1.",
    )
    retail_event_days = fields.Integer(
        "Keep Events (days)",
        default=90,
        help="Older events are removed when none of their deliveries is left. At least 1.",
    )

    @api.constrains("retail_delivery_days", "retail_event_days")
    def _check_retail_days(self):
        for company in self:
            if min(company.retail_delivery_days, company.retail_event_days) < 1:
                raise ValidationError(
                    self.env._(
                        "%(company)s: deliveries and events are kept for at least 1 day;"
                        " to keep them for good, enter a large number, such as 36500.",
                        company=company.name,
                    )
                )
