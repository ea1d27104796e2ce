"""Preparing requests: they can be compared, previewed, and stored without personal data."""

import json

import pytest
from samples import erased_item, invoice, make_item, merged_item, order

from odoo.addons.retail_hub.connectors.items import RemoteId
from odoo.addons.retail_hub.core.errors import MappingError
from odoo.addons.retail_hub.core.field_map import FieldMap, FieldMapError, canonical_paths, value_type_of
from odoo.addons.retail_hub.core.quota import WINDOWS
from odoo.addons.retail_hub.models.outbox.attempt_snapshot import masked_request
from odoo.addons.retail_hub.schemas import EVENT_TYPES

from .contract import CUSTOMER_EVENTS, Contract

SAMPLES = {
    "order.placed": order,
    "order.updated": order,
    "order.cancelled": order,
    "invoice.posted": invoice,
}
PERSONAL = ("anna", "janssens", "+3247012", "kerkstraat", "be0477472701")
OTHER = {  # other values of a canonical customer
    "name": {"full": "Bo Peeters", "given": "Bo", "family": "Peeters"},
    "job_title": "Director",
    "emails": ["bo@example.com"],
    "phones": [{"kind": "main", "number": "+32470999999"}],
    "addresses": [],
    "language": "fr-BE",
    "tax_id": "BE0403019261",
    "website": "https://bo.example.com",
    "tags": ["vip"],
    "consent": {"email_opt_out": True},
}
SCALAR = (str, int, float, bool, type(None))


class RequestContract(Contract):
    def test_describes_itself(self):
        """The provider has the data that the hub needs without an adapter."""
        provider = self.PROVIDER
        assert provider.code
        assert provider.label
        assert provider.base_url.startswith("https://")
        assert all(provider.api_versions)
        assert provider.batch_size > 0
        credentials = [each for method in provider.auth_methods for each in method.credentials]
        assert all(credential.name and credential.label for credential in credentials)
        assert provider.event_types
        assert provider.event_types <= EVENT_TYPES.keys()
        for each in provider.objects:
            assert set(each.event_types) <= provider.event_types, each.name
        for plan in provider.plans:
            assert plan.limits.keys() <= set(WINDOWS), plan.code

    def test_default_lines_can_be_filled(self):
        """A line whose path does not exist in any event of its object would be left out without a word."""
        provider = self.PROVIDER
        for line in provider.default_field_maps:
            remote_object = provider.object(line.object)
            assert remote_object, line
            assert line.transform in provider.transforms, line
            schemas = remote_object.fields_schemas()
            for path in canonical_paths(line):
                assert any(_has_path(schema, path) for schema in schemas), (
                    f"{line.property}: there is no {path}"
                )

    def test_follows_a_customer_to_the_end(self):
        """A provider of customers supports merging and erasing them, or lists the events in CANNOT."""
        missing = CUSTOMER_EVENTS - self.PROVIDER.event_types if self._takes_customers else set()
        assert missing == self.CANNOT

    @property
    def _takes_customers(self):
        return not CUSTOMER_EVENTS.isdisjoint(self.PROVIDER.event_types)

    def test_prepare_makes_no_call(self):
        with self.connect() as adapter:
            adapter.prepare(self.item())
        assert self.call_count() == 0

    def test_comparable_is_the_same_for_the_same_customer(self):
        """The hub does not send equal content twice. A trace id in ``comparable`` would make all content differ."""
        with self.connect() as adapter:
            first = adapter.prepare(self.item(1, trace_id="1"))
            second = adapter.prepare(self.item(1, trace_id="2"))
            third = adapter.prepare(self.item(1, data=self.data(1, **self.CHANGE)))
        assert first.comparable == second.comparable
        assert first.comparable != third.comparable
        assert first.key == second.key

    def test_whatever_is_sent_is_compared(self):
        """A change of a value that is missing in ``comparable`` is never sent."""
        with self.connect() as adapter:
            first = adapter.prepare(self.item(1))
            for name, value in OTHER.items():
                other = adapter.prepare(self.item(1, data=self.data(1, **{name: value})))
                assert (other.comparable != first.comparable) or (other.body == first.body), name

    def test_a_request_names_its_object(self):
        """The binding has it, and an erasure needs it."""
        names = {each.name for each in self.PROVIDER.objects}
        for prepared in self._prepared_samples() if names else ():
            assert prepared.object in names, prepared.operation

    def test_prepare_refuses_an_unknown_event(self):
        with self.connect() as adapter, pytest.raises(MappingError, match="moon.eclipsed"):
            adapter.prepare(self.item(event_type="moon.eclipsed"))

    def test_the_preview_can_show_what_is_compared(self):
        """The preview shows names and values in two columns, and cannot show nested ones."""
        for prepared in self._prepared_samples():
            for name, value in prepared.comparable.items():
                assert isinstance(name, str)
                links = isinstance(value, dict) and all(isinstance(ids, list) for ids in value.values())
                problem = (
                    f"{prepared.operation}: {name} is neither a value, nor a list, nor {{object: [ids]}}"
                )
                assert isinstance(value, (*SCALAR, list, tuple)) or links, problem
            json.dumps([prepared.comparable, prepared.body])

    def test_what_is_kept_of_a_request_names_nobody(self):
        """Attempts store the request, with personal data masked by the names of properties."""
        for prepared in self._prepared_samples():
            assert_names_nobody(masked_request(prepared))

    def test_a_property_that_is_filled_from_personal_data_is_masked(self):
        """``Prepared.personal`` has every property that the admin fills with personal data."""
        objects = [each for each in self.PROVIDER.objects if "customer.updated" in each.event_types]
        if not objects:
            pytest.skip("no properties of customers can be mapped")
        lines = [FieldMap(each.name, "x_remark", "name.full") for each in objects]
        with self.connect(field_maps=[*self.PROVIDER.default_field_maps, *lines]) as adapter:
            prepared = adapter.prepare(self.item())
        assert "Anna Janssens1" in json.dumps(prepared.body)
        assert_names_nobody(masked_request(prepared))

    def _prepared_samples(self):
        """Return a prepared request for each event type that has objects and a sample."""
        fed = {name for each in self.PROVIDER.objects for name in each.event_types}
        with self.connect() as adapter:
            items = [
                self.item(event_type=name) for name in sorted(fed & {"customer.created", "customer.updated"})
            ]
            items += [
                make_item(event_type=name, data=SAMPLES[name](), subject="sale.order/1")
                for name in sorted(fed & SAMPLES.keys())
            ]
            ends = [merged_item(1, ["78"], remote_id="77"), erased_item(1, remote_id="77")]
            items = [self._linked(adapter, item) for item in items]
            items += [item for item in ends if fed and item.event_type in self.PROVIDER.event_types]
            return [adapter.prepare(item) for item in items]

    def _linked(self, adapter, item):
        """Return the item with a remote id for each record to which it refers."""
        references = adapter.references(item.event_type, item.data)
        return make_item(
            event_type=item.event_type,
            data=item.data,
            subject=item.subject,
            remote_ids={each: RemoteId(f"77{number}") for number, each in enumerate(references)},
        )


def _has_path(schema, path):
    try:
        value_type_of(schema, path)
    except FieldMapError:
        return False
    return True


def assert_names_nobody(data):
    text = json.dumps(data, ensure_ascii=False).lower()
    assert not [word for word in PERSONAL if word in text], text
