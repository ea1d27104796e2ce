"""The history of a card in the customer portal: each line leads to its document, if its reader may see that."""

from odoo import api, fields, models

from ..source.loyalty_history import ORDER_MODELS

DOCUMENT_MODELS = (*ORDER_MODELS, "account.move")


class LoyaltyHistory(models.Model):
    _inherit = "loyalty.history"

    # Odoo's own order of a line stays empty for a return: it would take the line for one of the order itself.
    retail_document_model = fields.Char("Return Model", readonly=True)
    retail_document_id = fields.Many2oneReference(
        "Return ID", model_field="retail_document_model", readonly=True
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Keep with which return points came or went."""
        document = self.env.context.get("retail_document")
        if document:
            model, document_id = document
            own = {"retail_document_model": model, "retail_document_id": document_id}
            vals_list = [{**own, **vals} for vals in vals_list]
        return super().create(vals_list)

    def _retail_line_document(self):
        """Return the document (superuser) of the line; None if there is none, or it was deleted."""
        # As the superuser: whether the reader may follow the link is checked there.
        line = self.sudo()
        model = line.retail_document_model or line.order_model
        document_id = line.retail_document_id or line.order_id
        if model not in DOCUMENT_MODELS or not document_id:
            return None
        return line.env[model].browse(document_id).exists() or None

    def _get_order_portal_url(self):
        """Return the page of the document, or of a till order's invoice; False if the user may not see it."""
        document = self._retail_line_document()
        if document and document._name == "pos.order":
            document = document.account_move
        # What the portal's user may read, not the superuser who shows them their card.
        is_theirs = document and document.sudo(False).has_access("read")
        return document.access_url if is_theirs else False

    def _get_order_description(self):
        document = self._retail_line_document()
        return document.display_name if document else ""
