"""Webhook connectors: set up from the form, and every event reaches the receiver, signed, once in effect."""

import base64
import json

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools.safe_eval import safe_eval

from ...schemas import EVENT_TYPES
from ..common import RetailCase, options

SECRET = "whsec_" + base64.b64encode(b"the secret of the sandbox itself").decode()
OTHER = "whsec_" + base64.b64encode(b"another secret that nobody knows").decode()


class WebhookCase(RetailCase):
    """A connector of a webhook, and what its receiver got."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.enterClassContext(options("allow_hosts = hooks.internal, 127.0.0.1"))
        cls.connector.action_pause()
        cls.connector.flow_ids.active = False
        cls.webhook = cls._create_webhook()

    @classmethod
    def _create_webhook(cls):
        with Form(cls.env["retail.connector"]) as form:
            form.name = "Middleware"
            form.provider = "webhook"
            form.base_url = f"{cls.sandbox.url}/hooks/in/"
        webhook = form.record
        webhook.flow_ids.window_seconds = 0
        webhook.credential_ids.filtered(lambda line: line.name == "signing_secret").value = SECRET
        webhook.action_activate()
        return webhook

    def _received(self):
        return self.sandbox.records("events", "webhook")

    def _credential(self, name):
        return self.webhook.credential_ids.filtered(lambda credential: credential.name == name)

    def _order(self, **values):
        product = self.env["product.product"].create({"name": "Lamp", "list_price": 20})
        line = Command.create({"product_id": product.id, "tax_ids": False})
        return self.env["sale.order"].create(
            {"partner_id": self.env.user.partner_id.id, "order_line": [line], **values}
        )


@tagged("post_install", "-at_install")
class TestWebhookConnector(WebhookCase):
    # -- setting up --------------------------------------------------------------------------------

    def test_label(self):
        """People who look for their own system find it among the providers, in the form and in the documentation."""
        providers = self.env["retail.connector"].fields_get(["provider"])["provider"]["selection"]
        self.assertEqual(dict(providers)["webhook"], "Custom system")

    def test_shows_no_mapping(self):
        """There is nothing to map: neither on a new connector, nor on one that is set up. HubSpot has the tabs."""
        with Form(self.env["retail.connector"]) as form:
            form.name = "Another"
            form.provider = "webhook"
            form.base_url = "https://hooks.internal/"
            self.assertEqual(self._tabs(form), ["credentials", "flows", "limits"])
            form.provider = "hubspot"
            self.assertEqual(self._tabs(form), ["credentials", "flows", "mapping", "limits"])
        with Form(self.webhook) as form:
            self.assertEqual(self._tabs(form), ["credentials", "flows", "webhooks", "limits"])
        with Form(self.connector) as form:
            self.assertEqual(
                self._tabs(form), ["credentials", "flows", "webhooks", "objects", "mapping", "limits"]
            )

    def _tabs(self, form):
        """Return the names of the tabs that a form shows."""
        pages, values = form._view["tree"].xpath("//page"), form._get_eval_context()
        return [page.get("name") for page in pages if not safe_eval(page.get("invisible", "False"), values)]

    def test_generates_its_secret(self):
        """It is shown once, and the one before still signs."""
        credential = self._credential("signing_secret")
        self.assertTrue(credential.can_generate)
        action = credential.action_generate()
        secret = action["params"]["secret"]
        self.assertRegex(secret, r"^whsec_[A-Za-z0-9+/]{43}=$")
        self.assertEqual(
            (credential._get_secret(), self._credential("former_secret")._get_secret()), (secret, SECRET)
        )
        self.assertFalse(credential.value)
        self.assertIn("Both are valid until you remove it", action["params"]["note"])
        self.assertNotEqual(credential.action_generate()["params"]["secret"], secret)
        with self.assertRaisesRegex(UserError, "The remote system issues this credential"):
            self.connector.credential_ids.action_generate()
        clerk = new_test_user(self.env, "clerk", "retail_hub.group_user")
        with self.assertRaises(AccessError):
            credential.with_user(clerk).action_generate()

    def test_a_first_secret_replaces_none(self):
        """The dialog does not speak of a former one."""
        values = {"name": "New", "provider": "webhook", "base_url": "https://new.example.com"}
        connector = self.env["retail.connector"].create(values)
        credential = connector.credential_ids.filtered(lambda line: line.name == "signing_secret")
        self.assertEqual(credential.action_generate()["params"]["note"], "")

    def test_no_mapping(self):
        """There is nothing to map: its form has no such tab."""
        self.assertFalse(self.webhook.object_name_choices or self.webhook.object_ids)

    def test_new_connector(self):
        self.assertFalse(self.webhook.api_version)  # a URL of any kind has no version that we know of
        self.assertFalse(self.webhook.has_api_versions)
        self.assertEqual(self.webhook.batch_size, 0)
        self.assertFalse(self.webhook.quota_ids)
        flows = (
            self.env["retail.flow"]
            .with_context(active_test=False)
            .search([("connector_id", "=", self.webhook.id)])
        )
        self.assertEqual(set(flows.mapped("event_type")), set(EVENT_TYPES))
        silent = {name for name in EVENT_TYPES if name.startswith(("stock.", "price.", "promotion."))}
        self.assertEqual(set(flows.filtered(lambda flow: not flow.active).mapped("event_type")), silent)
        self.assertEqual(
            self.webhook.credential_ids.mapped(lambda credential: (credential.name, credential.required)),
            [("signing_secret", True), ("former_secret", False)],
        )

    def test_the_url_has_to_be_typed(self):
        with self.assertRaisesRegex(ValidationError, "must look like https://api.example.com"):
            self.env["retail.connector"].create({"name": "New", "provider": "webhook"})

    def test_no_credentials_in_the_url(self):
        for url in ("https://user:secret@example.com", "https://:secret@example.com", "https://@example.com"):
            with self.subTest(url), self.assertRaisesRegex(ValidationError, "must look like"):
                self.webhook.base_url = url

    def test_the_secret_is_checked_when_it_is_typed(self):
        for name in ("signing_secret", "former_secret"):
            with self.assertRaisesRegex(
                ValidationError, "whsec_ followed by 24 to 64 random bytes"
            ) as raised:
                self._credential(name).value = "guess-me"
            self.assertNotIn("guess-me", str(raised.exception))
        self.assertEqual(self._credential("signing_secret")._get_secret(), SECRET)

    def test_test_connection(self):
        action = self.webhook.action_test_connection()
        self.assertEqual(action["params"]["type"], "success")
        self.assertEqual(self.webhook.test_result, "Connected to 127.0.0.1.")
        [ping] = self._received()
        self.assertEqual((ping["path"], ping["event"]["type"]), ("/hooks/in/", "retail.ping.v1"))

    def test_test_connection_with_another_secret(self):
        self.sandbox.configure("webhook", secrets=[OTHER])
        action = self.webhook.action_test_connection()
        self.assertEqual(action["params"]["type"], "danger")
        self.assertIn("rejected the signature", action["params"]["message"])

    # -- the secret --------------------------------------------------------------------------------

    def test_replacing_the_secret(self):
        """Receivers with either secret accept what is sent, until the former one is removed."""
        self._credential("signing_secret").value = OTHER
        self.assertEqual(self._credential("former_secret")._get_secret(), SECRET)
        self.webhook.action_test_connection()
        self.sandbox.configure("webhook", secrets=[OTHER])
        self.webhook.action_test_connection()
        self.assertEqual([kept["signatures"] for kept in self._received()], [2, 2])

        self._credential("former_secret").action_remove()
        self.assertFalse(self._credential("former_secret").is_set)
        self.webhook.action_test_connection()
        self.assertEqual([kept["signatures"] for kept in self._received()], [2, 2, 1])
        self.sandbox.configure("webhook", secrets=[SECRET])
        self.webhook.action_test_connection()
        self.assertEqual(len(self._received()), 3)

    def test_a_secret_that_is_needed_is_not_removed(self):
        with self.assertRaisesRegex(UserError, "To replace it, enter a new value"):
            self.webhook.credential_ids.action_remove()
        self.assertTrue(self._credential("signing_secret").is_set)

    def test_only_managers_remove_secrets(self):
        user = new_test_user(self.env, "clerk", groups="base.group_user,retail_hub.group_user")
        with self.assertRaises(AccessError):
            self._credential("former_secret").with_user(user).action_remove()

    # -- delivery ----------------------------------------------------------------------------------

    def test_fact(self):
        order = self._order()
        order.action_confirm()
        self._drain(self.webhook)
        [event] = self.env["retail.event"].search(
            [("res_model", "=", "sale.order"), ("res_id", "=", order.id), ("event_type", "=", "order.placed")]
        )
        [kept] = [kept for kept in self._received() if kept["event"]["type"] == "retail.order.placed.v1"]
        self.assertEqual((kept["path"], kept["times"]), ("/hooks/in/", 1))
        self.assertEqual(
            kept["event"],
            {
                "specversion": "1.0",
                "id": event.uuid,
                "source": self.webhook.get_base_url(),
                "type": "retail.order.placed.v1",
                "subject": f"order/sales/{order.id}",
                "time": f"{order.date_order.isoformat(timespec='milliseconds')}Z",
                "datacontenttype": "application/json",
                "dataschema": f"{self.webhook.get_base_url()}/retail_hub/schemas/OrderV1.json",
                "correlationid": f"sale.order,{order.id}",
                "data": event.payload,
            },
        )
        self.assertEqual(kept["event"]["data"]["total"], "20.00")

    def test_events_of_an_order_in_their_order(self):
        order = self._order()
        order.action_confirm()
        self._drain(self.webhook)
        order._action_cancel()
        while self._drain(self.webhook):
            pass
        events = [kept["event"] for kept in self._received()]
        sent = [event for event in events if event["subject"] == f"order/sales/{order.id}"]
        self.assertEqual(
            [event["type"] for event in sent], ["retail.order.placed.v1", "retail.order.cancelled.v1"]
        )
        self.assertEqual(sent[1]["causationid"], sent[0]["id"])

    def test_state(self):
        """Read when it is sent; nothing is linked, so an unchanged one is sent, too."""
        partner = self._partner()
        self._drain(self.webhook)
        partner.name = "Ann Leigh"
        self._drain(self.webhook)
        names = [(kept["event"]["type"], kept["event"]["data"]["name"]["full"]) for kept in self._received()]
        self.assertEqual(
            names,
            [("retail.customer.created.v1", "Ann Lee"), ("retail.customer.updated.v1", "Ann Leigh")],
        )
        self.assertFalse(self.env["retail.binding"].search([("connector_id", "=", self.webhook.id)]))

    def test_merged_and_erased(self):
        survivor, merged, erased = self._partner(), self._partner("Bo"), self._partner("Cy")
        self._drain(self.webhook)
        ids = [str(survivor.id), str(merged.id), str(erased.id)]
        self.env["base.partner.merge.automatic.wizard"]._merge([survivor.id, merged.id], survivor)
        erased.unlink()
        self.sandbox.reset()
        while self._drain(self.webhook):
            pass
        sent = {kept["event"]["type"]: kept["event"]["data"] for kept in self._received()}
        self.assertEqual(sent["retail.customer.merged.v1"], {"id": ids[0], "merged_ids": [ids[1]]})
        self.assertEqual(sent["retail.customer.erased.v1"], {"id": ids[2]})

    def test_only_records_of_the_flow(self):
        flow = self.webhook.flow_ids.filtered(lambda flow: flow.event_type == "customer.created")
        flow.domain = "[('city', '=', 'Ghent')]"
        inside, outside = self._partner(city="Ghent"), self._partner("Bo", "bo@example.com")
        self._drain(self.webhook)
        self.assertEqual([k["event"]["subject"] for k in self._received()], [f"customer/{inside.id}"])
        self.assertEqual(self._deliveries(outside).state, "cancelled")

    def test_lost_answer(self):
        """The id comes twice, and is taken once."""
        self.sandbox.fault(drop="after", times=1)
        partner = self._partner()
        self._drain(self.webhook)
        delivery = self._deliveries(partner)
        self.assertEqual(delivery.state, "unknown")
        self._make_due(delivery)
        self._drain(self.webhook)
        self.assertEqual(delivery.state, "delivered")
        [kept] = self._received()
        self.assertEqual((kept["event"]["id"], kept["times"]), (delivery.event_id.uuid, 2))

    def test_sent_again(self):
        """The id stays; a replay that a person asked for has an id of its own, which its attempts share."""
        order = self._order()
        order.action_confirm()
        self._drain(self.webhook)
        [kept] = self._placed()
        self.assertEqual((kept["times"], kept["replays"]), (1, []))
        facts = self._deliveries(order).filtered(lambda delivery: delivery.event_type == "order.placed")
        replays = facts.browse()
        for _time in range(2):
            replays += facts._queue_again(facts.event_id.ids, facts.flow_id.ids)
        self.sandbox.fault(drop="after", times=1)
        self._drain(self.webhook)
        self._make_due(replays[0])
        while self._drain(self.webhook):
            pass
        self.assertEqual(replays.mapped("state"), ["delivered", "delivered"])
        [kept] = self._placed()
        self.assertEqual(kept["replays"], [str(replay.id) for replay in replays])
        self.assertEqual(kept["times"], 4)

    def test_a_retry_is_no_replay(self):
        """What was never taken comes as if for the first time, when a person has it sent again, too."""
        self.sandbox.configure("webhook", refuse=["S"])
        order = self._order()
        order.action_confirm()
        self._drain(self.webhook)
        self.assertEqual(self._deliveries(order, event_type="order.placed").state, "dead")
        self.sandbox.configure("webhook", refuse=[])
        order.action_retail_resync()
        self._drain(self.webhook)
        [kept] = self._placed()
        self.assertEqual((kept["times"], kept["replays"]), (1, []))

    def _placed(self):
        return [kept for kept in self._received() if kept["event"]["type"] == "retail.order.placed.v1"]

    # -- trouble -----------------------------------------------------------------------------------

    def test_refused_event(self):
        """It is a dead letter with the receiver's reason, without what it says of the customer; others go on."""
        self.sandbox.configure("webhook", refuse=["Bad"])
        bad, good = self._partner("Bad Guy", "bad@example.com"), self._partner("Good", "good@example.com")
        self._drain(self.webhook)
        dead = self._deliveries(bad)
        self.assertEqual((dead.state, dead.error_class, dead.error_code), ("dead", "validation", "HTTP_422"))
        response = str(dead.attempt_ids.response)
        self.assertIn("not wanted", response)
        self.assertNotIn("Bad Guy", response)
        self.assertEqual(self._deliveries(good).state, "delivered")
        self.assertEqual(self.webhook.state, "active")

    def test_codes_of_cards_are_for_the_receiver_only(self):
        """Whoever reads the code of a card can spend it: it is in no attempt and no error, and masked in the event."""
        self.sandbox.configure("webhook", refuse=["Refused"])
        program = self.env["loyalty.program"].create({"name": "Club", "program_type": "loyalty"})
        sent, refused = self.env["loyalty.card"].create(
            [
                {"program_id": program.id, "code": code, "partner_id": partner.id}
                for code, partner in (("TOLD-1234", self._partner()), ("Refused-5678", self._partner("Bo")))
            ]
        )
        self._drain(self.webhook)
        [kept] = [kept for kept in self._received() if kept["event"]["subject"] == f"loyalty_card/{sent.id}"]
        self.assertEqual(kept["event"]["data"]["code"], "TOLD-1234")
        self.assertEqual(json.loads(self._deliveries(sent).attempt_ids.request)["data"]["code"], "***")
        dead = self._deliveries(refused)
        self.assertEqual(dead.state, "dead")
        self.assertIn("not wanted", str(dead.attempt_ids.response))
        noted = [
            dead.attempt_ids.request, dead.attempt_ids.response, dead.error_message, dead.attempt_ids.error_message
        ]  # fmt: skip
        self.assertNotIn("5678", str(noted))
        clerk = new_test_user(self.env, "clerk", groups="base.group_user,retail_hub.group_user")
        event = dead.event_id.with_user(clerk)
        self.assertTrue(event.is_masked)
        self.assertIn('"code": "***"', event.shown_payload)
        self.assertNotIn("5678", event.shown_payload + event.shown_details)

    def _assert_stopped(self, partner, reason):
        self.assertEqual(self.webhook.state, "attention")
        self.assertIn(reason, self.webhook.state_reason)
        self.assertEqual(self._deliveries(partner).state, "pending")
        [activity] = self.webhook.activity_ids
        self.assertEqual(activity.summary, "Middleware needs attention")
        self.assertIn(reason, activity.note)
        self.assertEqual(activity.user_id, self.env.ref("base.user_admin"))

    def test_not_found(self):
        self.sandbox.fault(status=410)
        partner = self._partner()
        self._drain(self.webhook)
        self._assert_stopped(partner, "responded with HTTP 410: the endpoint no longer exists.")
        self.assertEqual(self._drain(self.webhook), 0)
        self.assertEqual(self.sandbox.request_count(), 1)

        self.sandbox.faults_clear()
        self.webhook.action_activate()
        self.assertEqual(self._drain(self.webhook), 1)
        self.assertEqual(self._deliveries(partner).state, "delivered")

    def test_an_address_within_the_network(self):
        """It is not called, and cannot be entered, unless the server's admin allows it."""
        self.enterContext(options(""))
        partner = self._partner()
        self._drain(self.webhook)
        self._assert_stopped(
            partner, "Retail Hub connects over HTTPS only, unless the server's admin allows 127.0.0.1"
        )
        with self.assertRaisesRegex(ValidationError, "has an address that is not public"):
            self.webhook.base_url = f"{self.sandbox.url.replace('http:', 'https:')}/hooks"
        self.assertEqual(self.sandbox.request_count(), 0)

    def test_wait(self):
        self.sandbox.fault(status=503, headers={"Retry-After": "40"}, times=1)
        partner = self._partner()
        self._drain(self.webhook)
        delivery = self._deliveries(partner)
        self.assertEqual((delivery.state, delivery.attempts), ("pending", 0))
        self.assertTrue(30 < self.webhook._throttled_seconds() <= 40)

    def test_redirect(self):
        self.sandbox.fault(status=302, headers={"Location": f"{self.sandbox.url}/hooks/elsewhere"})
        partner = self._partner()
        self._drain(self.webhook)
        delivery = self._deliveries(partner)
        self.assertEqual((delivery.state, delivery.error_code), ("pending", "REDIRECT"))
        self.assertIn("redirected the call (HTTP 302)", delivery.error_message)
        self.assertEqual(self.sandbox.request_count(), 1)

    def test_archived_records(self):
        """An archived customer is sent, but of what belongs to a customer only what is in use."""
        tags = self.env["res.partner.category"].create([{"name": "Now"}, {"name": "Then", "active": False}])
        partner = self._partner(category_id=tags.ids)
        for city, active in (("Ghent", True), ("Bruges", False)):
            self._partner(city, False, parent_id=partner.id, type="delivery", city=city, active=active)
        partner.active = False
        self._drain(self.webhook)
        [kept] = [kept for kept in self._received() if kept["event"]["data"]["id"] == str(partner.id)]
        data = kept["event"]["data"]
        self.assertFalse(data["active"])
        self.assertEqual([address["city"] for address in data["addresses"]], ["Ghent"])
        self.assertEqual(data["tags"], ["Now"])
