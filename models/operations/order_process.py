"""The process of an order: its steps in all systems, from its capture to what the CRM got to know."""

from datetime import datetime
from typing import NamedTuple

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_datetime

from ...core.const import State
from ...schemas.order_process import STEPS, OrderProcessV1, ProcessStepV1
from ..source.canonical_values import amount, decimal, timestamp

LABELS = dict(STEPS)
RANKS = {name: number for number, name in enumerate(LABELS)}
ODOO = "Odoo"
PAYMENTS = {
    "pending": ("payment.pending", "waiting"),
    "authorized": ("payment.authorized", "done"),
    "done": ("payment.captured", "done"),
    "error": ("payment.failed", "failed"),
}
# What a delivery, or a message, is as a step. Others are no steps.
DELIVERIES = {
    "failed": "failed",
    "blocked": "failed",
    "waiting": "waiting",
    "delivered": "done",
}
POINTS = {"earn": "points.earned", "redeem": "points.redeemed", "reverse": "points.reversed"}
MESSAGES = {"waiting": "waiting", "incomplete": "failed", "undecided": "failed", "refused": "failed"}
COMMANDS = ("order.", "payment.", "shipment.", "return.")


class Step(NamedTuple):
    """A step of a process.

    :param system: its name
    :param reference: what it is called there
    :param detail: a sentence, without personal data
    :param problem: what people in Odoo get to know instead: it may be internal
    :param record: what there is to open
    """

    name: str
    state: str
    system: str
    at: datetime
    reference: str = ""
    detail: str = ""
    problem: str = ""
    record: models.BaseModel | None = None


def _place(step):
    """Return what a step is sorted by: times are kept in seconds, within which steps have an order."""
    return step.at.replace(microsecond=0), RANKS[step.name], step.record.id if step.record else 0


class RetailMessage(models.Model):
    _inherit = "retail.message"

    _order_idx = models.Index(
        "(connector_id, (content->>'external_id'))"
        " WHERE state IN ('waiting', 'incomplete', 'undecided', 'refused') AND NOT is_test"
    )


