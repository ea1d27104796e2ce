"""Responses that cannot be stored as they are: each delivery is recorded all the same, and none stops another."""

from base64 import b64encode
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from ...connectors.hubspot.adapter import HubSpotAdapter
from ...connectors.items import Outcome
from ...core.errors import TransientError, ValidationError
from ...core.redaction import redact
from ...models.outbox import outcome as outcome_module
from ...models.outbox.binding import RetailBinding
from ..common import TOKEN, RetailCase

LOGGERS = (
    "odoo.addons.retail_hub.models.outbox.drain",
    "odoo.addons.retail_hub.models.outbox.dispatch",
    "odoo.sql_db",
)
LONG = "x" * 12_000
BODIES = {
    "NUL in the message": {"message": "no\0thing", "category": "VALIDATION_ERROR"},
    "NUL in the category": {"message": "no", "category": "VALIDATION\0ERROR"},
    "a lone surrogate": {"message": "\ud800", "category": "\udfff", "correlationId": "\ud83d"},
    "a long category": {"message": LONG, "category": LONG, "subCategory": LONG, "correlationId": LONG},
    "a long property": {"message": "no", "errors": [{"message": LONG, "code": LONG, "in": LONG}]},
    "a property with NUL": {"message": "no", "errors": [{"message": "\0", "code": "\0", "in": "\0"}]},
    "other types": {
        "message": {"a": [1]},
        "category": 7,
        "errors": {"x": 1},
        "correlationId": [1, {"b": None}],
    },
    "a huge number": {"message": 10**400, "category": 10**30, "correlationId": 1e308},
    "deeply nested": {
        "message": "no",
        "correlationId": [[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]],
    },
    "a list": [1, "two", None],
    "HTML": "<script>alert(1)</script>",
    "digits": {"message": "9" * 80_000, "category": "VALIDATION_ERROR"},
    "names": {"message": "propertyName=a" * 6_000, "category": "VALIDATION_ERROR"},
}
HEADERS = {
    "a date that is out of range": {"Date": "Fri, 31 Dec 9999 23:59:59 -2359"},
    "endless Retry-After": {"Retry-After": "9" * 400},
    "Retry-After out of range": {"Retry-After": "Fri, 31 Dec 9999 23:59:59 -2359"},
    "huge limits": {
        "X-HubSpot-RateLimit-Daily": "9" * 5_000,
        "X-HubSpot-RateLimit-Daily-Remaining": "9" * 30,
        "X-HubSpot-RateLimit-Interval-Milliseconds": "9" * 5_000,
    },
}
ERROR = ["error_message", "error_code", "error_field", "fingerprint"]
KEPT = {
    "retail.delivery": [*ERROR, "warning", "checkpoint"],
    "retail.delivery.attempt": ["request", "response", "error_message", "error_code"],
    "retail.error.group": ERROR,
    "retail.connector": ["state_reason", "test_result", "trouble"],
    "retail.circuit": ["reason"],
    "mail.activity": ["summary", "note"],
}


