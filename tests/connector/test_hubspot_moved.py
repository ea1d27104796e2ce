"""Records of Odoo that come to belong to another customer or company: at HubSpot they leave the former one."""

from odoo import fields
from odoo.tests import tagged

from .test_hubspot_invoices import TillCase
from .test_hubspot_orders import HubSpotCase

ROOT = "/crm/associations/2026-09"


class MovedCase(HubSpotCase):
    def setUp(self):
        super().setUp()
        self.other = self._partner("Bo Ray", "bo@example.com")
        self.third = self._partner("Cy Dee", "cy@example.com")
        self._send_everything()

    def _send_everything(self):
        for _round in range(4):
            self._drain()
            self._make_due(self._deliveries(state="pending") + self._deliveries(state="unknown"))
        states = set(self.env["retail.delivery"].search([]).mapped("state"))
        self.assertLessEqual(states, {"delivered", "superseded", "cancelled"})

    def _id(self, partner):
        self.env["retail.binding"].invalidate_model()  # it is written in SQL
        bindings = self.env["retail.binding"]._of_records(self.connector, partner._name, partner.ids)
        return bindings.remote_id

    def _ids(self, *partners):
        return sorted(self._id(partner) for partner in partners)

    def _linked(self, kind, target):
        return sorted(self._only(kind)["associations"].get(target, []))

    def _call(self, path, body):
        with self.connector._connection() as adapter:
            answer = adapter.api.call("POST", f"{ROOT}/{path}", body)
        self.assertLess(answer.status, 300)
        return answer.object

    def _link(self, source, source_id, target, target_id):
        """Link two records without a label, as people do."""
        pair = {"from": {"id": source_id}, "to": {"id": target_id}}
        self._call(f"{source}/{target}/batch/associate/default", {"inputs": [pair]})

    def _label(self, source, source_id, target, target_id, *own):
        """Give a link the label “Payer”, as people do."""
        made = self._call(f"{source}/{target}/labels", {"name": "payer", "label": "Payer"})["results"][0]
        kinds = [("HUBSPOT_DEFINED", each) for each in own] + [(made["category"], made["typeId"])]
        types = [{"associationCategory": name, "associationTypeId": number} for name, number in kinds]
        pair = {"from": {"id": source_id}, "to": {"id": target_id}, "types": types}
        self._call(f"{source}/{target}/batch/create", {"inputs": [pair]})

    def _labels(self, source, source_id, target):
        """Return ``{id: labels}`` of what a record is linked to."""
        found = self._call(f"{source}/{target}/batch/read", {"inputs": [{"id": source_id}]})["results"]
        return {
            str(to["toObjectId"]): sorted(
                kind["label"] for kind in to["associationTypes"] if kind.get("label")
            )
            for each in found
            for to in each["to"]
        }


@tagged("post_install", "-at_install")
class TestMovedDocuments(MovedCase):
    def test_an_order(self):
        order = self._arrived()
        self.assertEqual(self._linked("orders", "contacts"), self._ids(self.customer))
        order.partner_id = self.other
        self._send_everything()
        self.assertEqual(self._linked("orders", "contacts"), self._ids(self.other))
        self.assertEqual(len(self._linked("orders", "line_items")), 1)
        order.partner_id = self.customer
        self._send_everything()
        self.assertEqual(self._linked("orders", "contacts"), self._ids(self.customer))

    def test_what_people_linked_stays(self):
        order = self._arrived()
        self._link("orders", self._only("orders")["id"], "contacts", self._id(self.third))
        order.partner_id = self.other
        self._send_everything()
        self.assertEqual(self._linked("orders", "contacts"), self._ids(self.other, self.third))

    def test_a_label_that_people_gave_stays(self):
        order = self._arrived()
        remote_id = self._only("orders")["id"]
        self._label("orders", remote_id, "contacts", self._id(self.customer))
        order.partner_id = self.other
        self._send_everything()
        self.assertEqual(
            self._labels("orders", remote_id, "contacts"),
            {self._id(self.customer): ["Payer"], self._id(self.other): []},
        )

    def test_a_deal(self):
        self._choose_object("order", "deal")
        self.connector.action_set_up()
        order = self._order()
        self._send_everything()
        self.assertEqual(self._linked("deals", "contacts"), self._ids(self.customer))
        order.partner_id = self.other
        self._send_everything()
        self.assertEqual(self._linked("deals", "contacts"), self._ids(self.other))

    def test_an_invoice_that_is_corrected(self):
        """Its orders stay; a payment, whose event does not name them, changes nothing."""
        order = self._arrived()
        invoice = order._create_invoices()
        invoice.action_post()
        self._send_everything()
        invoice.button_draft()
        invoice.partner_id = self.other
        invoice.action_post()
        self._send_everything()
        of_order = [self._only("orders")["id"]]
        self.assertEqual(self._linked("invoices", "contacts"), self._ids(self.other))
        self.assertEqual(self._linked("invoices", "orders"), of_order)
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        wizard.create({"payment_date": fields.Date.today()})._create_payments()
        self._send_everything()
        self.assertEqual(self._only("invoices")["properties"]["hs_invoice_status"], "paid")
        self.assertEqual(self._linked("invoices", "orders"), of_order)
        self.assertEqual(self._linked("invoices", "contacts"), self._ids(self.other))

    def test_the_new_customer_is_not_sent(self):
        flows = self.connector.flow_ids.filtered(lambda flow: flow.event_type.startswith("customer."))
        flows.domain = f"[('id', '!=', {self._partner('Nobody', 'no@example.com').id})]"
        nobody = self.env["res.partner"].search([("name", "=", "Nobody")])
        order = self._arrived()
        order.partner_id = nobody
        self._send_everything()
        self.assertEqual(self._linked("orders", "contacts"), [])

    def test_a_call_that_fails(self):
        order = self._arrived()
        self.sandbox.fault(path="/batch/archive", status=503, times=1)
        order.partner_id = self.other
        self._send_everything()
        self.assertEqual(self._linked("orders", "contacts"), self._ids(self.other))
        self.assertEqual(self._deliveries(order)[-1].attempts, 2)

    def test_moved_on_after_an_attempt_that_failed(self):
        """The attempt had linked the order before it failed."""
        order = self._arrived()
        self.sandbox.fault(path="/line_items/", status=503, times=1)
        order.partner_id = self.other
        self._drain()
        self.assertIn(self._id(self.other), self._linked("orders", "contacts"))
        order.partner_id = self.third
        self._send_everything()
        self.assertEqual(self._linked("orders", "contacts"), self._ids(self.third))


