"""What is undone, once, when a step of an order fails: its hold expires, or its payment fails."""

import logging

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError

from ...core.problem import Problem
from .locks import locked

FAILURES = [("hold", "Hold Expired"), ("payment", "Payment Failed")]
OPEN_PAYMENTS = ("pending", "authorized", "done")
_logger = logging.getLogger(__name__)


class SaleOrder(models.Model):
    _inherit = "sale.order"

    retail_failure = fields.Selection(
        FAILURES,
        "Cancelled Because",
        readonly=True,
        copy=False,
        help="What has failed, so that the order was cancelled by itself, or somebody was asked to.",
    )
    retail_failed_at = fields.Datetime("Failed", readonly=True, copy=False)

    # -- holds that expire -------------------------------------------------------------------------

    @api.model
    def _retail_cron_holds(self):
        """Cancel the orders whose hold has expired, each in a transaction of its own."""
        domain = [
            ("retail_hold", "=", "held"),
            ("state", "=", "sale"),
            ("retail_held_until", "<=", fields.Datetime.now()),
        ]
        for order in self.search(domain, order="retail_held_until, id"):
            try:
                order._retail_expire()
            except Problem as problem:  # somebody else works with the order: the next run looks at it again
                _logger.info("The hold of order %s could not be ended now: %s", order.id, problem.detail)

    def _retail_expire(self):
        """End a hold that has expired, unless the order was confirmed or held longer meanwhile.

        :raise Problem: somebody else works with the order
        """
        keys = self._retail_lock_keys()
        with self.env.registry.cursor() as cr:
            # As the superuser: the order's system is not there.
            order = self.with_env(api.Environment(cr, SUPERUSER_ID, {}))
            locked(order.env, ("", 0), "", keys, order._retail_expire_now)

    def _retail_lock_keys(self):
        """Return what commands about the order lock, as texts."""
        # As the superuser: links to remote records are the hub's own.
        bindings = self.env["retail.binding"].sudo()
        own = bindings.search([("res_model", "=", self._name), ("res_id", "=", self.id)])
        products = self.order_line.move_ids.product_id
        return (
            *(f"{each.connector_id.id}/order/{each.remote_id}" for each in own),
            *(f"stock/{each}" for each in products.ids),
        )

    def _retail_expire_now(self):
        order = self.exists()
        if order and order._retail_not_shipped() == "held" and order._retail_is_over():
            order._retail_end_hold("expired")
            order._retail_compensate("hold", self.env._("The hold has expired."))

    # -- payments that fail ------------------------------------------------------------------------

    def _retail_payment_failed(self, payment, client):
        """Cancel the order that nobody pays, if its system wants that.

        :param payment: that has failed now, as the superuser
        :param client: the API client, whose policy applies
        """
        # As the superuser: payments are not for the client's user to read.
        states = self.sudo().transaction_ids.mapped("state")
        if client.failed_payment == "cancel" and not {*states} & {*OPEN_PAYMENTS}:
            reason = self.env._("Payment %s has failed.", payment.retail_code)
            self._retail_compensate("payment", reason)

    # -- undoing -----------------------------------------------------------------------------------

    def _retail_compensate(self, failure, reason):
        """Cancel an order because something has failed; or have a person decide, if that cannot be done. Once.

        :param failure: a key of ``FAILURES``
        :param reason: what has failed, in a sentence
        """
        # As the superuser: cancelling takes loyalty points back, which salespeople may not.
        order = self.sudo()
        if order.state != "sale" or order.retail_failure:
            return
        order.write({"retail_failure": failure, "retail_failed_at": fields.Datetime.now()})
        why_not = order._retail_why_not_cancelled() or order._retail_attempt_cancel()
        if why_not:
            order._retail_open_review(f"{reason} {why_not}")
        else:
            order.message_post(body=self.env._("%s The order was cancelled.", reason))

    def _retail_why_not_cancelled(self):
        """Return why the order cannot be cancelled without a person, in a sentence; "" if it can."""
        if any(self.order_line.mapped("qty_delivered")):
            return self.env._("A part of the order was shipped, so it was not cancelled.")
        if "posted" in self.invoice_ids.mapped("state"):
            return self.env._("The order was invoiced, so it was not cancelled.")
        if self.currency_id.compare_amounts(self.retail_paid, self.retail_refunded) > 0:
            return self.env._("The order was paid, so it was not cancelled.")
        return ""

    def _retail_attempt_cancel(self):
        """Cancel the order, and free its stock; return why a rule of Odoo forbids that, and "" if it was done."""
        try:
            with self.env.cr.savepoint():
                self.with_context(tracking_disable=True).action_unlock()
                self.with_context(disable_cancel_warning=True).action_cancel()
                self.env["retail.order.change"]._supersede(self)
        except UserError as error:
            return self.env._("It could not be cancelled: %s", error)
        return ""

    def _retail_why_cancelled(self):
        """Return the sentence about a cancelled order for its system."""
        if self.retail_failure == "payment":
            return "The payment failed, so the order was cancelled."
        if self.state != "cancel":
            return "Somebody in Odoo has made the order a quotation again."
        return "The order is cancelled."
