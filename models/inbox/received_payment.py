"""Payments as remote systems report them: found by the system's own ID, or created."""

from datetime import datetime

from odoo import Command, api, models

from ...core.order_money import decimals
from ...core.problem import Problem
from ...schemas.commands.payment import PaymentResultV1
from ..source.canonical_values import amount
from .command import Applied
from .early import Early
from .payment_provider import CODE
from .unknown_codes import UnknownCodes

STATUSES = {"authorized": "authorized", "done": "captured", "error": "failed", "cancel": "cancelled"}
KIND = "payment_method"


class RetailReceivedPayment(models.AbstractModel):
    _name = "retail.received.payment"
    _description = "Retail Hub: Received Payments"
    _inherit = ["retail.command.mapped"]

    def _lock_keys(self, command, sender):
        payments = {command.id, getattr(command, "authorization", None), getattr(command, "payment", None)}
        return (
            f"{sender.connector.id}/order/{command.external_id}",
            *(f"{sender.connector.id}/payment/{each}" for each in sorted(payments - {None})),
        )

    # -- what it is about --------------------------------------------------------------------------

    @api.model
    def _order_of(self, command, sender):
        """Return the order that is paid.

        :raise Early: it is not in Odoo yet
        :raise Problem: it belongs to another company
        """
        order = self.env["retail.captured.order"]._known(sender.connector, command.external_id)
        if not order:
            raise Early(f"order/{command.external_id}", "There is no order with this external_id.")
        return order

    @api.model
    def _payment(self, sender, code, is_refund=False):
        """Return the payment or refund that the system calls like this, in the superuser's environment."""
        return self._transactions().search(
            [
                ("retail_connector_id", "=", sender.connector.id),
                ("retail_code", "=", code),
                ("operation", "=" if is_refund else "!=", "refund"),
            ]
        )

    @api.model
    def _check_money(self, currency, command):
        """Check that an amount is one of the order's currency.

        :raise Problem: it is not
        """
        if command.currency != currency.name:
            errors = [{"pointer": "/currency", "detail": f"The order is in {currency.name}."}]
            raise Problem("invalid-request", "The currency is not that of the order.", errors=errors)
        check_decimals(currency, [("/amount", command.amount)])

    @api.model
    def _check_order(self, payment, order, detail="Another order has a payment with this id.", pointer="/id"):
        """
        :raise Problem: the payment is of another order
        """
        if payment.sale_order_ids.ids != order.ids:
            raise Problem("conflict", detail, errors=[{"pointer": pointer, "detail": detail}])

    @api.model
    def _check_amount(self, payment, command, *known):
        """Check that a payment is reported again with an amount that it had before.

        :raise Problem: it has another one
        """
        if all(payment.currency_id.compare_amounts(each, float(command.amount)) for each in known):
            before = amount(known[0], payment.currency_id)
            detail = f"This payment was reported before, with the amount {before}."
            raise Problem("conflict", detail, errors=[{"pointer": "/amount", "detail": detail}])

    def _transactions(self):
        # As the superuser: payments are not for the client's user, but those that its system reports.
        payments = self.env["payment.transaction"].sudo()
        return payments.with_context(payment_backend_action=True)  # what Odoo logs is not by the customer

    # -- creating ----------------------------------------------------------------------------------

    @api.model
    def _draft(self, command, sender, order, authorization=None):
        """Create a payment in draft.

        :param authorization: the payment that it captures, whose provider and method it has
        :raise UnknownCodes: the payment method is not mapped
        """
        # As the superuser: customers and invoices are linked, whatever the client's user may read.
        order, payments = order.sudo(), self._transactions()
        provider = authorization and authorization.provider_id
        method = authorization and authorization.payment_method_id
        provider = provider or payments.env["payment.provider"]._retail_of(self._journal(command, sender))
        invoices = order.invoice_ids.filtered(
            lambda invoice: invoice.move_type == "out_invoice" and invoice.state != "cancel"
        )
        return payments.create(
            {
                "provider_id": provider.id,
                "payment_method_id": (method or self._method(command.method)).id,
                "amount": float(command.amount),
                "currency_id": order.currency_id.id,
                "partner_id": order.partner_invoice_id.id,
                "reference": payments._compute_reference(CODE, prefix=f"{order.name}-{command.id}"),
                "provider_reference": command.id,
                "operation": "online_direct",
                "sale_order_ids": [Command.set(order.ids)],
                "invoice_ids": [Command.set(invoices.ids)],
                "retail_connector_id": sender.connector.id,
                "retail_code": command.id,
                "retail_authorization_id": authorization and authorization.id,
            }
        )

    def _journal(self, command, sender):
        """Return the journal of a payment: that of its method, else the client's.

        Without both, it is the first one of the company, if no method is named. A method that is not mapped is listed.
        """
        code, maps = command.method, self.env["retail.code.map"]
        mapped = code and maps._targets(sender.connector, KIND, [code]).get(code)
        # As the superuser: journals are not for the client's user to read.
        journals = self.env["account.journal"].sudo()
        if mapped:
            return journals.browse(mapped.id)
        default = journals.browse(sender.client.payment_journal_id.id)
        if code and not default:
            errors = [{"pointer": "/method", "detail": f"No payment method in Odoo is mapped to {code}."}]
            raise UnknownCodes(errors, [(KIND, code, "")])
        if code and not maps._is_listed(sender.connector, KIND, code):
            maps._note_unknown(sender.connector, [(KIND, code, "")])
        return default or self._first_journal(journals)

    def _first_journal(self, journals):
        domain = [("type", "=", "bank"), ("company_id", "parent_of", self.env.company.id)]
        found = journals.search(domain, limit=1)
        if not found:
            raise Problem(
                "conflict", "The company has no bank journal in Odoo, in which payments are booked."
            )
        return found

    def _method(self, code):
        """Return Odoo's payment method with this code, else the one for any other."""
        # As the superuser: payment methods are for administrators.
        methods = self.env["payment.method"].sudo().with_context(active_test=False)
        found = code and methods.search([("code", "=", code.lower())], limit=1)
        return found or methods.env.ref("payment.payment_method_unknown")

    # -- outcome -----------------------------------------------------------------------------------

    @api.model
    def _moment(self, command):
        """Return when it happened, as Odoo keeps it; None if that was not said."""
        if not command.occurred_at:
            return None
        return datetime.fromisoformat(command.occurred_at).replace(tzinfo=None, microsecond=0)

    @api.model
    def _note_moment(self, payment, command):
        """Note when a payment came into its state: later reports of an older state change nothing."""
        moment = self._moment(command)
        if moment:
            payment.last_state_change = moment

    @api.model
    def _applied(self, command, order, payment, outcome):
        """Return the :class:`~.command.Applied` with the payment and the amounts of its order."""
        result = PaymentResultV1(
            id=command.id,
            transaction_id=str(payment.id),
            external_id=command.external_id,
            order_id=str(order.id),
            order_status=self.env["retail.captured.order"]._status(order),
            outcome=outcome,
            status="refunded" if payment.operation == "refund" else STATUSES[payment.state],
            amount=amount(abs(payment.amount), payment.currency_id),
            currency=payment.currency_id.name,
            **order._retail_payments(),
        )
        return Applied(result, order, outcome == "created")


def check_decimals(currency, amounts):
    """Check the decimals of amounts.

    :param amounts: (JSON pointer, decimal string) each
    :raise Problem: the currency has fewer
    """
    detail = f"{currency.name} has {currency.decimal_places} decimals."
    errors = [
        {"pointer": pointer, "detail": detail}
        for pointer, value in amounts
        if decimals(value) > currency.decimal_places
    ]
    if errors:
        raise Problem("invalid-request", "Amounts have too many decimals.", errors=errors)


def exceeded(detail, possible, currency, pointer="/amount"):
    """Return the refusal of an amount, with the one that is possible."""
    available = amount(max(possible, 0.0), currency)
    error = {"pointer": pointer, "detail": detail, "available": available}
    return Problem("amount-exceeded", f"{detail} {available} {currency.name} is possible.", errors=[error])