class RetailOrderProcess(models.AbstractModel):
    _name = "retail.order.process"
    _description = "Retail Hub: Process of an Order"

    @api.model
    def _canonical(self, order, external_id):
        """Return the :class:`~...schemas.order_process.OrderProcessV1` of an order."""
        return OrderProcessV1(
            id=str(order.id),
            number=order.name,
            external_id=external_id,
            status=self.env["retail.captured.order"]._status(order),
            steps=tuple(map(self._canonical_step, self._steps(order))),
        )

    @api.model
    def _canonical_not_yet(self, message, external_id):
        """Return the same for an order that is kept until somebody has completed it."""
        return OrderProcessV1(
            id="",
            number="",
            external_id=external_id,
            status="incomplete",
            steps=(self._canonical_step(self._of_message(message)),),
        )

    def _canonical_step(self, step):
        return ProcessStepV1(
            step=step.name,
            state=step.state,
            system=step.system,
            at=timestamp(step.at),
            reference=step.reference,
            detail=step.detail,
        )

    @api.model
    def _steps(self, order):
        """Return the steps of an order, the oldest first: a list of :class:`Step`."""
        # As the superuser: who may read the order may know its process; the steps have no personal data.
        order = order.sudo()
        steps = [
            *self._of_order(order),
            *self._of_payments(order),
            *self._of_transfers(order),
            *self._of_invoices(order),
            *self._of_points(order),
            *self._of_events(order),
            *map(self._of_message, self._messages(order)),
        ]
        return sorted(steps, key=_place)

    # -- the order itself --------------------------------------------------------------------------

    def _of_order(self, order):
        system = order.retail_connector_id.name or ODOO
        yield Step("order.captured", "done", system, order.create_date, order.client_order_ref or order.name)
        if order.retail_hold:
            yield from self._of_hold(order, system)
        if order.retail_review:
            yield from self._of_review(order, system)
        if order.state == "cancel" and order.retail_cancelled_at:
            reason = dict(order._fields["retail_failure"]._description_selection(self.env))
            detail = reason.get(order.retail_failure, "")
            yield Step("order.cancelled", "done", ODOO, order.retail_cancelled_at, detail=detail)

    def _of_hold(self, order, system):
        state = "waiting" if order._retail_not_shipped() == "held" else "done"
        until = self.env._("Until %s", timestamp(order.retail_held_until))
        shown = self.env._("Until %s", format_datetime(self.env, order.retail_held_until))
        yield Step("order.held", state, system, order.create_date, detail=until, problem=shown)
        if order.retail_hold == "confirmed":
            yield Step("order.confirmed", "done", system, order.retail_hold_ended_at)
        if order.retail_hold == "expired":
            yield Step("order.expired", "failed", ODOO, order.retail_hold_ended_at)

    def _of_review(self, order, system):
        is_open = order.retail_review == "open" and order.state == "sale"
        opened, reason = order.retail_review_opened_at, order.retail_review_reason or ""
        yield Step("order.review", "waiting" if is_open else "done", ODOO, opened, detail=reason)
        if order.retail_review == "released":
            by = system if order.retail_released_by == system else ODOO
            yield Step("order.released", "done", by, order.retail_released_at)

    # -- payments, transfers, invoices -------------------------------------------------------------

    def _of_payments(self, order):
        payments = order.transaction_ids
        for payment in payments | payments.child_transaction_ids:
            name, state = PAYMENTS.get(payment.state) or self._of_void(order, payment)
            if payment.operation == "refund" and payment.state == "done":
                name = "payment.refunded"
            if payment.state == "draft":
                continue
            money = f"{amount(abs(payment.amount), payment.currency_id)} {payment.currency_id.name}"
            system = payment.retail_connector_id.name or payment.provider_id.name
            at = payment.last_state_change or payment.create_date
            yield Step(
                name, state, system, at, payment.retail_code or payment.reference, money, record=payment
            )

    def _of_void(self, order, payment):
        """Return the step of an authorization that is void: it has failed, unless nobody wants the rest of it."""
        is_over = order.state == "cancel" and order.retail_failure != "payment"
        if is_over or payment.retail_capture_ids:
            return "payment.released", "done"
        return "payment.failed", "failed"

    def _of_transfers(self, order):
        transfers = order.picking_ids.filtered(lambda each: each.state != "cancel")
        systems = self._systems_of(transfers)
        for transfer in transfers:
            kind = self._kind_of(transfer)
            if not kind:
                continue
            is_done = transfer.state == "done"
            done = "shipment.confirmed" if kind == "shipment" else "return.received"
            yield Step(
                done if is_done else f"{kind}.planned",
                "done" if is_done else "waiting",
                systems.get(transfer.id, ODOO),
                transfer.date_done if is_done else transfer.create_date,
                transfer.name,
                record=transfer,
            )

    def _kind_of(self, transfer):
        """Return ``shipment`` or ``return``; "" for what only moves within the company."""
        if transfer.location_dest_id.usage == "customer":
            return "shipment"
        return "return" if transfer.location_id.usage == "customer" else ""

    def _systems_of(self, transfers):
        """Return ``{id of a transfer: name of the system that has reported it}``."""
        # As the superuser: links to remote records are the hub's own.
        bindings = self.env["retail.binding"].sudo()
        domain = [("res_model", "=", "stock.picking"), ("res_id", "in", transfers.ids)]
        domain.append(("remote_object", "in", ("shipment", "return")))
        return {each.res_id: each.connector_id.name for each in bindings.search(domain)}

    def _of_invoices(self, order):
        invoices = order.invoice_ids.filtered(lambda each: each.state == "posted")
        # As the superuser: refunds are the hub's own.
        refunds = self.env["retail.refund"].sudo().search([("order_id", "=", order.id)], order="id")
        for refund in refunds:
            money = f"{amount(refund.amount, refund.currency_id)} {refund.currency_id.name}"
            record = refund.credit_note_id
            system = refund.connector_id.name
            yield Step("refund.issued", "done", system, refund.create_date, refund.code, money, record=record)
        for invoice in invoices - refunds.credit_note_id:
            name = "refund.issued" if invoice.move_type == "out_refund" else "invoice.posted"
            money = f"{amount(invoice.amount_total, invoice.currency_id)} {invoice.currency_id.name}"
            yield Step(name, "done", ODOO, invoice.create_date, invoice.name, money, record=invoice)

    def _of_points(self, order):
        # As the superuser: who may read the order may know which points came and went with it.
        entries = self.env["retail.loyalty.entry"].sudo()
        own = order._retail_points_domain() & Domain("kind", "in", tuple(POINTS))
        for entry in entries.search(own, order="id"):
            program = entry.program_id.exists()
            points = f"{decimal(entry.points)} {program.portal_point_name or ''}".strip()
            yield Step(POINTS[entry.kind], "done", ODOO, entry.booked_at, program.name or "", points)

    # -- what remote systems got to know ------------------------------------------------------------

    def _of_events(self, order):
        # As the superuser: who may read the order may know what was sent of it, not the contents.
        events = self.env["retail.event"].sudo().search([("correlation_id", "=", f"sale.order,{order.id}")])
        for event in events:
            last = {each.connector_id: each for each in event.delivery_ids.sorted("id")}
            for delivery in last.values():
                state = DELIVERIES.get(delivery._standing())
                if state:
                    yield Step(
                        "event",
                        state,
                        delivery._system().name,
                        delivery.finished_at or delivery.queued_at,
                        event.event_type,
                        problem=delivery._trouble() if delivery.state != State.DELIVERED else "",
                        record=delivery,
                    )

    # -- what was asked and not done ---------------------------------------------------------------

    def _messages(self, order):
        """Return the requests about an order that were not carried out, except those that are resolved.

        A refused one is resolved when somebody has dismissed it, or the system has asked for the same again since.
        """
        # As the superuser: links to remote records, and messages, are the hub's own.
        env = self.sudo().env
        bindings = env["retail.binding"].search([("res_model", "=", order._name), ("res_id", "=", order.id)])
        if not bindings:
            return env["retail.message"]
        env["retail.message"].flush_model()
        rows = env.execute_query_dict(
            SQL(
                "SELECT m.id, m.command FROM retail_message m JOIN (VALUES %s) AS b(connector_id, remote_id)"
                " ON b.connector_id = m.connector_id AND b.remote_id = m.content->>'external_id'"
                " WHERE m.state IN ('waiting', 'incomplete', 'undecided', 'refused') AND NOT m.is_test"
                " AND NOT (m.state = 'refused' AND (m.dismissed_by_id IS NOT NULL OR m.subject != '' AND EXISTS ("
                "     SELECT FROM retail_message x"
                "      WHERE x.connector_id = m.connector_id AND x.subject = m.subject AND x.command = m.command"
                "        AND x.id > m.id AND x.state != 'refused' AND NOT x.is_test)))",
                SQL(", ").join((each.connector_id.id, each.remote_id) for each in bindings),
            )
        )
        ids = [row["id"] for row in rows if row["command"].startswith(COMMANDS)]
        return env["retail.message"].browse(ids)

    def _of_message(self, message):
        return Step(
            "request",
            MESSAGES[message.state],
            message.connector_id.name,
            message.received_at,
            message.command,
            message.problem or "",
            record=message,
        )


