"""A provider from another addon works like the built-in ones, from the customer to the remote record."""

from pathlib import Path

from odoo.tests import tagged

from odoo.addons.retail_hub.tests.common import TOKEN, RetailCase
from odoo.addons.retail_hub.tests.sandbox.client import SandboxProcess

STAND_IN = f"{Path(__file__).parents[1] / 'sandbox' / 'club.py'}:Club"


@tagged("neighbours", "-standard", "post_install", "-at_install")
class TestClub(RetailCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.connector.action_pause()  # HubSpot's
        cls.club = cls.enterClassContext(SandboxProcess(providers={"club": STAND_IN}))
        cls.hubspot = cls.connector
        cls.connector = cls.env["retail.connector"].create(
            {"name": "Club", "provider": "club", "base_url": cls.club.url}
        )
        cls.connector.credential_ids.value = TOKEN
        cls.connector.flow_ids.window_seconds = 0
        cls.connector.action_activate()

    def setUp(self):
        super().setUp()
        self.club.reset()

    def _records(self, kind="members"):
        return [each["properties"] for each in self.club.records(kind, "club")]

    def test_new_connector(self):
        """Limits by the plan, flows, objects and the mapping are the provider's; so is what may be chosen."""
        connector = self.connector
        self.assertEqual(
            (connector.plan, connector.plan_choices), ("club.basic", ["club.basic", "club.gold"])
        )
        self.assertEqual([(row.window, row.max_calls) for row in connector.quota_ids], [("3600", 500)])
        self.assertEqual(connector.credential_ids.mapped("label"), ["API key"])
        self.assertEqual(
            connector.flow_ids.mapped("event_type"),
            ["customer.created", "customer.updated", "customer.erased"],
        )
        [row] = connector.object_ids
        self.assertEqual(
            (row.subject, row.object_name, row.key_property), ("customer", "club.member", "odoo_id")
        )
        self.assertEqual(row.object_choices, ["club.member", "club.contact"])
        lines = connector.field_map_ids
        self.assertEqual(set(lines.mapped("object_name")), {"club.member", "club.contact"})
        self.assertIn("club.initials", lines[0].transform_choices)
        self.assertNotIn("hubspot.country", lines[0].transform_choices)
        self.assertNotIn("club.initials", self.hubspot.field_map_ids[0].transform_choices)

    def test_it_renames_nothing_of_another_provider(self):
        labels = dict(self.env["retail.field.map"]._selection_object())
        self.assertEqual(
            (labels["hubspot.contact"], labels["club.contact"]), ("Contact", "Person of interest")
        )
        choices = self.hubspot.object_ids.mapped("object_choices")
        self.assertFalse([name for each in choices for name in each if not name.startswith("hubspot.")])
        options = dict(self.env["retail.connector"]._fields["plan"]._description_selection(self.env))
        self.assertEqual((options["hubspot.starter"], options["club.basic"]), ("Free or Starter", "Basic"))

    def test_a_customer_becomes_a_member(self):
        partner = self._partner()
        self.assertEqual(self._drain(), 1)
        member = {"odoo_id": str(partner.id), "name": "Ann Lee", "initials": "AL", "email": "ann@example.com"}
        self.assertEqual(self._records(), [member])
        binding = self.env["retail.binding"].search([("connector_id", "=", self.connector.id)])
        self.assertEqual(
            (binding.res_id, binding.remote_id, binding.remote_object), (partner.id, "501", "member")
        )
        partner.name = "Ann Maria Lee"
        self._drain()
        self.assertEqual(self._records(), [{**member, "name": "Ann Maria Lee", "initials": "AML"}])
        partner.unlink()
        self._drain()
        self.assertEqual(self._records(), [])

    def test_another_object(self):
        self.connector.object_ids.object_name = "club.contact"
        partner = self._partner()
        self._drain()
        self.assertEqual(
            self._records("contacts"), [{"odoo_id": str(partner.id), "email": "ann@example.com"}]
        )
        self.assertEqual(self._records(), [])

    def test_a_bad_customer_fails_alone(self):
        self.club.configure("club", banned=["Bo Lee"])
        partners = [self._partner(f"{name} Lee", f"{name}@example.com") for name in ("Ann", "Bo", "Cis")]
        self._drain()
        states = [self._deliveries(partner, connector_id=self.connector.id).state for partner in partners]
        self.assertEqual(states, ["delivered", "dead", "delivered"])
        dead = self._deliveries(state="dead")
        self.assertEqual((dead.error_class, dead.error_code), ("validation", "HTTP_422"))
        self.assertIn("rejected the member (HTTP 422): *** is banned", dead.error_message)

    def test_the_club_tells_its_limit(self):
        self.club.configure("club", hourly_limit=300)
        self._partner()
        self._drain()
        row = self.connector.quota_ids
        self.assertEqual((row.max_calls, row.left), (300, 299))

    def test_flow_template(self):
        self.connector.flow_ids.active = False
        shown = self.connector.action_add_flows()["params"]["message"]
        self.assertIn("Switched on: Customer created, Customer updated, Customer erased.", shown)
        self.assertIn("Club does not accept: Customers merged.", shown)

    def test_properties_cannot_be_asked_for(self):
        shown = self.connector.action_refresh_properties()["params"]
        self.assertEqual(shown["type"], "warning")
        self.assertIn("Club cannot be asked for its properties", shown["message"])
