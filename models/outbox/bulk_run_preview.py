"""The preview of a backfill: which records will fail, and why, before anything is sent."""

from collections import Counter
from uuid import uuid4

from odoo import SUPERUSER_ID, fields, models
from odoo.exceptions import UserError

from ...core.errors import RemoteError
from ...schemas import EVENT_TYPES
from .claim import Claim
from .dispatch import DeliveryBatch

SAMPLE = 200  # records
CAUSES = 3  # that are shown


class RetailBulkRun(models.Model):
    _inherit = "retail.bulk.run"

    preview_failures = fields.Text(
        "Will Fail",
        compute="_compute_preview",
        help="The newest records are prepared as if they were sent, without a call.",
    )

    def _preview(self):
        result = super()._preview()
        if self.kind == "backfill" and self.preview_count:
            self.preview_failures = self._failures_text()
        return result

    def _failures_text(self):
        records = self._records().search(self._record_domain(), order="id desc", limit=SAMPLE)
        try:
            failures = self._failures(records)
        except (RemoteError, UserError):  # the connector has no credentials yet
            return False
        if not failures:
            return False
        lines = [f"{count} × {message}" for message, count in failures.most_common(CAUSES)]
        of_all = self.env._(
            "%(failures)s of %(count)s records cannot be sent:", failures=failures.total(), count=len(records)
        )
        of_newest = self.env._(
            "%(failures)s of the %(count)s newest records cannot be sent:",
            failures=failures.total(),
            count=len(records),
        )
        return "\n".join([of_newest if len(records) == SAMPLE else of_all, *lines])

    def _failures(self, records):
        """Return ``Counter({message: number of records})``. Records that only wait for others do not count."""
        # As the drain prepares them. What it would write, such as records to be sent first, is rolled back.
        connector = self.connector_id._origin.with_env(self.env(context={}, user=SUPERUSER_ID, su=True))
        connector = connector.with_company(connector.company_id)
        self.env.flush_all()
        savepoint = self.env.cr.savepoint(flush=False)
        try:
            with connector._connection() as adapter:
                batch = DeliveryBatch(connector, adapter, [self._as_claim(each) for each in records])
                batch.preview()
        finally:
            savepoint.close(rollback=True)
        return Counter(
            each.error.message for each in batch.deliveries if each.error is not None and not each.waits_for
        )

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
