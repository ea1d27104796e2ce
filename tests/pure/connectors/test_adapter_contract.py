"""The contract of all adapters catches the mistakes that cost most: each of adapter_mistakes.py is made here.

They are made in the adapter of the skeleton (dev/skeleton), which is right: one call per customer.
"""

import importlib.util
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import adapter_mistakes as mistakes
import pytest
from adapter_mistakes import ACME, SKELETON, AcmeAdapter, path_of

from odoo.addons.retail_hub.connectors.items import failed
from odoo.addons.retail_hub.connectors.provider import Plan, Provider
from odoo.addons.retail_hub.core.errors import BusinessError, RemoteError, TransientError
from odoo.addons.retail_hub_acme.acme.adapter import CREATED_OR_UPDATED

_spec = importlib.util.spec_from_file_location(
    "skeleton_contract", SKELETON / "tests" / "pure" / "test_acme_contract.py"
)
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
STAND_IN, TestAcmeContract = _module.STAND_IN, _module.TestAcmeContract


def changed_stand_in(folder, name, *changes):
    """Write the skeleton's stand-in with (text, other text) replaced; return it as providers of the sandbox."""
    text = Path(STAND_IN.rpartition(":")[0]).read_text(encoding="utf-8")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    place = folder / f"{name}.py"
    place.write_text(text, encoding="utf-8")
    return {"acme": f"{place}:Acme"}


# ----- other remotes keep the contract too, with its switches -----


class SparseAdapter(AcmeAdapter):
    """For a remote whose writes have no answer: records are addressed by our key, which is their id then."""

    def _put(self, prepared):
        self._call("PUT", path_of("key", prepared.key), prepared.body)
        return prepared.key

    def _find(self, key):
        return super()._find(key) and key


class TestSparseContract(TestAcmeContract):
    """A remote without job titles, with unique phones, and with empty answers to writes."""

    PROVIDER = replace(
        ACME, adapter=SparseAdapter, default_field_maps=ACME.default_field_maps[:3], batch_size=1
    )
    UNIQUE_PHONES = True
    EMPTY_ANSWERS = True
    CHANGE = {"name": {"full": "Anna Peeters", "given": "Anna", "family": "Peeters"}}
    CLEARED = {"phones": []}

    @pytest.fixture
    def sandbox_providers(self, tmp_path_factory):
        return changed_stand_in(
            tmp_path_factory.getbasetemp(),
            "sparse",
            ('unique=("key", "email")', 'unique=("key", "email", "phone")'),
            ("return json_response(status, describe(record))", "return Response(204)"),
            ("self.customers.find(customer_id, name)", 'self.customers.find(customer_id, "key")'),
        )

    def contents(self):
        return {properties["key"]: properties for properties in super().contents().values()}


class SearchingAdapter(AcmeAdapter):
    """For a remote without upsert: a search by the match key, then the write."""

    def _put(self, prepared):
        if not prepared.item.remote_id:
            self._find(prepared.key)  # a real one creates or updates, as it finds the record or not
        return super()._put(prepared)

    def _find(self, key):
        response = self.check(self.http.request("GET", "/v1/customers", params={"key": key}), is_write=False)
        if not isinstance(response.object.get("customers"), list):
            raise TransientError("Acme did not say which customers there are.", code="NO_LIST")
        return next((each["id"] for each in response.object["customers"]), None)


class TestSearchingContract(TestAcmeContract):
    PROVIDER = replace(ACME, adapter=SearchingAdapter, estimate=lambda _type, items, _batches: 2 * items)
    SEARCHES_FIRST = True

    @pytest.fixture
    def sandbox_providers(self, tmp_path_factory):
        by_key = (
            'find(request.arguments().get("email"), "email")',
            'find(request.arguments().get("key"), "key")',
        )
        return changed_stand_in(tmp_path_factory.getbasetemp(), "searching", by_key)


class Searchless(AcmeAdapter):
    """For a remote that cannot look up what an earlier attempt sent: a person does."""

    def prepare_search(self, item, operation, key):
        return None

    def resolve(self, batch):
        return [outcome for each in batch for outcome in self._resolve_one(each)]

    def _resolve_one(self, prepared):
        if prepared.operation != "put" or prepared.item.remote_id:
            return self.send([prepared])
        return failed(
            [prepared], BusinessError("Look for the customer at Acme before you replay this event.")
        )


class TestSearchlessContract(TestAcmeContract):
    PROVIDER = replace(ACME, adapter=Searchless)
    CANNOT_FIND = True


# ----- the mistakes -----


def lines(**changes):
    """Return the default lines with other paths: {property: path}."""
    return tuple(
        replace(each, expression=changes.get(each.property, each.expression))
        for each in ACME.default_field_maps
    )


