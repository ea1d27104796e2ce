"""Merging and erasing customers. Afterwards the remote has no record of them, even if the event is sent twice."""

import pytest
from samples import erased_item, make_item, merged_item

from odoo.addons.retail_hub.connectors.base import Finder

from .contract import Contract


class CustomerContract(Contract):
    def test_erased(self):
        self.requires("customer.erased")
        one, two = self.make_records(2)
        [outcome] = self.send([erased_item(0, remote_id=one)])
        assert outcome.error is None
        assert list(self.records().values()) == [two]

    def test_erased_again(self):
        """An erasure succeeds if the record does not exist: the response was lost, or somebody else deleted it."""
        self.requires("customer.erased")
        [one] = self.make_records(1)
        self.send([erased_item(0, remote_id=one)])
        with self.connect() as adapter:
            [outcome] = adapter.resolve([adapter.prepare(erased_item(0, remote_id=one, in_doubt=True))])
        assert outcome.error is None
        assert self.records() == {}

    def test_erased_before_it_was_ever_sent(self):
        self.requires("customer.erased")
        [one] = self.make_records(1)
        [outcome] = self.send([erased_item(7)])
        assert outcome.error is None
        assert list(self.records().values()) == [one]

    def test_merged(self):
        """One record is left, and the outcome has its id, which may be a new one."""
        self.requires("customer.merged")
        one, two, three = self.make_records(3)
        [outcome] = self.send([merged_item(0, remote_id=one, merged_remote_ids=[two, three])])
        assert outcome.error is None
        assert list(self.records().values()) == [outcome.remote_id or one]

    def test_merged_again(self):
        self.requires("customer.merged")
        one, two = self.make_records(2)
        [first] = self.send([merged_item(0, remote_id=one, merged_remote_ids=[two])])
        with self.connect() as adapter:
            item = merged_item(0, remote_id=one, merged_remote_ids=[two], in_doubt=True)
            [outcome] = adapter.resolve([adapter.prepare(item)])
        assert (outcome.error, outcome.remote_id or one) == (None, first.remote_id or one)
        assert list(self.records().values()) == [first.remote_id or one]

    def test_merged_without_records_there(self):
        """If neither record was ever sent, or only the survivor, a merge succeeds without a change."""
        self.requires("customer.merged")
        [one] = self.make_records(1)
        outcomes = self.send([merged_item(7), merged_item(0, remote_id=one)])
        assert [outcome.error for outcome in outcomes] == [None, None]
        assert list(self.records().values()) == [one]

    def test_erased_after_a_merge(self):
        """An erasure also removes the records that were merged into the erased one."""
        self.requires("customer.merged", "customer.erased")
        one, two, other = self.make_records(3)
        [merged] = self.send([merged_item(0, remote_id=one, merged_remote_ids=[two])])
        [outcome] = self.send([erased_item(0, remote_id=merged.remote_id or one)])
        assert outcome.error is None
        assert list(self.records().values()) == [other]

    def test_an_id_of_any_characters(self):
        """An id is quoted in a path: otherwise another record is erased."""
        self.requires("customer.erased")
        [one] = self.make_records(1)
        for remote_id in (f"{one}?x=1", f"x/../{one}", f"{one}#x", "é x/%41"):
            self.send([erased_item(7, remote_id=remote_id)])
            assert list(self.records().values()) == [one], remote_id

    # ----- a creation in doubt, and then the customer is deleted -----

    def test_erased_while_its_creation_is_in_doubt(self):
        """The hub looks the record up by what the lost attempt sent, and then erases it: see Finder."""
        _other, number = self.make_records(1), 7
        lost = self._lose(number)
        found = self._search(number, lost)
        assert found.error is None
        assert found.remote_id == self.records().get(f"anna{number}@example.com")
        [erased] = self.send([erased_item(number, remote_id=found.remote_id)])
        assert erased.error is None
        assert list(self.records()) == ["anna0@example.com"]

    def test_erased_while_its_creation_is_in_doubt_but_never_arrived(self):
        """An outcome without an error and without a remote id says that there is no such record."""
        self.make_records(1)
        lost = self._lose(7, "before")
        found = self._search(7, lost)
        assert (found.error, found.remote_id) == (None, None)
        assert list(self.records()) == ["anna0@example.com"]

    def test_a_failed_search_is_no_success(self):
        """Otherwise the erasure would be reported as delivered."""
        lost = self._lose(7)
        for plan in (
            {"status": 500},
            {"status": 204},
            {"status": 200, "body": []},
            {"html": True},
            {"drop": "before"},
        ):
            self.fail(**plan)
            assert self._search(7, lost).error is not None, plan
            self.sandbox.faults_clear()

    def _lose(self, number, when="after"):
        """Send a customer, of which no response comes; return what was prepared."""
        self.requires("customer.erased")
        if self.CANNOT_FIND:
            pytest.skip("this adapter cannot look up what an earlier attempt sent")
        self.fail(drop=when, times=1, skip=self.reads)
        with self.connect() as adapter:
            assert isinstance(adapter, Finder), "implement Finder, or set CANNOT_FIND"
            prepared = adapter.prepare(self.item(number))
            [outcome] = adapter.send([prepared])
        assert outcome.error.uncertain
        return prepared

    def _search(self, number, lost):
        with self.connect() as adapter:
            item = make_item(number, data={})
            [outcome] = adapter.send([adapter.prepare_search(item, lost.operation, lost.key)])
        return outcome
