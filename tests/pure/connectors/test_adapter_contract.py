"""The contract of all adapters catches the mistakes that cost most: each of them is made here, on purpose.

The adapter is for the example of the sandbox's kit: one call per record, credentials in two headers, no batches.
"""

import json
from dataclasses import dataclass, replace
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest
from adapter_contract import AdapterContract
from sandbox_fixtures import CLIENT

from odoo.addons.retail_hub.connectors.authentication import AuthMethod, Credential
from odoo.addons.retail_hub.connectors.items import MatchKeys, Outcome, Prepared
from odoo.addons.retail_hub.connectors.mapper import personal_properties
from odoo.addons.retail_hub.connectors.provider import ConnectionReport, Provider, RemoteObject, one_call_each
from odoo.addons.retail_hub.connectors.record_adapter import RecordAdapter
from odoo.addons.retail_hub.core.errors import MappingError, RemoteNotFoundError, TransientError
from odoo.addons.retail_hub.core.field_map import FieldMap

PERSON = "person"
CHANGES = ("customer.created", "customer.updated")


class ExampleAdapter(RecordAdapter):
    noun = "person"

    def prepare(self, item):
        if item.event_type in CHANGES:
            return self.prepare_person(item)
        if item.event_type == "customer.erased":
            return Prepared(item, "erase", {"id": item.remote_id}, {})
        if item.event_type == "customer.merged":
            return Prepared(item, "merge", {"into": item.remote_id, "ids": list(item.merged_remote_ids)}, {})
        raise MappingError(f"The example does not take {item.event_type}.", code="EVENT_NOT_SUPPORTED")

    def prepare_person(self, item):
        values = self.mapper.mapped_values(item, PERSON)
        personal = personal_properties(self.mapper.field_maps(PERSON))
        return Prepared(item, "put", values, values, item.data["id"], personal=personal, object=PERSON)

    def send_one(self, prepared):
        outcome = Outcome(prepared.item.trace_id, prepared.item.remote_id)
        if prepared.operation == "put":
            return replace(outcome, remote_id=self.put(prepared))
        ids = prepared.body.get("ids", [prepared.body.get("id")])
        for remote_id in filter(None, ids):
            self.end(prepared, remote_id)
        return outcome

    def put(self, prepared):
        answer = self.call("PUT", f"/people/{quote(prepared.key, safe='')}", prepared.body)
        if not answer.object.get("id"):
            raise TransientError("The example did not say what it made.", code="NO_ID", uncertain=True)
        return str(answer.object["id"])

    def end(self, prepared, remote_id):
        """Merge a record into the survivor, or delete it; what is gone already is no failure."""
        try:
            if prepared.operation == "merge":
                self.merge(remote_id, prepared.body["into"])
            else:
                self.call("DELETE", f"/people/{remote_id}")
        except RemoteNotFoundError:
            pass

    def merge(self, loser, survivor):
        """The id of a merged record leads to the survivor: then there is nothing left to do."""
        if self.call("GET", f"/people/{loser}").object["id"] != survivor:
            self.call("POST", f"/people/{loser}/merge", {"into": survivor})

    def call(self, method, path, body=None):
        return self.check(self.http.request(method, path, json=body), body or ())

    def resolve(self, batch):
        return self.send(batch)

    def test_connection(self):
        return ConnectionReport(self.call("GET", "/account").object["name"])


@dataclass(frozen=True)
class TwoHeaders(AuthMethod):
    credentials: tuple = (Credential("account", "Account"), Credential("key", "API key"))

    def headers(self, credentials):
        return {"X-Account": credentials.get("account", ""), "X-Api-Key": credentials.get("key", "")}


EXAMPLE = Provider(
    code="example",
    label="Example",
    adapter=ExampleAdapter,
    base_url="https://api.example.com",
    api_versions=("v1",),
    event_types=frozenset({*CHANGES, "customer.merged", "customer.erased"}),
    auth_methods=(TwoHeaders(),),
    objects=(
        RemoteObject(PERSON, "Person", CHANGES, ("customer", "business_customer"), keys=MatchKeys("key")),
    ),
    default_field_maps=(
        FieldMap(PERSON, "name", "name.full"),
        FieldMap(PERSON, "email", "emails.0"),
        FieldMap(PERSON, "phone", "phones.0.number"),
        FieldMap(PERSON, "job", "job_title"),
    ),
    batch_size=20,
    estimate=one_call_each,
)


class TestExampleContract(AdapterContract):
    """The adapter without any mistake."""

    PROVIDER = EXAMPLE
    CREDENTIALS = {"account": "example", "key": "example-key"}
    PATH = "/example/v1"
    STAND_IN = "example"
    RECORDS = "people"
    LIMIT = "hour"
    ONE_CALL_PER_RECORD = True

    @pytest.fixture
    def sandbox_providers(self):
        return {"example": f"{CLIENT.parent / 'kit' / 'example.py'}:Example"}

    def bad_item(self, number):
        return self.item(number, data=self.data(number, emails=["nobody"]))


