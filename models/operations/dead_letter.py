"""Dead letters: what needs somebody, in both directions, in one list: failed deliveries and messages not completed."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..connector.notice import notice
from ..outbox.name_search import record_domain
from ..outbox.names import record_names
from ..outbox.status_sql import failed_sql

DIRECTIONS = [("out", "Outgoing"), ("in", "Incoming")]
STATES = [
    ("failed", "Failed"),
    ("refused", "Refused"),
    ("incomplete", "To Complete"),
    ("undecided", "To Decide"),
    ("waiting", "Waiting"),
]
NEXT_ACTION_BY = [("clerk", "Clerk"), ("manager", "Hub Manager"), ("sender", "Remote System")]


class RetailDeadLetter(models.Model):
    _name = "retail.dead.letter"
    _description = "To Resolve"
    _inherit = ["retail.checked"]
    _auto = False
    _order = "since desc, id desc"
    _depends = {
        "retail.delivery": ["state", "finished_at"],
        "retail.message": ["state", "received_at", "dismissed_by_id"],
        "retail.error.group": ["owner_id"],
        "retail.connector": ["responsible_id"],
    }

    direction = fields.Selection(DIRECTIONS, readonly=True)
    delivery_id = fields.Many2one("retail.delivery", "Outgoing Event", readonly=True)
    message_id = fields.Many2one("retail.message", "Incoming Message", readonly=True)
    connector_id = fields.Many2one("retail.connector", "System", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    what = fields.Char(compute="_compute_what")
    res_model = fields.Char("Model", readonly=True)
    res_id = fields.Many2oneReference("Record ID", model_field="res_model", readonly=True)
    subject = fields.Char(readonly=True, help="What a message is about, by the sender's own identifier.")
    record_name = fields.Char("Record", compute="_compute_record_name", search="_search_record_name")
    state = fields.Selection(STATES, readonly=True)
    since = fields.Datetime(readonly=True)
    next_action_by = fields.Selection(
        NEXT_ACTION_BY,
        readonly=True,
        help="Clerk: correct the record, decide or retry. Hub Manager: map what Odoo does not know. Remote System: it"
        " got the answer, and may send the request again; or it still has to send what the request waits for.",
    )
    user_id = fields.Many2one("res.users", "Assigned to", readonly=True)
    problem = fields.Text(compute="_compute_what")

    @property
    def _table_query(self):
        """Failed deliveries that nothing newer replaces, and messages that were not completed.

        A refused message is left out once it is dismissed, or a later request for the same is done. Tests are, too. The
        answer to a request by the API is its sender's to act on; a webhook gets none.
        """
        return SQL(
            """
            SELECT 2 * d.id::bigint AS id, 'out' AS direction, d.id AS delivery_id, NULL::int AS message_id,
                   d.connector_id, d.company_id, d.res_model, d.res_id, NULL::varchar AS subject,
                   'failed' AS state, d.finished_at AS since, 'clerk' AS next_action_by,
                   COALESCE(g.owner_id, c.responsible_id) AS user_id
              FROM retail_delivery d
              JOIN retail_connector c ON c.id = d.connector_id
         LEFT JOIN retail_error_group g ON g.connector_id = d.connector_id AND g.company_id = d.company_id
               AND g.fingerprint = d.fingerprint
             WHERE %(failed)s
         UNION ALL
            SELECT 2 * m.id::bigint + 1, 'in', NULL, m.id,
                   m.connector_id, m.company_id, m.res_model, m.res_id, m.subject,
                   m.state, m.received_at,
                   CASE WHEN m.state = 'undecided' THEN 'clerk'
                        WHEN m.state = 'incomplete' AND m.problem_kind = 'total-mismatch' THEN 'clerk'
                        WHEN m.state = 'incomplete' OR m.problem_kind = 'unknown-reference' THEN 'manager'
                        WHEN m.state = 'refused' AND m.idempotency_key LIKE 'webhook:%%' THEN 'clerk'
                        ELSE 'sender' END,
                   CASE WHEN m.state != 'waiting' THEN c.responsible_id END
              FROM retail_message m
              JOIN retail_connector c ON c.id = m.connector_id
             WHERE m.state IN ('refused', 'incomplete', 'undecided', 'waiting') AND m.is_test IS NOT TRUE
               AND m.dismissed_by_id IS NULL
               AND NOT (m.state = 'refused' AND m.subject != '' AND EXISTS (
                   SELECT FROM retail_message x
                    WHERE x.connector_id = m.connector_id AND x.subject = m.subject AND x.command = m.command
                      AND x.id > m.id AND x.state = 'done'))
            """,
            failed=failed_sql(SQL("d")),
        )

    @api.depends("delivery_id", "message_id")
    @api.depends_context("uid", "lang")
    def _compute_what(self):
        for letter in self:
            source = letter.delivery_id or letter.message_id
            name = "event_type" if letter.delivery_id else "command"
            labels = dict(source._fields[name]._description_selection(self.env))
            letter.what = labels.get(source[name], source[name])
            letter.problem = source.shown_error if letter.delivery_id else source.problem

    @api.depends("what", "record_name")
    def _compute_display_name(self):
        for letter in self:
            letter.display_name = f"{letter.what} ({letter.record_name})"

    @api.depends("res_model", "res_id", "subject")
    @api.depends_context("uid")
    def _compute_record_name(self):
        names = record_names(self.env, {(each.res_model, each.res_id) for each in self if each.res_id})
        for letter in self:
            letter.record_name = names.get((letter.res_model, letter.res_id)) or letter.subject

    def _search_record_name(self, operator, value):
        found = record_domain(self.env, operator, value)
        return found if found is NotImplemented else found | Domain("subject", operator, value)

    # -- actions -----------------------------------------------------------------------------------

    def action_open(self):
        """Open the outgoing event or the message, where everything that helps is at hand."""
        self.ensure_one()
        self.check_access("read")
        source = self.delivery_id or self.message_id
        return {
            "type": "ir.actions.act_window",
            "res_model": source._name,
            "res_id": source.id,
            "views": [(False, "form")],
        }

    def action_open_code_map(self):
        """Open the codes that somebody has to map."""
        self.check_access("read")
        return self.message_id.action_open_code_map()

    def action_retry(self):
        """Send the events again, carry out the messages again, and say what came of it.

        :raise UserError: there is nothing to retry
        """
        self.check_access("read")
        if not self.exists():
            raise UserError(self.env._("Somebody has resolved this meanwhile."))
        deliveries, messages = self.delivery_id.sorted("id"), self.message_id
        reasons = messages._retry_all()
        hopeless = deliveries._why_hopeless()
        sent = (deliveries - deliveries.browse(hopeless))._replay()
        are_all_sent, texts = sent._queued_texts(len(sent)) if sent else (True, [])
        texts += deliveries._texts_about_hopeless(hopeless)
        if messages:
            texts.append(messages._retry_report(reasons))
        kind = "warning" if reasons or hopeless or not are_all_sent else "success"
        return notice(kind, " ".join(texts))

    def action_dismiss(self):
        """Take refused messages out of the list.

        :raise UserError: there is something else among them
        """
        self.check_access("read")
        if set(self.mapped("state")) != {"refused"}:
            raise UserError(
                self.env._(
                    "Only refused messages can be dismissed. To give up failed events, open them and click Repair, then"
                    " Discard. Messages that wait are refused in the end; orders to complete are mapped or cancelled."
                )
            )
        self.message_id.action_dismiss()
        return {"type": "ir.actions.client", "tag": "soft_reload"}


class RetailMessage(models.Model):
    _inherit = "retail.message"

    _dead_letter_idx = models.Index(
        "(connector_id) WHERE state IN ('refused', 'incomplete', 'undecided', 'waiting')"
    )
