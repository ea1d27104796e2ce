"""Possible duplicates at a connector that serves branches: a branch's clerk sees those of customers they may read."""

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ..connector.test_hubspot_orders import HubSpotCase

GROUPS = "base.group_user,base.group_partner_manager,retail_hub.group_user"


@tagged("post_install", "-at_install")
class TestAliasOfBranch(HubSpotCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.branch, cls.sister = (
            cls.env["res.company"].create({"name": name, "parent_id": cls.env.company.id})
            for name in ("Branch", "Sister")
        )
        cls.connector.serves_branches = True

    def setUp(self):
        super().setUp()
        self.pairs = {
            company: self._pair(f"{number}@example.com", company)
            for number, company in enumerate((self.env["res.company"], self.branch, self.sister))
        }
        self._drain()
        self._make_due(self._deliveries(state="pending"))  # the second of each pair lets the first go ahead
        self._drain()

    def _pair(self, email, company):
        return [self._partner(f"{company.name} {n}", email, company_id=company.id).id for n in range(2)]

    def _clerk(self, company):
        return new_test_user(
            self.env, company.name, GROUPS, company_id=company.id, company_ids=[Command.set(company.ids)]
        )

    def _seen(self, user):
        """Return the companies whose duplicates a user finds."""
        aliases = (
            self.env["retail.alias"].with_user(user).with_context(allowed_company_ids=user.company_ids.ids)
        )
        found = aliases.search([("connector_id", "=", self.connector.id)])
        return {
            company
            for company, pair in self.pairs.items()
            for each in found
            if [each.primary_id, each.res_id] == pair
        }

    def test_of_shared_customers_and_its_own(self):
        shared = self.env["res.company"]
        self.assertEqual(self._seen(self._clerk(self.branch)), {shared, self.branch})
        self.assertEqual(self._seen(self.env.ref("base.user_admin")), set(self.pairs))

    def test_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.assertEqual(self._seen(self._clerk(other)), set())

    def test_a_branch_that_is_not_served(self):
        clerk = self._clerk(self.branch)
        self.connector.serves_branches = False
        self.assertEqual(self._seen(clerk), set())

    def test_on_screen(self):
        """The list, and its buttons."""
        clerk = self._clerk(self.branch)
        of_clerk = self.env["retail.alias"].with_user(clerk).with_context(allowed_company_ids=self.branch.ids)
        alias = of_clerk.search([("res_id", "=", self.pairs[self.branch][1])])
        names = {"record_name": {}, "primary_name": {}, "reason": {}, "since": {}}
        [row] = alias.web_read({**names, "connector_id": {"fields": {"display_name": {}}}})
        self.assertEqual(
            (row["record_name"], row["primary_name"], row["connector_id"]["display_name"]),
            ("Branch 1", "Branch 0", "HubSpot"),
        )
        groups = of_clerk.web_read_group([], ["connector_id"], ["__count"])["groups"]
        self.assertEqual([group["__count"] for group in groups], [2])
        self.assertEqual(alias.action_open_primary()["res_id"], self.pairs[self.branch][0])
        self.assertEqual(alias.action_merge()["context"]["active_ids"], self.pairs[self.branch])
        hidden = self.env["retail.alias"].search([("res_id", "=", self.pairs[self.sister][1])])
        with self.assertRaises(AccessError):
            of_clerk.browse(hidden.id).action_merge()