@tagged("post_install", "-at_install")
class TestMovedPeople(MovedCase):
    def setUp(self):
        super().setUp()
        self._choose_object("business_customer", "company")
        self.connector.action_set_up()
        self.acme, self.shop = (
            self._partner(name, f"{name.lower()}@example.com", is_company=True) for name in ("Acme", "Shop")
        )
        self.person = self._partner("Vi Worker", "vi@example.com", parent_id=self.acme.id)
        self._send_everything()

    def _companies(self):
        return self._labels("contacts", self._id(self.person), "companies")

    def test_to_another_company(self):
        self.assertEqual(self._companies(), {self._id(self.acme): ["Primary"]})
        self.person.parent_id = self.shop
        self._send_everything()
        self.assertEqual(self._companies(), {self._id(self.shop): ["Primary"]})

    def test_to_no_company(self):
        self.person.parent_id = False
        self._send_everything()
        self.assertEqual(self._companies(), {})

    def test_a_label_that_people_gave_stays(self):
        """Only ours is taken off."""
        self._label("contacts", self._id(self.person), "companies", self._id(self.acme), 1)
        self.assertEqual(self._companies(), {self._id(self.acme): ["Payer", "Primary"]})
        self.person.parent_id = False
        self._send_everything()
        self.assertEqual(self._companies(), {self._id(self.acme): ["Payer"]})

    def test_an_order_of_a_company(self):
        order = self._order(partner_id=self.acme.id)
        self._send_everything()
        order.partner_id = self.shop
        self._send_everything()
        self.assertEqual(self._linked("orders", "companies"), self._ids(self.shop))
        order.partner_id = self.customer
        self._send_everything()
        self.assertEqual(self._linked("orders", "companies"), [])
        self.assertEqual(self._linked("orders", "contacts"), self._ids(self.customer))

    def test_people_of_two_companies_who_are_merged(self):
        """HubSpot gives the survivor both companies."""
        double = self._partner("Vi Double", "double@example.com", parent_id=self.shop.id)
        self._send_everything()
        self.env["base.partner.merge.automatic.wizard"]._merge((self.person + double).ids, self.person)
        self._send_everything()
        self.assertEqual(self._companies(), {self._id(self.acme): ["Primary"]})


@tagged("post_install", "-at_install")
class TestMovedTillOrder(TillCase):
    def test_another_customer(self):
        other = self._partner("Bo Ray", "bo@example.com")
        self._drain()
        order = self._sold(customer=self.customer)
        self.assertEqual(self._names(), ["ann@example.com"])
        order.partner_id = other
        self._drain()
        self.assertEqual(self._names(), ["bo@example.com"])
        order.partner_id = False
        self._drain()
        self.assertEqual(self._names(), [])

    def _names(self):
        """Return the addresses of the contacts to which the order is linked."""
        emails = {each["id"]: each["properties"]["email"] for each in self.sandbox.contacts()}
        return [emails[each] for each in self._only("orders")["associations"].get("contacts", ())]
