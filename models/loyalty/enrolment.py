"""Enrolling customers: one card for each customer and program, with their consent."""

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, is_html_empty

ENROLMENT_LOCK = 1919247461  # the first key of the advisory lock of a customer who is being enrolled


class LoyaltyProgram(models.Model):
    _inherit = "loyalty.program"

    retail_terms = fields.Html(
        "Terms for Members",
        translate=True,
        help="What customers agree to when they join. With terms, they can join in the portal.",
    )

    def _retail_joinable(self, customer, company):
        """Return the programs (superuser) that a customer can join in the portal.

        Whoever had a card that was archived cannot: somebody has decided that.
        """
        # As the superuser: customers have no rights on programs and cards.
        customer = customer.sudo()
        cards = customer.env["loyalty.card"].with_context(active_test=False)
        known = cards.search([("partner_id", "=", customer.id)]).program_id
        today = fields.Date.context_today(self)
        domain = (
            Domain("program_type", "=", "loyalty")
            & Domain("company_id", "in", [company.id, False])
            & Domain("id", "not in", known.ids)
            & (Domain("date_from", "=", False) | Domain("date_from", "<=", today))
            & (Domain("date_to", "=", False) | Domain("date_to", ">=", today))
        )
        programs = customer.env["loyalty.program"].search(domain)
        return programs.filtered(lambda program: not is_html_empty(program.retail_terms))


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