class SparseAdapter(ExampleAdapter):
    """For a remote whose writes have no answer: records are addressed by our key, which is their id then."""

    def put(self, prepared):
        self.call("PUT", f"/people/{quote(prepared.key, safe='')}", prepared.body)
        return prepared.key


class TestSparseContract(TestExampleContract):
    """A remote without job titles, with unique phones, and with empty answers to writes."""

    PROVIDER = replace(
        EXAMPLE, adapter=SparseAdapter, default_field_maps=EXAMPLE.default_field_maps[:3], batch_size=1
    )
    UNIQUE_PHONES = True
    EMPTY_ANSWERS = True
    CHANGE = {"name": {"full": "Anna Peeters", "given": "Anna", "family": "Peeters"}}

    @pytest.fixture
    def sandbox_providers(self, tmp_path_factory):
        place = tmp_path_factory.getbasetemp() / "sparse.py"
        text = (CLIENT.parent / "kit" / "example.py").read_text(encoding="utf-8")
        text = text.replace('unique=("key", "email")', 'unique=("key", "email", "phone")')
        text = text.replace("return json_response(status, self.describe(record))", "return Response(204)")
        place.write_text(text, encoding="utf-8")
        return {"example": f"{place}:Example"}

    def records(self):
        found = self.sandbox.records(self.RECORDS, self.STAND_IN)
        return {
            each["properties"]["email"]: each["properties"]["key"] for each in found if not each["archived"]
        }


# ----- the mistakes -----


class OwnClient(ExampleAdapter):
    """Calls past the hub's client: not counted, not limited, without a deadline."""

    def call(self, method, path, body=None):
        headers = TwoHeaders().headers(self.settings.credentials)
        data = json.dumps(body).encode() if body else None
        with urlopen(Request(self.settings.base_url + path, data, headers, method=method)) as answer:
            return type("Answer", (), {"object": json.load(answer)})


class NoRemoteId(ExampleAdapter):
    """The record is silently never bound."""

    def put(self, prepared):
        super().put(prepared)


class NoRemoteIdOfChanges(ExampleAdapter):
    def put(self, prepared):
        made = super().put(prepared)
        return None if prepared.item.remote_id else made


class NestedComparable(ExampleAdapter):
    """The preview shows letters, or fails."""

    def prepare_person(self, item):
        prepared = super().prepare_person(item)
        nested = {**prepared.comparable, "address": {"city": "Gent", "zip": "9000"}}
        return replace(prepared, comparable=nested)


class BareComparable(ExampleAdapter):
    """Every update is new, since the id of the attempt is compared too."""

    def prepare_person(self, item):
        prepared = super().prepare_person(item)
        return replace(prepared, comparable={**prepared.comparable, "trace": item.trace_id})


class UnmaskedProperties(ExampleAdapter):
    """A property that the admin fills from a name is kept in clear."""

    def prepare_person(self, item):
        return replace(super().prepare_person(item), personal=frozenset())


class MergesNothing(ExampleAdapter):
    """What was merged away stays at the remote: nobody erases it any more."""

    def end(self, prepared, remote_id):
        if prepared.operation != "merge":
            super().end(prepared, remote_id)


class ErasesOnce(ExampleAdapter):
    """An erasure whose answer was lost fails for ever."""

    def end(self, prepared, remote_id):
        if prepared.operation == "merge":
            super().end(prepared, remote_id)
        else:
            self.call("DELETE", f"/people/{remote_id}")


class TakesAnyAnswer(ExampleAdapter):
    """An empty answer counts as success, without an id."""

    def put(self, prepared):
        answer = self.call("PUT", f"/people/{quote(prepared.key, safe='')}", prepared.body)
        return str(answer.object.get("id") or "")


class QuotesTheRemote(ExampleAdapter):
    """What the remote says about a person stands in the error."""

    def call(self, method, path, body=None):
        return self.check(self.http.request(method, path, json=body))


class GoesOn(ExampleAdapter):
    """After a refusal of the credentials, the limit or the network, each item is tried all the same."""

    def is_about_endpoint(self, error):
        return False


class StopsAtABadItem(ExampleAdapter):
    def is_about_endpoint(self, error):
        return True


def with_adapter(adapter):
    return replace(EXAMPLE, adapter=adapter)


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
    (replace(EXAMPLE, estimate=Provider.estimate), "test_more_items_than_fit_in_a_call"),
    (replace(EXAMPLE, event_types=frozenset(CHANGES)), "test_follows_a_customer_to_the_end"),
]


class TestMistakes:
    @pytest.fixture
    def sandbox_providers(self):
        return TestExampleContract.sandbox_providers.__wrapped__(self)

    @pytest.mark.parametrize(
        ("provider", "name"), MISTAKES, ids=[f"{p.adapter.__name__}-{name}" for p, name in MISTAKES]
    )
    def test_is_caught(self, sandbox, provider, name):
        contract = TestExampleContract()
        contract.PROVIDER, contract.sandbox, contract.counted = provider, sandbox, 0
        with pytest.raises(AssertionError):
            getattr(contract, name)()