MADE = [
    ("OwnClient", "test_every_call_is_counted"),
    ("OwnClient", "test_a_call_that_the_hub_refuses_is_not_made"),
    ("OwnClient", "test_no_call_begins_after_the_deadline"),
    ("DeletesPastTheClient", "test_every_call_is_counted"),
    ("NoRemoteId", "test_every_outcome_has_the_remote_id"),
    ("NoRemoteIdOfChanges", "test_every_outcome_has_the_remote_id"),
    ("NestedComparable", "test_the_preview_can_show_what_is_compared"),
    ("BareComparable", "test_comparable_is_the_same_for_the_same_customer"),
    ("ComparesTooLittle", "test_whatever_is_sent_is_compared"),
    ("UnmaskedProperties", "test_a_property_that_is_filled_from_personal_data_is_masked"),
    ("SendsNamesOfMerged", "test_what_is_kept_of_a_request_names_nobody"),
    ("NoObject", "test_a_request_names_its_object"),
    ("EmptyUpdates", "test_a_change_arrives"),
    ("AdoptsWithoutWriting", "test_a_change_arrives"),
    ("LeavesOutEmptyValues", "test_a_value_that_is_removed_is_removed_there"),
    ("MergesNothing", "test_merged"),
    ("MergesNothing", "test_erased_after_a_merge"),
    ("MergesTheFirstOnly", "test_merged"),
    ("ErasesOnce", "test_erased_again"),
    ("AnyDeleteIsFine", "test_a_failed_merge_or_erasure_is_no_success"),
    ("UnquotedId", "test_an_id_of_any_characters"),
    ("TakesAnyAnswer", "test_useless_answers_are_outcomes"),
    ("TrustsTheAnswer", "test_useless_answers_are_outcomes"),
    ("TakesTheOtherRecord", "test_an_update_to_a_value_that_is_taken_is_no_success"),
    ("SwallowsRejectedUpdates", "test_an_update_to_a_value_that_is_taken_is_no_success"),
    ("SwallowsNotFound", "test_an_update_of_a_record_that_does_not_exist_is_no_success"),
    ("NeverUncertain", "test_a_write_that_ends_with_an_error_of_the_server_is_uncertain"),
    ("ResolvesWithoutAsking", "test_in_doubt_is_sent_if_it_never_arrived"),
    ("FindsAnybody", "test_erased_while_its_creation_is_in_doubt_but_never_arrived"),
    ("ErasesWhatItFinds", "test_erased_while_its_creation_is_in_doubt"),
    ("FindsNobodyAfterAnError", "test_a_failed_search_is_no_success"),
    ("ConnectionIsFine", "test_a_test_of_the_connection_can_fail"),
    ("ReadsBeforeEachUpdate", "test_the_estimate_of_calls"),
    ("QuotesTheRemote", "test_no_secret_and_no_personal_data_in_words"),
    ("QuotesInItsRefusal", "test_no_secret_and_no_personal_data_in_words"),
    ("NamesTheTakenName", "test_no_secret_and_no_personal_data_in_words"),
    ("LogsBodies", "test_no_secret_and_no_personal_data_in_words"),
    ("TokenInTheUrl", "test_no_secret_and_no_personal_data_in_words"),
    ("GoesOn", "test_refused_credentials"),
    ("GoesOn", "test_quota"),
    ("StopsAtABadItem", "test_a_bad_item_fails_alone"),
]
DECLARED = [
    ({"estimate": Provider.estimate}, "test_more_items_than_fit_in_a_call"),
    (
        {"estimate": lambda name, items, _batches: items if "updated" in name else 0},
        "test_the_estimate_of_calls",
    ),
    ({"event_types": frozenset(CREATED_OR_UPDATED)}, "test_follows_a_customer_to_the_end"),
    ({"event_types": ACME.event_types | {"customer.vanished"}}, "test_describes_itself"),
    ({"plans": (Plan("basic", "Basic", {7: 100}),)}, "test_describes_itself"),
    ({"default_field_maps": lines(phone="phones.0.numbr")}, "test_default_lines_can_be_filled"),
]


class TestMistakes:
    @pytest.fixture
    def sandbox_providers(self):
        return TestAcmeContract.sandbox_providers.__wrapped__(self)

    @pytest.mark.parametrize(("adapter", "name"), MADE)
    def test_is_caught(self, sandbox, adapter, name):
        assert_caught(sandbox, replace(ACME, adapter=getattr(mistakes, adapter)), name)

    @pytest.mark.parametrize(("changes", "name"), DECLARED)
    def test_of_the_provider_is_caught(self, sandbox, changes, name):
        assert_caught(sandbox, replace(ACME, **changes), name)


class BlindSearch(SearchingAdapter):
    """A search that fails finds nobody."""

    def _find(self, key):
        with suppress(RemoteError):
            return super()._find(key)
        return None


class TestMistakeOfASearch:
    @pytest.fixture
    def sandbox_providers(self, tmp_path_factory):
        return TestSearchingContract.sandbox_providers.__wrapped__(self, tmp_path_factory)

    def test_a_second_record_is_caught(self, sandbox):
        provider = replace(TestSearchingContract.PROVIDER, adapter=BlindSearch)
        name = "test_a_useless_answer_to_a_search_finds_nobody"
        assert_caught(sandbox, provider, name, TestSearchingContract)


class TestMistakeOfALaxRemote:
    """A remote that takes two customers with one email address."""

    @pytest.fixture
    def sandbox_providers(self, tmp_path_factory):
        unique = ('unique=("key", "email")', 'unique=("key",)')
        return changed_stand_in(tmp_path_factory.getbasetemp(), "lax", unique)

    def test_a_second_record_is_caught(self, sandbox):
        provider = replace(ACME, adapter=mistakes.CreatesAgain)
        assert_caught(sandbox, provider, "test_in_doubt_is_resolved_to_one_record_each")


def assert_caught(sandbox, provider, name, contract_class=TestAcmeContract):
    contract = contract_class()
    contract.PROVIDER, contract.sandbox, contract.counted = provider, sandbox, 0
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        getattr(contract, name)()
