"""Names are sent in the language of the connector or of its company, whoever makes the change or wakes the drain."""

from odoo.tests import tagged

from ..common import ShopCase
from ..connector.test_webhook_connector import WebhookCase


@tagged("post_install", "-at_install")
class TestLanguage(ShopCase, WebhookCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for code in ("fr_FR", "nl_NL", "de_DE"):
            cls.env["res.lang"]._activate_lang(code)
        cls.env.company.partner_id.lang = "fr_FR"
        cls.product.is_storable = True
        for lang, name in (("fr_FR", "Lampe"), ("nl_NL", "Schemerlamp"), ("de_DE", "Leuchte")):
            cls.product.with_context(lang=lang).name = name
        flows = cls.webhook.with_context(active_test=False).flow_ids
        flows.write({"active": True, "mode": "realtime", "window_seconds": 0})

    def _names(self, event_type):
        """Send what waits; return the names of the product in the events of a type that arrived."""
        self._commit()
        drain = self.env["retail.drain"].with_context(lang="nl_NL")
        drain._run(self.webhook.id, "realtime")
        found = [each["event"]["data"] for each in self._received()]
        self.sandbox.reset()
        data = [each for each in found if self._is_of(event_type, each)]
        return [each["name"] if "name" in each else each["lines"][0]["name"] for each in data]

    def _is_of(self, event_type, data):
        return data.get("source") == "list_price" if event_type == "price.changed" else "shipped_at" in data

    def _ship(self):
        self.env["stock.quant"]._update_available_quantity(self.product, self.warehouse.lot_stock_id, 5)
        picking = self._order(quantity=1).with_context(lang="nl_NL").picking_ids
        picking.move_ids.write({"quantity": 1, "picked": True})
        picking._action_done()

    def test_states(self):
        self._names("price.changed")
        self.product.with_context(lang="nl_NL").list_price = 7
        self.assertEqual(self._names("price.changed"), ["Lampe"])

    def test_facts(self):
        self._ship()
        self.assertEqual(self._names("shipment.confirmed"), ["Lampe"])

    def test_the_company_changes_its_language(self):
        self._ship()
        self._names("shipment.confirmed")
        self.env.company.partner_id.lang = "de_DE"
        self._ship()
        self.assertEqual(self._names("shipment.confirmed"), ["Leuchte"])

    def test_the_language_of_the_connector(self):
        self._names("price.changed")
        self.webhook.lang = "de_DE"
        self.product.list_price = 7
        self.assertEqual(self._names("price.changed"), ["Leuchte"])

    def test_facts_have_the_language_of_the_company(self):
        """All connectors get the same fact."""
        self._names("price.changed")
        self.webhook.lang = "de_DE"
        self._ship()
        self.assertEqual(self._names("shipment.confirmed"), ["Lampe"])
