"""Enrolling a customer in a loyalty program, with their consent."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.outbox.names import action_dialog


class RetailLoyaltyEnroll(models.TransientModel):
    _name = "retail.loyalty.enroll"
    _description = "Enroll in a Loyalty Program"
    _inherit = ["retail.checked"]

    partner_id = fields.Many2one("res.partner", "Customer", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, default=lambda self: self.env.company
    )
    program_id = fields.Many2one(
        "loyalty.program",
        ondelete="cascade",
        domain="[('program_type', '=', 'loyalty'), ('company_id', 'in', [company_id, False])]",
        compute="_compute_program_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    has_consent = fields.Boolean("Agrees to the Terms")
    source = fields.Char(
        "Where They Agreed", default=lambda self: self.env._("At the counter"), required=True
    )

    @api.depends("company_id")
    def _compute_program_id(self):
        for enrolment in self:
            domain = [
                ("program_type", "=", "loyalty"),
                ("company_id", "in", [enrolment.company_id.id, False]),
            ]
            programs = self.env["loyalty.program"].search(domain, limit=2)
            enrolment.program_id = programs if len(programs) == 1 else False

    def action_enroll(self):
        """Create the card, and open it."""
        self.ensure_one()
        self.program_id.check_access("read")  # a client may have chosen it
        if not self.program_id:
            raise UserError(self.env._("Choose the program."))
        if not self.has_consent:
            raise UserError(
                self.env._(
                    "Ask %(customer)s whether they agree to the terms of %(program)s first.",
                    customer=self.partner_id.display_name,
                    program=self.program_id.display_name,
                )
            )
        card = self.partner_id._retail_enroll(self.program_id, self.source)
        return {
            "type": "ir.actions.act_window",
            "res_model": "loyalty.card",
            "res_id": card.id,
            "views": [(False, "form")],
        }


class ResPartner(models.Model):
    _inherit = "res.partner"

    def action_retail_enroll(self):
        """Open the dialog to enroll the customer."""
        self.ensure_one()
        self.check_access("read")
        self.env["loyalty.card"].check_access("read")
        enrolments = self.env["retail.loyalty.enroll"]
        enrolments.check_access("create")
        # As the superuser: the customer is read-only for users.
        enrolment = enrolments.sudo().create({"partner_id": self.id}).with_env(self.env)
        return action_dialog(enrolment, self.env._("Enroll %(name)s", name=self.display_name), "medium")
