"""What people read can be translated, also where Odoo does not look for it by itself."""

from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools.translate import code_translations

from ..common import RetailCase

DUTCH = {"Not sent": "Niet verzonden", "Customer created": "Klant aangemaakt"}


@tagged("post_install", "-at_install")
class TestTranslations(RetailCase):
    def setUp(self):
        super().setUp()
        self.env["res.lang"]._activate_lang("nl_NL")
        self.enterContext(
            patch.object(
                type(code_translations),
                "get_python_translations",
                lambda _self, module, lang: DUTCH if (module, lang) == ("retail_hub", "nl_NL") else {},
            )
        )

    def _dutch(self, model, name):
        return self.env[model].with_context(lang="nl_NL").fields_get([name])[name]

    def test_group_of_what_was_not_sent(self):
        for model in ("res.partner", "sale.order", "account.move", "pos.order"):
            self.assertEqual(self._dutch(model, "retail_sync_state")["falsy_value_label"], "Niet verzonden")

    def test_event_types(self):
        """In lists, filters and names, in the language of the reader."""
        for model in ("retail.event", "retail.delivery", "retail.flow"):
            labels = dict(self._dutch(model, "event_type")["selection"])
            self.assertEqual(labels["customer.created"], "Klant aangemaakt")
        delivery = self._deliveries(self._partner())
        self.assertEqual(delivery.display_name, f"Customer created → HubSpot (#{delivery.id})")
        self.assertEqual(
            delivery.with_context(lang="nl_NL").display_name, f"Klant aangemaakt → HubSpot (#{delivery.id})"
        )
