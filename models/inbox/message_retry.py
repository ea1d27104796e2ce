"""Carrying out messages again: those that a person has completed, and those that were refused."""

import json
import logging

from odoo import api, fields, models

from odoo.addons.queue_job.exception import RetryableJobError

from ...core.problem import Problem
from ..connector.notice import notice
from .gateway import NOT_KEPT
from .message import OPEN_STATES

REASONS_SHOWN = 5
RETRY_SECONDS = 5
_logger = logging.getLogger(__name__)


class RetailMessage(models.Model):
    _inherit = "retail.message"

    dismissed_by_id = fields.Many2one(
        "res.users",
        "Dismissed by",
        readonly=True,
        ondelete="set null",
        help="Decided that no action is needed.",
    )

    def action_open_code_map(self):
        """Open the codes of the message's system that somebody has to map."""
        self.check_access("read")
        action = self.env["ir.actions.actions"]._for_xml_id("retail_hub.action_retail_code_map")
        domain = [("connector_id", "in", self.connector_id.ids)]
        return {**action, "domain": domain, "context": {"search_default_unmapped": 1}}

    def action_retry(self):
        """Carry out requests again that were not completed, the oldest first, and say what came of it."""
        self.check_access("read")
        return self._retry_notice(self._retry_all())

    def _retry_notice(self, reasons):
        """
        :param reasons: as :meth:`_retry_all` returns them
        """
        return notice("warning" if reasons else "success", self._retry_report(reasons))

    def _retry_all(self):
        """Carry out requests again; return ``{message: why that did not complete it}`` of the others."""
        reasons = {message: message._retry() for message in self.sorted("id")}
        return {message: reason for message, reason in reasons.items() if reason}

    def _retry_report(self, reasons):
        """
        :param reasons: as :meth:`_retry_all` returns them
        """
        if len(self) > 1:
            return self._retry_report_of_many(reasons)
        if reasons:
            return self.env._("Not completed: %(why)s", why=reasons[self])
        if self.is_test:
            return self.env._("Tested: %s. Nothing was changed.", self.display_name)
        return self.env._("Done: %s", self.display_name)

    def _retry_report_of_many(self, reasons):
        done = self.env._("Done: %(done)s of %(count)s.", done=len(self) - len(reasons), count=len(self))
        if not reasons:
            return done
        why = " ".join(list(dict.fromkeys(reasons.values()))[:REASONS_SHOWN])
        return self.env._("%(done)s Not completed: %(why)s", done=done, why=why)

    def _retry(self, **decision):
        """Carry out a request again; return why that did not complete it, and "" if it did.

        That happens in a transaction of its own, which this one does not see.

        :param decision: values of the message, by which a person has decided how to carry it out
        """
        try:
            return self._attempt_again(**decision)
        except Problem as problem:
            _logger.info("Message %s was not carried out: %s", self.uuid, problem.kind)
            return problem.detail

    def _retry_in_job(self):
        """Carry out requests again, in a job.

        :raise RetryableJobError: some could not be carried out now
        """
        is_left = False
        for message in self:
            try:
                message._attempt_again()
            except Problem as problem:
                is_left = is_left or problem.kind in NOT_KEPT
        if is_left:
            raise RetryableJobError("Some wait.", seconds=RETRY_SECONDS)

    def _attempt_again(self, **decision):
        """As :meth:`_retry`.

        :raise Problem: it cannot be carried out now
        """
        self.ensure_one()
        if self.state not in OPEN_STATES:
            return self.env._("The request is completed.")
        if not self.client_id.active:
            return self.env._("The client %s is archived.", self.client_id.name)
        reply = self.env["retail.gateway"]._retry(self, decision)
        if reply.status in (200, 201):
            return ""
        answer = json.loads(reply.body)
        return answer.get("detail") or answer.get("problem")

    def action_dismiss(self):
        """Take refused requests out of what has to be resolved. They stay as they are."""
        self.check_access("read")
        # As the superuser: messages are read-only for users, who may dismiss what they may read.
        self.sudo().filtered(lambda message: message.state == "refused").dismissed_by_id = self.env.user

    @api.model
    def _retry_incomplete(self, connector_id):
        """Carry out again what a system has asked for and Odoo did not know, the oldest first. Runs in a job."""
        for message in self.search(
            [("connector_id", "=", connector_id), ("state", "=", "incomplete")], order="id"
        ):
            message._retry()
