"""A till in a real browser, with its loyalty engine up, slow and down."""

from odoo.tests import tagged

from odoo.addons.point_of_sale.tests.test_frontend import TestPointOfSaleHttpCommon

from .engine_case import EngineCase


class TillTourCase(EngineCase, TestPointOfSaleHttpCommon):
    browser_size = "1440x900"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("sales_team.group_sale_manager")
        cls.program.portal_point_name = "Stars"
        cls.env["product.product"].create(
            {"name": "Till Lamp", "list_price": 200, "taxes_id": False, "available_in_pos": True}
        )
        cls.club_card = cls.env["loyalty.card"].create(
            {"program_id": cls.program.id, "partner_id": cls.customer.id, "points": 100}
        )
        cls.env.cr.flush()

    @classmethod
    def _create_connector(cls, name, **values):
        cls.env.user.group_ids |= cls.env.ref("retail_hub.group_manager")
        return super()._create_connector(name, **values)

    def setUp(self):
        super().setUp()
        EngineCase._send(self)
        self.sandbox.act("process", "voucherify")

    def _tour(self, name, **options):
        self.main_pos_config.with_user(self.pos_user).open_ui()
        self.start_pos_tour(f"retail_hub_till_{name}", **options)

    def _booked(self):
        """Return what was booked on the card after its 100 points."""
        return self._ledger(self.club_card)[1:]


@tagged("post_install", "-at_install")
class TestTillTours(TillTourCase):
    def test_live(self):
        self._tour("live")
        self.assertEqual(self._booked(), [("redeem", -37, 63)])
