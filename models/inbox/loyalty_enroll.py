"""``loyalty.enroll``: make a customer a member of a loyalty program, who has agreed to its terms elsewhere."""

from datetime import timedelta

from odoo import fields, models
from odoo.fields import Domain

from ...core.problem import Problem
from ...schemas.commands.loyalty import LoyaltyEnrollResultV1
from .command import Applied
from .moments import as_datetime

CLOCKS_DIFFER = timedelta(minutes=15)


class LoyaltyEnroll(models.AbstractModel):
    _name = "retail.command.loyalty.enroll"
    _description = "Retail Hub: Enroll a Customer"
    _inherit = ["retail.command"]

    def _lock_keys(self, command, sender):
        return (f"{sender.connector.id}/customer/{command.customer_external_id}",)

    def _apply(self, command, sender):
        members = self.env["retail.loyalty.member"]
        customer = members._customer(sender.connector, command.customer_external_id, "/customer_external_id")
        program = self._program(command, sender)
        known = members._cards(sender.connector, Domain("partner_id", "=", customer.id))
        known = known.filtered(lambda card: card.program_id == program)[:1]
        card = known or self._enrolled(customer, program, command)
        result = LoyaltyEnrollResultV1(
            outcome="unchanged" if known else "enrolled",
            customer_external_id=command.customer_external_id,
            card=members._balance(card, card._retail_held()[card]),
        )
        return Applied(result, card, not known)

    def _enrolled(self, customer, program, command):
        if not customer.active:
            raise Problem("conflict", "The customer is archived.")
        at = as_datetime(command.consented_at)
        if at > fields.Datetime.now() + CLOCKS_DIFFER:
            detail = "The customer cannot have agreed in the future."
            raise Problem("invalid-request", detail, errors=[{"pointer": "/consented_at", "detail": detail}])
        return customer._retail_enroll(program, command.consent_source, at)

    def _program(self, command, sender):
        """Return the program (superuser) that a command means.

        :raise Problem: there is none, or several
        """
        # As the superuser: which programs customers can join does not depend on the client's user.
        programs = sender.connector.env["loyalty.program"].sudo()
        domain = [
            ("program_type", "=", "loyalty"),
            ("company_id", "in", [False, *self.env.company.parent_ids.ids]),
        ]
        if command.program_id:
            domain.append(("id", "=", int(command.program_id)))
        found = programs.search(domain, limit=2)
        if len(found) == 1:
            return found
        detail = "There are several programs: name one." if found else "There is no such program."
        raise Problem("invalid-request", detail, errors=[{"pointer": "/program_id", "detail": detail}])