@tagged("post_install", "-at_install")
class TestHostileResponses(RetailCase):
    def _sent(self, partner):
        delivery = self._deliveries(partner)
        self._drain()
        return delivery

    def test_bodies(self):
        """Each is recorded as a failed or waiting delivery, with an attempt that is over; a good item then goes out."""
        for number, (name, body) in enumerate(BODIES.items()):
            for status in (400, 409, 500):
                with self.subTest(name=name, status=status):
                    self.sandbox.fault(status=status, body=body)
                    partner = self._partner(name, f"a{number}.{status}@example.com")
                    delivery = self._sent(partner)
                    self.assertEqual(len(delivery), 1)
                    self.assertIn(delivery.state, ("pending", "dead", "unknown"))
                    attempt = delivery.attempt_ids[:1]
                    self.assertIn(attempt.state, ("failed", "unknown"))
                    self.assertTrue(delivery.error_code and len(delivery.error_code) <= 100)
                    self.assertTrue(delivery.error_message and len(delivery.error_message) <= 2_000)
                    self.connector.throttled_until = False
                    self.sandbox.faults_clear()
                    other = self._sent(self._partner("Good", f"good{number}.{status}@example.com"))
                    self.assertEqual(other.state, "delivered")

    def test_large_bodies(self):
        """Whatever their size, the delivery is recorded, and little is stored."""
        many = ["y" * 900] * 900
        bodies = [
            {"message": TOKEN, "correlationId": many, "errors": [{"message": many, "in": many}] * 3},
            {"message": TOKEN, "correlationId": [f"%2541\u200b{number}" for number in range(90_000)]},
            {"message": "no", "correlationId": ["y" * 9_000] * 300, "errors": [{"in": "a"}] * 30_000},
        ]
        for number, body in enumerate(bodies):
            for status in (207, 400, 409, 500):
                with self.subTest(number=number, status=status):
                    self.sandbox.fault(status=status, body=body)
                    delivery = self._sent(self._partner("Ann", f"l{number}.{status}@example.com"))
                    self.sandbox.faults_clear()
                    self.assertIn(delivery.state, ("pending", "dead", "unknown"))
                    self.assertIn(delivery.attempt_ids.state, ("failed", "unknown"))
                    self.assertLess(len(delivery.attempt_ids.response or ""), 1_000)
                    self.connector.throttled_until = False

    def test_large_outcomes(self):
        """What an adapter passes on is cut, before anything else looks at it; each delivery is recorded."""
        large = ["y@example.com " * 600] * 2_000

        def outcome_of(prepared):
            warnings = ["w" * 300] * 10_000
            return Outcome(prepared.item.trace_id, "7", response={"a": large, "b": 1}, warnings=warnings)

        with patch.object(outcome_module, "redact", wraps=redact) as redacted:
            delivery = self._send_outcomes(outcome_of)[0]
        self.assertEqual(delivery.state, "delivered")
        texts = redacted.call_args_list[0].args[0]["a"]
        self.assertEqual(list(map(len, texts)), [8_400, 8_400, 3_200, 1])
        self.assertLess(len(delivery.attempt_ids.response), 21_000)
        self.assertLess(len(delivery.warning), 21_000)

    def test_large_checkpoints(self):
        """A part of one would be worse than none: what was done might be done again."""
        error = TransientError("Later")
        for entries, code in ((20_000 - 1, False), (20_000, "BAD_CHECKPOINT")):
            with self.subTest(entries=entries):
                self._deliveries().unlink()
                checkpoint = {"ids": ["1"] * entries}
                found = self._send_outcomes(
                    lambda prepared, checkpoint=checkpoint: Outcome(
                        prepared.item.trace_id, error=error, checkpoint=checkpoint
                    )
                )
                self.assertEqual(found[0].error_code, code)
                self.assertEqual(found[0].checkpoint, False if code else checkpoint)
                self.env["res.partner"].search([("email", "=like", "p_@example.com")]).email = False

    def test_headers(self):
        for number, (name, headers) in enumerate(HEADERS.items()):
            for status in (429, 503):
                with self.subTest(name=name, status=status):
                    self.sandbox.fault(times=1, status=status, body={"message": "slow"}, headers=headers)
                    delivery = self._sent(self._partner(name, f"h{number}.{status}@example.com"))
                    self.assertIn(delivery.state, ("pending", "unknown"))
                    self.connector.throttled_until = False
                    self.sandbox.faults_clear()

    def _send_outcomes(self, outcome_of):
        """Send three new customers by an adapter that answers so; return their deliveries."""
        partners = [self._partner(f"P{number}", f"p{number}@example.com") for number in range(3)]
        deliveries = self._deliveries()
        with (
            patch.object(HubSpotAdapter, "send", lambda adapter, batch: list(map(outcome_of, batch))),
            mute_logger(*LOGGERS),
        ):
            self._drain()
        return [deliveries.filtered(lambda each, id_=partner.id: each.res_id == id_) for partner in partners]

    def test_ids_that_cannot_be_stored(self):
        """They are in doubt, since a shortened id would be another record's; the other items are delivered."""
        for bad_id in ("a\0b", "\ud800", LONG, "", 7):
            with self.subTest(bad_id=str(bad_id)[:10]):
                self._deliveries().unlink()
                ids = iter(("101", bad_id, "103"))
                found = self._send_outcomes(
                    lambda prepared, ids=ids: Outcome(prepared.item.trace_id, next(ids))
                )
                self.assertEqual([each.state for each in found], ["delivered", "unknown", "delivered"])
                self.assertEqual(found[1].error_code, "BAD_ID")
                self.env["retail.binding"].search([]).unlink()
                self.env["res.partner"].search([("email", "=like", "p_@example.com")]).email = False

    def test_a_missing_outcome(self):
        def outcome_of(prepared):
            is_first = prepared.item.data["name"]["full"] == "P0"
            return Outcome(
                "somebody else's" if is_first else prepared.item.trace_id, "7" if is_first else "8"
            )

        first, *_others = self._send_outcomes(outcome_of)
        self.assertEqual((first.state, first.error_code), ("unknown", "ADAPTER_FAILED"))

    def test_what_cannot_be_recorded(self):
        """One item that cannot be recorded is in doubt, and says so; the others are recorded."""
        bind = RetailBinding._bind

        def break_one(binding, connector, rows):
            if any(row.remote_id == "2" for row in rows):
                binding.env.cr.execute("SELECT 'NaN'::int")
            return bind(binding, connector, rows)

        ids = iter("123")
        with patch.object(RetailBinding, "_bind", break_one):
            found = self._send_outcomes(lambda prepared: Outcome(prepared.item.trace_id, next(ids)))
        self.assertEqual([each.state for each in found], ["delivered", "unknown", "delivered"])
        self.assertEqual(found[1].error_code, "NOT_RECORDED")
        self.assertEqual([each.attempt_ids.state for each in found], ["succeeded", "unknown", "succeeded"])

    def test_errors_of_any_content(self):
        """What an adapter puts into an error passes the gate, too."""

        def outcome_of(prepared):
            error = ValidationError("\0" * 9_000, code="\ud800" * 9_000, field="\0", retry_after=float("inf"))
            error.response = {"\0": ["\udfff", float("nan"), 10**400, object]}
            return Outcome(prepared.item.trace_id, error=error, checkpoint={"done": "\0"})

        found = self._send_outcomes(outcome_of)
        self.assertEqual([each.state for each in found], ["dead"] * 3)

    def test_remote_text_is_no_html(self):
        """An activity shows what a remote said as it is."""
        text = '<a href="https://evil.example">click</a>'
        self._send_outcomes(lambda prepared: Outcome(prepared.item.trace_id, error=TransientError(text)))
        self.connector._need_attention(text)
        note = self.connector.activity_ids.note
        self.assertIn("&lt;a href=", note)
        self.assertNotIn("<a", note)

    def test_secrets_that_come_back(self):
        """The remote quotes the token and an email address, wherever it can: nothing of them is kept."""
        hidden = TOKEN.replace("-", r"\u002d")
        for number, quoted in enumerate((TOKEN, hidden, b64encode(f"a:{TOKEN}".encode()).decode())):
            for status in (400, 401, 403, 409, 422, 429):
                with self.subTest(quoted=quoted, status=status):
                    text = f"ann@example.com {quoted}"
                    problem = {"message": text, "code": text, "in": text, "context": {text: [text]}}
                    body = {"message": text, "correlationId": text, "policyName": text, "errors": [problem]}
                    self.sandbox.fault(status=status, body={**body, "category": text, "subCategory": text})
                    delivery = self._sent(self._partner("Name", f"s{number}.{status}@example.com"))
                    self.sandbox.faults_clear()
                    self.assertIn(delivery.state, ("pending", "dead"))
                    self._assert_kept_nowhere(quoted)
                    self.connector.action_activate()

    def test_secrets_in_the_test_of_the_connection(self):
        details = {"portalName": f"a {TOKEN} b ann@example.com", "portalId": 7, "timeZone": TOKEN}
        self.sandbox.fault(status=200, body=details, path="/details")
        self.connector.action_test_connection()
        self.assertIn("Connected to a *** b a***@e***.com 7 (***).", self.connector.test_result)

    def test_secrets_in_a_request(self):
        """Such as a constant of a mapping line."""
        delivery = self._sent(self._partner(f"{TOKEN} the First"))
        self.assertEqual(delivery.state, "delivered")
        self._assert_kept_nowhere(TOKEN)

    def _assert_kept_nowhere(self, text):
        self.env.flush_all()
        kept = []
        for model, names in KEPT.items():
            records = self.env[model].sudo().search([])
            kept += [str(values) for values in records.read(names)]
        self.assertGreater(len(kept), 1)
        for hidden in (text, TOKEN, "ann@example.com"):
            self.assertEqual([each for each in kept if hidden in each], [])
