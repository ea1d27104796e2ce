"""Documents: orders (as orders or deals) and invoices, with their line items and links."""

import copy
import hashlib
import json
from dataclasses import replace

from ...core.errors import BusinessError, ConflictError, RemoteError, ValidationError
from ..items import Prepared, Reference, failed
from . import batch as batches
from . import record_request, stages
from .associations import Associations
from .handler import Handler
from .mapping import KEY, is_line_item

ORDER_EVENTS = ("order.placed", "order.updated", "order.cancelled")
INVOICE_EVENTS = ("invoice.posted", "invoice.updated", "invoice.cancelled", "invoice.paid")
EVENT_TYPES = (*ORDER_EVENTS, *INVOICE_EVENTS)
CUSTOMER_OBJECTS = ("contact", "company")
ORDER_OBJECTS = ("order", "deal")
LINE = "line_item"
STATUS = "hs_invoice_status"  # written last: HubSpot may open an invoice only once it has line items
LONG = 100  # a document with more lines has a checkpoint, from which the next attempt continues


class DocumentHandler(Handler):
    """Prepares requests for orders, deals and invoices, with their line items."""

    event_types = EVENT_TYPES

    def references(self, event_type, data):
        """Return the customer of a document, and the orders of an invoice."""
        customer_id = data["customer_id"]
        customer = [Reference("customer", int(customer_id), is_required=False)] if customer_id else []
        orders = [
            Reference("order", int(each["id"]), each["channel"], is_required=False)
            for each in data.get("orders", ())
        ]
        return [*customer, *orders]

    def prepare(self, item):
        """Return the request for an order, deal or invoice, with its line items.

        :raise MappingError: no match key has a value (``KEY_MISSING``)
        """
        subject = "order" if item.event_type in ORDER_EVENTS else "invoice"
        prepared = record_request.prepare_record(self.adapter, item, subject, item.record_key)
        prepared = replace(prepared, is_subject=True)
        if prepared.item.remote_id:
            prepared = self._with_valid_stage(prepared)
        prepared = record_request.with_links(prepared, _links(item))
        return self._with_lines(prepared) if "lines" in item.data else prepared

    def _with_valid_stage(self, prepared):
        """Return the request for an existing record without a stage that is not true any more, or not people's.

        An order that was placed once more is open again if it is cancelled there.
        """
        if prepared.item.event_type == "order.updated":
            return stages.without(prepared)
        if prepared.item.event_type != "order.placed":
            return prepared
        cancelled = stages.of_map(self.adapter.object_map(prepared.object), prepared.object).get("cancelled")
        return stages.guarded(prepared, {cancelled} - {None})

    def _with_lines(self, prepared):
        item = prepared.item
        lines = [self._prepare_line(item, line) for line in item.data["lines"] if is_line_item(line)]
        properties = dict(prepared.body["properties"])
        last = {"last": {STATUS: properties.pop(STATUS)}} if STATUS in properties else {}
        body = {**prepared.body, "properties": properties, **last}
        return replace(
            prepared,
            body={**body, "lines": [batches.input_of(each) for each in lines]},
            comparable={**prepared.comparable, "line items": [each.comparable for each in lines]},
            warnings=(*prepared.warnings, *(text for each in lines for text in each.warnings)),
            personal=prepared.personal | self.adapter.object_map(LINE).personal,
        )

    def _prepare_line(self, item, line):
        of_line = replace(item, trace_id=f"{item.trace_id}.{line['id']}", remote_id=None, remote_object="")
        # HubSpot would take the currency of the account, in which the price is not.
        currency = {"hs_line_item_currency_code": item.data["currency"]}
        key = f"{item.line_key}{line['id']}"
        return record_request.prepare_record(self.adapter, of_line, LINE, key, part=line, given=currency)


def _links(item):
    """Return ``{object: ids}`` of the records to link to; of orders only if the event names them."""
    names = [*CUSTOMER_OBJECTS, *(ORDER_OBJECTS if "orders" in item.data else ())]
    linked = {name: [] for name in names}
    for remote in item.remote_ids.values():
        linked.setdefault(remote.object or "contact", []).append(remote.id)
    return linked


