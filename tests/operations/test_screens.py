"""The screens, pressed in a real browser."""

from odoo.tests import HttpCase, tagged

from ..common import RetailCase


@tagged("post_install", "-at_install")
class TestScreens(RetailCase, HttpCase):
    browser_size = "1440x900"

    def test_every_screen(self):
        """Each menu opens, and so does what it lists."""
        self._partner("Nobody", False)
        self._partner()
        self._drain()
        self.start_tour(
            "/odoo/action-retail_hub.action_retail_connector", "retail_hub_every_screen", login="admin"
        )

    def test_columns_of_the_mapping(self):
        """All can be read, none of them is cut off."""
        url = f"/odoo/action-retail_hub.action_retail_connector/{self.connector.id}"
        self.start_tour(url, "retail_hub_mapping_columns", login="admin")

    def test_first_connector(self):
        """An admin makes a connector, sets its token, tests it and activates it, all on its form."""
        self.connector.active = False
        url = f"/odoo/action-retail_hub.action_retail_connector?sandbox={self.sandbox.url}"
        self.start_tour(url, "retail_hub_first_connector", login="admin")
        connector = self.env["retail.connector"].search([("name", "=", "Tour HubSpot")])
        self.assertEqual((connector.state, connector.test_succeeded), ("active", True))
        self.assertEqual(connector.credential_ids._get_secret(), "sandbox-token")

    def test_the_progress_of_a_backfill_is_live(self):
        """Its form shows what happens without a click."""
        self._partner()
        run = self.env["retail.bulk.run"].create({"kind": "backfill", "connector_id": self.connector.id})
        run.action_start()
        url = f"/odoo/action-retail_hub.action_retail_bulk_run/{run.id}"
        self.start_tour(url, "retail_hub_live_form", login="admin")
        self.assertEqual(run.state, "paused")

    def test_resync(self):
        """A clerk presses Resync on a customer and follows the delivery."""
        partner = self._partner()
        self._drain()
        self.start_tour(f"/odoo/res.partner/{partner.id}", "retail_hub_resync", login="admin")
        self.assertEqual(self._drain(), 1)
        self.assertEqual(self._deliveries(partner).mapped("state"), ["delivered", "delivered"])


@tagged("post_install", "-at_install")
class TestPhone(RetailCase, HttpCase):
    """What is most looked for can be read on a phone: the status."""

    browser_size = "390x844"

    def test_status_of_a_connector(self):
        url = "/odoo/action-retail_hub.action_retail_connector"
        self.start_tour(url, "retail_hub_connector_on_a_phone", login="admin")

    def test_status_of_an_outgoing_event(self):
        self._partner("Nobody", False)
        self._drain()
        self.start_tour(
            "/odoo/action-retail_hub.action_retail_delivery", "retail_hub_delivery_on_a_phone", login="admin"
        )
