"""What every provider's adapter must do, as tests. A provider adds a subclass of :class:`AdapterContract`.

The subclass says how to make its adapter and how to make its stand-in fail; see ``test_hubspot_contract.py``.
"""

import time

from samples import closed_port, customer, make_item, wait_until

from odoo.addons.retail_hub.connectors.items import Outcome
from odoo.addons.retail_hub.core.errors import AuthError, MappingError, QuotaError, TransientError


class AdapterContract:
    """Mix into a test class, and implement the methods of the first part."""

    SECRET = "secret-of-the-connector"
    PERSONAL = ("anna", "janssens", "+32470123456", "kerkstraat", "be0477472701")

    # ----- what a provider adds -----

    def make_adapter(self, **settings):
        """Return a Connection to the stand-in, with credentials that it takes."""
        raise NotImplementedError

    def make_refused_adapter(self):
        """Return a Connection whose credentials contain SECRET and are not taken."""
        raise NotImplementedError

    def bad_item(self, number):
        """Return an item whose content the stand-in refuses."""
        raise NotImplementedError

    def limit_calls(self, retry_after):
        """Have the stand-in refuse calls for their number, and ask to wait so many seconds."""
        raise NotImplementedError

    def fail(self, **plan):
        """Add a fault rule (tests/sandbox/kit/faults.py) to the stand-in."""
        raise NotImplementedError

    def call_count(self):
        """Return how many calls reached the stand-in."""
        raise NotImplementedError

    def records(self):
        """Return the records that the stand-in has, as {email: remote id}."""
        raise NotImplementedError

    # ----- the contract -----

    def send(self, items, **settings):
        with self.make_adapter(**settings) as adapter:
            return adapter.send([adapter.prepare(item) for item in items])

    def test_describes_itself(self):
        """The hub asks the provider, without making an adapter."""
        provider = self.make_adapter().provider
        assert provider.code
        assert provider.label
        assert provider.base_url.startswith("https://")
        assert provider.api_versions[0]
        assert provider.batch_size > 0
        credentials = [each for method in provider.auth_methods for each in method.credentials]
        assert all(credential.name and credential.label for credential in credentials)
        assert provider.event_types

    def test_prepare_makes_no_call(self):
        with self.make_adapter() as adapter:
            adapter.prepare(make_item())
        assert self.call_count() == 0

    def test_content_is_the_same_for_the_same_customer(self):
        """The hub skips a state that the remote has; a trace id in the content would make each one new."""
        with self.make_adapter() as adapter:
            first = adapter.prepare(make_item(1, trace_id="1"))
            second = adapter.prepare(make_item(1, trace_id="2"))
            third = adapter.prepare(make_item(1, data=customer(1, job_title="Director")))
        assert first.comparable == second.comparable
        assert first.comparable != third.comparable
        assert first.key == second.key

    def test_prepare_refuses_an_unknown_event(self):
        with self.make_adapter() as adapter:
            try:
                adapter.prepare(make_item(event_type="moon.eclipsed"))
            except MappingError as error:
                assert "moon.eclipsed" in error.message
            else:
                raise AssertionError("no MappingError")

    def test_nothing_to_send(self):
        assert self.send([]) == []
        assert self.call_count() == 0

    def test_one_outcome_for_each_item_in_order(self):
        items = [make_item(number) for number in (3, 1, 2)]
        outcomes = self.send(items)
        assert [o.trace_id for o in outcomes] == ["1003", "1001", "1002"]
        assert [o.error for o in outcomes] == [None] * 3
        records = self.records()
        assert [o.remote_id for o in outcomes] == [records[f"anna{n}@example.com"] for n in (3, 1, 2)]

    def test_more_items_than_fit_in_a_call(self):
        outcomes = self.send([make_item(number) for number in range(7)], batch_size=3)
        assert [o.error for o in outcomes] == [None] * 7
        assert self.call_count() == 3
        assert len(self.records()) == 7

    def test_a_bad_item_fails_alone(self):
        items = [make_item(number) for number in range(20)]
        items[7] = self.bad_item(7)
        outcomes = self.send(items)
        assert [n for n, o in enumerate(outcomes) if o.error] == [7]
        assert outcomes[7].error.error_class in ("validation", "mapping")
        assert not outcomes[7].error.uncertain
        assert len(self.records()) == 19

    def test_refused_credentials(self):
        """One call is enough to know; no item is taken for a bad one."""
        with self.make_refused_adapter() as adapter:
            outcomes = adapter.send([adapter.prepare(make_item(number)) for number in range(3)])
        assert [type(o.error) for o in outcomes] == [AuthError] * 3
        assert self.call_count() == 1

    def test_quota(self):
        """The remote's own time to wait is told, and no more calls are made."""
        self.limit_calls(retry_after=17)
        outcomes = self.send([make_item(number) for number in range(6)], batch_size=2)
        assert [type(o.error) for o in outcomes] == [QuotaError] * 6
        assert {o.error.retry_after for o in outcomes} == {17}
        assert not any(o.error.uncertain for o in outcomes)
        assert self.call_count() == 1

    def test_no_call_begins_after_the_deadline(self):
        """The hub holds a batch only for a while; what is left waits for the next one."""
        self.fail(latency=0.3)
        with self.make_adapter(batch_size=1) as adapter:
            adapter.http.deadline = time.monotonic() + 0.1
            outcomes = adapter.send([adapter.prepare(make_item(number)) for number in range(3)])
        assert [o.error and o.error.code for o in outcomes] == [None, "OUT_OF_TIME", "OUT_OF_TIME"]
        assert [o.error and o.error.is_sent for o in outcomes] == [None, False, False]
        assert not any(o.error and o.error.uncertain for o in outcomes)
        assert self.call_count() == 1

    def test_uncertain_is_settled_to_one_record_each(self):
        """The connection drops after the remote has done the work: once in effect all the same."""
        self.fail(drop="after", times=1)
        with self.make_adapter() as adapter:
            prepared = [adapter.prepare(make_item(number)) for number in range(3)]
            lost = adapter.send(prepared)
            assert [type(o.error) for o in lost] == [TransientError] * 3
            assert all(o.error.uncertain for o in lost)
            again = [adapter.prepare(make_item(number, in_doubt=True)) for number in range(3)]
            resolved = adapter.resolve(again)
        assert [o.error for o in resolved] == [None] * 3
        assert {o.remote_id for o in resolved} == set(self.records().values())
        assert len(self.records()) == 3

    def test_only_what_was_sent_is_uncertain(self):
        """The first call is lost: the others are not tried, and may safely be sent later."""
        self.fail(drop="after", times=1)
        outcomes = self.send([make_item(number) for number in range(6)], batch_size=2)
        assert [o.error.uncertain for o in outcomes] == [True, True, False, False, False, False]
        assert self.call_count() == 1

    def test_unreachable(self):
        outcomes = self.send([make_item()], base_url=f"http://127.0.0.1:{closed_port()}")
        assert isinstance(outcomes[0].error, TransientError)
        assert not outcomes[0].error.uncertain

    def test_useless_answers_are_outcomes(self):
        """A web page, half an answer, a time-out, an unknown status: no exception, and no item lost."""
        plans = [{"html": True}, {"html": True, "status": 200}, {"truncate": True}, {"status": 500}]
        plans += [
            {"status": 418},
            {"status": 200, "body": []},
            {"status": 204},
            {"hang": 0.6},
            {"drop": "before"},
        ]
        for plan in plans:
            self.fail(times=1, **plan)
            outcomes = self.send([make_item()], read_timeout=0.3)
            assert len(outcomes) == 1, plan
            assert isinstance(outcomes[0], Outcome), plan
            assert outcomes[0].error is not None, plan
        wait_until(lambda: self.call_count() == len(plans))

    def test_no_secret_and_no_personal_data_in_words(self):
        texts = []
        with self.make_refused_adapter() as adapter:
            outcomes = adapter.send([adapter.prepare(make_item())])
            texts += [repr(adapter), repr(adapter.settings), repr(vars(adapter)), repr(outcomes)]
        outcomes += self.send([make_item(1), self.bad_item(2)])
        echo = {"status": 400, "body": {"message": "anna1@example.com, +32470123456"}}
        for plan in ({"html": True}, {"status": 500}, {"drop": "after"}, echo):
            self.fail(times=1, **plan)
            outcomes += self.send([make_item(1)])
        texts += [str(o.error) + repr(o.response) for o in outcomes]
        for text in texts:
            assert self.SECRET not in text
            assert not [word for word in self.PERSONAL if word in text.lower()], text
