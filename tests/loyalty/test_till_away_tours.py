"""A till in a real browser that is offline for eight hours, sells to members meanwhile, and comes back."""

from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from .engine_case import EngineCase
from .test_till_tours import TillTourCase

OFFLINE_LIMIT = 30
ELSEWHERE = 60  # points that others hold when all is over


@tagged("post_install", "-at_install")
class TestTillAwayTours(TillTourCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program.retail_offline_limit = OFFLINE_LIMIT
        cls.cy = cls.env["res.partner"].create({"name": "Cy Poe"})
        cls.cy_card = (
            cls.env["loyalty.card"]
            .sudo()
            .create({"program_id": cls.program.id, "partner_id": cls.cy.id, "points": 50})
        )
        cls.env.cr.flush()

    def setUp(self):
        super().setUp()
        self.lapsed = []
        self.env["retail.loyalty.account"].sudo()._of(self.cy_card).read_at = fields.Datetime.now()
        self.env.flush_all()
        passing = patch.object(type(self.env["pos.config"]), "pass_hours", self._pass_hours, create=True)
        self.startPatcher(passing)

    def _pass_hours(self, config, hours):
        """Let so many hours pass at the server: the till's holds expire, and others hold points of the customer."""
        env = config.env
        for table, column in (("retail_loyalty_hold", "held_until"), ("retail_loyalty_account", "read_at")):
            env.cr.execute(f"UPDATE {table} SET {column} = {column} - make_interval(hours => %s)", [hours])
        env.invalidate_all()
        holds = env["retail.loyalty.hold"].sudo()
        holds._expire()
        self.lapsed.append(holds.search([("card_id", "=", self.club_card.id)]).mapped("state"))
        card = holds.env["loyalty.card"].browse(self.club_card.id)
        values = {"is_offline": False, "company_id": config.company_id.id}
        self.assertTrue(holds._hold_for_till("another-till", card, ELSEWHERE, **values))

    def _read(self):
        self._commit()
        # As the superuser: accounts are the hub's own.
        return self.env["retail.loyalty.reader"].sudo()._run(self.engine.id)

    def _redeemed(self, card):
        return sorted(points for kind, points, _balance in self._ledger(card) if kind == "redeem")

    def test_eight_hours(self):
        """Its orders arrive once, and redeem what the receipts say, although the hold of the first has expired."""
        self._tour("eight_hours_away")
        orders = self._orders().sorted("date_order")  # tills send them in any order
        self.assertEqual(
            [(order.partner_id, order.amount_total, order.state) for order in orders],
            [
                (self.customer, 180, "paid"),
                (self.cy, 200, "paid"),
                (self.customer, 190, "paid"),
                (self.customer, 200, "paid"),
            ],
        )
        self.assertEqual(self.lapsed, [["expired"], ["expired", "expired"]])
        self.assertEqual((self._redeemed(self.club_card), self._redeemed(self.cy_card)), ([-20, -10], []))
        self.assertEqual(
            sorted(self._holds()),
            [("committed", 10, 10, True), ("committed", 20, 20, False), ("held", ELSEWHERE, 0, False)],
        )
        self._assert_all_agree()

    def _assert_all_agree(self):
        """Each order has earned once, and the engine, the ledger and the cards say the same."""
        EngineCase._send(self)
        self.sandbox.act("process", "voucherify")
        self._read_again()
        for card, points in ((self.club_card, 100 - 30 + 570), (self.cy_card, 50 + 200)):
            ledger = self._ledger(card)
            at_engine = self.remote.points_of(self.sandbox, card.partner_id.id)
            card.invalidate_recordset()
            self.assertEqual((at_engine, ledger[-1][2], card.points), (points,) * 3)
        self.assertFalse(self.env["retail.loyalty.proof"].sudo()._differences())
        self.assertFalse(self.env["retail.loyalty.difference"].search([]))
