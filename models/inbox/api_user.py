"""The users of API clients: what the clients do, they do as these, and nobody can log in as one."""

from odoo import api, fields, models
from odoo.exceptions import AccessDenied


class ResUsers(models.Model):
    _inherit = "res.users"

    retail_is_api = fields.Boolean("Of an API Client", readonly=True, copy=False)

    @api.depends("retail_is_api")
    def _compute_share(self):
        """They are none of the portal's: their contacts are nobody's customers."""
        result = super()._compute_share()
        self.filtered("retail_is_api").share = False
        return result

    def _check_credentials(self, credential, env):
        """Refuse all ways to log in, also with a password that somebody has set.

        :raise AccessDenied: it is the user of an API client
        """
        # As the superuser: whoever logs in is not known yet.
        if self.env.user.sudo().retail_is_api:
            raise AccessDenied()
        return super()._check_credentials(credential, env)


class ResUsersApikeys(models.Model):
    _inherit = "res.users.apikeys"

    def _check_credentials(self, *, scope, key):
        """Return the id of the user with an API key of Odoo; None for that of an API client."""
        user_id = super()._check_credentials(scope=scope, key=key)
        # As the superuser: whoever calls is not known yet.
        is_api = user_id and self.env["res.users"].sudo().browse(user_id).retail_is_api
        return None if is_api else user_id
