"""Writing the records of one object in batches, with an outcome for each."""

from dataclasses import replace

from ...core.errors import RemoteError, RemoteNotFoundError
from ..bisect import bisect
from ..items import Outcome, failed
from . import batch as batches
from . import errors
from .account_values import left_out
from .api import noun


class Records:
    """The records of one object of an account.

    :param size: the maximum number of records per call
    :param languages: the names of properties with a language, without which a record is sent if HubSpot refuses them
    """

    def __init__(self, api, object_name, size, languages=frozenset()):
        self.api = api
        self.object_name = object_name
        self.size = size
        self.languages = languages

    def send(self, kind, items):
        """Create or update records, and return one outcome each, in order.

        An update that is in doubt and again gets no result may address a record that was merged. It is then sent to
        the record that resulted from the merge.

        :param kind: ``upsert`` or ``update``
        """
        outcomes = self._write(kind, items)
        for n, (prepared, outcome) in enumerate(zip(items, outcomes, strict=True)):
            is_unanswered = outcome.error and outcome.error.code == "NOT_ANSWERED"
            if is_unanswered and kind == "update" and prepared.item.in_doubt:
                outcomes[n] = self._update_merged(prepared, outcome)
        return outcomes

    def _write(self, kind, items):
        """Write records; those whose language the account does not have, without it."""
        outcomes = self._in_calls(items, lambda part: self._write_part(kind, part))
        refused = {p.item.trace_id: p for p, o in zip(items, outcomes, strict=True) if self._lacks(p, o)}
        if not refused:
            return outcomes
        names = {o.trace_id: o.error.field for o in outcomes if o.trace_id in refused}
        rest = [_without(p, names[trace]) for trace, p in refused.items()]
        written = {o.trace_id: o for o in self._write(kind, rest)}
        for trace, p in refused.items():
            warning = left_out(names[trace], p.body["properties"][names[trace]])
            written[trace] = replace(written[trace], warnings=(warning, *written[trace].warnings))
        return [written.get(o.trace_id, o) for o in outcomes]

    def _lacks(self, prepared, outcome):
        error = outcome.error
        is_refused = error is not None and error.code == "INVALID_OPTION" and error.field in self.languages
        return is_refused and error.field in prepared.body["properties"]

    def archive(self, items):
        """Move records to the recycle bin, and return one outcome each. Records that do not exist count as done."""
        outcomes = self._in_calls(items, self._archive_part)
        return [replace(o, error=None) if isinstance(o.error, RemoteNotFoundError) else o for o in outcomes]

    def _in_calls(self, items, send):
        return [o for chunk in batches.chunks(items, self.size) for o in bisect(chunk, send)]

    def _write_part(self, kind, items):
        """Make one call.

        :raise RemoteError: the whole call was refused, and the response does not say because of which items
        """
        inputs = [batches.input_of(p) for p in items]
        response = self.api.objects(self.object_name, "POST", f"/batch/{kind}", {"inputs": inputs})
        if response.status < 300:
            return batches.read(items, response)
        error = self._refusal(response, [p.body["properties"] for p in items])
        return self._isolate(kind, items, response, error)

    def _isolate(self, kind, items, response, error):
        """Resend a refused batch without the items that HubSpot names as bad, and suspected items one by one.

        :raise RemoteError: ``error``, if the response points to no item
        """
        blamed = batches.blamed(items, response, error)
        suspected = [] if blamed else batches.suspected(items, response)
        if not blamed and not suspected:
            raise error
        apart = {*blamed, *(p.item.trace_id for p in suspected)}
        parts = [[p for p in items if p.item.trace_id not in apart], *([p] for p in suspected)]
        sent = {o.trace_id: o for part in parts for o in bisect(part, lambda x: self._write_part(kind, x))}
        return [sent.get(p.item.trace_id) or failed([p], blamed[p.item.trace_id])[0] for p in items]

    def _update_merged(self, prepared, outcome):
        """Update the record into which this one was merged, and return its outcome.

        :param outcome: returned if the record was not merged
        """
        try:
            winner = self.api.find(self.object_name, prepared.item.remote_id)
        except RemoteError as error:
            return failed([prepared], error)[0]
        if winner is None:
            return failed([prepared], errors.not_found(noun(self.object_name)))[0]
        if winner == prepared.item.remote_id:
            return outcome
        moved = replace(prepared, body={**prepared.body, "id": winner})
        return bisect([moved], lambda part: self._write_part("update", part))[0]

    def _archive_part(self, items):
        """Archive records that were not merged. The id of a merged record leads to another customer's record."""
        own = self.api.find_unmerged(self.object_name, [p.body["id"] for p in items])
        present = [p for p in items if p.body["id"] in own]
        done = {o.trace_id: o for o in self._archive_present(present)} if present else {}
        return [done.get(p.item.trace_id) or Outcome(p.item.trace_id, p.item.remote_id) for p in items]

    def _archive_present(self, items):
        return batches.read_done(items, self.archive_ids([p.body["id"] for p in items]))

    def archive_ids(self, ids):
        """Move at most 100 records to the recycle bin, and return the response.

        :raise RemoteError: HubSpot refused
        """
        inputs = [{"id": each} for each in ids]
        response = self.api.objects(self.object_name, "POST", "/batch/archive", {"inputs": inputs})
        if response.status >= 300:
            raise self._refusal(response)
        return response

    def _refusal(self, response, sent=()):
        return self.api.refusal(response, sent, object_name=self.object_name)


def _without(prepared, name):
    properties = {key: value for key, value in prepared.body["properties"].items() if key != name}
    return replace(prepared, body={**prepared.body, "properties": properties})
