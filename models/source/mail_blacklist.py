"""The mail blacklist is part of a customer's consent."""

from odoo import api, models


class MailBlacklist(models.Model):
    _inherit = "mail.blacklist"

    @api.model_create_multi
    def create(self, vals_list):
        entries = super().create(vals_list)
        entries._retail_capture_customers()
        return entries

    def write(self, vals):
        """Capture the customers of both addresses, if it changes."""
        is_other_address, is_change = "email" in vals, not {"active", "email"}.isdisjoint(vals)
        if is_other_address:
            self._retail_capture_customers()
        result = super().write(vals)
        if is_change:
            self._retail_capture_customers()
        return result

    def unlink(self):
        self._retail_capture_customers()
        return super().unlink()

    def _retail_capture_customers(self):
        # As the superuser: a visitor may unsubscribe; partners of all companies count.
        partners = self.env["res.partner"].sudo()
        if partners._retail_wants(partners._retail_updated_event):
            customers = partners.search([("email_normalized", "in", self.mapped("email"))])
            customers._retail_capture_state(partners._retail_updated_event)
