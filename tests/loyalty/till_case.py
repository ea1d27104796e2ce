"""A till whose loyalty program is the Voucherify sandbox's."""

from odoo.tests import new_test_user

from ..source.test_pos_order import PosCase
from .engine_case import EngineCase

CASHIER = "base.group_user,point_of_sale.group_pos_user"


class TillCase(EngineCase, PosCase):
    """An open till, a cashier, and a customer with 100 points."""

    points = 100

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("sales_team.group_sale_manager")
        cls.cashier = new_test_user(cls.env, "till_cashier", CASHIER)
        # As the superuser: a till's user may not give points.
        cls.club_card = (
            cls.env["loyalty.card"]
            .sudo()
            .create({"program_id": cls.program.id, "partner_id": cls.customer.id, "points": cls.points})
        )
        cls.env.cr.flush()
        cls.reward = cls.program.reward_ids

    def setUp(self):
        super().setUp()
        self._know_balance()

    def _send(self, payload):
        """Send an order as a till does, and return it."""
        return PosCase._send(self, payload)

    def _send_due(self):
        """Send the engine what is due."""
        return EngineCase._send(self)

    def _read(self):
        self._commit()
        return self.env["retail.loyalty.reader"].sudo()._run(self.engine.id)

    def _expire_holds(self):
        """Have the time of all holds be over."""
        self.env["retail.loyalty.hold"].sudo().search([]).held_until = "2020-01-01"
        self.env.flush_all()

    def _know_balance(self, ago=0):
        """Have the balance been read from the engine, so many seconds ago."""
        return self._know_balance_of(self.club_card, ago)

    def _till(self, user=None):
        return self.config.with_user(user or self.cashier)

    def _read_balances(self, customer_id, order_uuid=None, user=None):
        with self.enter_registry_test_mode():
            return self._till(user).retail_read_balances(customer_id, order_uuid)

    def _hold(self, uuid="U-1", points=80, card=None):
        return self._till().retail_hold_points(uuid, {(card or self.club_card).id: points})

    def _holds(self):
        holds = self.env["retail.loyalty.hold"].search([], order="id")
        return [(hold.order_uuid, hold.state, hold.points, hold.spent) for hold in holds]

    def _available(self):
        """Return (points, held) of the card."""
        self.club_card.invalidate_recordset()
        return self.club_card.points, self.club_card.retail_held

    def _redeeming(self, points, card=None, **values):
        """Return the line of a reward of as much money as points."""
        card = self.club_card if card is None else card
        return {
            "product": self.vase,
            "quantity": 1,
            "price_unit": -points,
            "price_subtotal": -points,
            "price_subtotal_incl": -points,
            "tax_ids": [],
            "is_reward_line": True,
            "reward_id": self.reward.id,
            "coupon_id": card.id,
            "points_cost": points,
            "reward_identifier_code": "R-1",
            **values,
        }

    def _redeem(self, points=80, customer=None, claims=None, line=(), **values):
        """Sell a lamp of 200 and redeem points, as a till uploads it."""
        lamp = {
            "product": self.lamp,
            "quantity": 1,
            "price_unit": 200,
            "price_subtotal": 200,
            "price_subtotal_incl": 200,
            "tax_ids": [],
        }
        lines = [lamp, self._redeeming(points, **dict(line))]
        payload = self._payload(
            lines, [(self.bank_pm1, 200 - points)], customer=customer or self.customer, **values
        )
        payload["retail_loyalty_claims"] = claims
        return self._send(payload)

    def _booked(self, card=None):
        return self._ledger(card or self.club_card)[1:]