class SaleOrder(models.Model):
    _inherit = "sale.order"

    retail_process = fields.Json("Process", compute="_compute_retail_process")

    @api.depends_context("uid", "lang", "tz")
    def _compute_retail_process(self):
        process = self.env["retail.order.process"]
        for order in self:
            is_story = order.retail_connector_id and isinstance(order.id, int)
            order.retail_process = is_story and [order._retail_shown(each) for each in process._steps(order)]

    def _retail_shown(self, step):
        """Return what the screen shows of a step: a dict of JSON values."""
        record = step.record
        can_open = bool(record) and self.env[record._name].has_access("read")
        helps = {"retail.delivery": self.env._("Repair"), "retail.message": self.env._("Open Request")}
        return {
            "label": self.env._(LABELS[step.name]),
            "state": step.state,
            "system": step.system,
            "at": fields.Datetime.to_string(step.at),
            "reference": self._retail_named(step),
            "detail": step.problem or step.detail,
            "res_model": record._name if can_open else "",
            "res_id": record.id if can_open else 0,
            "button": helps.get(record._name, "") if can_open and step.state == "failed" else "",
        }

    def _retail_named(self, step):
        """Return what a step is called on the screen: event types and commands by their labels."""
        fields_by_name = {"event": ("retail.event", "event_type"), "request": ("retail.message", "command")}
        if step.name not in fields_by_name:
            return step.reference
        model, field = fields_by_name[step.name]
        labels = dict(self.env[model]._fields[field]._description_selection(self.env))
        return labels.get(step.reference, step.reference)
