"""Adapters of Acme (dev/skeleton) with one deliberate mistake each, all of which the contract catches.

Importing it makes the skeleton an addon.
"""

import json
import logging
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from urllib.request import Request, urlopen

import odoo.addons
from odoo.addons.retail_hub.connectors.items import Outcome
from odoo.addons.retail_hub.connectors.provider import ConnectionReport
from odoo.addons.retail_hub.core.errors import (
    BusinessError,
    RemoteError,
    RemoteNotFoundError,
    ValidationError,
)

SKELETON = Path(__file__).parents[2] / "dev" / "skeleton" / "retail_hub_acme"
odoo.addons.__path__.append(str(SKELETON.parent))

from odoo.addons.retail_hub_acme.acme.adapter import AcmeAdapter, path_of  # noqa: E402
from odoo.addons.retail_hub_acme.acme.provider import ACME  # noqa: E402

_logger = logging.getLogger(__name__)


# ----- calls -----


class OwnClient(AcmeAdapter):
    """Calls past the hub's client: not counted, not limited, without a deadline."""

    def _call(self, method, path, body=None):
        headers = ACME.auth_methods[0].headers(self.settings.credentials)
        data = json.dumps(body).encode() if body else None
        with urlopen(Request(f"{self.settings.base_url}/v1{path}", data, headers, method=method)) as answer:
            return type("Answer", (), {"object": json.loads(answer.read() or "{}"), "date": None})


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


class DeletesPastTheClient(AcmeAdapter):
    def _delete(self, remote_id, _body):
        headers = ACME.auth_methods[0].headers(self.settings.credentials)
        url = f"{self.settings.base_url}/v1{path_of(remote_id)}"
        urlopen(Request(url, None, headers, method="DELETE")).close()


class ReadsBeforeEachUpdate(AcmeAdapter):
    """Two calls where the estimate says one."""

    def _put(self, prepared):
        if prepared.item.remote_id:
            self._call("GET", path_of(prepared.item.remote_id))
        return super()._put(prepared)


class NeverUncertain(AcmeAdapter):
    """A write that ends with HTTP 500 is simply made again."""

    def _call(self, method, path, body=None):
        response = self.http.request(method, f"/v1{path}", json=body)
        return self.check(response, body or (), is_write=False)


class ConnectionIsFine(AcmeAdapter):
    """A wrong API key is fine."""

    def test_connection(self):
        return ConnectionReport(self.http.request("GET", "/v1/account").object.get("name", "Acme"))


class UnquotedId(AcmeAdapter):
    def _delete(self, remote_id, _body):
        with suppress(RemoteNotFoundError):
            self._call("DELETE", f"/customers/{remote_id}")


# ----- what is sent -----


class EmptyUpdates(AcmeAdapter):
    """A write that succeeds, and writes nothing."""

    def _put(self, prepared):
        return super()._put(replace(prepared, body={}) if prepared.item.remote_id else prepared)


class AdoptsWithoutWriting(AcmeAdapter):
    """A create that is rejected because the key is taken counts as done: its content is never sent."""

    def _put(self, prepared):
        found = None if prepared.item.remote_id else self._find(prepared.key)
        return found or super()._put(prepared)


class LeavesOutEmptyValues(AcmeAdapter):
    """What is removed in Odoo stays at the remote."""

    def _prepare_put(self, item):
        prepared = super()._prepare_put(item)
        values = {name: value for name, value in prepared.body.items() if value}
        return replace(prepared, body=values, comparable=values)


class ComparesTooLittle(AcmeAdapter):
    """A new telephone number alone is never sent."""

    def _prepare_put(self, item):
        prepared = super()._prepare_put(item)
        values = {name: value for name, value in prepared.comparable.items() if name != "phone"}
        return replace(prepared, comparable=values)


class NoObject(AcmeAdapter):
    def prepare(self, item):
        return replace(super().prepare(item), object="")


class SendsNamesOfMerged(AcmeAdapter):
    """The stored request of a merge has a name in a property whose name does not say so."""

    def prepare(self, item):
        prepared = super().prepare(item)
        is_merge = prepared.operation == "merge"
        return replace(prepared, body={**prepared.body, "remark": "Anna Janssens"}) if is_merge else prepared


# ----- what an answer means -----


class TrustsTheAnswer(AcmeAdapter):
    """Whatever is where the id should be is the id."""

    def _put(self, prepared):
        return str(self._call("PUT", path_of("key", prepared.key), prepared.body).object.get("id"))


class TakesTheOtherRecord(AcmeAdapter):
    """An update that is rejected, since another record has its email address, goes to that record."""

    def _put(self, prepared):
        try:
            return super()._put(prepared)
        except BusinessError:
            path = f"/v1/customers?email={prepared.body['email']}"
            return self.http.request("GET", path).object["customers"][0]["id"]


class SwallowsRejectedUpdates(AcmeAdapter):
    def _put(self, prepared):
        try:
            return super()._put(prepared)
        except BusinessError:
            return prepared.item.remote_id


class SwallowsNotFound(AcmeAdapter):
    """An update of a record that does not exist is a success."""

    def _put(self, prepared):
        try:
            if prepared.item.remote_id:
                self._call("GET", path_of(prepared.item.remote_id))
        except RemoteNotFoundError:
            return prepared.item.remote_id
        return super()._put(prepared)


class AnyDeleteIsFine(AcmeAdapter):
    """An erasure that was rejected is reported as delivered."""

    def _delete(self, remote_id, _body):
        with suppress(RemoteError):
            self._call("DELETE", path_of(remote_id))


class MergesTheFirstOnly(AcmeAdapter):
    def prepare(self, item):
        return super().prepare(replace(item, merged_remote_ids=item.merged_remote_ids[:1]))


# ----- in doubt -----


class ResolvesWithoutAsking(AcmeAdapter):
    """What is linked is there, so it must have arrived."""

    def resolve(self, batch):
        known = [Outcome(each.item.trace_id, each.item.remote_id) for each in batch if each.item.remote_id]
        return known or super().resolve(batch)


class CreatesAgain(AcmeAdapter):
    """A second record of one customer, under another key."""

    def resolve(self, batch):
        return self.send([replace(each, key=f"again-{each.key}") for each in batch])


class FindsAnybody(AcmeAdapter):
    """The hub erases whom it finds."""

    def _find(self, key):
        return super()._find(key) or "1"


class ErasesWhatItFinds(AcmeAdapter):
    def _find(self, key):
        found = super()._find(key)
        self._delete(found, ())
        return found


class FindsNobodyAfterAnError(AcmeAdapter):
    def _find(self, key):
        with suppress(RemoteError):
            return super()._find(key)
        return None


# ----- personal data and secrets -----


class QuotesInItsRefusal(AcmeAdapter):
    def refusal(self, response, sent=()):
        return ValidationError(f"Acme says: {response.object}")


class NamesTheTakenName(AcmeAdapter):
    """The hub recognizes email addresses in the words of an adapter, but no names."""

    def _put(self, prepared):
        try:
            return super()._put(prepared)
        except RemoteError as error:
            if error.http_status != 409:
                raise
            raise BusinessError(f"{prepared.body['name']} is taken.") from error


class LogsBodies(AcmeAdapter):
    def _put(self, prepared):
        _logger.info("PUT %s", prepared.body)
        return super()._put(prepared)


class TokenInTheUrl(AcmeAdapter):
    def _call(self, method, path, body=None):
        return super()._call(method, f"{path}?key={self.settings.credentials['access_token']}", body)
