"""How the contract's tests reach a provider, and what differs between remotes: what a subclass says."""

import pytest
from samples import customer, make_item

from odoo.addons.retail_hub.connectors.connection import Connection
from odoo.addons.retail_hub.connectors.provider import Settings

CUSTOMER_EVENTS = frozenset({"customer.created", "customer.updated", "customer.merged", "customer.erased"})


class Contract:
    """The defaults fit a stand-in of the sandbox, whose records are written with the kit."""

    PROVIDER = None
    """The :class:`Provider` under test."""
    CREDENTIALS = {}
    """Those that the stand-in takes."""
    SETTINGS = {}
    """More of the connector's :class:`Settings`."""
    PATH = ""
    """Where the API is, below the URL of the sandbox."""
    STAND_IN = ""
    """The name of the stand-in in the sandbox."""
    RECORDS = ""
    """Its kind of records that customers become."""
    EMAIL = "email"
    """The property of these that holds the e-mail address."""
    LIMIT = "burst"
    """The name of the stand-in's limit that calls run into."""
    SECRET = "secret-of-the-connector"
    """What credentials look like that are not taken."""

    ONE_CALL_PER_RECORD = False
    """The API has no batches."""
    EMPTY_ANSWERS = False
    """A write may be answered with 204 and nothing else."""
    ANY_ANSWER = False
    """Whatever a 2xx contains, the item has arrived."""
    UNIQUE_PHONES = False
    """No two records may have the same telephone number."""
    CHANGE = {"job_title": "Director"}
    """A change of a customer that this remote gets."""
    KEEPS_RECORDS = True
    """False: it takes messages, and has neither ids nor anything that could be changed or deleted."""
    CANNOT = frozenset()
    """Types of customer events that the remote has no way to follow."""

    # ----- what a provider adds or replaces -----

    def bad_item(self, number):
        """Return an item whose content the stand-in refuses."""
        raise NotImplementedError

    def connect(self, **settings):
        """Return a Connection to the stand-in, whose calls are counted."""
        values = {
            "base_url": self.sandbox.url + self.PATH,
            "api_version": self.PROVIDER.api_versions[0],
            "credentials": self.CREDENTIALS,
            **self.SETTINGS,
            **settings,
        }
        return Connection(self.PROVIDER, Settings(**values), self.count_call)

    def connect_refused(self):
        """Return a Connection whose credentials contain SECRET and are not taken."""
        return self.connect(credentials=dict.fromkeys(self.CREDENTIALS, self.SECRET))

    def limit_calls(self, retry_after):
        """Have the stand-in refuse calls for their number, and ask to wait so many seconds."""
        self.sandbox.fault(limit=self.LIMIT, retry_after=retry_after)

    def fail(self, **plan):
        """Add a fault rule (tests/sandbox/kit/faults.py) to the stand-in."""
        self.sandbox.fault(**plan)

    def call_count(self):
        """Return how many calls reached the stand-in."""
        return self.sandbox.request_count()

    def records(self):
        """Return the records of customers that the stand-in has, as {email: remote id}."""
        found = self.sandbox.records(self.RECORDS, self.STAND_IN)
        return {each["properties"].get(self.EMAIL): each["id"] for each in found if not each["archived"]}

    # ----- what the tests share -----

    @pytest.fixture(autouse=True)
    def _stand_in(self, sandbox):
        self.sandbox = sandbox
        self.counted = 0

    def count_call(self):
        self.counted += 1

    @property
    def size(self):
        """How many of three items go into the first call, if two fit in one."""
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
        """Send that many customers; return their remote ids."""
        outcomes = self.send([self.item(number) for number in range(count)])
        assert [outcome.error for outcome in outcomes] == [None] * count
        return [outcome.remote_id for outcome in outcomes]

    def requires(self, *event_types):
        """Skip a test about events that this remote cannot follow; a provider says so in CANNOT."""
        if not self.KEEPS_RECORDS or self.CANNOT & set(event_types):
            pytest.skip("this remote cannot follow such events")
