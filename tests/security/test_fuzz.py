"""Generated answers of remotes, through real HTTP, adapters and recording: nothing raises, and nothing is lost.

``./dev/test --seed 7 /retail_hub:TestFuzz`` tries others; ``--examples 2000`` tries more of them.
"""

import logging
import os
from collections import Counter
from contextlib import closing

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from odoo.tests import tagged
from odoo.tools import SQL

from ..common import TOKEN, ShopCase
from ..connector.test_webhook_connector import SECRET
from .hostile_server import Answer, HostileServer, Raw

_logger = logging.getLogger(f"{__name__}.summary")  # which ./dev/test shows

EXAMPLES = int(os.environ.get("RETAIL_HUB_EXAMPLES", "80"))  # of each adapter
SEED = os.environ.get("RETAIL_HUB_SEED")
OPEN = ("pending", "unknown")

# -- what remotes may say ------------------------------------------------------------------------------

STATUSES = st.one_of(
    st.sampled_from(
        [200, 201, 202, 204, 207, 301, 304, 400, 401, 403, 404, 408, 409, 410, 413, 422, 423, 425, 429]
        + [477, 500, 502, 503, 504, 521, 524]
    ),
    st.integers(100, 999),
)
CHARACTERS = st.characters(exclude_categories=())  # surrogates, too
TEXTS = st.one_of(
    st.text(CHARACTERS, max_size=20),
    st.sampled_from(
        [
            "\0",
            "\ud800",
            "x\0" * 6_000,
            "9" * 80_000,
            "propertyName=" * 6_000,
            "<script>alert(1)</script>",
            "ann@example.com",
            "Ann Lee",
            "VALIDATION_ERROR",
            "Contact already exists. Existing ID: 7",
            "PROPERTY_DOESNT_EXIST",
            "2026-01-01T00:00:00Z",
            "1" * 300,
        ]
    ),
)
RAW = st.sampled_from(
    [
        Raw(b"9" * 5_000),
        Raw(b"-1e999"),
        Raw(b"[" * 30_000 + b"]" * 30_000),
        Raw(b'{"a":' * 30_000),
        Raw(b"\xff\xfe"),
        Raw(b"\xed\xa0\x80"),
        Raw(b'"\xed\xa0\x80"'),
        Raw(b'"\x00"'),
    ]
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([2**31, 2**63, -(2**63), 10**400]),
    st.floats(),
    TEXTS,
)
NAMES = st.one_of(
    st.sampled_from(
        [
            "id",
            "results",
            "errors",
            "message",
            "category",
            "context",
            "status",
            "objectWriteTraceId",
            "properties",
        ]
        + ["correlationId", "error", "detail", "code", "in", "subCategory", "numErrors", "new", "ids"]
    ),
    TEXTS,
)
VALUES = st.recursive(
    LEAVES | RAW,
    lambda values: st.one_of(st.lists(values, max_size=4), st.dictionaries(NAMES, values, max_size=5)),
    max_leaves=12,
)
DATES = st.sampled_from(
    [
        b"Fri, 31 Dec 9999 23:59:59 -2359",
        b"Mon, 01 Jan 0001 00:00:00 +2359",
        b"Sun, 06 Nov 1994 08:49:37 GMT",
        b"Thu, 99 Foo 2026 99:99:99 +9999",
        b"9" * 400,
    ]
)
NUMBERS = st.one_of(
    st.sampled_from(
        [b"0", b"-1", b"1e9", b"NaN", b"inf", b"9" * 5_000, b"1.5", b"", b"\xb2", b"0x10", b"1,5"]
    ),
    st.integers(-(10**20), 10**20).map(lambda number: b"%d" % number),
)
FREE = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=30).map(
    lambda text: text.encode("latin-1")
)
HEADERS = st.lists(
    st.one_of(
        st.tuples(st.just(b"Date"), DATES | FREE),
        st.tuples(st.just(b"Retry-After"), NUMBERS | DATES | FREE),
        st.tuples(
            st.sampled_from(
                [
                    b"X-HubSpot-RateLimit-Daily",
                    b"X-HubSpot-RateLimit-Daily-Remaining",
                    b"X-HubSpot-RateLimit-Interval-Milliseconds",
                    b"X-HubSpot-RateLimit-Max",
                    b"X-HubSpot-RateLimit-Remaining",
                ]
            ),
            NUMBERS | FREE,
        ),
        st.tuples(
            st.just(b"Content-Type"),
            st.sampled_from(
                [b"text/html", b"application/json; charset=utf-16", b"application/json; charset=\xff", b""]
            )
            | FREE,
        ),
        st.tuples(st.sampled_from([b"Location", b"Set-Cookie", b"WWW-Authenticate", b"X-Long"]), FREE),
        st.tuples(st.just(b"X-Long"), st.just(b"a" * 60_000)),
    ),
    max_size=4,
).map(tuple)
FRAMINGS = st.sampled_from(["length", "close", "chunked", "cut off", "gzip", "no gzip", "extra"])
FROM_SCRATCH = st.builds(
    Answer,
    STATUSES,
    HEADERS,
    VALUES.filter(lambda value: value is not None),
    framing=FRAMINGS,
    is_kept=st.booleans(),
)
CHANGED = st.builds(
    Answer,
    st.none() | STATUSES,
    HEADERS,
    edits=st.lists(st.tuples(st.integers(0, 200), VALUES), max_size=4).map(tuple),
    framing=st.just("length") | FRAMINGS,
    is_kept=st.booleans(),
)
SCRIPTS = st.lists(FROM_SCRATCH | CHANGED, min_size=1, max_size=6)


