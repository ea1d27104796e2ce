from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    _inherit = "res.company"

    retail_responsible_id = fields.Many2one(
        "res.users",
        "Retail Hub Responsible",
        domain="[('share', '=', False)]",
        help="Default for new connectors. Also gets the activities of connectors without a responsible user.",
    )

    @api.constrains("retail_responsible_id")
    def _check_retail_responsible(self):
        for company in self:
            company._retail_check_user(company.retail_responsible_id, company)

    def _retail_check_user(self, user, record):
        """Check that a user may take care of a record of this company: its alerts say what happens there.

        :param user: may be empty
        :raise ValidationError: the user is not an internal user who has access to the company
        """
        if user and not self._retail_is_internal(user):
            raise ValidationError(  # does not say who it is: the name may not be for whoever chose the id
                self.env._(
                    "Who takes care of “%(record)s” must be an internal user with access to the company %(company)s."
                    " Choose another user.",
                    record=record.display_name,
                    company=self.name,
                )
            )

    def _retail_is_internal(self, user):
        """Return whether a user is an internal user who has access to this company."""
        # As the superuser: users do not see the companies of others.
        return not user.sudo().share and self in user.sudo().company_ids
