"""Code mapping: what a system's own codes for products, taxes, warehouses and so on mean in Odoo."""

from odoo import api, fields, models
from odoo.tools import SQL

from ...core.const import Lane

KINDS = [
    ("product", "Product"),
    ("delivery_method", "Delivery Method"),
    ("tax", "Tax"),
    ("warehouse", "Warehouse"),
    ("location", "Location"),
    ("payment_method", "Payment Method"),
]
TARGETS = {
    "product": "product_id",
    "delivery_method": "product_id",
    "tax": "tax_id",
    "warehouse": "warehouse_id",
    "location": "location_id",
    "payment_method": "journal_id",
}


class RetailCodeMap(models.Model):
    _name = "retail.code.map"
    _description = "Code Mapping"
    _inherit = ["retail.checked"]
    _order = "is_mapped, kind, code, id"
    _rec_name = "code"
    _check_company_auto = True

    connector_id = fields.Many2one(
        "retail.connector", "System", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="connector_id.company_id", store=True)
    kind = fields.Selection(KINDS, required=True, default="product")
    code = fields.Char(required=True, help="What the system calls it, such as its SKU.")
    label = fields.Char(
        "Name in the System", readonly=True, help="The name in the last order that used the code."
    )
    product_id = fields.Many2one("product.product", check_company=True, ondelete="cascade")
    tax_id = fields.Many2one(
        "account.tax", check_company=True, ondelete="cascade", domain=[("type_tax_use", "=", "sale")]
    )
    warehouse_id = fields.Many2one("stock.warehouse", check_company=True, ondelete="cascade")
    location_id = fields.Many2one(
        "stock.location",
        check_company=True,
        ondelete="cascade",
        domain=[("usage", "=", "internal")],
        help="Where goods that come back are put.",
    )
    journal_id = fields.Many2one(
        "account.journal",
        check_company=True,
        ondelete="cascade",
        domain=[("type", "=", "bank")],
        help="Where payments with this method are booked.",
    )
    is_mapped = fields.Boolean("Mapped", compute="_compute_is_mapped", store=True)
    asked_count = fields.Integer(
        "Orders", readonly=True, aggregator=False, help="How many orders have named it."
    )
    asked_at = fields.Datetime("Last Order", readonly=True)

    _code_unique = models.UniqueIndex("(connector_id, kind, code)", "This system's code is listed already.")

    @api.depends(*TARGETS.values(), "kind")
    def _compute_is_mapped(self):
        for line in self:
            line.is_mapped = bool(line[TARGETS[line.kind]])

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._complete_messages()
        return lines

    def write(self, vals):
        result = super().write(vals)
        self._complete_messages()
        return result

    def _complete_messages(self):
        """Have a job carry out what waits for these codes."""
        for connector in self.filtered("is_mapped").connector_id:
            # As the superuser: nobody but the hub makes its jobs.
            messages = self.env["retail.message"].sudo()
            if messages.search_count(
                [("connector_id", "=", connector.id), ("state", "=", "incomplete")], limit=1
            ):
                messages.with_delay(
                    channel=Lane.INBOUND.channel,
                    identity_key=f"retail_hub:complete:{connector.id}",
                    description=self.env._("Complete orders of %s", connector.name),
                )._retry_incomplete(connector.id)

    @api.model
    def _targets(self, connector, kind, codes):
        """Return ``{code: Odoo record}`` of the codes that are mapped.

        :param connector: as the superuser
        """
        lines = connector.env[self._name].search(
            [
                ("connector_id", "=", connector.id),
                ("kind", "=", kind),
                ("code", "in", list(codes)),
                ("is_mapped", "=", True),
            ]
        )
        return {line.code: line[TARGETS[kind]].with_env(self.env) for line in lines}

    @api.model
    def _is_listed(self, connector, kind, code):
        """Return whether a code is listed, mapped or not.

        :param connector: as the superuser
        """
        domain = [("connector_id", "=", connector.id), ("kind", "=", kind), ("code", "=", code)]
        return bool(connector.env[self._name].search_count(domain, limit=1))

    @api.model
    def _note_unknown(self, connector, unknown):
        """List codes that somebody has to map.

        :param unknown: ``(kind, code, label)`` each
        """
        for kind, code, label in sorted(set(unknown)):
            self.env.execute_query(
                SQL(
                    """
                    INSERT INTO retail_code_map (connector_id, company_id, kind, code, label, is_mapped, asked_count,
                                                 asked_at, create_uid, create_date, write_uid, write_date)
                    VALUES (%(connector)s, %(company)s, %(kind)s, %(code)s, %(label)s, FALSE, 1, %(now)s,
                            %(user)s, %(now)s, %(user)s, %(now)s)
                        ON CONFLICT (connector_id, kind, code) DO UPDATE
                       SET asked_count = COALESCE(retail_code_map.asked_count, 0) + 1, asked_at = EXCLUDED.asked_at,
                           label = COALESCE(EXCLUDED.label, retail_code_map.label)
                 RETURNING id
                    """,
                    connector=connector.id,
                    company=connector.company_id.id,
                    kind=kind,
                    code=code,
                    label=label or None,
                    now=fields.Datetime.now(),
                    user=self.env.uid,
                )
            )
