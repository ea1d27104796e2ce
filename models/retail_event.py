"""Events: what happened in the business, kept in the transaction it happened in."""

from odoo import api, fields, models
from odoo.tools import SQL

from ..const import Kind
from ..schemas import EVENT_TYPES
from .retail_capture import PENDING


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
    _subject_idx = models.Index("(res_model, res_id, id)")

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
    def _keep(self, model, rows, *, connectors=None, is_manual=False):
        """Insert the events of one model, and a delivery for each flow that wants them, in one statement.

        :param rows: ``(event type, record id, is fact, company id of a fact, JSON payload of a fact)``
        :param connectors: only for these; None: for every flow that wants the event
        :param is_manual: send even what the remote is known to have, and without waiting for the window
        :return: number of deliveries
        """
        lanes = self.env.execute_query(self._keep_sql(model, rows, connectors, is_manual))
        for connector_id, lane, due_in, _count in lanes:
            self.env["retail.drain"]._wake_at_commit(connector_id, lane, due_in)
        return sum(count for *_lane, count in lanes)

    @api.model
    def _keep_sql(self, model, rows, connectors, is_manual):
        subject, company = self.env[model]._retail_subject_sql(SQL("t"))
        columns = [list(column) for column in zip(*rows, strict=True)]
        return SQL(
            """
            WITH noticed AS (
                SELECT * FROM unnest(%(types)s::text[], %(ids)s::int[], %(facts)s::bool[], %(companies)s::int[],
                                     %(payloads)s::text[])
                         WITH ORDINALITY AS n(event_type, res_id, is_fact, company_id, payload, position)
            ), subject AS (
                SELECT n.event_type, n.company_id, n.res_id, n.payload, n.position
                  FROM noticed n WHERE n.is_fact
                 UNION ALL
                SELECT * FROM (
                    SELECT DISTINCT ON (event_type, res_id)
                           n.event_type, %(company)s AS company_id, %(subject)s AS res_id, NULL, n.position
                      FROM noticed n JOIN %(table)s t ON t.id = n.res_id
                     WHERE NOT n.is_fact
                  ORDER BY event_type, res_id, n.position
                ) state
            ), flow AS (
                SELECT f.id, f.event_type, f.connector_id, f.lane, f.window_seconds, c.company_id
                  FROM retail_flow f JOIN retail_connector c ON c.id = f.connector_id
                 WHERE f.active AND c.active AND c.state != 'draft' AND f.event_type = ANY(%(types)s::text[])
                   AND (%(connectors)s::int[] IS NULL OR c.id = ANY(%(connectors)s::int[]))
            ), event AS (
                INSERT INTO retail_event (uuid, event_type, kind, res_model, res_id, company_id, user_id,
                                          occurred_at, payload, correlation_id)
                SELECT gen_random_uuid(), s.event_type, CASE WHEN s.event_type = ANY(%(fact_types)s)
                            THEN 'fact' ELSE 'state' END, %(model)s, s.res_id, w.company_id, %(user)s,
                       clock_timestamp() AT TIME ZONE 'UTC', s.payload::jsonb, %(model)s || ',' || s.res_id
                  FROM subject s
                  JOIN (SELECT DISTINCT event_type, company_id FROM flow) w
                    ON w.event_type = s.event_type AND (s.company_id IS NULL OR s.company_id = w.company_id)
              ORDER BY s.position
             RETURNING id, event_type, kind, res_model, res_id, company_id
            ), delivery AS (
            INSERT INTO retail_delivery (event_id, flow_id, connector_id, company_id, event_type, kind, lane,
                                         res_model, res_id, state, attempts, is_manual, queued_at, next_attempt_at)
            SELECT e.id, f.id, f.connector_id, f.company_id, e.event_type, e.kind, f.lane,
                   e.res_model, e.res_id, 'pending', 0, %(is_manual)s, clock_timestamp() AT TIME ZONE 'UTC',
                   clock_timestamp() AT TIME ZONE 'UTC'
                   + make_interval(secs => CASE WHEN %(is_manual)s THEN 0 ELSE f.window_seconds END)
              FROM event e
              JOIN flow f ON f.event_type = e.event_type AND f.company_id = e.company_id
          ORDER BY e.id, f.id
         RETURNING connector_id, lane, extract(epoch FROM next_attempt_at - queued_at)::float AS due_in
            )
            SELECT connector_id, lane, min(due_in), count(*) FROM delivery GROUP BY connector_id, lane
            """,
            types=columns[0],
            ids=columns[1],
            facts=columns[2],
            companies=columns[3],
            payloads=columns[4],
            company=company,
            subject=subject,
            table=SQL.identifier(self.env[model]._table),
            connectors=list(connectors.ids) if connectors is not None else None,
            fact_types=[name for name, event_type in EVENT_TYPES.items() if event_type.kind is Kind.FACT],
            model=model,
            user=self.env.uid,
            is_manual=is_manual,
        )
