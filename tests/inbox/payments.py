"""What the tests of payments share: an order of 24.20, and reports about its payments."""

from .orders import OrderCase


class PaymentsCase(OrderCase):
    """Has a client that may capture orders and report their payments."""

    scopes = ("orders:read", "orders:write", "payments:write")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bank = cls.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", cls.company.id)], limit=1
        )
        cls.mug.invoice_policy = "order"

    def pay(self, action, code="P-1", amount="24.20", order="W-1001", status=None, **values):
        """Report a payment; return the JSON of the answer, or the response if the status is not to be checked."""
        content = {"id": code, "amount": amount, "currency": self.company.currency_id.name, **values}
        response = self.post(f"/orders/{order}/payments/{action}", content)
        if status is None:
            return response
        self.assertEqual(response.status_code, status, response.text)
        return response.json()

    def amounts(self, answer):
        """Return what an answer says of the order: (paid, authorized, refunded)."""
        return answer["paid"], answer["authorized"], answer["refunded"]

    def payments(self, order):
        """Return the payments of an order, the first one first."""
        order.invalidate_recordset()
        order.transaction_ids.invalidate_recordset()
        return order.transaction_ids.sorted("id")

    def book(self):
        """Do what the jobs do that are waiting."""
        self.env.flush_all()
        jobs = self.env["queue.job"].search([("method_name", "=", "_retail_book")], order="id")
        payments = self.env["payment.transaction"].browse([job.records.id for job in jobs])
        jobs.unlink()
        for payment in payments:
            payment._retail_book()
        self.env.invalidate_all()
        return payments

    def map_method(self, code, journal):
        return self.env["retail.code.map"].create(
            {
                "connector_id": self.system.id,
                "kind": "payment_method",
                "code": code,
                "journal_id": journal.id,
            }
        )

    def new_journal(self, name, code, **values):
        return self.env["account.journal"].create(
            {"name": name, "code": code, "type": "bank", "company_id": self.company.id, **values}
        )
