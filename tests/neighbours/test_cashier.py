"""Employees who share a till (``pos_hr``): each sale and the closing say who was at it."""

from ..source.test_pos_order import PosCase
from .common import needs_neighbours


@needs_neighbours
class TestCashier(PosCase):
    wanted = ("order.placed", "refund.issued", "settlement.closed")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        employees = cls.env["hr.employee"].sudo()
        cls.bo, cls.cy = employees.create([{"name": "Bo Till"}, {"name": "Cy Till"}])

    def test_each_sale_has_its_cashier(self):
        """Not who is logged in at the till, which is the same user all day."""
        sold = self._sell([(self.vase, 2)], employee_id=self.bo.id)
        refund = self._sell([self._returned(sold.lines, 1)], employee_id=self.cy.id, is_refund=True)
        other = self._sell([(self.vase, 1)])
        self.assertEqual(
            [self._events(order).payload["salesperson"] for order in (sold, refund, other)],
            ["Bo Till", "Cy Till", self.env.user.name],
        )

    def test_who_sells_needs_no_right_to_see_employees(self):
        cashier = self.env["res.users"].create(
            {
                "name": "Shop",
                "login": "shop",
                "company_id": self.env.company.id,
                "company_ids": self.env.company.ids,
                "group_ids": (
                    self.env.ref("base.group_user") + self.env.ref("point_of_sale.group_pos_user")
                ).ids,
            }
        )
        payload = self._payload([(self.vase, 1)], user_id=cashier.id, employee_id=self.bo.id)
        self.env["pos.order"].with_user(cashier).sync_from_ui([payload])
        [event] = self._events(event_type="order.placed")
        self.assertEqual((event.payload_error, event.payload["salesperson"]), (False, "Bo Till"))

    def test_who_closed(self):
        self._sell([(self.vase, 1)], employee_id=self.bo.id)
        self.pos_session.employee_id = self.cy
        self.pos_session.post_closing_cash_details(110)
        self.pos_session.close_session_from_ui()
        [sent] = self._events(self.pos_session).mapped("payload")
        self.assertEqual((sent["cashier"], sent["total"]), ("Cy Till", "10.00"))
