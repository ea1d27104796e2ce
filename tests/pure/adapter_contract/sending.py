"""Sending items: one outcome each, with the remote id, in as many calls as the provider estimates."""

from samples import erased_item, merged_item

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

    def test_a_change_arrives(self):
        """Whether the record is found by its remote id or by its match key."""
        self.requires()
        [made] = self.send([self.item(1)])
        for remote_id, change in ((made.remote_id, self.CHANGE), (None, {})):
            before = self.contents()
            [outcome] = self.send([self.item(1, data=self.data(1, **change), remote_id=remote_id)])
            assert outcome.error is None
            assert self.contents().keys() == before.keys()
            assert self.contents() != before

    def test_a_value_that_is_removed_is_removed_there(self):
        """An empty value empties the property (doc/mapping.rst): it is sent, not left out."""
        self.requires()
        [made] = self.send([self.item(1)])
        before = self.contents()
        [outcome] = self.send([self.item(1, data=self.data(1, **self.CLEARED), remote_id=made.remote_id)])
        assert outcome.error is None
        assert self.contents() != before

    def test_the_estimate_of_calls(self):
        """A bulk run, and a connector with limits, must not take more calls than planned."""
        provider, ids = self.PROVIDER, self.make_records(3)
        for event_type in sorted(provider.event_types):
            assert provider.calls_for(event_type, 3, 3) > 0, event_type
        linked = [self.item(n, data=self.data(n, **self.CHANGE), remote_id=ids[n]) for n in range(3)]
        fresh = [self.item(n, event_type="customer.created") for n in range(3, 6)]
        for items in (linked, fresh):
            before = self.call_count()
            self.send(items, batch_size=3)
            assert self.call_count() - before <= provider.calls_for(items[0].event_type, 3, 3)

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
            ids = [outcome.remote_id for outcome in adapter.send(prepared)]
            adapter.resolve(prepared)
            adapter.send([adapter.prepare(item) for item in self._ends(ids)])
            adapter.test_connection()
            objects = self.PROVIDER.objects
            if isinstance(adapter, Provisioner):
                adapter.set_up(objects)
            if isinstance(adapter, SchemaReader):
                for each in objects:
                    adapter.remote_properties(each.name)
        assert self.counted == self.call_count() > 0

    def _ends(self, ids):
        """Return a merge and an erasure of records with these remote ids, if the remote supports them."""
        merged = merged_item(0, remote_id=ids[0], merged_remote_ids=[ids[1]])
        items = [merged, erased_item(2, remote_id=ids[2])] if self.KEEPS_RECORDS else []
        return [item for item in items if item.event_type not in self.CANNOT]

    def test_the_connection_is_tested_by_a_call(self):
        with self.connect() as adapter:
            report = adapter.test_connection()
        assert report.account
        assert self.call_count() >= 1
        assert self.records() == {}
