"""Branches that have no connector of their own are served by that of the company above, if its manager says so."""

from unittest.mock import patch

from odoo import Command, fields
from odoo.tests import new_test_user, tagged

from ..common import ShopCase
from ..connector.test_webhook_connector import SECRET, WebhookCase

WANTED = {
    "customer.created",
    "customer.updated",
    "customer.erased",
    "order.placed",
    "order.cancelled",
    "invoice.posted",
    "stock.level_changed",
}


class BranchCase(ShopCase, WebhookCase):
    """A company with a webhook that serves its branches, a branch and a branch of that."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.branch = cls._branch("Branch", cls.company)
        cls.twig = cls._branch("Twig", cls.branch)
        cls.other = cls.env["res.company"].create({"name": "Other"})
        cls.webhook.serves_branches = True
        cls._want(cls.webhook)

    @classmethod
    def _branch(cls, name, parent):
        return cls.env["res.company"].create({"name": name, "parent_id": parent.id})

    @classmethod
    def _want(cls, connector):
        flows = connector.with_context(active_test=False).flow_ids
        for flow in flows:
            flow.active = flow.event_type in WANTED
        flows.write({"domain": "[]", "more_domain": "[]", "window_seconds": 0})

    def _own_webhook(self, company, **values):
        """Return a webhook of a company that is a draft."""
        values = {"name": "Own", "provider": "webhook", "base_url": f"{self.sandbox.url}/hooks/own", **values}
        connector = self.env["retail.connector"].create({"company_id": company.id, **values})
        connector.credential_ids.filtered(lambda line: line.name == "signing_secret").value = SECRET
        self._want(connector)
        return connector

    def setUp(self):
        super().setUp()
        self._forget()

    def _forget(self):
        self._commit()
        self.env["retail.delivery"].sudo().search([]).unlink()
        self.env["retail.event"].sudo().search([]).unlink()

    def _order_of(self, company, customer=None, env=None):
        orders = (env or self.env)["sale.order"].with_company(company)
        line = Command.create({"product_id": self.product.id, "tax_ids": False})
        order = orders.create(
            {"partner_id": (customer or self.customer).id, "company_id": company.id, "order_line": [line]}
        )
        order.action_confirm()
        return order

    def _customer_of(self, company, **values):
        return self._partner("Bo Ray", f"bo{company.id}@example.com", company_id=company.id, **values)

    def _to(self, record):
        """Return ``[(connector, company, event type)]`` of the record's deliveries."""
        return [(each.connector_id, each.company_id, each.event_type) for each in self._deliveries(record)]

    def _sent(self, event_type=None):
        """Send all that waits; return the data of what the receivers got.

        The events of one record are in the order of their arrival. Records come in the order of their first events:
        they are sent in parallel, so that their order of arrival is a matter of luck.
        """
        for connector in self.env["retail.connector"].search([("provider", "=", "webhook")]):
            for lane in ("realtime", "bulk"):
                while self._drain(connector, lane):
                    pass
        events = [each["event"] for each in self._received()]
        known = self.env["retail.event"].search([("uuid", "in", [each["id"] for each in events])], order="id")
        subjects = {each["id"]: each["subject"] for each in events}
        order = list(dict.fromkeys(subjects[uuid] for uuid in known.mapped("uuid")))
        events.sort(key=lambda each: order.index(each["subject"]))
        return [each["data"] for each in events if (event_type or "") in each["type"]]

    def _user(self, login, companies, groups="retail_hub.group_user"):
        groups = f"base.group_user,base.group_partner_manager,sales_team.group_sale_salesman,{groups}"
        return new_test_user(
            self.env, login, groups, company_id=companies[0].id, company_ids=[Command.set(companies.ids)]
        )

    def _as(self, user, record):
        return record.with_user(user).with_context(allowed_company_ids=user.company_ids.ids)


