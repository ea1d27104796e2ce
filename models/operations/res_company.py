from odoo import api, fields, models
from odoo.exceptions import ValidationError

DAYS = ("retail_delivery_days", "retail_event_days", "retail_message_days", "retail_refused_days")


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

    retail_message_days = fields.Integer(
        "Keep Incoming Messages (days)",
        default=90,
        help="Older messages are removed if they are done, tested, cancelled or not acted on. Until then, a repeated"
        " request gets the first answer. Messages that wait stay. At least 1.",
    )
    retail_refused_days = fields.Integer(
        "Keep Refused Messages (days)",
        default=365,
        help="Older messages that were refused are removed. At least 1.",
    )

    @api.constrains(*DAYS)
    def _check_retail_days(self):
        for company in self:
            if min(company[name] for name in DAYS) < 1:
                raise ValidationError(
                    self.env._(
                        "%(company)s: events and messages must be kept for at least 1 day. To keep them"
                        " forever, enter a large number, such as 36500.",
                        company=company.name,
                    )
                )
