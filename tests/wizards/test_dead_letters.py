"""Failed events: their groups, who is assigned to them, and repair."""

from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, new_test_user, tagged

from ...models.operations.repair import changed_properties
from ...tools import encryption
from ...wizards import dead_letter
from ..common import FALLBACK_KEY, RetailCase

KEY_MISSING = "HubSpot: mapping KEY_MISSING (email)"
INVALID_EMAIL = "HubSpot: validation INVALID_EMAIL (email)"


class DeadLetterCase(RetailCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = new_test_user(cls.env, "clerk", "base.group_user,retail_hub.group_user")
        cls.employee = new_test_user(cls.env, "employee", "base.group_user")
        company = cls.env["res.company"].create({"name": "Other"})
        cls.stranger = new_test_user(
            cls.env,
            "stranger",
            "base.group_user,retail_hub.group_manager",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        cls.connector.responsible_id = new_test_user(
            cls.env, "lead", "base.group_user,retail_hub.group_manager"
        )
        cls.env.cr.flush()
        cls.env["retail.delivery"].search([]).unlink()

    def _dead(self, *partners):
        """Drain, and return the dead deliveries of these partners."""
        self._drain()
        return self._deliveries(state="dead").filtered(
            lambda delivery: not partners or delivery.res_id in {partner.id for partner in partners}
        )

    def _keyless(self, count):
        return self.env["res.partner"].create([{"name": f"N{n}", "email": False} for n in range(count)])

    def _group(self, fingerprint=KEY_MISSING):
        return self.env["retail.error.group"].search([("fingerprint", "=", fingerprint)])

    def _refresh(self):
        self.env["retail.error.group"]._cron_refresh()

    def _accept_keyless(self):
        self.sandbox.configure(custom_properties=[{"name": FALLBACK_KEY, "hasUniqueValue": True}])
        self._choice("customer").fallback_key_property = FALLBACK_KEY

    def _wizard(self, records, user=None):
        action = records.with_user(user or self.env.user).action_repair()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        return wizard.with_user(user or self.env.user)

    def _dead_fact(self, partner, event_type, payload):
        """Return a dead delivery of a fact, without having sent it."""
        partner._retail_capture_fact(event_type, payload, partner.company_id)
        delivery = self._deliveries(partner, kind="fact", state="pending")[-1]
        delivery.sudo().write({"state": "dead", "fingerprint": KEY_MISSING, "attempts": 1})
        return delivery


@tagged("post_install", "-at_install")
class TestErrorGroup(DeadLetterCase):
    def test_one_activity_however_many_die(self):
        """250 failures in three batches are one group and one activity, which says how many."""
        self.connector.batch_size = 100
        self._keyless(250)
        self.assertEqual(self._drain(), 250)
        group = self._group()
        self.assertEqual((group.dead_count, group.total_seen, group.is_open), (250, 250, True))
        self.assertEqual(
            (group.error_class, group.error_code, group.error_field), ("mapping", "KEY_MISSING", "email")
        )
        self.assertEqual(len(group.activity_ids), 1)
        self._refresh()
        activity = group.activity_ids
        self.assertEqual(activity.user_id, self.connector.responsible_id)
        self.assertEqual(
            activity.summary, "250 failed: HubSpot: the record has no value for the match key (email)"
        )
        first = self._deliveries(state="dead")[0]
        self.assertEqual(group.sample_id, first)
        self.assertIn("The first one is about N***.", activity.note)

    def test_a_group_for_each_cause(self):
        self._keyless(2)
        self._partner("Bad", "bad@example.x")
        self._drain()
        groups = self._group(KEY_MISSING) + self._group(INVALID_EMAIL)
        self.assertEqual(groups.mapped("dead_count"), [2, 1])
        self.assertEqual([len(group.activity_ids) for group in groups], [1, 1])

    def test_search_by_the_number_of_dead(self):
        self._keyless(2)
        dead = self._dead()
        group = self._group()
        groups = self.env["retail.error.group"]
        self.assertEqual(groups.search([("dead_count", ">", 0)]), group)
        self.assertEqual(groups.search([("dead_count", "=", 2)]), group)
        dead._discard("Not needed.")
        self.assertFalse(groups.search([("dead_count", ">", 0)]))
        self.assertEqual(groups.search([("dead_count", "=", 0)]), group)

    def test_closes_when_all_arrived_and_opens_again(self):
        """A replay alone closes nothing; what arrives does. The next failure notifies the owner again."""
        self._keyless(2)
        dead = self._dead()
        group = self._group()
        sent = group.activity_ids
        self._accept_keyless()
        dead.action_replay()
        self._refresh()
        self.assertEqual((group.dead_count, group.is_open, group.activity_ids), (0, True, sent))
        self.assertEqual(self._drain(), 2)
        self._refresh()
        self.assertEqual(dead.mapped("state"), ["delivered"] * 2)
        self.assertEqual((group.is_open, len(group.activity_ids)), (False, 0))
        self.assertIn("Resolved: all events were delivered", group.message_ids[0].body)
        self._choice("customer").fallback_key_property = False
        self._partner("Late", False)
        self._drain()
        self.assertEqual((group.is_open, group.total_seen, group.dead_count), (True, 3, 1))
        self.assertEqual(len(group.activity_ids), 1)
        self.assertNotEqual(group.activity_ids, sent)

    def test_a_failed_replay_keeps_the_activity(self):
        self._keyless(1)
        self._dead()._replay()
        self._drain()
        self._refresh()
        group = self._group()
        self.assertEqual((group.dead_count, group.total_seen, len(group.activity_ids)), (1, 2, 1))

    def test_closes_when_superseded_or_discarded(self):
        one, other = self._keyless(2)
        dead = self._dead()
        dead.filtered(lambda delivery: delivery.res_id == one.id)._discard("Not needed.")
        other.email = "other@example.com"
        self._drain()
        self.assertEqual(sorted(dead.mapped("state")), ["cancelled", "superseded"])
        self._refresh()
        self.assertEqual((self._group().is_open, len(self._group().activity_ids)), (False, 0))

    def test_notified_again_after_the_activity_was_done(self):
        """An owner who ticks it off is notified of what fails later."""
        self._keyless(1)
        self._drain()
        self._group().activity_ids.action_feedback()
        self.assertFalse(self._group().activity_ids)
        self._partner("Late", False)
        self._drain()
        self.assertEqual(len(self._group().activity_ids), 1)

    def test_assigned_to(self):
        """The flow's owner; who has left hands over to the connector's responsible."""
        self.connector.flow_ids.owner_id = self.clerk
        self._keyless(1)
        self._drain()
        group = self._group()
        self.assertEqual((group.owner_id, group.activity_ids.user_id), (self.clerk, self.clerk))
        self.clerk.active = False
        self._refresh()
        responsible = self.connector.responsible_id
        self.assertEqual((group.owner_id, group.activity_ids.user_id), (responsible, responsible))
        self.assertEqual(len(group.activity_ids), 1)

    def test_the_cron_notes_what_a_stopped_drain_did_not(self):
        self._keyless(3)
        with patch.object(self.registry["retail.error.group"], "_note"):
            self._drain()
        self.assertFalse(self._group())
        self._refresh()
        self.assertEqual((self._group().dead_count, self._group().total_seen), (3, 3))
        self._refresh()
        self.assertEqual((self._group().total_seen, len(self._group().activity_ids)), (3, 1))


@tagged("post_install", "-at_install")
class TestRepair(DeadLetterCase):
    def test_nothing_has_changed(self):
        partner = self._partner("Bad", "bad@example.x", city="Ghent")
        wizard = self._wizard(self._dead(partner))
        self.assertEqual((wizard.status, wizard.scope, wizard.position), ("unchanged", "one", "1 of 1"))
        self.assertIn("It will very likely fail again", wizard.verdict)
        self.assertNotIn("table-warning", wizard.diff)
        self.assertIn("at fault", wizard.diff.split("<details")[0])
        self.assertIn("Unchanged: 7", wizard.diff)
        self.assertIn("bad@example.x", wizard.diff)  # the reader may open the customer

    def test_what_has_changed(self):
        partner = self._partner("Bad", "bad@example.x", function="Cook")
        dead = self._dead(partner)
        partner.write({"email": "bad@example.com", "function": "Chef"})
        wizard = self._wizard(dead)
        self.assertEqual(wizard.status, "changed")
        self.assertIn("differs from what failed", wizard.verdict)
        self.assertEqual(wizard.diff.count("table-warning"), 3, "id, email and jobtitle")
        self.assertNotIn("–", wizard.diff, "each of them has both values")
        for text in ("b***@e***.x", "bad@example.com", "Cook", "Chef"):
            self.assertIn(text, wizard.diff)

    def test_it_says_that_values_are_masked_if_they_are(self):
        partner = self._partner("Bad", "bad@example.x")
        dead = self._dead(partner)
        self.assertNotIn("personal data masked", self._wizard(dead).diff)
        partner.email = "bad@example.com"
        self.assertIn("personal data masked", self._wizard(dead).diff)

    def test_changed_where_it_is_masked(self):
        """Two names that look alike once they are masked are not taken for the same."""
        partner = self._partner("Jon", "bad@example.x")
        dead = self._dead(partner)
        self.assertNotIn("changed, but masked", self._wizard(dead).diff)
        partner.name = "Jan"
        wizard = self._wizard(dead)
        self.assertEqual(wizard.status, "changed")
        self.assertEqual(wizard.diff.count("table-warning"), 1, "lastname")
        self.assertIn("Jan", wizard.diff)
        self._hide(partner)
        wizard = self._wizard(dead, self.clerk)
        self.assertIn("changed, but masked", wizard.diff)
        self.assertNotIn("Jan", wizard.diff)

    def _hide(self, partner):
        """Have a rule that keeps the customer from clerks."""
        self.env["ir.rule"].create(
            {
                "name": "Hidden",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "domain_force": f"[('id', '!=', {partner.id})]",
                "groups": [Command.link(self.env.ref("retail_hub.group_user").id)],
            }
        )

    def test_title_and_list(self):
        """The title is a sentence, and the records are listed."""
        self._keyless(3)
        self._partner("Bad", "bad@example.x")
        dead = self._dead()
        group = self._group()
        title = "3 events to HubSpot failed because the record has no value for the match key (email)"
        self.assertEqual(group.action_repair()["name"], title)
        wizard = self._wizard(group)
        self.assertEqual(
            (wizard.display_name, wizard.failed_ids.mapped("record_name")), (title, ["N0", "N1", "N2"])
        )
        self.assertEqual(dead.action_repair()["name"], "4 events failed, for several reasons")
        self.assertEqual(
            dead[-1].action_repair()["name"], "1 event to HubSpot failed because a value was refused (email)"
        )

    def test_two_customers(self):
        """Those who share something are side by side, with Odoo's dialog to merge them."""
        one, other = (
            self._partner("One", "one@example.com", city="Ghent"),
            self._partner("Two", "bad@example.x"),
        )
        dead = self._dead(other)
        dead.sudo().conflicts_with = f"res.partner,{one.id}"
        wizard = self._wizard(dead, self.clerk)
        self.assertEqual((wizard.partner_id, wizard.other_partner_id), (other, one))
        self.assertEqual(
            (wizard.partner_details, wizard.other_partner_details),
            ("bad@example.x", "one@example.com, Ghent"),
        )
        action = wizard.action_merge()
        self.assertEqual(action["res_model"], "base.partner.merge.automatic.wizard")
        self.assertEqual(action["context"]["active_ids"], [one.id, other.id])
        self._hide(one)
        wizard = self._wizard(dead, self.clerk)
        self.assertFalse(wizard.partner_id or wizard.other_partner_id)
        with self.assertRaises(UserError):
            wizard.action_merge()

    def test_discard_in_two_steps(self):
        self._keyless(2)
        self._dead()
        wizard = self._wizard(self._group(), self.clerk)
        action = wizard.action_ask_discard()
        self.assertEqual((action["name"], action["res_id"]), ("Discard 2 failed events", wizard.id))
        with Form(wizard, "retail_hub.retail_dead_letter_wizard_view_discard") as form:
            form.discard_reason = "Created twice."
        wizard.action_discard()
        self.assertEqual(self._deliveries(state="cancelled").mapped("discard_reason"), ["Created twice."] * 2)

    def test_a_key_that_is_gone_changes_nothing(self):
        """With the encryption key of that time removed, only what can be seen is compared."""
        partner = self._partner("Jon", "bad@example.x")
        dead = self._dead(partner)
        failed = dead._failed_requests()[dead.id]
        with patch.object(encryption, "_keys", lambda: ["new", "newer"]):
            self.assertEqual(changed_properties(failed, self._request(dead)), set())
        keys = ["new", *encryption._keys()]
        with patch.object(encryption, "_keys", lambda: keys):
            self.assertEqual(changed_properties(failed, self._request(dead)), set())
            partner.name = "Jan"
            self.assertEqual(changed_properties(failed, self._request(dead)), {"lastname"})

    def _request(self, delivery):
        """Return what would go out now, with credentials that need no key."""
        credential = self.registry["retail.credential"]
        with patch.object(credential, "_clear_text", lambda self, token: "token"):
            [preview] = delivery._preview().values()
        return preview.request

    def test_cannot_be_built(self):
        partner = self._partner("Nobody", False)
        dead = self._dead(partner)
        wizard = self._wizard(dead)
        self.assertEqual(wizard.status, "unbuilt")
        self.assertIn(
            "This event cannot be sent: The customer has no value for the match key", wizard.verdict
        )
        self._accept_keyless()
        wizard = self._wizard(dead)
        self.assertEqual(wizard.status, "changed")
        self.assertIn("Now it can", wizard.verdict)
        self.assertIn("Nobody", wizard.diff)

    def test_the_record_was_deleted(self):
        partner = self._partner("Nobody", False)
        dead = self._dead(partner)
        partner.unlink()
        self._commit()
        self.assertEqual(dead.state, "dead")
        wizard = self._wizard(dead)
        self.assertEqual(
            wizard.verdict, "This event cannot be sent: The record was deleted before it was sent."
        )

    def test_leafing_through(self):
        self._keyless(3)
        dead = self._dead()
        wizard = self._wizard(self._group())
        self.assertEqual((wizard.sample_id, wizard.position), (dead[0], "1 of 3"))
        wizard.action_next()
        self.assertEqual((wizard.sample_id, wizard.position), (dead[1], "2 of 3"))
        wizard.action_next()
        wizard.action_next()
        self.assertEqual((wizard.sample_id, wizard.position), (dead[2], "3 of 3"))
        wizard.action_previous()
        self.assertEqual(wizard.sample_id, dead[1])

    def test_validate_sends_and_records_nothing(self):
        same, fixed = self._partner("Same", "same@example.x"), self._partner("Fixed", "fixed@example.x")
        self._keyless(2)
        dead = self._dead()
        fixed.email = "fixed@example.com"
        self._commit()
        attempts = self.env["retail.delivery.attempt"].search_count([])
        before = dead.read(["state", "attempts", "next_attempt_at", "error_message"])
        requests = len(self.sandbox.requests())
        wizard = self._wizard(dead)
        wizard.action_validate()
        counts = (wizard.checked_count, wizard.changed_count, wizard.unchanged_count, wizard.unbuilt_count)
        self.assertEqual(counts, (4, 1, 1, 2))
        self.assertRegex(wizard.unbuilt_reasons, r"^2 × The customer has no value for the match key: [^\n]*$")
        self.assertFalse(wizard.is_partial)
        self.assertEqual(len(self.sandbox.requests()), requests)
        self.assertEqual(self.env["retail.delivery.attempt"].search_count([]), attempts)
        self.assertEqual(dead.read(["state", "attempts", "next_attempt_at", "error_message"]), before)
        self.assertEqual(len(self._deliveries(same)), 1)

    def test_validate_is_bounded(self):
        self._keyless(3)
        self._drain()
        wizard = self._wizard(self._group())
        with patch.object(dead_letter, "VALIDATE_LIMIT", 2):
            wizard.action_validate()
        self.assertEqual((wizard.checked_count, wizard.unbuilt_count, wizard.is_partial), (2, 2, True))

    def test_a_look_at_a_merge_links_nothing(self):
        """What only the moment of sending may write is taken back."""
        loser, survivor = self._partner("Loser", "loser@example.com"), self._partner("Nobody", False)
        self._drain()
        binding = self.env["retail.binding"].search([("res_id", "=", loser.id)])
        payload = {"id": str(survivor.id), "merged_ids": [str(loser.id)]}
        fact = self._dead_fact(survivor, "customer.merged", payload)
        preview = fact._preview()[fact.id]
        self.assertEqual((preview.request.properties["operation"], preview.reason), ("noop", None))
        self.assertEqual(binding.res_id, loser.id)

    def test_replay_all_alike(self):
        self._keyless(3)
        self._partner("Bad", "bad@example.x")
        self._drain()
        self._accept_keyless()
        wizard = self._wizard(self._group(), self.clerk)
        self.assertEqual((wizard.scope, wizard.chosen_count), ("all", 3))
        wizard.action_replay()
        self.assertEqual(self._drain(), 3)
        self.assertEqual(len(self._deliveries(state="delivered")), 3)
        self.assertEqual(self._group(INVALID_EMAIL).dead_count, 1)
        message = self._group().message_ids[0]
        self.assertIn("Replayed: 3.", message.body)
        self.assertEqual(message.author_id, self.clerk.partner_id)

    def test_replay_one_or_a_filtered_selection(self):
        partners = self._keyless(4)
        dead = self._dead()
        self._accept_keyless()
        wizard = self._wizard(self._group())
        wizard.action_next()
        wizard.scope = "one"
        self.assertEqual(wizard.chosen_count, 1)
        wizard.action_replay()
        self.assertEqual(dead.mapped("state"), ["dead", "pending", "dead", "dead"])
        wizard.scope = "filter"
        wizard.domain = f"[('res_id', '>=', {partners[1].id})]"
        self.assertEqual(wizard.chosen_count, 2)
        wizard.action_replay()
        self.assertEqual(dead.mapped("state"), ["dead", "pending", "pending", "pending"])
        with self.assertRaisesRegex(UserError, "No failed event is selected"):
            wizard.action_replay()

    def test_a_filter_reaches_only_the_group(self):
        self._keyless(1)
        self._partner("Bad", "bad@example.x")
        self._drain()
        self._accept_keyless()
        wizard = self._wizard(self._group())
        wizard.write({"scope": "filter", "domain": "[]"})
        wizard.action_replay()
        self.assertEqual(self._group(INVALID_EMAIL).dead_count, 1)
        wizard.domain = "import os"
        with self.assertRaisesRegex(UserError, "The filter is not valid"):
            wizard.action_replay()

    def test_discard_needs_a_reason(self):
        self._keyless(2)
        dead = self._dead()
        wizard = self._wizard(self._group(), self.clerk)
        wizard.discard_reason = " "
        with self.assertRaisesRegex(UserError, "Enter a reason"):
            wizard.action_discard()
        with self.assertRaisesRegex(UserError, "Only waiting events can be cancelled"):
            dead.action_cancel()
        self.assertEqual(dead.mapped("state"), ["dead"] * 2)
        wizard.discard_reason = "Test customers"
        wizard.action_discard()
        self.assertEqual(dead.mapped("state"), ["cancelled"] * 2)
        self.assertEqual(dead.mapped("discard_reason"), ["Test customers"] * 2)
        group = self._group()
        resolved, discarded = group.message_ids[:2]
        self.assertIn("Discarded: 2. Test customers", discarded.body)
        self.assertEqual(discarded.author_id, self.clerk.partner_id)
        self.assertIn(
            "Resolved: all events were delivered, replaced by newer ones, or discarded.", resolved.body
        )
        self.assertEqual(
            (group.is_open, len(group.activity_ids)), (False, 0)
        )  # at once, not at the next cron

    def test_only_dead_ones_are_repaired(self):
        with self.assertRaisesRegex(UserError, "none of these events has failed"):
            self._deliveries(self._partner()).action_repair()

    def test_an_unknown_outcome_is_resolved(self):
        """What may have been applied before it died is resolved, and not simply sent again."""
        self.sandbox.fault(path="/batch/upsert", drop="after", times=1)
        delivery = self._deliveries(self._partner())
        self._drain()
        self.assertEqual(delivery.attempt_ids.mapped("state"), ["unknown"])
        delivery.sudo().write({"state": "dead", "fingerprint": "HubSpot: transient"})
        calls = self._watch_adapter()
        self._wizard(delivery).action_replay()
        self.assertEqual(delivery.state, "unknown")
        self._drain()
        self.assertEqual(calls[0], ("resolve", [delivery.id]))
        self.assertEqual((delivery.state, delivery.attempts), ("delivered", 2))
        self.assertEqual(len(self.sandbox.contacts()), 1)

    def test_facts_go_out_in_order_under_their_keys(self):
        partner = self._partner()
        self._drain()
        facts = [self._dead_fact(partner, "customer.erased", {"id": str(partner.id)}) for _n in range(3)]
        facts = self.env["retail.delivery"].union(*facts)
        keys = facts.mapped("event_id.uuid")
        calls, seen = self._watch_adapter(), []
        adapter_class = self.connector._get_provider().adapter
        prepare = adapter_class.prepare

        def watch(adapter, item):
            seen.append((int(item.trace_id), item.idempotency_key))
            return prepare(adapter, item)

        self.patch(adapter_class, "prepare", watch)
        self.env["retail.delivery"].browse(reversed(facts.ids)).action_replay()
        seen.clear()  # the check whether they can be sent
        self._drain()
        self.assertEqual(seen, list(zip(facts.ids, keys, strict=True)))
        self.assertEqual([ids for name, ids in calls if name == "send"], [[fact.id] for fact in facts])
        self.assertEqual(facts.mapped("state"), ["delivered"] * 3)
        self.assertEqual(facts.mapped("attempts"), [2] * 3)

    def _watch_adapter(self):
        """Return the list that each call of the adapter will add ``(name, delivery ids)`` to."""
        adapter_class = self.connector._get_provider().adapter
        calls = []

        def watched(name, original):
            def call(adapter, batch):
                calls.append((name, [int(prepared.item.trace_id) for prepared in batch]))
                return original(adapter, batch)

            return call

        for name in ("send", "resolve"):
            self.patch(adapter_class, name, watched(name, getattr(adapter_class, name)))
        return calls

    def test_other_companies_see_nothing(self):
        stranger = self.stranger
        self._keyless(1)
        dead = self._dead()
        wizard = self._wizard(self._group(), self.clerk)
        groups = self.env["retail.error.group"].with_user(stranger)
        self.assertFalse(groups.search([]))
        with self.assertRaises(AccessError):
            self._group().with_user(stranger).action_repair()
        with self.assertRaises(AccessError):
            dead.with_user(stranger).action_repair()
        with self.assertRaises(AccessError):
            dead.with_user(stranger).action_cancel()
        with self.assertRaises(AccessError):
            wizard.with_user(stranger).action_replay()
        self.assertEqual(dead.state, "dead")

    def test_employees_do_not_repair(self):
        employee = self.employee
        self._keyless(1)
        dead = self._dead()
        with self.assertRaises(AccessError):
            dead.with_user(employee).action_replay()
        with self.assertRaises(AccessError):
            self._group().with_user(employee).action_repair()


@tagged("post_install", "-at_install")
class TestRepairScreen(DeadLetterCase, HttpCase):
    browser_size = "1440x900"

    def test_repair(self):
        """A person opens the group, compares, validates and sends again."""
        fixed = self._partner("Fixed", "fixed@example.x")
        self._partner("Same", "same@example.x")
        self._drain()
        fixed.email = "fixed@example.com"
        self._deliveries(fixed, state="pending").action_cancel()  # else nothing would be left to repair
        self.start_tour(
            "/odoo/action-retail_hub.action_retail_error_group", "retail_hub_repair", login="admin"
        )
        self.assertEqual(self._deliveries(state="dead").ids, [])
        self._drain()
        self.assertEqual(self._group(INVALID_EMAIL).dead_count, 1)
