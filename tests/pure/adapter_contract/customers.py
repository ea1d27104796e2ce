"""The end of a customer: merged into another one, or erased. Nothing of it stays behind, however often it is sent."""

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
        """The answer was lost, or somebody else deleted the record: it is gone, and that is what was wanted."""
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
        """One record is left, and the outcome has its id: it may be a new one."""
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
        """Neither was ever sent, or only the survivor: there is nothing to do."""
        self.requires("customer.merged")
        [one] = self.make_records(1)
        outcomes = self.send([merged_item(7), merged_item(0, remote_id=one)])
        assert [outcome.error for outcome in outcomes] == [None, None]
        assert list(self.records().values()) == [one]

    def test_erased_after_a_merge(self):
        """What is forgotten in one system is forgotten in all: neither the survivor nor what it took in is left."""
        self.requires("customer.merged", "customer.erased")
        one, two, other = self.make_records(3)
        [merged] = self.send([merged_item(0, remote_id=one, merged_remote_ids=[two])])
        [outcome] = self.send([erased_item(0, remote_id=merged.remote_id or one)])
        assert outcome.error is None
        assert list(self.records().values()) == [other]
