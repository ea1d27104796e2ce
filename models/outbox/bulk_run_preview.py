"""The preview of a backfill: which records will fail, and why, before anything is sent."""

from collections import Counter
from uuid import uuid4

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError

from ...core.errors import RemoteError
from ...schemas import EVENT_TYPES
from .claim import Claim
from .forecast import Forecast, Found
from .names import with_names

SAMPLE = 200  # records
CAUSES = 3  # that are shown


class RetailBulkRun(models.Model):
    _inherit = "retail.bulk.run"

    preview_failing_count = fields.Integer("Will Fail", compute="_compute_preview")
    preview_left_out_count = fields.Integer("Left Out in the Preview", compute="_compute_preview")
    preview_failures = fields.Text(
        "What Will Fail",
        compute="_compute_preview",
        help="The newest records are prepared as if they were sent, and those that must be sent before them, without a"
        " call.",
    )

    company_names = fields.Char(
        "Companies",
        compute="_compute_company_names",
        help="The connector also serves branches. The records of these companies are sent. Branches that the user who"
        " starts the backfill cannot access are skipped.",
    )

    @api.depends("kind", "connector_id", "res_model", "started_by_id")
    def _compute_company_names(self):
        self.company_names = False
        for run in self:
            if run.kind == "backfill" and run.res_model and run.connector_id._branch_ids():
                # As the superuser: only names, of companies to which the user has access.
                companies = run._records().env.companies.sudo()
                run.company_names = ", ".join(companies.mapped("name"))

    def _preview(self):
        result = super()._preview()
        if self.kind == "backfill" and self.preview_count:
            found = self._forecast()
            self.preview_failing_count = found.failing.total()
            self.preview_left_out_count = found.left_out.total()
            self.preview_failures = self._failures_text(found) or False
        return result

    def _failures_text(self, found):
        count = min(self.preview_count, SAMPLE)
        is_sample = self.preview_count > SAMPLE
        failing = (
            self.env._("%(failures)s of the %(count)s newest records cannot be sent:")
            if is_sample
            else self.env._("%(failures)s of %(count)s records cannot be sent:")
        )
        left_out = (
            self.env._("%(failures)s of the %(count)s newest records are left out:")
            if is_sample
            else self.env._("%(failures)s of %(count)s records are left out:")
        )
        lines = []
        for heading, reasons in ((failing, found.failing), (left_out, found.left_out)):
            if reasons:
                lines.append(heading % {"failures": reasons.total(), "count": count})
                lines += (
                    f"{number} × {with_names(self.env, text)}" for text, number in reasons.most_common(CAUSES)
                )
        return "\n".join(lines)

    def _forecast(self):
        """Return :class:`~.forecast.Found` for the newest records; an empty one if the connector cannot connect yet."""
        records = self._records().search(self._record_domain(), order="id desc", limit=SAMPLE)
        # As the drain prepares them. What it would write, such as records to be sent first, is rolled back.
        connector = self.connector_id._origin.with_env(self.env(context={}, user=SUPERUSER_ID, su=True))
        connector = connector._for_its_companies()
        self.env.flush_all()
        savepoint = self.env.cr.savepoint(flush=False)
        try:
            wanted = self._wanted(records.sudo())  # as the superuser, as the run does
            with connector._connection() as adapter:
                found = Forecast(connector, adapter).of([self._as_claim(each) for each in wanted])
            if others := len(records) - len(wanted):
                found.left_out[self.env._("The record does not have this event.")] += others
            return found
        except (RemoteError, UserError):  # the connector has no credentials yet
            return Found(Counter(), Counter())
        finally:
            savepoint.close(rollback=True)

    def _as_claim(self, record):
        event_type = EVENT_TYPES[self.flow_id.event_type]
        return Claim(
            id=record.id,
            lease_until=None,
            uuid=str(uuid4()),
            event_type=event_type.name,
            kind=event_type.kind.value,
            flow_id=self.flow_id._origin.id,
            res_model=record._name,
            res_id=record.id,
            occurred_at=fields.Datetime.now(),
            correlation_id=f"{record._name},{record.id}",
        )
