"""Documents with which points came or went: a button shows what was booked."""

from odoo import fields, models
from odoo.fields import Domain


class RetailLoyaltyDocument(models.AbstractModel):
    _name = "retail.loyalty.document"
    _description = "Document With Loyalty Points"

    retail_points_count = fields.Integer(
        "Points", compute="_compute_retail_points_count", groups="retail_hub.group_user"
    )

    def _compute_retail_points_count(self):
        for document in self:
            saved = document._origin
            domain = saved._retail_points_domain() if saved else Domain.FALSE
            document.retail_points_count = self.env["retail.loyalty.entry"].search_count(domain)

    def _retail_points_domain(self):
        """Return which entries of the ledger the button shows."""
        return Domain("order_model", "=", self._name) & Domain("order_id", "=", self.id)

    def action_retail_view_points(self):
        """Open what was booked with the document."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("retail_hub.action_retail_loyalty_entry")
        return {**action, "domain": list(self._retail_points_domain()), "context": {}}


class PosOrder(models.Model):
    _name = "pos.order"
    _inherit = ["pos.order", "retail.loyalty.document"]


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "retail.loyalty.document"]


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "retail.loyalty.document"]

    def _retail_points_domain(self):
        """With those of its credit notes, and of its returns at tills."""
        domain = super()._retail_points_domain()
        # As the superuser: salespeople may have no rights on the documents, only which they are counts.
        for documents in self.sudo()._retail_return_documents():
            domain |= Domain("order_model", "=", documents._name) & Domain("order_id", "in", documents.ids)
        return domain
