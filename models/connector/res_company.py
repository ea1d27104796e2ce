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

    def _retail_why_not(self, user):
        """Return why a user who was chosen to take care of the company's records no longer can; "" if the user can."""
        # As the superuser: users do not see all users, nor the companies of others.
        user = user.sudo()
        if not user or (user.active and self._retail_is_internal(user)):
            return ""
        if not user.active:
            return self.env._("%(user)s is no longer active.", user=user.name)
        if user.share:
            return self.env._("%(user)s is no longer an internal user.", user=user.name)
        return self.env._(
            "%(user)s no longer has access to the company %(company)s.", user=user.name, company=self.name
        )

    def _retail_caretaker(self, candidates):
        """Return who gets an alert about a record of this company.

        It is the first of the candidates who is still an active internal user with access to the company; else the
        company's responsible user, a manager or an administrator. Empty if there is nobody.

        :param candidates: recordsets of users, which may be empty, in order of preference
        """
        # As the superuser: users do not see the companies of others, nor all users.
        company = self.sudo()
        for user in (*candidates, company.retail_responsible_id):
            if user and not company._retail_why_not(user):
                return user
        for group in ("retail_hub.group_manager", "base.group_system"):
            users = company.env.ref(group).all_user_ids.sorted("id")
            if able := users.filtered(lambda user: not company._retail_why_not(user)):
                return able[0].with_env(self.env)
        return self.env["res.users"]
