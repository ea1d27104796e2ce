"""Failures of the remote or the network: every item has an outcome, and nothing takes effect twice."""

import time

import pytest
from samples import closed_port, erased_item, merged_item, wait_until

from odoo.addons.retail_hub.connectors.items import Outcome
from odoo.addons.retail_hub.core.errors import (
    AuthError,
    BusinessError,
    QuotaError,
    RemoteError,
    RemoteNotFoundError,
    TransientError,
)

from .contract import Contract
from .requests import PERSONAL

USELESS = (
    {"html": True},
    {"html": True, "status": 200},
    {"truncate": True},
    {"status": 200, "body": []},
    {"status": 200, "body": "yes"},
    {"status": 200, "body": {"id": {}, "results": None, "errors": 7}},
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
        """If the hub's own limit is reached after the first write, the other items wait, and none is in doubt."""
        connection = self.connect(batch_size=2)
        connection.http.before_call = self._allow_one
        with connection as adapter:
            outcomes = adapter.send([adapter.prepare(self.item(number)) for number in range(6)])
        assert [o.error and type(o.error) for o in outcomes] == [None] * self.size + [QuotaError] * (
            6 - self.size
        )
        assert not any(o.error and o.error.uncertain for o in outcomes)
        assert self.call_count() == self.reads + 1

    def _allow_one(self):
        if self.counted > self.reads:
            raise QuotaError("No more calls.", code="OWN_LIMIT")
        self.count_call()

    def test_no_call_begins_after_the_deadline(self):
        """Items that are not sent before the deadline wait for the next batch."""
        connection = self.connect(batch_size=1)
        connection.http.before_call = lambda: self._end_at_the_write(connection)
        with connection as adapter:
            outcomes = adapter.send([adapter.prepare(self.item(number)) for number in range(3)])
        assert [o.error and o.error.code for o in outcomes] == [None, "OUT_OF_TIME", "OUT_OF_TIME"]
        assert [o.error and o.error.is_sent for o in outcomes] == [None, False, False]
        assert not any(o.error and o.error.uncertain for o in outcomes)
        assert self.call_count() == self.reads + 1

    def _end_at_the_write(self, connection):
        if self.counted == self.reads:
            connection.set_deadline(time.monotonic() - 1)
        self.count_call()

    def test_only_what_was_sent_is_uncertain(self):
        """If the first write gets no response, only its items are uncertain. The others can safely be sent later."""
        self.fail(drop="after", times=1, skip=self.reads)
        outcomes = self.send([self.item(number) for number in range(6)], batch_size=2)
        assert [type(o.error) for o in outcomes] == [TransientError] * 6
        assert [o.error.uncertain for o in outcomes] == [n < self.size for n in range(6)]
        assert [o.error.is_sent for o in outcomes] == [n < self.size for n in range(6)]
        assert self.call_count() == self.reads + 1

    def test_a_write_that_ends_with_an_error_of_the_server_is_uncertain(self):
        """It may have been carried out."""
        self.fail(status=500, times=1, skip=self.reads)
        [outcome] = self.send([self.item()])
        assert (type(outcome.error), outcome.error.uncertain) == (TransientError, True)

    def test_in_doubt_is_resolved_to_one_record_each(self):
        """If the connection drops after the remote did the work, resolving creates no second record."""
        self.fail(drop="after", times=1, skip=self.reads)
        with self.connect() as adapter:
            lost = adapter.send([adapter.prepare(self.item(number)) for number in range(3)])
            assert lost[0].error.uncertain
            before = self.records()
            again = [adapter.prepare(self.item(number, in_doubt=True)) for number in range(3)]
            resolved = adapter.resolve(again)
        records = self.records()
        if self._asks_a_person(resolved[0]):
            assert (records, [type(o.error) for o in resolved]) == (before, [BusinessError] * 3)
            return
        assert [o.error for o in resolved] == [None] * 3
        assert [o.remote_id for o in resolved] == [records[f"anna{n}@example.com"] for n in range(3)]
        assert len(records) == 3

    def test_in_doubt_is_sent_if_it_never_arrived(self):
        """Resolving ends with what the item wants: also of a record whose remote id is known."""
        [outcome] = self.resolve([self.item(1, in_doubt=True)])
        if self._asks_a_person(outcome):
            assert self.records() == {}
            return
        assert outcome.error is None
        assert len(self.records()) == 1
        if self.KEEPS_RECORDS:
            before = self.contents()
            changed = self.item(
                1, data=self.data(1, **self.CHANGE), remote_id=outcome.remote_id, in_doubt=True
            )
            [again] = self.resolve([changed])
            assert (again.error, again.remote_id) == (None, outcome.remote_id)
            assert self.contents() != before

    def _asks_a_person(self, outcome):
        """Return whether the remote cannot be searched, so that only a person can resolve the create."""
        return self.CANNOT_FIND and isinstance(outcome.error, BusinessError)

    def test_a_failed_merge_or_erasure_is_no_success(self):
        """Only "not found" means that there is nothing left to do."""
        self.requires("customer.erased")
        one, two = self.make_records(2)
        items = [erased_item(0, remote_id=one)]
        if "customer.merged" not in self.CANNOT:
            items.append(merged_item(0, remote_id=one, merged_remote_ids=[two]))
        for status in (500, 400, 403):
            for item in items:
                self.fail(status=status)
                [outcome] = self.send([item])
                self.sandbox.faults_clear()
                assert outcome.error is not None, (status, item.event_type)
        assert sorted(self.records().values()) == sorted([one, two])

    def test_unreachable(self):
        outcomes = self.send([self.item()], base_url=f"http://127.0.0.1:{closed_port()}")
        assert isinstance(outcomes[0].error, TransientError)
        assert not outcomes[0].error.uncertain

    def test_useless_answers_are_outcomes(self):
        """A web page, half a response, a time-out or an unknown status is an outcome, not an exception."""
        for number, plan in enumerate(USELESS):
            self.fail(times=1, skip=self.reads, **plan)
            [outcome] = self.send([self.item(number)], read_timeout=0.3)
            assert isinstance(outcome, Outcome), plan
            if self._is_judged(plan):
                assert (outcome.error is None) == self._is_accepted(plan), plan
        wait_until(lambda: self.call_count() >= len(USELESS))

    def _is_judged(self, plan):
        """Return whether the outcome is checked. It is not where 204 is valid: a strange body may then be, too."""
        return not (self.EMPTY_ANSWERS and ("truncate" in plan or "body" in plan))

    def _is_accepted(self, plan):
        """Return whether this response means success for the remote."""
        if plan == {"status": 204}:
            return self.EMPTY_ANSWERS or self.ANY_ANSWER
        is_success = plan.get("status") == 200 or "truncate" in plan
        return self.ANY_ANSWER and is_success

    def test_a_useless_answer_to_a_search_finds_nobody(self):
        """It is an error. Taken for "there is none", it would create a second record."""
        if not self.SEARCHES_FIRST:
            pytest.skip("the first call is the write")
        for number, plan in enumerate(USELESS):
            self.fail(times=1, **plan)
            [outcome] = self.send([self.item(number)], read_timeout=0.3)
            assert outcome.error is not None, plan
            assert not outcome.error.uncertain, plan
        assert self.contents() == {}

    def test_no_secret_and_no_personal_data_in_words(self):
        """Not in errors, stored responses or the server's log; and no credential in a URL, which others log."""
        with self.logged() as log:
            texts = self._words()
        texts += [log.getvalue(), *(request["path"] for request in self.sandbox.requests())]
        secrets = [self.SECRET, *self.CREDENTIALS.values()]
        for text in texts:
            assert not [secret for secret in secrets if secret in text], text
        for text in texts[: -self.call_count()]:
            assert not [word for word in PERSONAL if word in text.lower()], text

    def _words(self):
        texts = []
        connection = self.connect_refused()
        with connection as adapter:
            outcomes = adapter.send([adapter.prepare(self.item())])
            texts += [repr(each) for each in (connection, adapter, adapter.settings, vars(adapter), outcomes)]
        outcomes += self.send([self.item(1), self.bad_item(2)])
        message = "anna1@example.com, +32470123456, Anna Janssens1"
        bodies = [
            {"message": message},
            {"error": {"message": message}},
            {"email": message, "detail": [message]},
        ]
        echoes = [{"status": status, "body": body} for status in (400, 404, 409, 422) for body in bodies]
        for plan in ({"html": True}, {"status": 500}, {"drop": "after"}, *echoes):
            self.fail(times=1, skip=self.reads, **plan)
            outcomes += self.send([self.item(1)])
        return [*texts, *(str(o.error) + repr(o.response) for o in outcomes)]

    def test_a_test_of_the_connection_can_fail(self):
        with self.connect_refused() as adapter, pytest.raises(AuthError):
            adapter.test_connection()
        self.fail(status=500, times=1)
        with self.connect() as adapter, pytest.raises(RemoteError):
            adapter.test_connection()

    def test_an_update_of_a_record_that_does_not_exist_is_no_success(self):
        """It is not found, or it is created again."""
        self.requires("customer.erased")
        [one] = self.make_records(1)
        self.send([erased_item(0, remote_id=one)])
        [outcome] = self.send([self.item(0, data=self.data(0, **self.CHANGE), remote_id=one)])
        if outcome.error:
            assert isinstance(outcome.error, RemoteNotFoundError)
        else:
            assert outcome.remote_id in self.contents()

    def test_an_update_to_a_value_that_is_taken_is_no_success(self):
        """The remote rejects it; the outcome has no id of the other record, to which this one would be linked."""
        self.requires()
        one, two = self.make_records(2)
        before = self.contents()
        [outcome] = self.send([self.item(1, data=self.data(1, emails=["anna0@example.com"]), remote_id=two)])
        if outcome.error:
            assert (self.contents(), outcome.remote_id or two) == (before, two)
        else:
            assert (self.contents()[two][self.EMAIL], outcome.remote_id) == ("anna0@example.com", two)
        assert self.contents()[one] == before[one]