@tagged("post_install", "-at_install")
class TestBranches(BranchCase):
    # -- what is served ----------------------------------------------------------------------------

    def test_an_order_of_a_branch(self):
        order = self._order_of(self.branch)
        self.assertEqual(self._to(order), [(self.webhook, self.branch, "order.placed")])
        [placed] = self._sent("order.placed")
        self.assertEqual((placed["number"], placed["company"]), (order.name, "Branch"))

    def test_a_user_of_a_branch_sees_no_connector(self):
        """The empty list does not ask a user to create one."""
        user = new_test_user(
            self.env,
            "twig",
            "base.group_user,retail_hub.group_user",
            company_id=self.twig.id,
            company_ids=[Command.set(self.twig.ids)],
        )
        self.assertFalse(self.env["retail.connector"].with_user(user).search([]))
        actions = self.env["ir.actions.act_window"]
        for reader, title in (
            (user, "No connectors of your company"),
            (self.env.user, "Connect your first system"),
        ):
            action = actions.with_user(reader)._for_xml_id("retail_hub.action_retail_connector")
            self.assertIn(title, action["help"])

    def test_a_branch_of_a_branch(self):
        order = self._order_of(self.twig)
        self.assertEqual(self._to(order), [(self.webhook, self.twig, "order.placed")])

    def test_a_company_that_is_no_branch(self):
        customer = self._customer_of(self.other)
        self.assertEqual(self._to(customer), [])

    def test_switched_off(self):
        self.webhook.serves_branches = False
        customer = self._customer_of(self.branch)
        address = self._partner(
            "Dock", False, parent_id=self.customer.id, type="delivery", company_id=self.branch.id
        )
        order = self._order_of(self.branch)
        self.assertEqual([self._to(each) for each in (customer, address, self.customer, order)], [[]] * 4)
        shared = self._partner("Shared", "shared@example.com")
        self._partner("Dock", False, parent_id=shared.id, type="delivery", company_id=self.branch.id)
        [sent] = self._sent("customer.created")
        self.assertEqual((sent["name"]["full"], sent["addresses"]), ("Shared", []))

    def test_a_customer_of_a_branch(self):
        customer = self._customer_of(self.branch, city="Ghent")
        self.assertEqual(self._to(customer), [(self.webhook, self.branch, "customer.created")])
        [sent] = self._sent()
        self.assertEqual((sent["id"], sent["addresses"][0]["city"]), (str(customer.id), "Ghent"))
        customer.unlink()
        [_created, erased] = self._sent()
        self.assertEqual(erased, {"id": sent["id"]})

    def test_a_customer_whom_companies_share_is_sent_once(self):
        shared = self._partner("Shared", "shared@example.com")
        self.assertEqual(self._to(shared), [(self.webhook, self.company, "customer.created")])

    def test_an_address_of_a_branch(self):
        """It belongs to a customer whom companies share."""
        self._sent()
        address = self._partner(
            "Dock",
            False,
            parent_id=self.customer.id,
            type="delivery",
            city="Bruges",
            company_id=self.branch.id,
        )
        self.assertEqual(self._to(self.customer), [(self.webhook, self.branch, "customer.updated")])
        [sent] = self._sent()
        self.assertEqual([each["city"] for each in sent["addresses"]], ["Ghent", "Bruges"])
        self._forget()
        address.city = "Ostend"
        self.customer.city = "Mechelen"
        self.assertEqual(self._to(self.customer), [(self.webhook, self.company, "customer.updated")])

    def test_an_invoice_of_a_branch(self):
        order = self._order_of(self.branch)
        order.order_line.qty_delivered = 1
        invoice = order._create_invoices()
        invoice.action_post()
        self.assertEqual(invoice.company_id, self.branch)
        self.assertEqual(self._to(invoice), [(self.webhook, self.branch, "invoice.posted")])
        [posted] = self._sent("invoice.posted")
        self.assertEqual((posted["number"], posted["company"]), (invoice.name, "Branch"))

    def test_stock_levels(self):
        """A level names the warehouses of all companies that the connector serves."""
        self.product.is_storable = True
        warehouses = self.env["stock.warehouse"].search([]).grouped("company_id")
        ours, theirs, strangers = (warehouses[each][0] for each in (self.company, self.branch, self.other))
        for warehouse, count in ((ours, 5), (theirs, 7), (strangers, 9)):
            self.env["stock.quant"].with_company(warehouse.company_id)._update_available_quantity(
                self.product, warehouse.lot_stock_id, count
            )
        self.assertEqual({each[1] for each in self._to(self.product)}, {self.company, self.branch})
        level = self._sent("stock.level_changed")[-1]
        found = {
            each["warehouse"]["code"]: each["on_hand"]
            for each in level["warehouses"]
            if each["on_hand"] != "0"
        }
        self.assertEqual(found, {ours.code: "5", theirs.code: "7"})

    def test_new_branches_are_served(self):
        branch = self._branch("New", self.company)
        customer = self._customer_of(branch)
        self.assertEqual(self._to(customer), [(self.webhook, branch, "customer.created")])
        self.assertEqual(self.webhook.served_branch_names, "Branch, Twig, New")

    # -- which connector ---------------------------------------------------------------------------

    def test_a_branch_with_a_connector_of_its_own(self):
        """A draft does not take over; once it is activated, all goes there, and nothing to both."""
        own = self._own_webhook(self.branch)
        first = self._order_of(self.branch)
        self._commit()
        own.action_activate()
        records = [self._order_of(each) for each in (self.company, self.branch, self.twig)]
        records += [self._customer_of(each) for each in (self.company, self.branch, self.twig)]
        self.assertEqual(
            [self._deliveries(each).connector_id for each in (first, *records)],
            [self.webhook, self.webhook, own, own.browse(), self.webhook + own, own, own.browse()],
        )
        own.serves_branches = True
        self.assertEqual(self._deliveries(self._order_of(self.twig)).connector_id, own)
        shared = self._partner("Shared", "shared@example.com")
        self.assertEqual(
            self._to(shared),
            [(self.webhook, self.company, "customer.created"), (own, self.branch, "customer.created")],
        )
        own.action_archive()
        self.assertEqual(self._deliveries(self._order_of(self.branch)).connector_id, self.webhook)
        self.assertEqual(self._deliveries(self._order_of(self.twig)).connector_id, self.webhook)

    def test_a_connector_of_another_provider(self):
        """It does not take the branch over; each gets all of the branch once."""
        hubspot = self._create_connector("HubSpot of the branch", company_id=self.branch.id)
        shared, own = self._partner("Shared", "shared@example.com"), self._customer_of(self.branch)
        self.assertEqual(
            sorted(self._to(shared), key=lambda each: each[0].id),
            [(self.webhook, self.company, "customer.created"), (hubspot, self.branch, "customer.created")],
        )
        self.assertEqual(
            sorted(self._to(own), key=lambda each: each[0].id),
            [(self.webhook, self.branch, "customer.created"), (hubspot, self.branch, "customer.created")],
        )
        self.assertEqual(len(self._deliveries(own).event_id), 1)

    def test_a_paused_connector_of_its_own(self):
        own = self._own_webhook(self.branch)
        own.action_activate()
        own.action_pause()
        self.assertEqual(self._deliveries(self._order_of(self.branch)).connector_id, own)

    # -- changes of the choice ---------------------------------------------------------------------

    def test_what_waits_when_it_is_switched_off(self):
        """It is sent as it would have been; nothing else is."""
        customer = self._customer_of(self.branch, city="Ghent")
        self._partner(
            "Dock", False, parent_id=customer.id, type="delivery", city="Bruges", company_id=self.branch.id
        )
        order = self._order_of(self.branch, customer)
        self._commit()
        self.webhook.serves_branches = False
        customer.city = "Ostend"
        created, placed = self._sent()
        self.assertEqual([each["city"] for each in created["addresses"]], ["Ostend", "Bruges"])
        self.assertEqual(placed["number"], order.name)
        order._action_cancel()
        self._order_of(self.branch, customer)
        self.assertEqual(len(self._sent()), 2)

    def test_the_end_of_what_was_sent(self):
        """It is sent also if the branch is not served any more."""
        first, second = self._customer_of(self.branch), self._partner("Cy", company_id=self.branch.id)
        self._sent()
        self.webhook.serves_branches = False
        never = self._partner("Di", "di@example.com", company_id=self.branch.id)
        self.assertEqual([self._erased(each) for each in (never, first)], [[], [self.webhook]])
        own = self._own_webhook(self.branch)
        own.action_activate()
        self.assertEqual(self._erased(second), [self.webhook, own])
        self.assertEqual(
            [each["id"] for each in self._sent("customer.erased")], [str(first.id), str(second.id)]
        )

    def _erased(self, customer):
        """Delete a customer; return the connectors that are told."""
        about = {"res_id": customer.id, "event_type": "customer.erased"}
        customer.unlink()
        return list(self._deliveries(**about).connector_id.sorted("id"))

    def test_a_choice_that_is_not_committed(self):
        """The cache may know it already: nothing of the branch goes out before."""
        self._forget()
        routes = self.env["retail.flow"]._routes()
        self.webhook.serves_branches = False
        with patch.object(self.env.registry["retail.flow"], "_routes", lambda self: routes):
            customer = self._customer_of(self.branch)
            self._commit()
        self.assertEqual(self._to(customer), [])

    # -- history -----------------------------------------------------------------------------------

    def _backfill(self, event_type, ids, **values):
        flow = self.webhook.flow_ids.filtered(lambda flow: flow.event_type == event_type)
        values = {
            "connector_id": self.webhook.id,
            "flow_id": flow.id,
            "domain": f"[('id', 'in', {ids})]",
            **values,
        }
        return self.env["retail.bulk.run"].create({"kind": "backfill", **values})

    def test_a_backfill(self):
        customers = [self._customer_of(each) for each in (self.company, self.branch, self.twig, self.other)]
        orders = [self._order_of(each) for each in (self.company, self.branch, self.other)]
        self._forget()
        for event_type, records, sent in (
            ("customer.updated", customers, customers[:3]),
            ("order.placed", orders, orders[:2]),
        ):
            run = self._backfill(event_type, [each.id for each in records])
            self.assertEqual((run.preview_count, run.preview_failures), (len(sent), False))
            run.action_start()
            found = {each["id"] for each in self._sent(event_type)}
            self.assertEqual(found, {str(each.id) for each in sent})
            self.assertEqual((run.state, run.total, run.delivered_count), ("done", len(sent), len(sent)))
            self.assertEqual(
                self._deliveries(bulk_run_id=run.id).mapped("company_id"),
                (self.company | self.branch | self.twig)[: len(sent)],
            )

    def test_a_backfill_by_somebody_without_access_to_the_branch(self):
        customers = [self._customer_of(each) for each in (self.company, self.branch)]
        manager = self._user("manager", self.company, "retail_hub.group_manager")
        ids = [each.id for each in customers]
        run = self._as(manager, self.env["retail.bulk.run"]).create(
            {
                "connector_id": self.webhook.id,
                "flow_id": self.webhook.flow_ids.filtered(
                    lambda flow: flow.event_type == "customer.updated"
                ).id,
                "domain": f"[('id', 'in', {ids})]",
            }
        )
        self.assertEqual((run.preview_count, run.company_names), (1, self.company.name))
        self._forget()
        run.action_start()
        self.assertEqual([each["id"] for each in self._sent()], [str(ids[0])])

    def test_a_replay(self):
        """All that the connector had, or would have had, once."""
        own = self._create_connector("HubSpot of the branch", company_id=self.branch.id)
        shared, customer = self._partner("Shared", "shared@example.com"), self._customer_of(self.branch)
        order = self._order_of(self.branch, shared)
        self._customer_of(self.other)
        self._sent()
        self.sandbox.reset()
        run = self.env["retail.bulk.run"].create(
            {
                "kind": "replay",
                "connector_id": self.webhook.id,
                "from_date": fields.Datetime.subtract(fields.Datetime.now(), hours=1),
            }
        )
        self.assertEqual(len(self._deliveries(shared).connector_id), 2)
        self.assertEqual((own.company_id, run.preview_count), (self.branch, 3))
        run.action_start()
        self.assertEqual(
            sorted(each["id"] for each in self._sent()),
            sorted(str(each.id) for each in (shared, customer, order)),
        )

    # -- rights and screens ------------------------------------------------------------------------

    def test_a_user_of_the_branch(self):
        """Who has no access to the company above sells, sees what came of it, and sends it again."""
        clerk = self._user("clerk", self.branch)
        order = self._order_of(self.branch, env=self.env(user=clerk))
        self.assertEqual(order.create_uid, clerk)
        self._deliveries(order)
        mine = self._as(clerk, order)
        for state in ("waiting", "in_sync"):
            mine.invalidate_recordset()
            self.assertEqual(mine.retail_sync_state, state)
            self._read_all(clerk, order)
            self._sent()
        self.assertEqual(len(self._sent("order.placed")), 1)
        mine.action_retail_resync()
        self.assertEqual(len(self._deliveries(order)), 2)
        self._as(clerk, self.customer).action_retail_resync()
        self.assertEqual(self._to(self.customer)[-1], (self.webhook, self.company, "customer.updated"))
        delivery = self._deliveries(order)[0]
        self.assertEqual(
            (self._as(clerk, delivery).can_open_connector, delivery.can_open_connector), (False, True)
        )
        found = self._as(clerk, self.env["retail.connector"]).search([])
        self.assertEqual(found, found.browse())
        ours = self._order_of(self.company)
        self.assertTrue(self._deliveries(ours))
        self.assertFalse(self._as(clerk, self.env["retail.delivery"]).search([("res_id", "=", ours.id)]))

    def _read_all(self, user, record):
        """Read all that screens show of the record's events, deliveries, attempts and states."""
        about = [("res_model", "=", record._name), ("res_id", "=", record.id)]
        for name in ("retail.event", "retail.delivery", "retail.sync.state"):
            found = self._as(user, self.env[name]).search(about)
            self.assertTrue(found, name)
            self._read(found)
            if name == "retail.delivery":
                self._read(found.attempt_ids)

    def _read(self, records):
        readable = records.fields_get(attributes=["type"])
        specification = {
            name: {"fields": {"display_name": {}}} if field["type"] == "many2one" else {}
            for name, field in readable.items()
        }
        return records.web_read(specification)

    def test_a_user_of_the_company_alone(self):
        """Who has no access to the branch sees nothing of it, nor counts it."""
        manager = self._user("manager", self.company, "retail_hub.group_manager")
        self._forget()
        self._order_of(self.branch)
        ours = self._order_of(self.company)
        self._commit()
        connector = self._as(manager, self.webhook)
        deliveries = self._as(manager, self.env["retail.delivery"]).search(
            [("event_type", "=", "order.placed")]
        )
        self.assertEqual(deliveries.mapped("res_id"), ours.ids)
        self.assertEqual((connector.waiting_count, connector.sudo().waiting_count), (1, 2))

    def test_failures(self):
        """Those of a branch are a matter of their own, for somebody who has access to it."""
        both = self._user("both", self.company + self.branch, "retail_hub.group_manager")
        manager = self._user("manager", self.company, "retail_hub.group_manager")
        clerk = self._user("clerk", self.branch)
        self.webhook.responsible_id = manager
        self.branch.retail_responsible_id = both
        self.sandbox.configure("webhook", refuse=["Bo Ray"])
        customers = [self._customer_of(each) for each in (self.company, self.branch)]
        self._drain(self.webhook)
        self.assertEqual([self._deliveries(each).state for each in customers], ["dead"] * 2)
        groups = self.env["retail.error.group"].search([("connector_id", "=", self.webhook.id)], order="id")
        self.assertEqual(
            [(each.company_id, each.dead_count, each.owner_id) for each in groups],
            [(self.company, 1, manager), (self.branch, 1, both)],
        )
        found = self._as(clerk, groups.browse()).search([])
        self.assertEqual(found, groups[1])
        self._read(found)
        self.sandbox.configure("webhook", refuse=[])
        wizard = self._as(clerk, self.env["retail.dead.letter.wizard"]).browse(
            found.action_repair()["res_id"]
        )
        self._read(wizard)
        wizard.action_replay()
        sent = {each["id"] for each in self._sent()}
        self.assertEqual([str(each.id) in sent for each in customers], [False, True])

    def test_purged_deliveries(self):
        """What is bound stays in sync for users of the branch; events of branches are removed in time."""
        hubspot = self.connector
        hubspot.flow_ids.filtered(lambda flow: flow.event_type == "customer.created").active = True
        hubspot.serves_branches = True
        hubspot.action_activate()
        customer = self._customer_of(self.branch)
        self._drain(hubspot)
        self._sent()
        deliveries = self._deliveries(customer)
        self.assertEqual(deliveries.mapped("state"), ["delivered"] * 2)
        events = deliveries.event_id
        deliveries.finished_at = events.occurred_at = "2020-01-01"
        self.env.flush_all()
        for step in self.env["retail.retention"]._steps():
            step()
        self.env.invalidate_all()
        self.assertEqual((deliveries.exists(), events.exists()), (deliveries.browse(), events.browse()))
        clerk, manager = self._user("clerk", self.branch), self._user("manager", self.company)
        self.assertEqual(self._as(clerk, customer).retail_sync_state, "in_sync")
        states = self.env["retail.sync.state"]
        domain = [("res_model", "=", "res.partner"), ("res_id", "=", customer.id)]
        self.assertTrue(self._as(clerk, states).search(domain).remote_id)
        self.assertFalse(self._as(manager, states).search(domain))
        found = self._as(clerk, customer.browse()).search([("retail_sync_state", "=", "in_sync")])
        self.assertIn(customer, found)

    # -- filters and mapped fields -----------------------------------------------------------------

    def test_filters_on_related_records_of_a_branch(self):
        """They count if who entered the filter has access to the branch."""
        both = self._user("both", self.company + self.branch, "retail_hub.group_manager")
        manager = self._user("manager", self.company, "retail_hub.group_manager")
        flow = self.webhook.flow_ids.filtered(lambda flow: flow.event_type == "order.placed")
        customer = self._customer_of(self.branch, ref="C-1")
        self._sent()
        for user, count in ((manager, 0), (both, 1)):
            self._as(user, flow).domain = "[('partner_id.ref', '=like', 'C-%')]"
            self._order_of(self.branch, customer)
            self.assertEqual(len(self._sent("order.placed")), count)
            self.assertFalse(flow.fault)

    def test_mapped_fields(self):
        """They are read in the branch, and not further than their author may read."""
        partner = self._customer_of(self.branch, ref="C-1")
        child = self._partner("Of the branch", False, parent_id=partner.id, company_id=self.branch.id)
        self._partner("Of Other", False, parent_id=partner.id, company_id=self.other.id)
        [sent] = self.webhook._by_company(partner.with_env(self.webhook._for_its_companies().env))
        self.assertEqual(
            (sent.env.company, sent.env.companies), (self.branch, self.branch + self.company + self.twig)
        )
        both = self._user("both", self.company + self.branch)
        manager = self._user("manager", self.company)
        read = self.env["retail.field.map"]._record_values
        paths = ["ref", "child_ids.name"]
        self.assertEqual(
            read(sent, dict.fromkeys(paths, both)),
            {partner.id: {"ref": "C-1", "child_ids.name": [child.name]}},
        )
        self.assertEqual(read(sent, dict.fromkeys(paths, manager)), {partner.id: {}})

    def test_the_setup_check(self):
        """It says whose choices do not count for a branch."""
        manager = self._user("manager", self.company, "retail_hub.group_manager")
        flow = self.webhook.flow_ids.filtered(lambda flow: flow.event_type == "order.placed")
        check = self.env["retail.setup.check"].browse

        def found():
            lines = check(self.env["retail.setup.check"].action_open()["res_id"]).line_ids
            return lines.filtered(lambda line: line.name == "Middleware: branches").mapped("detail")

        self.assertEqual(found(), [])
        self._as(manager, flow).domain = "[('partner_id.ref', '=', 'C-1')]"
        [detail] = found()
        self.assertIn(f"{manager.name} has no access to Branch, Twig.", detail)
        manager.company_ids |= self.branch + self.twig
        self.assertEqual(found(), [])

    def test_the_mapping_preview(self):
        """It begins with a record that is sent, and shows it as it is sent."""
        self.connector.serves_branches = True
        customer = self._customer_of(self.branch, city="Ghent")
        self._customer_of(self.other)
        preview = self.env["retail.mapping.preview"].browse(self.connector.action_preview_mapping()["res_id"])
        self.assertEqual((preview.record_ref, preview.problem), (customer, ""))
        self.assertIn("Ghent", preview.table)

    # -- what it costs -----------------------------------------------------------------------------

    def test_number_of_statements(self):
        """As many for customers of a branch as for those of the company."""
        counts = {}
        for company in (self.company, self.branch, self.company, self.branch):
            customer = self._customer_of(company)
            self._commit()
            before = self.env.cr.sql_log_count
            customer.city = "Ghent"
            self._commit()
            counts[company] = self.env.cr.sql_log_count - before
        self.assertEqual(counts[self.branch], counts[self.company])
