"""What a connector learns about its HubSpot account when it is tested, and what it sends by that."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from odoo import Command, fields
from odoo.tests import tagged

from .test_hubspot_orders import HubSpotCase

ZONES = ("America/New_York", "Pacific/Auckland", "Pacific/Kiritimati", "Pacific/Pago_Pago")
DATES = ("hs_invoice_date", "hs_due_date")


@tagged("post_install", "-at_install")
class TestHubSpotAccount(HubSpotCase):
    def _invoice(self):
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_date": "2026-12-01",
                "invoice_date_due": "2026-12-23",
                "invoice_line_ids": [Command.create({"product_id": self.product.id, "price_unit": 10})],
            }
        )
        invoice.action_post()
        return invoice

    def _shown(self, record, zone):
        moments = [datetime.fromisoformat(record["properties"][name]) for name in DATES]
        return [moment.astimezone(ZoneInfo(zone)).date() for moment in moments]

    def test_dates_are_those_of_odoo_in_the_time_zone_of_the_account(self):
        for zone in ZONES:
            with self.subTest(zone):
                self.sandbox.configure(time_zone=zone)
                self.connector.action_test_connection()
                invoice = self._invoice()
                self._drain()
                [record] = [
                    each
                    for each in self._living("invoices")
                    if each["properties"]["hs_title"] == invoice.name
                ]
                self.assertEqual(self._shown(record, zone), [date(2026, 12, 1), date(2026, 12, 23)])

    def test_the_test_tells_the_time_zone_and_the_calls_that_are_left(self):
        self.sandbox.configure(time_zone="America/New_York", daily_limit=1000)
        self.env.user.tz = "America/New_York"
        self.connector.action_test_connection()
        self.assertEqual(self.connector.time_zone, "America/New_York")
        self.assertRegex(
            self.connector.test_result, r"^Connected to .*\. \d+ of 1,000 calls are left until .*12:00.AM\.$"
        )

    def test_the_time_zone_of_another_account_is_forgotten(self):
        self.sandbox.configure(time_zone="America/New_York")
        self.connector.action_test_connection()
        self.connector.api_version = "v3"
        self.assertFalse(self.connector.time_zone)

    def test_the_daily_limit_ends_at_midnight_of_the_account(self):
        self.sandbox.configure(time_zone="America/New_York")
        self.connector.action_test_connection()
        self._partner("Bo", "bo@example.com")
        self._drain()
        [row] = self.connector.quota_ids.filtered(lambda row: row.seconds == 86_400)
        ends_at = datetime.fromtimestamp(row.counted["ends_at"] / 1_000_000 + 1, UTC)
        self.assertEqual(ends_at.astimezone(ZoneInfo("America/New_York")).strftime("%H:%M"), "00:00")

    def test_a_used_up_day_lasts_until_midnight_of_the_account(self):
        self.sandbox.configure(time_zone="America/New_York")
        self.connector.action_test_connection()
        self.sandbox.configure(daily_limit=0)
        self._partner("Bo", "bo@example.com")
        self._drain()
        until = self.connector.throttled_until
        there = until.replace(tzinfo=UTC).astimezone(ZoneInfo("America/New_York"))
        self.assertEqual(there.strftime("%H:%M"), "00:00")
        self.assertGreater(until, fields.Datetime.now())

    def _speaks(self, code):
        self.env["res.lang"]._activate_lang(code)
        return self._partner("Abebe", "abebe@example.com", lang=code)

    def test_a_language_that_the_account_does_not_have(self):
        """The contact arrives without it, and the delivery says so."""
        for is_known in (False, True):
            with self.subTest(is_known=is_known):
                if is_known:
                    self.connector.action_refresh_properties()
                partner = self._speaks("am_ET")
                self._drain()
                delivery = self._deliveries(partner)
                self.assertEqual(delivery.state, "delivered")
                self.assertIn("The language am-et was left out", delivery.warning)
                [contact] = [
                    each
                    for each in self._living("contacts")
                    if each["properties"].get("email") == "abebe@example.com"
                ]
                self.assertNotIn("hs_language", contact["properties"])
                partner.unlink()
                self._drain()

    def test_a_language_without_its_region(self):
        self.connector.action_refresh_properties()
        partner = self._speaks("sr_RS")
        self._drain()
        self.assertEqual(self._deliveries(partner).state, "delivered")
        self.assertIn("sr", [each["properties"].get("hs_language") for each in self._living("contacts")])
