"""The documents of a refund: a credit note for what was invoiced, and lines that lower what will be invoiced."""

from decimal import Decimal
from typing import Any, NamedTuple

from odoo import Command, api, models

from ...core.refund_money import priced, total_of, with_total


class Credit(NamedTuple):
    """What is credited.

    :param line: the order line; an empty one: no line in particular
    :param amounts: in the form of ``extra_tax_data``; their quantity is that of the credit
    :param is_quantity: whether pieces are given back, and not a part of the price
    :param is_invoiced: whether it was invoiced
    """

    line: Any
    amounts: dict
    is_quantity: bool
    is_invoiced: bool


class RetailRefundDocuments(models.AbstractModel):
    _name = "retail.refund.documents"
    _description = "Retail Hub: Documents of Refunds"

    @api.model
    def _make(self, order, credits_, code, reason):
        """Credit what was invoiced, and lower what will be; return the credit note, an empty one if there is none.

        :param order: as the superuser
        :param credits_: list of :class:`Credit`
        """
        self._lower(order, [each for each in credits_ if not each.is_invoiced], code)
        invoiced = [each for each in credits_ if each.is_invoiced]
        if not invoiced:
            return order.env["account.move"]
        note = self._credit_note(order, invoiced, code, reason)
        note.action_post()
        return note

    # -- credit notes ------------------------------------------------------------------------------

    def _credit_note(self, order, credits_, code, reason):
        invoices = order.invoice_ids.filtered(
            lambda invoice: invoice.move_type == "out_invoice" and invoice.state == "posted"
        )
        number = order.client_order_ref or order.name
        values = {
            **order._prepare_invoice(),
            "move_type": "out_refund",
            "ref": f"{number}, {code}: {reason}" if reason else f"{number}, {code}",
            "reversed_entry_id": invoices.sorted("id")[-1:].id,
            "payment_reference": False,
            "narration": False,
            "transaction_ids": [],
            "invoice_line_ids": [
                Command.create(self._note_line(order, credit, code, sequence))
                for sequence, credit in enumerate(credits_, 1)
            ],
        }
        return order.env["account.move"].with_context(tracking_disable=True).create(values)

    def _note_line(self, order, credit, code, sequence):
        if not credit.is_quantity:
            return {**self._own_line(order, credit, code), "sequence": sequence, "quantity": 1.0}
        values = credit.line._prepare_invoice_line(quantity=credit.amounts["quantity"], sequence=sequence)
        return {**values, **self._amounts(credit), "quantity": credit.amounts["quantity"]}

    def _own_line(self, order, credit, code):
        """Return the values of a line that credits a part of a price."""
        product = order.env.ref("retail_hub.product_refund")
        values = {"product_id": product.id, "name": self._name_of(order, credit, code)}
        if credit.line:
            template = credit.line.product_id.product_tmpl_id.with_company(order.company_id)
            account = template.get_product_accounts(order.fiscal_position_id)["income"]
            values["account_id"] = account.id
        return {**values, **self._amounts(credit)}

    def _name_of(self, order, credit, code):
        language = order.partner_invoice_id.lang
        env = self.with_context(lang=language).env
        if credit.line:
            return env._("Refund %(code)s: %(line)s", code=code, line=credit.line.name.splitlines()[0])
        return env._("Refund %(code)s", code=code)

    def _amounts(self, credit):
        taxes = credit.line.tax_ids
        amounts = priced(credit.amounts, bool(taxes) and all(taxes.mapped("price_include")))
        values = {
            "price_unit": amounts["price_unit"],
            "discount": 0.0,
            "tax_ids": [Command.set(taxes.ids)],
        }
        return {**values, "extra_tax_data": amounts} if taxes else values

    # -- orders ------------------------------------------------------------------------------------

    def _lower(self, order, credits_, code):
        """Add lines to an order that lower what will be invoiced. Pieces need none: they are not invoiced any more."""
        lines = [each for each in credits_ if not each.is_quantity]
        if not lines or order.state == "cancel":
            return
        order, is_locked = order.with_context(tracking_disable=True), order.locked
        order.locked = False
        order.write(
            {"order_line": [Command.create(self._order_line(order, credit, code)) for credit in lines]}
        )
        order.locked = is_locked

    def _order_line(self, order, credit, code):
        places = order.currency_id.decimal_places
        amounts = {**with_total(credit.amounts, -total_of(credit.amounts), places), "quantity": 1.0}
        values = self._own_line(order, credit._replace(amounts=amounts), code)
        values.pop("account_id", None)
        return {**values, "sequence": 1_000_001, "product_uom_qty": 1.0, "technical_price_unit": 1.0}

    @api.model
    def _no_line(self, order, total):
        """Return the :class:`Credit` of an amount that belongs to no line; it has no tax."""
        invoices = order.invoice_ids.filtered(
            lambda invoice: invoice.move_type == "out_invoice" and invoice.state != "cancel"
        )
        amounts = {
            "manual_total_excluded_currency": float(total),
            "manual_tax_amounts": {},
            "quantity": 1.0,
        }
        return Credit(order.env["sale.order.line"], amounts, False, bool(invoices))


def amount_of(line, total: Decimal):
    """Return the :class:`Credit` of a part of the price of an order line, with its tax."""
    places = line.currency_id.decimal_places
    amounts = {**with_total(line._retail_amounts(), total, places), "quantity": 1.0}
    return Credit(line, amounts, False, line.qty_invoiced > 0)
