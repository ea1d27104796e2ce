"""Old messages are removed, unless somebody still has to do something."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ...models.inbox.message import STATES
from .common import ApiCase


@tagged("-at_install", "post_install")
class TestMessageRetention(ApiCase):
    def messages_of_age(self, days):
        """Create a message in each state, which came so many days ago."""
        received_at = fields.Datetime.now() - timedelta(days=days)
        return self.env["retail.message"].create(
            [
                {
                    "uuid": f"{state}-{days}",
                    "client_id": self.client.id,
                    "connector_id": self.system.id,
                    "company_id": self.system.company_id.id,
                    "command": "customer.upsert",
                    "state": state,
                    "received_at": received_at,
                }
                for state, _label in STATES
            ]
        )

    def purge(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref("retail_hub.ir_cron_retention").method_direct_trigger()

    def test_what_goes_and_what_stays(self):
        messages = self.messages_of_age(89) + self.messages_of_age(91) + self.messages_of_age(366)
        self.purge()
        gone = (messages - messages.exists()).ids
        names = {message.id: uuid for message, uuid in zip(messages, self.names(), strict=True)}
        finished = {"done", "tested", "cancelled", "noted"}
        self.assertEqual(
            {names[each] for each in gone},
            {f"{state}-{days}" for state in finished for days in (91, 366)} | {"refused-366"},
        )
        kept = self.env["retail.retention"].search([("company_id", "=", self.system.company_id.id)])
        self.assertEqual(kept.message_count, len(gone))

    def names(self):
        return [f"{state}-{days}" for days in (89, 91, 366) for state, _label in STATES]

    def test_as_the_company_wants_it(self):
        self.system.company_id.write({"retail_message_days": 10, "retail_refused_days": 20})
        messages = self.messages_of_age(15)
        self.purge()
        self.assertEqual(
            set(messages.exists().mapped("state")),
            {"started", "received", "waiting", "incomplete", "undecided", "refused"},
        )

    def test_at_least_a_day(self):
        for name in ("retail_message_days", "retail_refused_days"):
            with self.assertRaisesRegex(ValidationError, "must be kept for at least 1 day"):
                self.system.company_id[name] = 0

    def test_a_key_is_remembered_until_then(self):
        anna = {"external_id": "C-1", "name": {"full": "Anna"}}
        self.assertEqual(self.post("/customers", anna, idempotency_key="k").status_code, 201)
        self.messages().received_at = fields.Datetime.now() - timedelta(days=91)
        self.assertEqual(self.post("/customers", anna, idempotency_key="k").status_code, 201)
        self.purge()
        again = self.post("/customers", anna, idempotency_key="k")
        self.assertEqual((again.status_code, again.json()["outcome"]), (200, "unchanged"))
