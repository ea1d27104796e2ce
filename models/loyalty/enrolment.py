"""Enrolling customers: one card for each customer and program, with their consent."""

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

ENROLMENT_LOCK = 1919247461  # the first key of the advisory lock of a customer who is being enrolled


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _retail_enroll(self, program, source, consented_at=None):
        """Return the customer's card of a program; create it if there is none.

        :param source: where they agreed to the terms, for people
        :param consented_at: when (UTC, naive); None: now
        :raise UserError: the customer cannot be enrolled
        """
        self.ensure_one()
        program.ensure_one()
        if program.program_type != "loyalty":
            raise UserError(self.env._("%(program)s has no members.", program=program.display_name))
        if not self.active:
            raise UserError(self.env._("%(customer)s is archived.", customer=self.display_name))
        # Two tills may enroll a customer at once: the second one waits, and finds the card of the first.
        self.env.execute_query(SQL("SELECT pg_advisory_xact_lock(%s, %s)", ENROLMENT_LOCK, self.id))
        # As the superuser: whoever sells may enroll customers, but may not create cards with any points.
        cards = self.env["loyalty.card"].sudo()
        card = cards.search(
            [("program_id", "=", program.id), ("partner_id", "=", self.id)], order="id", limit=1
        )
        if card:
            return card
        return cards.create(
            {
                "program_id": program.id,
                "partner_id": self.id,
                "retail_consented_at": consented_at or fields.Datetime.now(),
                "retail_consent_source": source,
            }
        )
