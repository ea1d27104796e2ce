"""The common way to export points: one job per change."""

from odoo import fields, models
from odoo.exceptions import UserError

from .voucherify import Voucherify


class LoyaltyCard(models.Model):
    _inherit = "loyalty.card"

    bench_remote_path = fields.Char(help="Of the card at Voucherify.")

    def _bench_send_later(self, points):
        for card in self:
            card.with_delay(description="Send points")._bench_send(points)

    def _bench_send(self, points):
        """Send a change of points, and look whether it was booked. Runs as a job."""
        self.ensure_one()
        with Voucherify(self.env) as voucherify:
            if not self.bench_remote_path:
                customer = self.partner_id
                values = {"name": customer.name, "email": customer.email_normalized}
                self.bench_remote_path = voucherify.enroll(f"odoo-{customer.id}", values)
            if not voucherify.adjust(self.bench_remote_path, points, f"Change of card {self.id}"):
                raise UserError(self.env._("The points were not booked."))
