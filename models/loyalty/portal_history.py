"""The history of a card in the customer portal: each line leads to its document, if its reader may see that."""

from odoo import api, fields, models

from ...tools.own_context import own_value
from ..source.loyalty_history import ORDER_MODELS

DOCUMENT_MODELS = (*ORDER_MODELS, "account.move")
SHOWN_KINDS = [
    ("earn", "Points earned"),
    ("redeem", "Points redeemed"),
    ("reverse", "Points of a return"),
    ("expire", "Points expired"),
    ("adjust", "Correction"),
]


class LoyaltyHistory(models.Model):
    _inherit = "loyalty.history"

    # Odoo's own order of a line stays empty for a return: it would take the line for one of the order itself.
    retail_document_model = fields.Char("Return Model", readonly=True)
    retail_document_id = fields.Many2oneReference(
        "Return ID", model_field="retail_document_model", readonly=True
    )
    # Of lines whose description is not for customers: it names a connected system, or is a reason for colleagues.
    retail_shown_kind = fields.Selection(SHOWN_KINDS, "Shown to Customers As", readonly=True)
    retail_shown_reference = fields.Char("Reference Shown to Customers", readonly=True)

    @api.model_create_multi
    def create(self, vals_list):
        """Keep with which return points came or went."""
        document = own_value(self.env, "retail_document")
        if document:
            model, document_id = document
            own = {"retail_document_model": model, "retail_document_id": document_id}
            vals_list = [{**own, **vals} for vals in vals_list]
        return super().create(vals_list)

    @api.model
    def _retail_shown(self, kind, order):
        """Return the values of a line that a loyalty engine has booked.

        :param kind: of its transaction
        :param order: ``(model, id)``, None if it is not known
        """
        model, order_id = order or (False, False)
        return {
            "retail_shown_kind": kind if kind in dict(SHOWN_KINDS) else "adjust",
            "retail_document_model": model,
            "retail_document_id": order_id,
        }

    def _retail_customer_text(self):
        """Return in the customer's words what the points are for."""
        self.ensure_one()
        document = self._retail_line_document()
        if document:
            return document._retail_customer_text()
        kind = self.retail_shown_kind
        if not kind:
            return self.description
        if kind == "adjust":
            company = self.company_id or self.env.company
            return self.env._("Correction by %(company)s", company=company.name)
        text = dict(self._fields["retail_shown_kind"]._description_selection(self.env))[kind]
        return f"{text}: {self.retail_shown_reference}" if self.retail_shown_reference else text

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


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _retail_customer_text(self):
        """Return what a member reads of the order in the history of a card."""
        if self.state == "cancel":
            return self.env._("Cancelled order %(order)s", order=self.name)
        return self.env._("Order %(order)s", order=self.name)


class PosOrder(models.Model):
    _inherit = "pos.order"

    def _retail_customer_text(self):
        """Return what a member reads of the order, or of the return, in the history of a card."""
        if self.refunded_order_id:
            return self.env._("Return of %(order)s", order=self.refunded_order_id.name)
        return self.env._("Order %(order)s", order=self.name)


class AccountMove(models.Model):
    _inherit = "account.move"

    def _retail_customer_text(self):
        """Return what a member reads of the credit note in the history of a card."""
        names = self.line_ids.sale_line_ids.order_id.mapped("name") or [self.name]
        return self.env._("Return of %(order)s", order=", ".join(names))
