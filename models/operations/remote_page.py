"""What a record is in the remote system: its id there, and the link to its page."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..outbox.dependencies import bound_records


class RetailRemotePage(models.AbstractModel):
    """For models with the fields ``connector_id``, ``res_model`` and ``res_id``."""

    _name = "retail.remote.page"
    _description = "Remote Page of a Record"

    remote_id = fields.Char("Remote ID", compute="_compute_remote_id")
    remote_url = fields.Char("Page in the Remote System", compute="_compute_remote_id")

    @api.depends("connector_id", "res_model", "res_id")
    def _compute_remote_id(self):
        self.remote_id = self.remote_url = False
        known = self.filtered(lambda each: each.res_model in self.env)  # a module may have been uninstalled
        for (connector, res_model), lines in known.grouped(lambda s: (s.connector_id, s.res_model)).items():
            # As the superuser: the remote id belongs to what the user may read, be it a connector of another company.
            connector = connector.sudo()
            primaries, bound = bound_records(connector, res_model, lines.mapped("res_id"))
            for line in lines:
                found = bound.get(primaries.get(line.res_id, line.res_id))
                line.remote_id = found.remote_id if found else False
                line.remote_url = found and connector._remote_page(found.remote_object, found.remote_id)

    def action_open_remote(self):
        """Open the record's page in the remote system."""
        self.ensure_one()
        return open_page(self)


def open_page(record):
    """Return the action that opens the page ``remote_url``.

    :raise UserError: it is not known
    """
    if not record.remote_url:
        raise UserError(record.env._("The page is not known. Click Test Connection on the connector."))
    return {"type": "ir.actions.act_url", "url": record.remote_url, "target": "new"}


class RetailDelivery(models.Model):
    _name = "retail.delivery"
    _inherit = ["retail.delivery", "retail.remote.page"]
