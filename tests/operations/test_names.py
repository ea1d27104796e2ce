"""Names, not ids: also of records that were deleted, or that the reader may not open."""

from unittest.mock import patch

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from ...connectors.hubspot.adapter import HubSpotAdapter
from ...connectors.items import Reference
from ...models.outbox.names import record_names
from .test_search import SearchCase


@tagged("post_install", "-at_install")
class TestNames(SearchCase):
    def setUp(self):
        super().setUp()
        self.order = self._order()
        self._commit()
        self.event = self.env["retail.event"].search(
            [("res_model", "=", "sale.order"), ("res_id", "=", self.order.id)], limit=1
        )
        self.reader = new_test_user(self.env, "reader", "retail_hub.group_user")  # may not read orders

    def test_deleted_document(self):
        """Its number is kept with its events, finds them, and leads nowhere."""
        number = self.order.name
        self.order._action_cancel()
        self.order.unlink()
        self._commit()
        event = self.event.with_user(self.clerk)
        event.invalidate_recordset()
        self.assertEqual(
            (event.record_name, event.process_name, event.can_open_record), (number, number, False)
        )
        for model in ("retail.event", "retail.delivery"):
            self.assertEqual(set(self._found(model, number).mapped("res_id")), {self.event.res_id})
        with self.assertRaisesRegex(UserError, "was deleted"):
            event.action_open_record()

    def test_deleted_customer(self):
        """Of a person, no more is kept than whom it may have been about."""
        partner = self._partner("Gil Vos", "gil@example.com")
        self._drain()
        partner.unlink()
        self._commit()
        events = self.env["retail.event"].search(
            [("res_id", "=", partner.id), ("res_model", "=", "res.partner")]
        )
        self.assertEqual(events[0].event_type, "customer.erased")
        self.assertEqual(set(events.mapped("record_name")), {"G*** V***"})
        self.assertEqual(set(events.delivery_ids.mapped("record_name")), {"G*** V***"})
        self.env.cr.execute("SELECT count(*) FROM retail_event e WHERE e::text ILIKE '%gil vos%'")
        self.assertEqual(self.env.cr.fetchone(), (0,))

    def test_merged_customer(self):
        """It is called as the customer that it is now, also after another merge; only a deletion masks its name."""
        names = [self._partner(name, f"{name}@example.com") for name in ("Ann", "Bob", "Cem")]
        self._drain()
        ann, bob, cem = names
        reference = ("res.partner", bob.id)
        for target, other in ((ann, bob), (cem, ann)):
            self.env["base.partner.merge.automatic.wizard"]._merge((target | other).ids, target)
            self._commit()
            self.assertEqual(record_names(self.env, [reference]), {reference: target.display_name})
        events = self.env["retail.event"].search([("res_id", "=", bob.id), ("res_model", "=", "res.partner")])
        events.invalidate_recordset()
        self.assertEqual(set(events.mapped("record_name")), {"Cem"})

    def test_customer_deleted_before_anything_was_sent(self):
        """The event of the deletion has the name itself."""
        partner = self._partner("Gil Vos", "gil@example.com")
        self._drain()
        self.env["retail.delivery"].sudo().search([("res_id", "=", partner.id)]).unlink()
        self.env["retail.event"].sudo().search([("res_id", "=", partner.id)]).unlink()
        partner.unlink()
        self._commit()
        event = self.env["retail.event"].search(
            [("res_id", "=", partner.id), ("res_model", "=", "res.partner")]
        )
        self.assertEqual((event.event_type, event.record_name), ("customer.erased", "G*** V***"))

    def test_reader_who_may_not_open_it(self):
        """The name is there, without personal data, and no link that ends in an Access Error."""
        event = self.event.with_user(self.reader)
        self.assertEqual((event.record_name, event.can_open_record), (self.order.name, False))
        delivery = event.delivery_ids
        self.assertEqual((delivery.record_name, delivery.can_open_record), (self.order.name, False))
        with self.assertRaisesRegex(UserError, "not allowed to read"):
            event.action_open_record()

    def test_groups(self):
        """Processes and kinds of records are called by their names."""
        self.env.cr.execute("SELECT count(*) FROM retail_event WHERE correlation_id LIKE 'sale.order,%'")
        events = self.env["retail.event"].with_user(self.clerk)
        groups = events.web_read_group([("id", "=", self.event.id)], ["correlation_id"], ["__count"])[
            "groups"
        ]
        self.assertEqual([group["correlation_id"] for group in groups], [self.order.name])
        self.assertEqual(
            events.search(groups[0]["__extra_domain"] + [("id", "=", self.event.id)]), self.event
        )
        groups = events.web_read_group([("id", "=", self.event.id)], ["res_model"], ["__count"])["groups"]
        self.assertEqual([group["res_model"] for group in groups], ["Sales Order"])
        self.assertEqual(events.browse(self.event.id).model_label, "Sales Order")

    def test_groups_of_the_same_name(self):
        """They stay apart."""
        partners = self._partner("Ann Lee", "a1@example.com") + self._partner("Ann Lee", "a2@example.com")
        self._commit()
        domain = [("res_id", "in", partners.ids), ("res_model", "=", "res.partner")]
        events = self.env["retail.event"].with_user(self.clerk)
        groups = events.web_read_group(domain, ["correlation_id"], ["__count"])["groups"]
        expected = [f"Ann Lee (#{partner.id})" for partner in partners]
        self.assertEqual(sorted(group["correlation_id"] for group in groups), sorted(expected))

    def test_what_waits(self):
        """It names the record, also where the text that is stored has its id."""
        first, second = self._partner("First", False), self._partner("Second", "second@example.com")

        def references(_adapter, _event_type, data):
            return [Reference("customer", first.id)] if data["id"] == str(second.id) else []

        with patch.object(HubSpotAdapter, "references", references):
            self._drain()
            self._make_due(self._deliveries(second))
            self._drain()
        delivery = self._deliveries(second).with_user(self.clerk)
        self.assertIn(f"Contact #{first.id}", delivery.error_message)
        self.assertEqual(
            delivery.shown_error, "Waiting for First, which has failed and must be repaired first."
        )
        self.assertEqual(delivery.waits_for_name, "First")

    def test_two_of_one_address(self):
        """A stored text that may be read by anybody names the other record by its id; the screen by its name."""
        one = self._partner("One", "same@example.com")
        self._drain()
        delivery = self._deliveries(self._partner("Two", "two@example.com"))
        delivery.sudo().write(
            {
                "state": "dead",
                "conflicts_with": f"res.partner,{one.id}",
                "error_message": f"Contact #{one.id} is already linked to the remote record with this key.",
            }
        )
        self.assertEqual(
            delivery.with_user(self.clerk).shown_error,
            "One is already linked to the remote record with this key.",
        )

    def test_all_records_in_stored_texts(self):
        """Each has the name by which the reader may know it; what was deleted keeps its kind and id."""
        one, two = self._partner("Ann Lee", "one@example.com"), self._partner("Bo Day", "two@example.com")
        self._drain()
        gone = max(self.env["res.partner"].search([], order="id desc", limit=1).id, two.id) + 1000
        delivery = self._deliveries(two)
        stored = (
            f"Contact #{one.id} must be sent first, but was not sent: The remote record is now that of"
            f" Contact #{two.id}. Contact #{gone} was deleted. This was sent without it."
        )
        shown = (
            "Ann Lee must be sent first, but was not sent: The remote record is now that of Bo Day. Contact"
            f" #{gone} was deleted. This was sent without it."
        )
        delivery.sudo().write({"error_message": stored, "warning": stored})
        delivery.invalidate_recordset()
        seen = delivery.with_user(self.clerk)
        self.assertEqual((seen.shown_error, seen.shown_warning), (shown, shown))
        state = self.env["retail.sync.state"].search([("delivery_id", "=", delivery.id)])
        self.assertEqual(state.with_user(self.clerk).reason, shown)
        one.company_id = self.env["res.company"].create({"name": "Other"})
        self.clerk.company_ids = [Command.set(self.env.company.ids)]
        delivery.invalidate_recordset()
        self.assertEqual(delivery.with_user(self.clerk).shown_error, shown.replace("Ann Lee", "A*** L***"))

    def test_stored_text_in_another_language(self):
        """The drain may have written it in a language that is not the reader's."""
        self.env["res.lang"]._activate_lang("nl_NL")
        self.env["ir.model"]._get("res.partner").with_context(lang="nl_NL").name = "Contactpersoon"
        partner = self._partner("Ann Lee", "one@example.com")
        delivery = self._deliveries(partner)
        delivery.sudo().warning = f"Contactpersoon #{partner.id} is verwijderd."
        self.assertEqual(delivery.with_user(self.clerk).shown_warning, "Ann Lee is verwijderd.")

    def test_other_company(self):
        """A customer of another company is masked."""
        company = self.env["res.company"].create({"name": "Other"})
        partner = self._partner("Gil Vos", "gil@example.com")
        self._commit()
        event = self.env["retail.event"].search(
            [("res_id", "=", partner.id), ("res_model", "=", "res.partner")]
        )
        partner.company_id = company
        self.clerk.company_ids = [Command.set(self.env.company.ids)]
        event = event[-1].with_user(self.clerk)
        self.assertEqual((event.record_name, event.can_open_record), ("G*** V***", False))