class Documents:
    """Writes an account's orders, deals or invoices, with their line items and links.

    :param records: the :class:`~.records.Records` of that object
    :param lines: the :class:`~.records.Records` of line items
    """

    def __init__(self, api, records, lines):
        self.api = api
        self.associations = Associations(api)
        self.records = records
        self.lines = lines

    def send(self, kind, items):
        """Write documents, their line items and links, then their status. Return one outcome per document, in order.

        Every call is safe to repeat. If time runs out in a long document, its outcome has a checkpoint, from which
        the next attempt continues.

        :param kind: ``upsert`` or ``update``
        """
        try:
            items = stages.admitted(self.api, self.records.object_name, items)
        except RemoteError as error:
            return failed(items, error)
        outcomes = self.records.send(kind, items)
        outcomes = self.associations.update(self.records.object_name, items, outcomes)
        written = [
            _Written(p, o)
            for p, o in zip(items, outcomes, strict=True)
            if o.error is None and "lines" in p.body
        ]
        self._write_lines(written)
        whole = [document for document in written if document.error is None]
        self._link_lines(whole)
        self._write_last([document for document in whole if document.error is None and document.last])
        completed = {document.outcome.trace_id: document.result() for document in written}
        return [completed.get(o.trace_id, o) for o in outcomes]

    def _write_lines(self, documents):
        waiting = {
            line.item.trace_id: (document, line) for document in documents for line in document.waiting()
        }
        for outcome in self.lines.send("upsert", [line for _document, line in waiting.values()]):
            document, line = waiting[outcome.trace_id]
            document.add(line, outcome)

    def _link_lines(self, documents):
        """Link line items to their documents, and archive line items that a document no longer has."""
        source = self.records.object_name
        old = [document for document in documents if not document.is_new]
        try:
            present = self.associations.linked(source, LINE, [document.id for document in old]) if old else {}
            self._archive_own([each for document in old for each in document.stale(present[document.id])])
        except RemoteError as error:
            for document in documents:
                document.error = error
            return
        missing = [document.links(present.get(document.id, ())) for document in documents]
        linked = self.associations.link_unlinked(
            source, missing, [document.outcome for document in documents]
        )
        for document, outcome in zip(documents, linked, strict=True):
            document.error = outcome.error

    def _write_last(self, documents):
        """Write the properties that need the line items."""
        outcomes = self.records.send("update", [document.last for document in documents])
        for document, outcome in zip(documents, outcomes, strict=True):
            document.error = outcome.error

    def _archive_own(self, line_ids):
        """Archive those line items that Odoo created: the others were added in HubSpot."""
        for start in range(0, len(line_ids), self.lines.size):
            part = line_ids[start : start + self.lines.size]
            own = [each for each, key in self.api.read_values(LINE, part, KEY).items() if key]
            if own:
                self.lines.archive_ids(own)


class _Written:
    """A document that was written, and its line items that were written so far."""

    def __init__(self, prepared, outcome):
        self.prepared = prepared
        self.outcome = outcome
        self.error = None
        self.version = _version(prepared.body["lines"])
        checkpoint = prepared.item.checkpoint
        is_same = checkpoint and checkpoint.get("version") == self.version
        self.line_ids = list(checkpoint["line_ids"]) if is_same else []

    @property
    def id(self):
        return self.outcome.remote_id

    @property
    def is_new(self):
        return bool(self.outcome.response.get("new"))

    @property
    def last(self):
        """The request for the properties that are written last; None if there are none."""
        properties = self.prepared.body.get("last")
        body = {"id": self.id, "properties": properties, "objectWriteTraceId": self.prepared.item.trace_id}
        return replace(self.prepared, body=body) if properties else None

    def waiting(self):
        """Yield the requests for the lines that are not written yet."""
        for body in self.prepared.body["lines"][len(self.line_ids) :]:
            item = replace(self.prepared.item, trace_id=body["objectWriteTraceId"], remote_id=None)
            yield Prepared(item, "upsert", body, {}, object=LINE)

    def add(self, line, outcome):
        """Add the outcome of a line. Lines are added in order; after a failure, further ones are ignored."""
        if outcome.error:
            self.error = self.error or _line_error(line, outcome.error)
        elif self.error is None:
            self.line_ids.append(outcome.remote_id)

    def stale(self, present):
        """Return the ids of linked line items that the document no longer has."""
        return sorted(set(present) - set(self.line_ids))

    def links(self, present):
        """Return the request that links the line items that are not linked yet."""
        known = set(present)
        missing = [each for each in self.line_ids if each not in known]
        return replace(self.prepared, body={"associations": {LINE: missing}})

    def result(self):
        """Return the outcome of the document, including its line items."""
        is_worth_while = self.error and self.version and self.line_ids
        checkpoint = {"version": self.version, "line_ids": self.line_ids} if is_worth_while else {}
        return replace(self.outcome, error=self.error, checkpoint=checkpoint)


def _version(lines):
    """Return a hash of the lines, to check that a checkpoint is about the same ones; empty for short documents."""
    if len(lines) <= LONG:
        return ""
    return hashlib.blake2b(json.dumps(lines, sort_keys=True).encode(), digest_size=16).hexdigest()


def _line_error(line, error):
    """Return the error with the line's name in its message, if it is about that line."""
    if not isinstance(error, (BusinessError, ConflictError, ValidationError)):
        return error
    properties = line.body["properties"]
    name = properties.get("hs_sku") or properties.get("name") or line.body["id"]
    line_error = copy.copy(error)
    line_error.message = f"Line item “{name}”: {error.message}"
    return line_error
