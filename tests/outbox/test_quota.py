"""The call limits of a connector: what is counted, who goes first, and what the remote says."""

from lxml import etree

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools.safe_eval import safe_eval

from ...connectors.items import Item
from ...connectors.provider import QuotaReading
from ...core.errors import QuotaError
from ..common import RetailCase

DAY = 86_400


@tagged("post_install", "-at_install")
class TestQuota(RetailCase):
    def setUp(self):
        super().setUp()
        self.quota = self.env["retail.quota"]

    def _limits(self, connector=None):
        return {row.seconds: row.max_calls for row in (connector or self.connector).quota_ids}

    def _row(self, seconds):
        return self.connector.quota_ids.filtered(lambda row: row.seconds == seconds)

    def _limit(self, seconds, calls):
        """Have a manager type a limit, after which nothing was counted yet."""
        self._row(seconds).max_calls = calls

    def _take_all_but(self, left):
        self.assertEqual(self.quota._take(self.connector, "realtime", self._row(10).left - left), 0.0)

    # -- plans -------------------------------------------------------------------------------------

    def test_smallest_plan(self):
        """A new connector must not be refused by the remote because it was taken for a larger one."""
        connector = self._create_connector("Second")
        self.assertEqual(connector.plan, "hubspot.starter")
        self.assertEqual(self._limits(connector), {10: 100, DAY: 250_000})
        self.assertFalse(any(connector.quota_ids.mapped("is_manual")))

    def test_other_plan(self):
        """The limits are the new plan's, whoever typed others; the counts stay."""
        self.quota._take(self.connector, "realtime", 5)
        self._limit(10, 7)
        self.connector.plan = "hubspot.professional"
        self.assertEqual(self._limits(), {10: 190, DAY: 625_000})
        self.assertEqual(self.connector.quota_ids.mapped("used"), [5, 5])
        self.connector.plan = "hubspot.enterprise"
        self.assertEqual(self._limits(), {10: 190, DAY: 1_000_000})

    def test_removed_line_is_no_limit(self):
        self._take_all_but(0)
        self.assertGreater(self.quota._wait_seconds(self.connector, "realtime"), 10)
        self._row(10).unlink()
        self.assertEqual(self.quota._wait_seconds(self.connector, "realtime"), 0.0)
        self.connector.quota_ids.unlink()
        self.assertEqual(self.quota._take(self.connector, "bulk", 1_000_000), 0.0)
        self.assertIsNone(self.quota._left_today(self.connector))

    def test_added_line(self):
        self.connector.quota_ids = [(0, 0, {"window": "60", "max_calls": 3})]
        self.assertEqual(self._limits(), {10: 100, 60: 3, DAY: 250_000})
        self.assertEqual(self.quota._take(self.connector, "realtime", 3), 0.0)
        wait = self.quota._take(self.connector, "realtime")
        self.assertTrue(60 <= wait <= 66, wait)

    # -- counting ----------------------------------------------------------------------------------

    def test_one_call_left(self):
        """Bulk work stops at its share; realtime and inbound work use the rest."""
        self._limit(10, 10)
        self._take_all_but(2)
        for lane in ("bulk", "bulk"):
            wait = self.quota._take(self.connector, lane)
            self.assertTrue(9 < wait <= 11, wait)
            self.assertAlmostEqual(self.quota._wait_seconds(self.connector, lane), wait, delta=1)
        self.assertEqual(self._row(10).used, 8)
        self.assertEqual(self.quota._take(self.connector, "inbound"), 0.0)
        self.assertEqual(self.quota._wait_seconds(self.connector, "realtime"), 0.0)
        self.assertEqual(self.quota._take(self.connector, "realtime"), 0.0)
        self.assertGreater(self.quota._take(self.connector, "realtime"), 9)
        self.assertEqual((self._row(10).used, self._row(10).left), (10, 0))

    def test_refused_call_is_counted_nowhere(self):
        """A call that one window refuses must not use up the others."""
        self._limit(10, 3)
        self.assertEqual(self.quota._take(self.connector, "realtime", 3), 0.0)
        self.assertGreater(self.quota._take(self.connector, "realtime"), 0)
        self.assertEqual(self.connector.quota_ids.mapped("used"), [3, 3])

    def test_waiting_reads_only(self):
        self.quota._wait_seconds(self.connector, "realtime")
        self.assertEqual(self.connector.quota_ids.mapped("counted"), [False, False])

    def test_reserve_of_the_connector(self):
        self._limit(10, 10)
        self.connector.realtime_reserve = 50
        self._take_all_but(5)
        self.assertGreater(self.quota._wait_seconds(self.connector, "bulk"), 0)
        self.connector.realtime_reserve = 40
        self.assertEqual(self.quota._wait_seconds(self.connector, "bulk"), 0.0)

    def test_connectors_count_apart(self):
        other = self._create_connector("Second")
        self._take_all_but(0)
        self.assertEqual(self.quota._take(other, "realtime", 100), 0.0)

    # -- the remote's word -------------------------------------------------------------------------

    def test_remote_has_another_plan(self):
        """Nobody says that the account was upgraded: the remote does."""
        self.quota._take(self.connector, "realtime", 5)
        readings = [QuotaReading(10, 190, 150), QuotaReading(DAY, 625_000, 25_000)]
        self.quota._correct(self.connector, readings)
        self.assertEqual(self._limits(), {10: 190, DAY: 625_000})
        self.assertEqual(self.connector.quota_ids.mapped("used"), [40, 600_000])
        self.assertEqual(self.quota._left_today(self.connector), (25_000, 625_000))
        self.assertEqual(
            self.connector.quota_ids.mapped("remark"),
            ["HubSpot reports 190", "HubSpot reports 625,000"],
        )

    def test_typed_limit(self):
        """An admin who shares the account with another system keeps calls back; the remote may allow less still."""
        self._limit(10, 50)
        self.quota._correct(self.connector, [QuotaReading(10, 190, 190)])
        self.assertEqual((self._row(10).max_calls, self._row(10).left), (50, 50))
        self.quota._correct(self.connector, [QuotaReading(10, 20, 20)])
        self.assertEqual((self._row(10).max_calls, self._row(10).left), (50, 20))

    def test_figures_of_a_removed_line(self):
        self._row(10).unlink()
        self.quota._correct(self.connector, [QuotaReading(10, 1, 0), QuotaReading(1, 1, 0)])
        self.assertEqual(self._limits(), {DAY: 250_000})

    def test_headers_of_the_remote(self):
        """What the adapter reads from answers is what the remote says, once."""
        self.sandbox.configure(ten_secondly_limit=190, daily_limit=5000)
        connection = self.connector._connection()
        with connection as adapter:
            self.assertEqual(connection.quota_readings(), [])
            adapter.test_connection()
            sent = connection.quota_readings()
            self.assertEqual(sent, [QuotaReading(10, 190, 188), QuotaReading(DAY, 5000, 4998)])
            self.assertEqual(connection.quota_readings(), [])

    # -- before the call ---------------------------------------------------------------------------

    def _send(self, before_call, count):
        """Send so many new customers in batches of one; return (adapter's outcomes, calls at the remote)."""
        self.connector.batch_size = 1
        payloads = self.env["res.partner"].create(
            [{"name": f"Ann {n}", "email": f"ann{n}@example.com"} for n in range(count)]
        )
        with self.connector._connection() as adapter:
            adapter.http.before_call = before_call
            items = [self._item(adapter, partner) for partner in payloads]
            return adapter.send(items), self._calls()

    def _item(self, adapter, partner):
        payload, _warnings = partner._retail_payloads()[partner.id]
        return adapter.prepare(Item(str(partner.id), "customer.created", payload, str(partner.id)))

    def test_refused_before_the_call(self):
        """Two calls are allowed: two customers arrive, and for the others nothing more is tried."""
        asked = []

        def before_call():
            asked.append(1)
            if len(asked) > 2:
                raise QuotaError("Wait.", code="OWN_LIMIT", retry_after=7)

        outcomes, calls = self._send(before_call, 5)
        self.assertEqual((len(calls), len(asked)), (2, 3))
        self.assertEqual([outcome.error is None for outcome in outcomes], [True, True, False, False, False])
        errors = [outcome.error for outcome in outcomes[2:]]
        self.assertEqual(
            {(e.code, e.is_sent, e.retry_after, e.uncertain) for e in errors},
            {("OWN_LIMIT", False, 7, False)},
        )

    # -- the drain ---------------------------------------------------------------------------------

    def test_bulk_waits_and_realtime_goes(self):
        """Two calls are left, and they are realtime's; bulk work is not even claimed, and no attempt is used up."""
        self._limit(DAY, 10)
        self.assertEqual(self.quota._take(self.connector, "realtime", 8), 0.0)
        patient = self._partner("Patient", "patient@example.com")
        self._deliveries(patient).sudo().lane = "bulk"
        self.assertEqual((self._drain(lane="bulk"), self._calls()), (0, []))
        urgent = self._partner("Urgent", "urgent@example.com")
        self.assertEqual(self._drain(), 1)
        self.assertEqual(list(self._contacts()), ["urgent@example.com"])
        self.assertEqual(self._deliveries(urgent).state, "delivered")
        self.assertEqual(
            (self._deliveries(patient).state, self._deliveries(patient).attempts), ("pending", 0)
        )
        self.assertEqual(self.quota._left_today(self.connector), (1, 10))
        self.assertEqual(self._drain(lane="bulk"), 0)
        self._limit(DAY, 20)
        self.assertEqual(self._drain(lane="bulk"), 1)
        self.assertEqual(
            (self._deliveries(patient).state, self._deliveries(patient).attempts), ("delivered", 1)
        )

    def test_limit_in_the_middle_of_a_batch(self):
        """Three customers, two calls: the third waits, as if it had never been tried."""
        self.connector.batch_size = 1
        self._row(DAY).unlink()
        self._limit(10, 2)
        for number in range(3):
            self._partner(f"Ann {number}", f"ann{number}@example.com")
        self._drain()
        self.assertEqual(len(self._calls()), 2)
        deliveries = self._deliveries()
        self.assertEqual(sorted(deliveries.mapped("state")), ["delivered", "delivered", "pending"])
        self.assertEqual(sorted(deliveries.mapped("attempts")), [0, 1, 1])
        self.assertFalse(self.connector.is_throttled)
        self._row(10).unlink()
        self._make_due(deliveries.filtered(lambda delivery: delivery.state == "pending"))
        self.assertEqual(self._drain(), 1)
        self.assertEqual(set(deliveries.mapped("attempts")), {1})

    # -- the screen --------------------------------------------------------------------------------

    def test_forecast(self):
        self._limit(DAY, 10_000)
        day = self._row(DAY)
        self.assertFalse(self._shows_trouble())
        self.assertRegex(day.forecast, r"^Enough until the reset at \d\d:\d\d$")
        self._row(10).unlink()
        self.quota._take(self.connector, "realtime", 9_999)
        self.assertRegex(day.forecast, r"^Runs out at \d\d:\d\d at the present pace$")
        self.assertEqual(
            self.connector.trouble, "The remaining calls of today are reserved for realtime work."
        )
        self.assertTrue(self._shows_trouble())
        self.quota._take(self.connector, "realtime")
        self.connector.invalidate_recordset(["health", "trouble"])
        self.assertTrue(self._shows_trouble())
        self.assertRegex(day.forecast, r"^Used up until \d\d:\d\d$")
        self.assertEqual(self.connector.trouble, "The daily call limit is used up.")

    def _shows_trouble(self):
        """Return whether the form of the connector says what is wrong with its limits."""
        form = etree.fromstring(self.connector.get_view(view_type="form")["arch"])
        [alert] = form.xpath("//div[contains(@class, 'alert')][field[@name='trouble']]")
        values = {name: self.connector[name] for name in ("health", "trouble")}
        return not safe_eval(alert.get("invisible"), values)

    def test_who_may_change_limits(self):
        user = new_test_user(self.env, "quota-user", groups="retail_hub.group_user")
        manager = new_test_user(self.env, "quota-manager", groups="retail_hub.group_manager")
        with self.assertRaises(AccessError):
            self._row(10).with_user(user).max_calls = 5
        self._row(10).with_user(manager).max_calls = 5
        self.assertEqual((self._row(10).max_calls, self._row(10).is_manual), (5, True))

    def test_other_company_sees_no_limits(self):
        company = self.env["res.company"].create({"name": "Other"})
        user = new_test_user(
            self.env,
            "quota-other",
            groups="retail_hub.group_manager",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        self.assertFalse(self.quota.with_user(user).search([("connector_id", "=", self.connector.id)]))
