"""Orders (as orders or deals) and invoices: a record, its line items, and what both are linked to."""

import copy
from dataclasses import replace

from ..base import AuthError, Prepared, QuotaError, Reference, RemoteError, TransientError, failed
from . import batch as batches
from . import requests
from .associations import Associations
from .mapping import KEY, is_line_item

ORDER_EVENTS = ("order.placed", "order.updated", "order.cancelled")
INVOICE_EVENTS = ("invoice.posted", "invoice.paid")
EVENT_TYPES = (*ORDER_EVENTS, *INVOICE_EVENTS)
LINE = "line_item"
_ORDER_MODELS = {"sales": "sale.order", "web": "sale.order", "pos": "pos.order"}


def references(data):
    """A document waits for its customer, and an invoice for its orders."""
    customer = (
        [Reference("res.partner", int(data["customer_id"]), is_required=False)] if data["customer_id"] else []
    )
    orders = [
        Reference(_ORDER_MODELS[each["channel"]], int(each["id"]), is_required=False)
        for each in data.get("orders", ())
    ]
    return [*customer, *orders]


def prepare(adapter, item):
    """Turn an item into a request for an order, deal or invoice with its line items.

    :raise MappingError: ``KEY_MISSING``
    """
    object_name = adapter.order_object if item.event_type in ORDER_EVENTS else "invoice"
    prepared = replace(requests.prepare_record(adapter, item, object_name, item.subject), is_subject=True)
    linked = {}
    for remote in item.remote_ids.values():
        linked.setdefault(remote.object or "contact", []).append(remote.id)
    prepared = requests.with_links(prepared, linked)
    if "lines" not in item.data:
        return prepared
    lines = [_prepare_line(adapter, item, line) for line in item.data["lines"] if is_line_item(line)]
    return replace(
        prepared,
        body={**prepared.body, "lines": [batches.input_of(each) for each in lines]},
        content={**prepared.content, "line items": [each.content for each in lines]},
        personal=prepared.personal | adapter.lines(LINE).personal,
    )


def _prepare_line(adapter, item, line):
    model = item.subject.partition("/")[0]
    of_line = replace(item, trace_id=f"{item.trace_id}.{line['id']}", remote_id=None, remote_object="")
    return requests.prepare_record(adapter, of_line, LINE, f"{model}.line/{line['id']}", part=line)


class Documents:
    """The orders, deals or invoices of an account.

    :param records: of that object
    :param lines: the :class:`~.records.Records` of line items
    """

    def __init__(self, api, records, lines):
        self.associations = Associations(api)
        self.records = records
        self.lines = lines
        self.api = api

    def send(self, kind, items):
        """Write documents, then what they are linked to; return one outcome each, in order.

        All of it can be repeated: a document of which a part failed is sent as a whole again.
        """
        outcomes = self.records.write(kind, items)
        outcomes = self.associations.link(self.records.object_name, items, outcomes)
        sent = [(p, o) for p, o in zip(items, outcomes, strict=True) if o.error is None and "lines" in p.body]
        completed = {o.trace_id: o for o in self._send_lines(sent)}
        return [completed.get(o.trace_id, o) for o in outcomes]

    def _send_lines(self, sent):
        """Write the line items of documents, link them, and archive those that a document has no more."""
        lines = {line.item.trace_id: (line, p) for p, _outcome in sent for line in _lines_of(p)}
        written = self.lines.write("upsert", [line for line, _document in lines.values()])
        ids, failures = {p.item.trace_id: [] for p, _outcome in sent}, {}
        for outcome in written:
            line, document = lines[outcome.trace_id]
            if outcome.error:
                failures.setdefault(document.item.trace_id, _line_error(line, outcome.error))
            else:
                ids[document.item.trace_id].append(outcome.remote_id)
        whole = [(p, o) for p, o in sent if p.item.trace_id not in failures]
        linked = {o.trace_id: o for o in self._link(whole, ids)}
        return [linked.get(o.trace_id) or replace(o, error=failures[o.trace_id]) for _p, o in sent]

    def _link(self, sent, ids):
        """Link line items to documents that HubSpot may have had before: only what is new, and no others."""
        known = [(p, o) for p, o in sent if p.item.remote_id or p.item.settling]
        try:
            present = self._present([o.remote_id for _p, o in known]) if known else {}
            stale = [
                each
                for p, o in known
                for each in sorted(set(present.get(o.remote_id, ())) - set(ids[p.item.trace_id]))
            ]
            self._archive_own(stale)
        except RemoteError as error:
            return failed([p for p, _outcome in sent], error)
        missing = [
            replace(
                p, body={"associations": {LINE: _without(ids[p.item.trace_id], present.get(o.remote_id, ()))}}
            )
            for p, o in sent
        ]
        return self.associations.link(self.records.object_name, missing, [o for _p, o in sent])

    def _present(self, document_ids):
        return self.associations.read(self.records.object_name, LINE, document_ids)

    def _archive_own(self, line_ids):
        """Archive line items that we made; somebody else's stay."""
        for start in range(0, len(line_ids), self.lines.size):
            part = line_ids[start : start + self.lines.size]
            own = [each for each, key in self.api.read_values(LINE, part, KEY).items() if key]
            self.lines.archive_ids(own)


def _lines_of(document):
    for body in document.body["lines"]:
        item = replace(document.item, trace_id=body["objectWriteTraceId"], remote_id=None)
        yield Prepared(item, "upsert", body, {}, object=LINE)


def _line_error(line, error):
    """Say which line it is, unless the error is about no line at all, such as a token that ran out."""
    if isinstance(error, (AuthError, QuotaError, TransientError)):
        return error
    name = line.body["properties"].get("hs_sku") or line.body["properties"].get("name") or line.body["id"]
    told = copy.copy(error)
    told.message = f"Line item “{name}”: {error.message}"
    return told


def _without(ids, present):
    return [each for each in ids if each not in set(present)]
