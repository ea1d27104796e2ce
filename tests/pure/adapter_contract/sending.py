"""Sending items: one outcome each, with the remote id, in as many calls as the provider estimates."""

from odoo.addons.retail_hub.connectors.base import Provisioner, SchemaReader

from .contract import Contract


class SendingContract(Contract):
    def test_nothing_to_send(self):
        assert self.send([]) == []
        assert self.call_count() == 0

    def test_one_outcome_for_each_item_in_order(self):
        items = [self.item(number) for number in (3, 1, 2)]
        outcomes = self.send(items)
        assert [o.trace_id for o in outcomes] == ["1003", "1001", "1002"]
        assert [o.error for o in outcomes] == [None] * 3
        records = self.records()
        assert [o.remote_id for o in outcomes] == [records[f"anna{n}@example.com"] for n in (3, 1, 2)]

    def test_every_outcome_has_the_remote_id(self):
        """Without the remote id a record is never linked, whether it was created, updated, or found by its key."""
        if not self.KEEPS_RECORDS:
            return
        [made] = self.send([self.item(1)])
        assert isinstance(made.remote_id, str) and made.remote_id
        changed = self.data(1, **self.CHANGE)
        for item in (self.item(1, data=changed, remote_id=made.remote_id), self.item(1)):
            [outcome] = self.send([item])
            assert (outcome.error, outcome.remote_id) == (None, made.remote_id)
        assert list(self.records().values()) == [made.remote_id]

    def test_more_items_than_fit_in_a_call(self):
        """``Provider.estimate`` returns the number of calls, by which a bulk run is planned."""
        outcomes = self.send([self.item(number) for number in range(7)], batch_size=3)
        assert [o.error for o in outcomes] == [None] * 7
        assert self.PROVIDER.calls_for("customer.updated", 7, 3) == self.call_count()
        assert self.call_count() >= 7 if self.ONE_CALL_PER_RECORD else self.call_count() == 3
        assert len(self.records()) == 7

    def test_parallel_calls(self):
        """With parallel calls, each outcome still belongs to its item, and each call is counted."""
        self.fail(latency=0.02)
        outcomes = self.send([self.item(number) for number in range(12)], parallel_calls=4)
        records = self.records()
        assert [o.remote_id for o in outcomes] == [records[f"anna{n}@example.com"] for n in range(12)]
        assert self.counted == self.call_count()

    def test_a_bad_item_fails_alone(self):
        items = [self.item(number) for number in range(20)]
        items[7] = self.bad_item(7)
        outcomes = self.send(items)
        assert [n for n, o in enumerate(outcomes) if o.error] == [7]
        assert outcomes[7].error.error_class in ("validation", "mapping")
        assert not outcomes[7].error.uncertain
        assert len(self.records()) == 19

    def test_every_call_is_counted(self):
        """The hub counts calls in its HTTP client. A call that bypasses it has neither limits nor a deadline."""
        connection = self.connect()
        with connection as adapter:
            prepared = [adapter.prepare(self.item(number)) for number in range(3)]
            adapter.send(prepared)
            adapter.resolve(prepared)
            adapter.test_connection()
            objects = self.PROVIDER.objects
            if isinstance(adapter, Provisioner):
                adapter.set_up(objects)
            if isinstance(adapter, SchemaReader):
                for each in objects:
                    adapter.remote_properties(each.name)
        assert self.counted == self.call_count() > 0

    def test_the_connection_is_tested_by_a_call(self):
        with self.connect() as adapter:
            report = adapter.test_connection()
        assert report.account
        assert self.call_count() >= 1
        assert self.records() == {}
