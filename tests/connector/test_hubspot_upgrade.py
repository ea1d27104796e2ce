"""What an upgrade does to the mapping of a HubSpot connector."""

import runpy
from pathlib import Path

from odoo.tests import tagged

from ..common import RetailCase

MIGRATION = Path(__file__).parents[2] / "migrations" / "19.0.2.0.0" / "post-hubspot.py"


@tagged("post_install", "-at_install")
class TestHubSpotUpgrade(RetailCase):
    def _line(self, key):
        return self.connector.field_map_ids.filtered(lambda line: line.default_key == key)

    def _make_old(self, key, **before):
        """Give a line the content that it had in the version before, as its default and as its own."""
        line = self._line(key)
        line.sudo().write({**before, "default_values": {**line.default_values, **before}})
        return line

    def _upgrade(self):
        self.env.flush_all()
        runpy.run_path(str(MIGRATION))["migrate"](self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()

    def test_lines_with_wrong_values_are_corrected(self):
        for key, before, after in runpy.run_path(str(MIGRATION))["CHANGES"]:
            with self.subTest(key):
                line = self._make_old(key, **before)
                self._upgrade()
                self.assertEqual({name: line[name] or "" for name in after}, after)
                self.assertEqual(line.origin, "default")
        self.assertEqual([each[0] for each in self.connector._differences()], [])

    def test_a_line_that_somebody_changed_stays(self):
        line = self._make_old("order.hs_subtotal_price", transform="none")
        line.expression = "total"
        self._upgrade()
        self.assertEqual((line.transform, line.expression, line.origin), ("none", "total", "changed"))
