"""Failures of the remote or the network: every item has an outcome, and nothing takes effect twice."""

import time

from samples import closed_port, wait_until

from odoo.addons.retail_hub.connectors.items import Outcome
from odoo.addons.retail_hub.core.errors import AuthError, QuotaError, TransientError

from .contract import Contract
from .requests import PERSONAL

USELESS = (
    {"html": True},
    {"html": True, "status": 200},
    {"truncate": True},
    {"status": 200, "body": []},
    {"status": 204},
    {"status": 500},
    {"status": 418},
    {"hang": 0.6},
    {"drop": "before"},
)


class FailureContract(Contract):
    def test_refused_credentials(self):
        """After one rejected call no further call is made, and no item is treated as bad."""
        with self.connect_refused() as adapter:
            outcomes = adapter.send([adapter.prepare(self.item(number)) for number in range(3)])
        assert [type(o.error) for o in outcomes] == [AuthError] * 3
        assert self.call_count() == 1

    def test_missing_credentials(self):
        outcomes = self.send([self.item(number) for number in range(3)], credentials={})
        assert [(type(o.error), o.error.uncertain) for o in outcomes] == [(AuthError, False)] * 3
        assert self.call_count() == 0

    def test_quota(self):
        """The remote's ``Retry-After`` is returned, and no further call is made."""
        self.limit_calls(retry_after=17)
        outcomes = self.send([self.item(number) for number in range(6)], batch_size=2)
        assert [type(o.error) for o in outcomes] == [QuotaError] * 6
        assert {o.error.retry_after for o in outcomes} == {17}
        assert not any(o.error.uncertain for o in outcomes)
        assert self.call_count() == 1

    def test_a_call_that_the_hub_refuses_is_not_made(self):
        """If the hub's own limit is reached after the first call, the other items wait, and none is in doubt."""
        connection = self.connect(batch_size=2)
        connection.http.before_call = self._allow_one
        with connection as adapter:
            outcomes = adapter.send([adapter.prepare(self.item(number)) for number in range(6)])
        assert [o.error and type(o.error) for o in outcomes] == [None] * self.size + [QuotaError] * (
            6 - self.size
        )
        assert not any(o.error and o.error.uncertain for o in outcomes)
        assert self.call_count() == 1

    def _allow_one(self):
        if self.counted:
            raise QuotaError("No more calls.", code="OWN_LIMIT")
        self.count_call()

    def test_no_call_begins_after_the_deadline(self):
        """Items that are not sent before the deadline wait for the next batch."""
        connection = self.connect(batch_size=1)
        connection.http.before_call = lambda: connection.set_deadline(time.monotonic() - 1)
        with connection as adapter:
            outcomes = adapter.send([adapter.prepare(self.item(number)) for number in range(3)])
        assert [o.error and o.error.code for o in outcomes] == [None, "OUT_OF_TIME", "OUT_OF_TIME"]
        assert [o.error and o.error.is_sent for o in outcomes] == [None, False, False]
        assert not any(o.error and o.error.uncertain for o in outcomes)
        assert self.call_count() == 1

    def test_only_what_was_sent_is_uncertain(self):
        """If the first call gets no response, only its items are uncertain. The others can safely be sent later."""
        self.fail(drop="after", times=1)
        outcomes = self.send([self.item(number) for number in range(6)], batch_size=2)
        assert [type(o.error) for o in outcomes] == [TransientError] * 6
        assert [o.error.uncertain for o in outcomes] == [n < self.size for n in range(6)]
        assert [o.error.is_sent for o in outcomes] == [n < self.size for n in range(6)]
        assert self.call_count() == 1

    def test_in_doubt_is_resolved_to_one_record_each(self):
        """If the connection drops after the remote did the work, resolving creates no second record."""
        self.fail(drop="after", times=1)
        with self.connect() as adapter:
            lost = adapter.send([adapter.prepare(self.item(number)) for number in range(3)])
            assert lost[0].error.uncertain
            again = [adapter.prepare(self.item(number, in_doubt=True)) for number in range(3)]
            resolved = adapter.resolve(again)
        assert [o.error for o in resolved] == [None] * 3
        records = self.records()
        assert [o.remote_id for o in resolved] == [records[f"anna{n}@example.com"] for n in range(3)]
        assert len(records) == 3

    def test_unreachable(self):
        outcomes = self.send([self.item()], base_url=f"http://127.0.0.1:{closed_port()}")
        assert isinstance(outcomes[0].error, TransientError)
        assert not outcomes[0].error.uncertain

    def test_useless_answers_are_outcomes(self):
        """A web page, half a response, a time-out or an unknown status is an outcome, not an exception."""
        for number, plan in enumerate(USELESS):
            self.fail(times=1, **plan)
            [outcome] = self.send([self.item(number)], read_timeout=0.3)
            assert isinstance(outcome, Outcome), plan
            if self._is_judged(plan):
                assert (outcome.error is None) == self._is_accepted(plan), plan
        wait_until(lambda: self.call_count() >= len(USELESS))

    def _is_judged(self, plan):
        """Return whether the outcome is checked. It is not where 204 is valid: a strange body may then be, too."""
        return not (self.EMPTY_ANSWERS and plan in ({"truncate": True}, {"status": 200, "body": []}))

    def _is_accepted(self, plan):
        """Return whether this response means success for the remote."""
        if plan == {"status": 204}:
            return self.EMPTY_ANSWERS or self.ANY_ANSWER
        is_success = plan.get("status") == 200 or "truncate" in plan
        return self.ANY_ANSWER and is_success

    def test_no_secret_and_no_personal_data_in_words(self):
        texts = []
        connection = self.connect_refused()
        with connection as adapter:
            outcomes = adapter.send([adapter.prepare(self.item())])
            texts += [repr(each) for each in (connection, adapter, adapter.settings, vars(adapter), outcomes)]
        outcomes += self.send([self.item(1), self.bad_item(2)])
        echo = {"status": 400, "body": {"message": "anna1@example.com, +32470123456, Anna Janssens1"}}
        for plan in ({"html": True}, {"status": 500}, {"drop": "after"}, echo):
            self.fail(times=1, **plan)
            outcomes += self.send([self.item(1)])
        texts += [str(o.error) + repr(o.response) for o in outcomes]
        for text in texts:
            assert self.SECRET not in text
            assert not [word for word in PERSONAL if word in text.lower()], text
