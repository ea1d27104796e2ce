"""Flows whose filter or mapping fails when it is used: their events wait, their owner knows, and other flows go on."""

from unittest.mock import patch

import psycopg2

from odoo.exceptions import ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ...models.connector.field_map_values import RetailFieldMap
from ..common import RetailCase

LOGGERS = (
    "odoo.sql_db",
    *(f"odoo.addons.retail_hub.models.outbox.{name}" for name in ("drain", "flow", "item_builder")),
)
LOG = "See the server log for details."
UNFIT = "A value does not fit its field or operator. Correct the value."
FAULTS = {
    "a field that was removed": "“x_removed”: Contact has no field x_removed.",
    "a field of a removed field": "“x_removed.name”: Contact has no field x_removed.",
    "a bad pattern": UNFIT,
    "NUL": LOG,
    "no filter at all": "It must be a list of conditions, such as [('name', '!=', False)].",
    "a wrong operator": "The condition ('name', 'above', 1) is not valid. Enter it again, with a field, an operator and"
    " a value.",
}
FILTERS = {
    "a field that was removed": "[('x_removed', '=', 1)]",
    "a field of a removed field": "[('x_removed.name', '=', 1)]",
    "a bad pattern": r"[('name', '=like', '%New\\')]",
    "NUL": r"[('name', 'ilike', 'a\0')]",
    "no filter at all": "[('name', '=']",
    "a wrong operator": "[('name', 'above', 1)]",
}


@tagged("post_install", "-at_install")
class TestFlowFaults(RetailCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.flow = cls.connector.flow_ids.filtered(lambda flow: flow.event_type == "customer.created")
        cls.updated = cls.connector.flow_ids.filtered(lambda flow: flow.event_type == "customer.updated")
        cls.owner = new_test_user(cls.env, "owner of the flow", groups="retail_hub.group_user")
        cls.flow.owner_id = cls.owner

    def _set_filter(self, text):
        """As an update of an addon does: no check of the flow runs."""
        self.flow.flush_recordset()
        self.env.cr.execute("UPDATE retail_flow SET domain = %s WHERE id = %s", [text, self.flow.id])
        self.flow.invalidate_recordset()
        self.env.registry.clear_cache()

    def _alerts(self):
        return self.connector.activity_ids.filtered(
            lambda alert: alert.retail_cause == f"flow {self.flow.id}"
        )

    def test_filters(self):
        for number, (name, text) in enumerate(FILTERS.items()):
            with self.subTest(name), mute_logger(*LOGGERS):
                known = self._partner("Known", f"known{number}@example.com")
                self._drain()
                known.name = "Known by another name"
                self._commit()
                waiting = self._deliveries(self._partner("Newer", f"new{number}@example.com"))
                self._set_filter(text)
                self._drain()
                self.assertEqual(
                    (waiting.state, waiting.attempts, waiting.error_code), ("pending", 0, "FLOW_FAULT")
                )
                self.assertEqual(waiting.waits_for_name, self.flow.display_name)
                self.assertEqual(self._deliveries(known, event_type="customer.updated").state, "delivered")
                self.assertEqual(
                    self.flow.fault, f"The filter “Only Records” cannot be evaluated. {FAULTS[name]}"
                )
                self.assertEqual(self._alerts().user_id, self.owner)

                self.flow.domain = "[]"
                self._drain()
                self.assertEqual(waiting.state, "delivered")
                self.assertFalse(self.flow.fault)
                self.assertFalse(self._alerts())

    def test_it_heals_without_a_person(self):
        """The field is back: the next attempt, a minute later, finds out."""
        with mute_logger(*LOGGERS):
            waiting = self._deliveries(self._partner())
            self._set_filter(FILTERS["a field that was removed"])
            self._drain()
        self.assertTrue(self.flow.fault)
        self._set_filter("[('name', '!=', False)]")
        self._make_due(waiting)
        self._drain()
        self.assertEqual((waiting.state, self.flow.fault), ("delivered", False))

    def test_a_preview_heals_nothing(self):
        """It is rolled back, and only what is sent proves that a flow works again."""
        with mute_logger(*LOGGERS):
            waiting = self._deliveries(self._partner())
            self._set_filter(FILTERS["a field that was removed"])
            self._drain()
        self._set_filter("[('name', '!=', False)]")
        run = self.env["retail.bulk.run"].create(
            {"connector_id": self.connector.id, "flow_id": self.flow.id, "kind": "backfill"}
        )
        self.assertEqual((run.preview_error, run.preview_count > 0), (False, True))
        self.env.invalidate_all()
        self.assertTrue(self.flow.fault)
        self.assertTrue(self._alerts())
        self._make_due(waiting)
        self._drain()
        self.assertEqual((waiting.state, self.flow.fault), ("delivered", False))
        self.assertFalse(self._alerts())

    def test_a_mapping_that_cannot_be_read(self):
        read = RetailFieldMap._record_values

        def fail(lines, records, paths):
            if "Newer" in records.mapped("name"):
                lines.env.cr.execute("SELECT x_removed FROM res_partner")
            return read(lines, records, paths)

        self.connector.field_map_ids[:1].write({"source": "record", "expression": "comment"})
        waiting = self._deliveries(self._partner("Newer", "new@example.com"))
        with patch.object(RetailFieldMap, "_record_values", fail), mute_logger(*LOGGERS):
            self._drain()
        self.assertEqual((waiting.state, waiting.error_code), ("pending", "FLOW_FAULT"))
        self.assertEqual(
            self.flow.fault,
            "One of the Odoo fields in the mapping cannot be read: comment. Upgrade the module that adds it, or switch"
            " off its line. The server log names the field.",
        )

    def test_a_lost_connection_is_no_fault(self):
        self._partner()

        def break_off(*_args):
            raise psycopg2.OperationalError("server closed the connection unexpectedly")

        with (
            patch.object(type(self.flow), "_matching", break_off),
            self.assertRaises(psycopg2.OperationalError),
        ):
            self._drain()
        self.assertFalse(self.flow.fault)

    def test_refused_when_saved(self):
        """A filter that can never be evaluated is refused, in words."""
        for text in (
            "[('user_ids.password', '!=', False)]",
            "[('name', '=']",
            "__import__('os')",
            "[('name', '=', 'a\0')]",
            "[" * 2_000,
        ):
            with self.subTest(text[:30]), self.assertRaises(ValidationError) as raised:
                self.flow.domain = text
            self.assertNotRegex(str(raised.exception), "0x|<unknown>|buffer|source code")
