"""Events: what happened in the business, kept in the transaction it happened in."""

from collections import Counter, defaultdict

from odoo import api, fields, models
from odoo.tools import SQL

from ..const import Kind
from ..schemas import EVENT_TYPES
from .retail_capture import PENDING
from .retail_drain import WAKE_HORIZON


class RetailEvent(models.Model):
    _name = "retail.event"
    _description = "Retail Event"
    _order = "id desc"
    _log_access = False
    _rec_name = "uuid"

    uuid = fields.Char(
        "Event ID", required=True, readonly=True, help="The same on every system and every try."
    )
    event_type = fields.Selection("_selection_event_type", required=True, readonly=True)
    kind = fields.Selection([("state", "State"), ("fact", "Fact")], required=True, readonly=True)
    res_model = fields.Char("Model", required=True, readonly=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    user_id = fields.Many2one("res.users", readonly=True, help="Who made the change.")
    occurred_at = fields.Datetime(required=True, readonly=True)
    correlation_id = fields.Char(readonly=True, help="The business process that the event belongs to.")
    causation_id = fields.Char(readonly=True, help="The event or message that led to this one.")
    payload = fields.Json(readonly=True, help="Snapshot of a fact. A state is read when it is sent.")
    delivery_ids = fields.One2many("retail.delivery", "event_id", "Deliveries")

    _uuid_unique = models.UniqueIndex("(uuid)")
    _subject_idx = models.Index("(res_id, res_model, id)")
    _correlation_idx = models.Index("(correlation_id)")
    _age_idx = models.Index("(company_id, occurred_at)")

    @api.model
    def _selection_event_type(self):
        return [(event_type.name, event_type.label) for event_type in EVENT_TYPES.values()]

    @api.depends("event_type", "res_model", "res_id")
    def _compute_display_name(self):
        labels = dict(self._fields["event_type"]._description_selection(self.env))
        for event in self:
            event.display_name = f"{labels.get(event.event_type, event.event_type)} #{event.id}"

    def action_open_record(self):
        """Open the record that the event is about."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }

    # -- capture -----------------------------------------------------------------------------------

    @api.model
    def _keep_noticed(self):
        """Precommit hook: turn what was noticed into events and deliveries. May run several times."""
        for model, rows in self.env.cr.precommit.data.pop(PENDING).by_model().items():
            self._keep(model, rows)

    @api.model
    def _keep(self, model, rows, *, connectors=None, is_manual=False, lane=None, bulk_run_id=None):
        """Insert the events of one model, and a delivery for each flow that wants them, in one statement.

        The statement is plain, since for one row it takes longer to plan than to execute.

        :param rows: ``(event type, record id, is fact, company id of a fact, JSON payload of a fact)``
        :param connectors: only for these; None: for every flow that wants the event
        :param is_manual: send even what the remote is known to have, and without waiting for the window
        :param lane: instead of the lane of each flow
        :param bulk_run_id: the backfill that queues them: due at once, and its drain needs no wake-up
        :return: number of deliveries
        """
        routes = self._routes({event_type for event_type, *_rest in rows}, connectors)
        events = self._with_companies(self._with_subjects(model, rows), routes)
        if not events:
            return 0
        is_now = is_manual or bulk_run_id is not None
        due_at = {} if is_now else self._due_times(routes)
        self.env.cr.execute(self._keep_sql(model, events, routes, is_manual, lane, bulk_run_id, due_at))
        counts = Counter((event_type, company_id) for event_type, _id, company_id, _payload in events)
        for route in routes:
            if counts[route.event_type, route.company_id] and not bulk_run_id:
                due_in = 0.0 if is_now else self._due_in(route, due_at.get(route.flow_id))
                if due_in <= WAKE_HORIZON:
                    self.env["retail.drain"]._wake_at_commit(route.connector_id, lane or route.lane, due_in)
        return sum(counts[route.event_type, route.company_id] for route in routes)

    @api.model
    def _due_times(self, routes):
        """Return ``{flow id: when}`` of the routes with a schedule, by the database's clock, which is read anyway."""
        return {
            route.flow_id: route.schedule.next_after(self.env.cr.now()) for route in routes if route.schedule
        }

    @api.model
    def _due_in(self, route, due_at):
        """Return the seconds until new deliveries of the route fall due; ``due_at``: by its schedule, if it has one."""
        return (due_at - self.env.cr.now()).total_seconds() if due_at else float(route.window_seconds)

    @api.model
    def _routes(self, event_types, connectors):
        routes = self.env["retail.flow"]._routes()
        return [
            route
            for event_type in sorted(event_types)
            for route in routes.get(event_type, ())
            if connectors is None or route.connector_id in connectors.ids
        ]

    @api.model
    def _with_subjects(self, model, rows):
        """Return ``[(event type, subject id, company id or None, payload)]``, each state of a subject once."""
        records = self.env[model].browse([record_id for _type, record_id, is_fact, *_ in rows if not is_fact])
        subjects = records._retail_subjects()
        kept = {}
        for position, (event_type, record_id, is_fact, company_id, payload) in enumerate(rows):
            if is_fact:
                kept[position] = (event_type, record_id, company_id, payload)
            elif record_id in subjects:
                subject_id, company_id = subjects[record_id]
                kept.setdefault((event_type, subject_id), (event_type, subject_id, company_id, None))
        return list(kept.values())

    @api.model
    def _with_companies(self, rows, routes):
        """Return the rows once for each company that wants them: its own, or every one if it has none."""
        companies = defaultdict(dict)
        for route in routes:
            companies[route.event_type][route.company_id] = True
        return [
            (event_type, subject_id, wanted_by, payload)
            for event_type, subject_id, company_id, payload in rows
            for wanted_by in companies[event_type]
            if company_id in (None, wanted_by)
        ]

    @api.model
    def _keep_sql(self, model, events, routes, is_manual, lane, bulk_run_id, due_at):
        types, ids, companies, payloads = (list(column) for column in zip(*events, strict=True))
        return SQL(
            """
            WITH e AS (
                INSERT INTO retail_event (uuid, event_type, kind, res_model, res_id, company_id, user_id,
                                          occurred_at, payload, correlation_id)
                SELECT gen_random_uuid(), n.event_type, CASE WHEN n.event_type = ANY(%(fact_types)s)
                            THEN 'fact' ELSE 'state' END, %(model)s, n.res_id, n.company_id, %(user)s,
                       clock_timestamp() AT TIME ZONE 'UTC', n.payload::jsonb, %(model)s || ',' || n.res_id
                  FROM unnest(%(types)s::text[], %(ids)s::int[], %(companies)s::int[], %(payloads)s::text[])
                       AS n(event_type, res_id, company_id, payload)
             RETURNING id, event_type, kind, res_model, res_id, company_id
            )
            INSERT INTO retail_delivery (event_id, flow_id, connector_id, company_id, event_type, kind, lane,
                                         res_model, res_id, state, attempts, is_manual, queued_at, next_attempt_at,
                                         bulk_run_id)
            SELECT e.id, f.id, f.connector_id, e.company_id, e.event_type, e.kind,
                   COALESCE(%(lane)s, f.lane),
                   e.res_model, e.res_id, 'pending', 0, %(is_manual)s, clock_timestamp() AT TIME ZONE 'UTC',
                   %(due)s, %(bulk_run)s
              FROM e JOIN retail_flow f ON f.event_type = e.event_type AND f.company_id = e.company_id
             WHERE f.id = ANY(%(flows)s)
          ORDER BY e.id, f.id
            """,
            types=types,
            ids=ids,
            companies=companies,
            payloads=payloads,
            flows=[route.flow_id for route in routes],
            fact_types=[name for name, event_type in EVENT_TYPES.items() if event_type.kind is Kind.FACT],
            model=model,
            user=self.env.uid,
            is_manual=is_manual,
            due=self._due_sql(is_manual or bulk_run_id is not None, due_at),
            lane=lane,
            bulk_run=bulk_run_id,
        )

    @api.model
    def _due_sql(self, is_now, due_at):
        """Return when the delivery of flow ``f`` falls due: now, by its schedule, or after its window."""
        now = SQL("clock_timestamp() AT TIME ZONE 'UTC'")
        if is_now:
            return now
        after_window = SQL("%s + make_interval(secs => f.window_seconds)", now)
        if not due_at:
            return after_window
        cases = [SQL("WHEN %s THEN %s::timestamp", flow_id, due) for flow_id, due in due_at.items()]
        return SQL("CASE f.id %s ELSE %s END", SQL(" ").join(cases), after_window)
