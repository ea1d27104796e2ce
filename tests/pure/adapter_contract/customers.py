"""Merging and erasing customers. Afterwards the remote has no record of them, even if the event is sent twice."""

from samples import erased_item, merged_item

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
        one, two = self.make_records(2)
        [outcome] = self.send([merged_item(0, remote_id=one, merged_remote_ids=[two])])
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
