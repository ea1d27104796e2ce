"""What a person gets to see of a message's problem: line by line, and whether the code mapping helps."""

import json
import re

from odoo import api, fields, models

from ...core.redaction import redact
from .message import OPEN_STATES, SEE_PERSONAL_DATA

LINE = re.compile(r"/lines/(\d+)")


class RetailMessage(models.Model):
    _inherit = "retail.message"

    # As the superuser: the answer is closed to most users, who see it masked here; the user decides, see the compute.
    problem_places = fields.Text("Details", compute="_compute_problem_places", compute_sudo=True)
    has_unknown_codes = fields.Boolean(compute="_compute_has_unknown_codes")

    @api.depends("response", "state")
    @api.depends_context("uid")
    def _compute_problem_places(self):
        is_clear = self.env.user.has_group(SEE_PERSONAL_DATA)
        for message in self:
            answer = message._open_answer()
            errors = (answer if is_clear else redact(answer)).get("errors", ())
            # A sentence about the whole request stands in the problem already.
            listed = [
                each for each in errors if LINE.match(each["pointer"]) or each["detail"] != message.problem
            ]
            message.problem_places = "\n".join(map(self._place_text, listed)) or False

    @api.depends("problem_kind", "state")
    def _compute_has_unknown_codes(self):
        for message in self:
            is_open = message.state in OPEN_STATES
            message.has_unknown_codes = is_open and message.problem_kind == "unknown-reference"

    def _open_answer(self):
        """Return the JSON that answered a request that was not completed; empty for others."""
        return json.loads(self.response or "{}") if self.state in OPEN_STATES else {}

    def _place_text(self, error):
        """Return what is wrong at one place, such as ``Line 2: …``.

        :param error: a dict with ``pointer`` and ``detail``, and for a shortage ``available``
        """
        line = LINE.match(error["pointer"])
        place = self.env._("Line %s", int(line[1]) + 1) if line else error["pointer"].strip("/")
        text = f"{place}: {error['detail']}"
        if "available" in error:
            return self.env._("%(text)s Available: %(quantity)s.", text=text, quantity=error["available"])
        return text
