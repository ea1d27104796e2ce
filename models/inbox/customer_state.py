"""Which state of a customer is known: an older one that comes late changes nothing."""

from odoo import api, fields, models

from .moments import is_older, sortable


class RetailBinding(models.Model):
    _inherit = "retail.binding"

    state_of = fields.Char(readonly=True, help="When the state came about that the system has reported.")


class RetailReceivedCustomer(models.AbstractModel):
    _inherit = "retail.received.customer"

    @api.model
    def _is_superseded(self, link, command):
        """Return whether a newer state of a customer is known than that of a command.

        :param link: the customer's binding
        """
        return is_older(command.occurred_at, link.state_of)

    @api.model
    def _note_state(self, link, command):
        """Note that the state of a command was received."""
        moment = sortable(command.occurred_at)
        if moment and moment != link.state_of:
            link.state_of = moment

    def _link_of(self, connector, customer):
        # As the superuser: links to remote records are the hub's own.
        return connector.env["retail.binding"]._of_records(connector, "res.partner", customer.ids)