def fuzzed(test):
    """Return the test with generated scripts: always the same ones, or those of a seed."""
    test = given(script=SCRIPTS)(test)
    if SEED:
        test = seed(int(SEED))(test)
    return settings(
        max_examples=EXAMPLES,
        derandomize=not SEED,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )(test)


# -- what must come of it ------------------------------------------------------------------------------


@tagged("post_install", "-at_install")
class TestFuzz(ShopCase):
    """Each example begins with the same four new customers and an order, and is rolled back."""

    def setUp(self):
        super().setUp()
        self.server = self.enterContext(HostileServer(self.sandbox.url))
        self.connector.action_pause()
        self.connector.flow_ids.active = False
        self.outcomes = Counter()

    def _happen(self):
        """Have something to send, and return the deliveries."""
        for name in ("Dee", "Eve", "Flo", "Gus"):
            self._partner(f"{name} Lee", f"{name.lower()}@example.com", phone="+32470123456")
        self._order()
        deliveries = self._deliveries(connector_id=self.fuzzed.id)
        self.assertGreaterEqual(len(deliveries), 4)
        return deliveries

    def _create_fuzzed(self, secrets, path="", **values):
        values = {"base_url": self.server.url + path, "connect_timeout": 2, "read_timeout": 5, **values}
        self.fuzzed = self.env["retail.connector"].create({"name": "Fuzzed", **values})
        for line in self.fuzzed.credential_ids:
            line.value = secrets.get(line.name, False)
        self.fuzzed.flow_ids.window_seconds = 0
        self.fuzzed.action_activate()

    def _check(self, deliveries, script):
        """Send while the remote says what the script does, and then while it is well."""
        with closing(self.env.cr.savepoint()), self.assertNoLogs("odoo", logging.ERROR):
            self.sandbox.reset()
            self.sandbox.configure(currencies=[self.env.company.currency_id.name])
            self.server.script(script)
            self._drain(self.fuzzed)
            self._check_recorded(deliveries)
            if self.fuzzed.provider == "webhook":
                self._check_statuses(deliveries)
            self.outcomes.update(deliveries.mapped("state"))
            self.outcomes["examples"] += 1
            self.server.script([])
            for _drain in range(6):
                if set(deliveries.mapped("state")) & set(OPEN):
                    self._heal(deliveries)
                    self._drain(self.fuzzed)
            self.assertEqual(set(deliveries.mapped("state")) - {"delivered", "dead"}, set())
            self.outcomes["dead in the end"] += len(deliveries.filtered(lambda each: each.state == "dead"))

    def _check_recorded(self, deliveries):
        for delivery in deliveries:
            self.assertIn(delivery.state, ("delivered", "dead", *OPEN))
            for attempt in delivery.attempt_ids:
                self.assertIn(attempt.state, ("succeeded", "failed", "unknown"))
            if delivery.state in OPEN:
                self.assertTrue(delivery.next_attempt_at)
            if delivery.state in ("dead", "unknown"):
                self.assertTrue(delivery.error_code and delivery.error_message)
            self.assertLessEqual(len(delivery.error_code or ""), 100)
            self.assertLessEqual(len(delivery.error_message or ""), 2_000)
            delivered = delivery.attempt_ids.filtered(lambda attempt: attempt.state == "succeeded")
            self.assertEqual(bool(delivered), delivery.state == "delivered")

    def _check_statuses(self, deliveries):
        """Delivered is what the receiver's last word was 2xx for, and nothing else."""
        for delivery in deliveries:
            statuses = self.server.statuses.get(delivery.event_id.uuid, [0])
            self.assertEqual(delivery.state == "delivered", 200 <= statuses[-1] < 300, statuses)

    def _heal(self, deliveries):
        """Have it be later, and the admin do what the connector asks for."""
        if self.fuzzed.state != "active":
            self.fuzzed.action_activate()
        self.fuzzed.sudo().throttled_until = False
        self.env["retail.circuit"].sudo().search([]).unlink()
        self.env["retail.quota"].sudo().search([]).unlink()
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                "UPDATE retail_delivery SET next_attempt_at = '2020-01-01', lease_until = NULL WHERE id IN %s"
                " AND state IN %s RETURNING id",
                tuple(deliveries.ids),
                OPEN,
            )
        )
        self.env.invalidate_all()

    def _report(self, adapter):
        counts = ", ".join(f"{number} {kind}" for kind, number in sorted(self.outcomes.items()))
        _logger.info("fuzz of %s answers: %s", adapter, counts)

    def test_webhook(self):
        self._create_fuzzed({"signing_secret": SECRET}, "/hooks/in/", provider="webhook")
        deliveries = self._happen()

        @fuzzed
        def check(script):
            self._check(deliveries, script)

        check()
        self._report("webhook")

    def test_hubspot(self):
        self._create_fuzzed({"access_token": TOKEN})
        deliveries = self._happen()

        @fuzzed
        def check(script):
            self._check(deliveries, script)

        check()
        self._report("HubSpot")
