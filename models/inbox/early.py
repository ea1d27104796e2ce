"""Commands that come too early: before the order or payment that they are about."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ...core.const import Lane
from ...core.problem import Problem


class Early(Problem):
    """Refuses a command that is about something Odoo does not have yet, unless its client lets it wait.

    The command locks the subject (see ``_lock_keys``), so that what it waits for cannot come unnoticed meanwhile.

    :param subject: that of the message it waits for, such as ``order/W-1001``
    :param detail: what is missing, in a sentence
    """

    def __init__(self, subject, detail):
        super().__init__("not-found", detail)
        self.subject = subject


class RetailMessage(models.Model):
    _inherit = "retail.message"

    waits_for = fields.Char(readonly=True, help="The subject of the request that has to come first.")
    waits_until = fields.Datetime(
        readonly=True,
        help="The request is refused if what it waits for has not come until then.",
    )

    _waits_idx = models.Index("(connector_id, waits_for) WHERE state = 'waiting'")
    _due_idx = models.Index("(waits_until) WHERE state = 'waiting'")

    def _wait(self, early, minutes):
        """Note what a message waits for, unless it has waited long enough; return whether it waits.

        :param early: an :class:`Early`
        :param minutes: how long it may wait, from its receipt; 0: not at all
        """
        until = self.received_at + timedelta(minutes=minutes)
        if not minutes or until <= fields.Datetime.now():
            return False
        self.env.execute_query(
            SQL(
                "UPDATE retail_message SET waits_for = %s, waits_until = %s WHERE id = %s RETURNING id",
                early.subject,
                until,
                self.id,
            )
        )
        return True

    @api.model
    def _wake_all(self, connector, subjects):
        """Do the same as :meth:`_wake` for requests of these subjects."""
        domain = [
            ("connector_id", "=", connector.id),
            ("state", "=", "waiting"),
            ("waits_for", "in", subjects),
        ]
        for subject in sorted(set(self.search(domain).mapped("waits_for"))):
            self._wake(connector, subject)

    @api.model
    def _wake(self, connector, subject):
        """Have a job carry out what waits for a request of this subject, which is done."""
        domain = [
            ("connector_id", "=", connector.id),
            ("state", "=", "waiting"),
            ("waits_for", "=", subject),
        ]
        if subject and self.search_count(domain, limit=1):
            self.with_delay(
                channel=Lane.INBOUND.channel,
                identity_key=f"retail_hub:waiting:{connector.id}:{subject}",
                description=self.env._("Carry out what waited for %s", subject),
            )._retry_waiting(connector.id, subject)

    @api.model
    def _retry_waiting(self, connector_id, subject):
        """Carry out what waits for this subject, the oldest first. Runs in a job.

        :raise RetryableJobError: some could not be carried out now
        """
        domain = [
            ("connector_id", "=", connector_id),
            ("state", "=", "waiting"),
            ("waits_for", "=", subject),
        ]
        self.search(domain, order="id")._retry_in_job()

    @api.model
    def _cron_end_of_wait(self):
        """Carry out once more what has waited long enough: it is refused if what it waits for has not come."""
        domain = [("state", "=", "waiting"), ("waits_until", "<=", fields.Datetime.now())]
        for message in self.search(domain, order="id"):
            message._retry()
