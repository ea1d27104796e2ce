"""The contract of all adapters catches the mistakes that cost most: each of them is made here, on purpose.

They are made in the adapter of the skeleton (dev/skeleton), which is right: one call per customer.
"""

import importlib.util
import json
from dataclasses import replace
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

import odoo.addons
from odoo.addons.retail_hub.connectors.provider import Provider

SKELETON = Path(__file__).parents[3] / "dev" / "skeleton" / "retail_hub_acme"
odoo.addons.__path__.append(str(SKELETON.parent))


_spec = importlib.util.spec_from_file_location(
    "skeleton_contract", SKELETON / "tests" / "pure" / "test_acme_contract.py"
)
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
STAND_IN, TestAcmeContract = _module.STAND_IN, _module.TestAcmeContract

from odoo.addons.retail_hub_acme.acme.adapter import CREATED_OR_UPDATED, AcmeAdapter, path_of  # noqa: E402
from odoo.addons.retail_hub_acme.acme.provider import ACME  # noqa: E402


class SparseAdapter(AcmeAdapter):
    """For a remote whose writes have no answer: records are addressed by our key, which is their id then."""

    def _put(self, prepared):
        self._call("PUT", path_of("key", prepared.key), prepared.body)
        return prepared.key


class TestSparseContract(TestAcmeContract):
    """A remote without job titles, with unique phones, and with empty answers to writes."""

    PROVIDER = replace(
        ACME, adapter=SparseAdapter, default_field_maps=ACME.default_field_maps[:3], batch_size=1
    )
    UNIQUE_PHONES = True
    EMPTY_ANSWERS = True
    CHANGE = {"name": {"full": "Anna Peeters", "given": "Anna", "family": "Peeters"}}

    @pytest.fixture
    def sandbox_providers(self, tmp_path_factory):
        place = tmp_path_factory.getbasetemp() / "sparse.py"
        text = Path(STAND_IN.rpartition(":")[0]).read_text(encoding="utf-8")
        for before, after in (
            ('unique=("key", "email")', 'unique=("key", "email", "phone")'),
            ("return json_response(status, describe(record))", "return Response(204)"),
            ("self.customers.find(customer_id)", 'self.customers.find(customer_id, "key")'),
        ):
            assert before in text
            text = text.replace(before, after)
        place.write_text(text, encoding="utf-8")
        return {"acme": f"{place}:Acme"}

    def records(self):
        found = self.sandbox.records(self.RECORDS, self.STAND_IN)
        return {
            each["properties"]["email"]: each["properties"]["key"] for each in found if not each["archived"]
        }


# ----- the mistakes -----


class OwnClient(AcmeAdapter):
    """Calls past the hub's client: not counted, not limited, without a deadline."""

    def _call(self, method, path, body=None):
        headers = ACME.auth_methods[0].headers(self.settings.credentials)
        data = json.dumps(body).encode() if body else None
        with urlopen(Request(self.settings.base_url + path, data, headers, method=method)) as answer:
            return type("Answer", (), {"object": json.load(answer), "date": None})


class NoRemoteId(AcmeAdapter):
    """The record is silently never bound."""

    def _put(self, prepared):
        super()._put(prepared)


class NoRemoteIdOfChanges(AcmeAdapter):
    def _put(self, prepared):
        made = super()._put(prepared)
        return None if prepared.item.remote_id else made


class NestedComparable(AcmeAdapter):
    """The preview shows letters, or fails."""

    def _prepare_put(self, item):
        prepared = super()._prepare_put(item)
        nested = {**prepared.comparable, "address": {"city": "Gent", "zip": "9000"}}
        return replace(prepared, comparable=nested)


class BareComparable(AcmeAdapter):
    """Every update is new, since the id of the attempt is compared too."""

    def _prepare_put(self, item):
        prepared = super()._prepare_put(item)
        return replace(prepared, comparable={**prepared.comparable, "trace": item.trace_id})


class UnmaskedProperties(AcmeAdapter):
    """A property that the admin fills from a name is kept in clear."""

    def _prepare_put(self, item):
        return replace(super()._prepare_put(item), personal=frozenset())


class MergesNothing(AcmeAdapter):
    """What was merged away stays at the remote: nobody erases it any more."""

    def _merge(self, loser, body):
        pass


class ErasesOnce(AcmeAdapter):
    """An erasure whose answer was lost fails for ever."""

    def _delete(self, remote_id, body):
        self._call("DELETE", path_of(remote_id))


class TakesAnyAnswer(AcmeAdapter):
    """An empty answer counts as success, without an id."""

    def _put(self, prepared):
        answer = self._call("PUT", path_of("key", prepared.key), prepared.body)
        return str(answer.object.get("id") or "")


class QuotesTheRemote(AcmeAdapter):
    """What the remote says about a person stands in the error."""

    def _call(self, method, path, body=None):
        return self.check(self.http.request(method, path, json=body))


class GoesOn(AcmeAdapter):
    """After a refusal of the credentials, the limit or the network, each item is tried all the same."""

    def is_about_endpoint(self, error):
        return False


class StopsAtABadItem(AcmeAdapter):
    def is_about_endpoint(self, error):
        return True


def with_adapter(adapter):
    return replace(ACME, adapter=adapter)


MISTAKES = [
    (with_adapter(OwnClient), "test_every_call_is_counted"),
    (with_adapter(OwnClient), "test_a_call_that_the_hub_refuses_is_not_made"),
    (with_adapter(OwnClient), "test_no_call_begins_after_the_deadline"),
    (with_adapter(NoRemoteId), "test_every_outcome_has_the_remote_id"),
    (with_adapter(NoRemoteIdOfChanges), "test_every_outcome_has_the_remote_id"),
    (with_adapter(NestedComparable), "test_the_preview_can_show_what_is_compared"),
    (with_adapter(BareComparable), "test_comparable_is_the_same_for_the_same_customer"),
    (with_adapter(UnmaskedProperties), "test_a_property_that_is_filled_from_personal_data_is_masked"),
    (with_adapter(MergesNothing), "test_merged"),
    (with_adapter(MergesNothing), "test_erased_after_a_merge"),
    (with_adapter(ErasesOnce), "test_erased_again"),
    (with_adapter(TakesAnyAnswer), "test_useless_answers_are_outcomes"),
    (with_adapter(QuotesTheRemote), "test_no_secret_and_no_personal_data_in_words"),
    (with_adapter(GoesOn), "test_refused_credentials"),
    (with_adapter(GoesOn), "test_quota"),
    (with_adapter(StopsAtABadItem), "test_a_bad_item_fails_alone"),
    (replace(ACME, estimate=Provider.estimate), "test_more_items_than_fit_in_a_call"),
    (replace(ACME, event_types=frozenset(CREATED_OR_UPDATED)), "test_follows_a_customer_to_the_end"),
]


class TestMistakes:
    @pytest.fixture
    def sandbox_providers(self):
        return TestAcmeContract.sandbox_providers.__wrapped__(self)

    @pytest.mark.parametrize(
        ("provider", "name"), MISTAKES, ids=[f"{p.adapter.__name__}-{name}" for p, name in MISTAKES]
    )
    def test_is_caught(self, sandbox, provider, name):
        contract = TestAcmeContract()
        contract.PROVIDER, contract.sandbox, contract.counted = provider, sandbox, 0
        with pytest.raises(AssertionError):
            getattr(contract, name)()
