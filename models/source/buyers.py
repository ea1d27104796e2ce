"""Who is a customer: whoever has bought something, and whoever is neither a vendor nor an internal user."""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

# Of a partner ``b``. Odoo does not tell a cancelled order from a cancelled quotation.
HAS_DOCUMENTS = SQL(
    """(EXISTS (SELECT FROM sale_order o WHERE o.partner_id = b.id AND o.state IN ('sale', 'cancel'))
     OR EXISTS (SELECT FROM account_move m WHERE m.partner_id = b.id AND m.posted_before
                   AND m.move_type IN ('out_invoice', 'out_refund', 'out_receipt'))
     OR EXISTS (SELECT FROM pos_order p WHERE p.partner_id = b.id AND p.state NOT IN ('draft', 'cancel')))"""
)
DOCUMENT_FIELDS = {
    "sale.order": ("partner_id", "state"),
    "account.move": ("partner_id", "posted_before", "move_type"),
    "pos.order": ("partner_id", "state"),
    "res.partner": ("commercial_partner_id", "partner_share"),
}


class ResPartner(models.Model):
    _inherit = "res.partner"

    _retail_quick_filters = frozenset({"retail_is_customer"})

    retail_is_customer = fields.Boolean(
        "Is a Customer",
        compute="_compute_retail_is_customer",
        search="_search_retail_is_customer",
        help="Has a sales order, a customer invoice or an order of a till, or is neither a vendor nor an internal user."
        " What a company or one of its contacts has bought counts for all of them.",
    )

    @api.depends("commercial_partner_id", "customer_rank", "partner_share", "supplier_rank")
    def _compute_retail_is_customer(self):
        for partner in self:
            partner.retail_is_customer = partner._retail_is_customer_by_rank()
        others = self.filtered(lambda partner: not partner.retail_is_customer)  # few: they need a query
        buyer_ids = others._origin._retail_buyer_ids()
        for partner in others:
            partner.retail_is_customer = partner._origin.id in buyer_ids

    def _retail_is_customer_by_rank(self):
        company = self.commercial_partner_id
        is_vendor = self.supplier_rank or company.supplier_rank
        return bool(self.partner_share and (self.customer_rank or company.customer_rank or not is_vendor))

    def _retail_buyer_ids(self):
        """Return the ids of those who have bought something, or whose company has, as a set."""
        if not self:
            return set()
        rows = self.env.execute_query(
            SQL("SELECT p.id FROM res_partner p WHERE p.id IN %s AND %s", self._ids, self._bought_sql("p"))
        )
        return {id_ for (id_,) in rows}

    def _search_retail_is_customer(self, operator, value):
        if operator != "in":
            return NotImplemented
        is_vendor = Domain("supplier_rank", "!=", 0) | Domain("commercial_partner_id.supplier_rank", "!=", 0)
        buys = Domain("customer_rank", "!=", 0) | Domain("commercial_partner_id.customer_rank", "!=", 0)
        by_rank = Domain("partner_share", "=", True) & (~is_vendor | buys)
        return by_rank | Domain.custom(to_sql=lambda _model, alias, _query: self._bought_sql(alias))

    @api.model
    def _bought_sql(self, alias):
        """Return the condition that a partner, or somebody of the same company, has bought something.

        Internal users may be contacts of our own company: of them, only what they have bought themselves counts.
        """
        return SQL(
            """EXISTS (SELECT FROM res_partner b
                        WHERE (b.id = %(id)s OR %(share)s AND b.commercial_partner_id = %(company)s)
                          AND %(documents)s)""",
            id=SQL.identifier(alias, "id"),
            share=SQL.identifier(alias, "partner_share"),
            company=SQL.identifier(alias, "commercial_partner_id"),
            documents=HAS_DOCUMENTS,
            to_flush=[
                self.env[model]._fields[name] for model, names in DOCUMENT_FIELDS.items() for name in names
            ],
        )
