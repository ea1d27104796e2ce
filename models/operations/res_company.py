from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    _inherit = "res.company"

    retail_delivery_days = fields.Integer(
        "Keep Outgoing Events (days)",
        default=30,
        help="Older events are removed with their attempts once they are delivered, superseded or cancelled. Failed"
        " events stay until they are delivered or discarded. At least 1.",
    )
    retail_event_days = fields.Integer(
        "Keep Events (days)",
        default=90,
        help="Older events are removed once none of their outgoing events is left. At least 1.",
    )

    @api.constrains("retail_delivery_days", "retail_event_days")
    def _check_retail_days(self):
        for company in self:
            if min(company.retail_delivery_days, company.retail_event_days) < 1:
                raise ValidationError(
                    self.env._(
                        "%(company)s: events and outgoing events must be kept for at least 1 day. To keep them"
                        " forever, enter a large number, such as 36500.",
                        company=company.name,
                    )
                )
