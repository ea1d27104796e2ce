"""The attributes and methods by which a subclass adapts the contract's tests to a provider."""

import contextlib
import io
import logging

import pytest
from samples import customer, make_item

from odoo.addons.retail_hub.connectors.connection import Connection
from odoo.addons.retail_hub.connectors.provider import Settings

CUSTOMER_EVENTS = frozenset({"customer.created", "customer.updated", "customer.merged", "customer.erased"})


class Contract:
    """The defaults fit a stand-in of the sandbox that uses the kit's records."""

    PROVIDER = None
    """The :class:`Provider` under test."""
    CREDENTIALS = {}
    """Credentials that the stand-in accepts."""
    SETTINGS = {}
    """Further :class:`Settings` of the connector."""
    PATH = ""
    """The path of the API, below the URL of the sandbox."""
    STAND_IN = ""
    """The name of the stand-in in the sandbox."""
    RECORDS = ""
    """The kind of record in the stand-in to which customers are mapped."""
    EMAIL = "email"
    """The property of these records that holds the email address."""
    LIMIT = "burst"
    """The name of a call limit of the stand-in."""
    SECRET = "secret-of-the-connector"
    """A credential that the stand-in rejects."""

    ONE_CALL_PER_RECORD = False
    """Whether the API accepts one record per call, and has no batches."""
    SEARCHES_FIRST = False
    """Whether an item without a remote id takes two calls: a search by the match key, then the write."""
    EMPTY_ANSWERS = False
    """Whether a create may be answered with 204 and no body: the outcome's remote id is then the adapter's own key."""
    ANY_ANSWER = False
    """Whether any 2xx response means success, whatever its body is."""
    UNIQUE_PHONES = False
    """Whether each record needs a telephone number of its own."""
    CHANGE = {"job_title": "Director"}
    """A change of a canonical customer that changes the remote record."""
    CLEARED = {"job_title": ""}
    """The removal of a canonical customer's value that empties a property of the remote record."""
    KEEPS_RECORDS = True
    """False for remotes that only receive messages: they return no ids, and nothing can be changed or deleted."""
    CANNOT = frozenset()
    """The customer events that the remote does not support."""
    CANNOT_FIND = False
    """Whether the adapter is no :class:`Finder`, because the remote has no lookup by what a create sent. While a create
    is in doubt, the hub then reports the erasure as failed, and somebody has to look at the remote."""

    # ----- what a provider adds or replaces -----

    def bad_item(self, number):
        """Return an item whose content the stand-in rejects."""
        raise NotImplementedError

    def connect(self, **settings):
        """Return a Connection to the stand-in, with its calls counted."""
        values = {
            "base_url": self.sandbox.url + self.PATH,
            "api_version": next(iter(self.PROVIDER.api_versions), ""),
            "credentials": self.CREDENTIALS,
            "allowed_hosts": ("127.0.0.1",),
            **self.SETTINGS,
            **settings,
        }
        return Connection(self.PROVIDER, Settings(**values), self.count_call)

    def connect_refused(self):
        """Return a Connection whose credentials are SECRET, so that calls are rejected."""
        return self.connect(credentials=dict.fromkeys(self.CREDENTIALS, self.SECRET))

    def limit_calls(self, retry_after):
        """Have the stand-in reject calls because of its call limit, with this ``Retry-After`` in seconds."""
        self.sandbox.fault(limit=self.LIMIT, retry_after=retry_after)

    def fail(self, **plan):
        """Add a fault rule (tests/sandbox/kit/faults.py) to the stand-in."""
        self.sandbox.fault(**plan)

    def call_count(self):
        """Return how many calls reached the stand-in."""
        return self.sandbox.request_count()

    def contents(self):
        """Return the stand-in's customer records as ``{remote id: properties}``."""
        found = self.sandbox.records(self.RECORDS, self.STAND_IN)
        return {each["id"]: each["properties"] for each in found if not each["archived"]}

    def records(self):
        """Return the stand-in's customer records as ``{email: remote id}``; no two may have the same email address."""
        found = [(properties.get(self.EMAIL), remote_id) for remote_id, properties in self.contents().items()]
        assert len(dict(found)) == len(found), f"two records of one customer: {found}"
        return dict(found)

    # ----- what the tests share -----

    @pytest.fixture(autouse=True)
    def _stand_in(self, sandbox):
        self.sandbox = sandbox
        self.counted = 0

    def count_call(self):
        self.counted += 1

    @property
    def reads(self):
        """The number of calls before the first write."""
        return 1 if self.SEARCHES_FIRST else 0

    @property
    def size(self):
        """The number of items in the first call, with a batch size of two."""
        return 1 if self.ONE_CALL_PER_RECORD else 2

    def data(self, number=1, **changes):
        """Return a canonical customer."""
        if self.UNIQUE_PHONES:
            changes = {"phones": [{"kind": "main", "number": f"+3247012{number:04}"}], **changes}
        return customer(number, **changes)

    def item(self, number=1, data=None, **changes):
        return make_item(number, data=self.data(number) if data is None else data, **changes)

    def send(self, items, **settings):
        with self.connect(**settings) as adapter:
            return adapter.send([adapter.prepare(item) for item in items])

    def make_records(self, count):
        """Send ``count`` customers, and return their remote ids."""
        outcomes = self.send([self.item(number) for number in range(count)])
        assert [outcome.error for outcome in outcomes] == [None] * count
        return [outcome.remote_id for outcome in outcomes]

    def resolve(self, items):
        with self.connect() as adapter:
            return adapter.resolve([adapter.prepare(item) for item in items])

    @contextlib.contextmanager
    def logged(self):
        """Yield a buffer with all that is logged meanwhile, but for the debugging of the HTTP library."""
        buffer, root = io.StringIO(), logging.getLogger()
        handler, level = logging.StreamHandler(buffer), root.level
        handler.addFilter(lambda record: not record.name.startswith("urllib3"))
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)
        try:
            yield buffer
        finally:
            root.removeHandler(handler)
            root.setLevel(level)

    def requires(self, *event_types):
        """Skip the test if the remote does not support one of these events; see CANNOT."""
        if not self.KEEPS_RECORDS or self.CANNOT & set(event_types):
            pytest.skip("this remote does not support these events")
