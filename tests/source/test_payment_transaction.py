"""Payments through providers: what becomes of them is sent once, with the order or invoice that they pay."""

from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from .test_account_move import InvoiceCase, TillCase


class PaymentCase(InvoiceCase):
    """A payment provider that can do all, and what it says."""

    wanted = (
        "order.placed",
        "invoice.posted",
        "invoice.paid",
        "payment.authorized",
        "payment.captured",
        "payment.failed",
        "payment.refunded",
    )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.method = cls.env.ref("payment.payment_method_unknown")
        cls.provider = cls.env["payment.provider"].create(
            {"name": "Card", "code": "none", "state": "test", "payment_method_ids": cls.method.ids}
        )
        cls.method.active = True
        journal = cls.env["account.journal"].search([("type", "=", "bank")], limit=1)
        cls.env["account.payment.method.line"].create(
            {
                "name": "Card",
                "journal_id": journal.id,
                "payment_provider_id": cls.provider.id,
                "payment_method_id": cls.env.ref("account.account_payment_method_manual_in").id,
                "payment_account_id": journal.inbound_payment_method_line_ids[:1].payment_account_id.id,
            }
        )

    def setUp(self):
        super().setUp()

        def support_all(providers):
            providers.update(
                {
                    "support_express_checkout": False,
                    "support_tokenization": False,
                    "support_manual_capture": "partial",
                    "support_refund": "partial",
                }
            )

        provider_class = type(self.provider)
        self.startPatcher(patch.object(provider_class, "_compute_feature_support_fields", support_all))

    def _payment(self, amount=121.0, **values):
        return self.env["payment.transaction"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.method.id,
                "amount": amount,
                "currency_id": self.env.company.currency_id.id,
                "partner_id": self.customer.id,
                "operation": "online_direct",
                "reference": f"TX-{self.env['payment.transaction'].search_count([])}",
                **values,
            }
        )


