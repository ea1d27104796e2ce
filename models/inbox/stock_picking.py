"""What warehouse systems report of transfers: carrier, tracking, and why goods came back."""

import re

from odoo import api, fields, models


class StockPicking(models.Model):
    _inherit = "stock.picking"

    retail_carrier = fields.Char("Reported Carrier", readonly=True, copy=False)
    retail_tracking_numbers = fields.Char("Reported Tracking Numbers", readonly=True, copy=False)
    retail_tracking_url = fields.Char("Reported Tracking URL", readonly=True, copy=False)
    retail_reason = fields.Char("Reported Reason", readonly=True, copy=False, help="Why the goods came back.")
    retail_reported_at = fields.Char("Reported At", readonly=True, copy=False)

    @api.model
    def _retail_watched_fields(self):
        return super()._retail_watched_fields() | {
            "retail_carrier",
            "retail_reason",
            "retail_tracking_numbers",
        }

    @api.model
    def _retail_carrier_values(self, values):
        """Return ``{field: value}`` of carrier and tracking in the fields of module ``stock_delivery``, if it is there.

        :param values: of this addon's own fields
        """
        if "carrier_tracking_ref" not in self._fields:
            return {}
        found = {}
        if "retail_tracking_numbers" in values:
            found["carrier_tracking_ref"] = values["retail_tracking_numbers"]
        if values.get("retail_carrier"):
            # As the superuser: delivery methods are not for every client's user to read.
            methods = self.env["delivery.carrier"].sudo()
            company = ("company_id", "in", (False, self.env.company.id))
            method = methods.search([("name", "=", values["retail_carrier"]), company])
            if len(method) == 1:
                found["carrier_id"] = method.id
        return found

    def _retail_carrier(self):
        return super()._retail_carrier() or self.retail_carrier or ""

    def _retail_tracking_numbers(self):
        reported = re.findall(r"[^\s,;]+", self.retail_tracking_numbers or "")
        return tuple(dict.fromkeys((*super()._retail_tracking_numbers(), *reported)))

    def _retail_return_reason(self):
        return self.retail_reason or super()._retail_return_reason()