@tagged("post_install", "-at_install")
class TestPaymentTransaction(PaymentCase):
    def _payment_of_order(self):
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "order_line": [Command.create({"product_id": self.product.id, "price_unit": 100})],
            }
        )
        return order, self._payment(sale_order_ids=order.ids)

    def test_captured_in_the_name_of_a_visitor(self):
        """What is left to write at the end of a request is written with the rights of who made it."""
        payment = self._payment()
        self._commit()
        payment._set_done()
        payment.invalidate_recordset(["child_transaction_ids"], flush=False)
        visitor = self.env.ref("base.public_user")
        payment.with_user(visitor).flush_model()
        self.assertEqual(self._sent(payment), ["payment.captured"])
        self.assertEqual(self._events(payment).user_id, visitor)

    def test_a_quotation_that_is_paid(self):
        """Its payment makes it an order: that is what led to it."""
        order, payment = self._payment_of_order()
        payment._set_done()
        self._commit()
        payment._post_process()
        captured, placed = self._events(payment), self._events(order, "order.placed")
        self.assertEqual(order.state, "sale")
        self.assertEqual(placed.causation_id, captured.uuid)
        self.assertEqual((placed.correlation_id, captured.correlation_id), (f"sale.order,{order.id}",) * 2)

    def test_authorized_and_captured(self):
        order, payment = self._payment_of_order()
        payment._set_pending()
        self.assertEqual(self._sent(payment), [])
        payment.provider_reference = "ch_7"
        payment._set_authorized()
        [authorized] = self._events(payment)
        self.assertEqual((authorized.event_type, authorized.kind), ("payment.authorized", "fact"))
        self.assertEqual(authorized.occurred_at, payment.last_state_change)
        self.assertEqual(
            authorized.payload,
            {
                "id": str(payment.id),
                "kind": "payment",
                "status": "authorized",
                "amount": "121.00",
                "currency": payment.currency_id.name,
                "provider": "none",
                "method": "unknown",
                "reference": payment.reference,
                "provider_reference": "ch_7",
                "customer_id": str(self.customer.id),
                "company": payment.company_id.name,
                "orders": [{"id": str(order.id), "number": order.name, "channel": order._retail_channel()}],
                "invoice_ids": [],
                "authorization_id": "",
                "refunded_payment_id": "",
                "failure_message": "",
                "is_test": True,
            },
        )
        payment._set_done()
        [captured] = self._events(payment, "payment.captured")
        self.assertEqual((captured.payload["status"], captured.payload["amount"]), ("captured", "121.00"))
        self.assertEqual(captured.causation_id, authorized.uuid)
        self.assertEqual(captured.correlation_id, f"sale.order,{order.id}")

    def test_authorized_and_captured_at_once(self):
        payment = self._payment()
        payment._set_authorized()
        payment._set_done()
        self.assertEqual(self._sent(payment), ["payment.authorized", "payment.captured"])

    def test_the_provider_says_it_twice(self):
        payment = self._payment()
        payment._set_done()
        self._events()
        payment._set_done()
        self.assertEqual(self._sent(payment), ["payment.captured"])

    def test_captured_in_parts(self):
        """Each part is sent; the payment that was authorized is not sent as captured again."""
        order, payment = self._payment_of_order()
        payment._set_authorized()
        [authorized] = self._events(payment)
        first = payment._capture(21)
        first._set_done()
        second = payment._capture(100)
        second._set_done()
        self.assertEqual(payment.state, "done")
        self.assertEqual(self._sent(payment), ["payment.authorized"])
        for part, expected in ((first, "21.00"), (second, "100.00")):
            [captured] = self._events(part)
            self.assertEqual(
                (
                    captured.event_type,
                    captured.payload["amount"],
                    captured.payload["authorization_id"],
                    captured.causation_id,
                    captured.correlation_id,
                ),
                (
                    "payment.captured",
                    expected,
                    str(payment.id),
                    authorized.uuid,
                    f"sale.order,{order.id}",
                ),
            )
            self.assertEqual(captured.payload["orders"][0]["id"], str(order.id))

    def test_refused(self):
        """The message of the provider is sent, the number of a card is not."""
        payment = self._payment()
        payment._set_error("Card 4242 4242 4242 4242 was refused (code 51).")
        [failed] = self._events(payment)
        self.assertEqual(
            (failed.event_type, failed.payload["status"], failed.payload["failure_message"]),
            ("payment.failed", "failed", "Card *** was refused (code 51)."),
        )

    def test_refused_then_paid(self):
        """A provider may take it after all."""
        payment = self._payment()
        payment._set_error("Try again")
        payment._set_done()
        self.assertEqual(self._sent(payment), ["payment.failed", "payment.captured"])
        [captured] = self._payloads(payment, "payment.captured")
        self.assertEqual(captured["failure_message"], "")

    def test_given_up(self):
        payment = self._payment()
        payment._set_pending()
        payment._set_canceled()
        [failed] = self._payloads(payment, "payment.failed")
        self.assertEqual(failed["status"], "cancelled")

    def test_begun_and_left(self):
        payment = self._payment()
        payment._set_canceled()
        self.assertEqual(self._sent(payment), [])

    def test_voided(self):
        payment = self._payment()
        payment._set_authorized()
        [authorized] = self._events(payment)
        part = payment._void()
        part._set_canceled()
        self.assertEqual(payment.state, "cancel")
        self.assertEqual(
            (self._sent(payment), self._sent(part)), (["payment.authorized", "payment.failed"], [])
        )
        failed = self._events(payment, "payment.failed")
        self.assertEqual((failed.payload["status"], failed.causation_id), ("cancelled", authorized.uuid))

    def test_refunded_in_part(self):
        order, payment = self._payment_of_order()
        payment._set_done()
        [captured] = self._events(payment)
        refund = payment._refund(21.5)
        self.assertEqual(self._sent(refund), [])
        refund._set_done()
        [refunded] = self._events(refund)
        self.assertEqual(
            (refunded.event_type, refunded.causation_id, refunded.correlation_id),
            ("payment.refunded", captured.uuid, f"sale.order,{order.id}"),
        )
        sent = refunded.payload
        self.assertEqual(
            (sent["kind"], sent["status"], sent["amount"], sent["refunded_payment_id"]),
            ("refund", "refunded", "21.50", str(payment.id)),
        )
        self.assertEqual((sent["authorization_id"], sent["orders"][0]["number"]), ("", order.name))
        self.assertEqual(self._sent(payment), ["payment.captured"])

    def test_refund_that_failed(self):
        payment = self._payment()
        payment._set_done()
        refund = payment._refund()
        refund._set_error("No money")
        [sent] = self._payloads(refund, "payment.failed")
        self.assertEqual(
            (sent["kind"], sent["status"], sent["refunded_payment_id"], sent["failure_message"]),
            ("refund", "failed", str(payment.id), "No money"),
        )
        self.assertEqual(self._events(refund).correlation_id, f"payment.transaction,{payment.id}")

    def test_validation_of_a_card_is_no_payment(self):
        payment = self._payment(0, operation="validation")
        payment._set_done()
        self.assertEqual(self._sent(payment), [])

    def test_other_currency(self):
        yen = self._foreign_currency(150, "JPY")
        payment = self._payment(1999, currency_id=yen.id)
        payment._set_done()
        [sent] = self._payloads(payment, "payment.captured")
        self.assertEqual((sent["amount"], sent["currency"]), ("1999", "JPY"))

    def test_of_an_invoice(self):
        """The invoice is paid by it, which is sent, too; both belong to the process of the invoice."""
        invoice = self._invoice(100)
        payment = self._payment(invoice_ids=invoice.ids)
        payment._set_done()
        payment._post_process()
        self.assertEqual(invoice.amount_residual, 0)
        self.assertEqual(
            [(event.event_type, event.correlation_id) for event in self._events().sorted("id")],
            [
                ("invoice.posted", f"account.move,{invoice.id}"),
                ("invoice.paid", f"account.move,{invoice.id}"),
                ("payment.captured", f"account.move,{invoice.id}"),
            ],
        )
        [sent] = self._payloads(payment, "payment.captured")
        self.assertEqual(sent["invoice_ids"], [str(invoice.id)])
        [paid] = self._payloads(invoice, "invoice.paid")
        self.assertEqual(paid["payment_id"], str(payment.payment_id.id))

    def test_story_of_an_order(self):
        """Paid online, confirmed, invoiced and settled by itself: all of it is found by the order."""
        self.env["ir.config_parameter"].set_param("sale.automatic_invoice", "True")
        order, payment = self._payment_of_order()
        payment._set_done()
        payment.with_context(skip_sale_auto_invoice_send=True)._post_process()
        self.assertEqual((order.state, order.invoice_ids.amount_residual), ("sale", 0))
        self._events()
        story = self.env["retail.event"].search([("correlation_id", "=", f"sale.order,{order.id}")])
        self.assertEqual(
            sorted(story.mapped("event_type")),
            ["invoice.paid", "invoice.posted", "order.placed", "payment.captured"],
        )
        causes = {event.event_type: event.causation_id for event in story}
        self.assertEqual(
            causes["invoice.posted"], story.filtered(lambda e: e.event_type == "order.placed").uuid
        )

    def test_two_companies(self):
        other = self.env["res.company"].create({"name": "Other shop"})
        provider = self.provider.copy({"company_id": other.id})
        payment = self._payment(provider_id=provider.id)
        payment._set_done()
        self.assertEqual((payment.company_id, self._sent(payment)), (other, []))

    def test_sent_at_once(self):
        flows = self.env["retail.flow"].search([("event_type", "=like", "payment.%")])
        self.assertEqual(set(flows.mapped("mode")), {"realtime"})


@tagged("post_install", "-at_install")
class TestPaymentOfATill(PaymentCase, TillCase):
    def test_of_an_order(self):
        """What is paid online for an order of a till, and its refund, belong to that order."""
        if "pos_order_id" not in self.env["payment.transaction"]._fields:
            self.skipTest("pos_online_payment is not installed")
        order = self._sell()
        payment = self._payment(pos_order_id=order.id)
        payment._set_done()
        refund = payment._refund()
        refund._set_done()
        for each in (payment, refund):
            event = self._events(each)
            self.assertEqual(event.correlation_id, f"pos.order,{order.id}")
            self.assertEqual(
                event.payload["orders"], [{"id": str(order.id), "number": order.name, "channel": "pos"}]
            )
