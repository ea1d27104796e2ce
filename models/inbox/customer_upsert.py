"""``customer.upsert``: create a customer, or change the one that the caller knows by its own identifier."""

from odoo import models

from ...schemas.commands.customer import CustomerResultV1
from .command import Applied
from .received_customer import ADDRESS_KINDS, changed_values


class CustomerUpsert(models.AbstractModel):
    _name = "retail.command.customer.upsert"
    _description = "Retail Hub: Create or Update a Customer"
    _inherit = ["retail.command"]

    def _lock_keys(self, command, sender):
        return self.env["retail.received.customer"]._lock_keys(sender, command)

    def _apply(self, command, sender):
        connector = sender.connector
        received = self.env["retail.received.customer"]
        customer, outcome = received._known(connector, command.external_id), "unchanged"
        if customer.filtered_domain(received._insiders()):
            warnings = [self.env._("The customer has become a user of Odoo, and is not changed.")]
            return self._applied(command, customer, outcome, warnings)
        if customer and received._is_superseded(received._link_of(connector, customer), command):
            return self._applied(command, customer, "superseded", [])
        values, warnings = received._values(command)
        warnings += received._region_warnings(*command.addresses)
        if not customer:
            customer, outcome = received._unlinked(connector, command), "linked"
        values = received._as_kept(values | self._own_address(customer, command), customer)
        if not customer:
            customer, outcome = received._create(values), "created"
        else:
            changed = changed_values(customer, values)
            warnings += received._drop_kept(customer, changed)
            customer.write(changed)
            outcome = "updated" if changed and outcome != "linked" else outcome
        if outcome in ("created", "linked"):
            received._link(sender, customer, command.external_id)
        received._note_state(received._link_of(connector, customer), command)
        has_more = self._add_addresses(customer, command) | received._set_consent(customer, command.consent)
        if has_more and outcome == "unchanged":
            outcome = "updated"
        return self._applied(command, customer, outcome, warnings)

    def _applied(self, command, customer, outcome, warnings):
        result = CustomerResultV1(
            id=str(customer.id), external_id=command.external_id, outcome=outcome, warnings=tuple(warnings)
        )
        return Applied(result, customer, outcome == "created")

    def _own_address(self, customer, command, countries=None):
        """Return the values of the customer's own address. A region that is not known leaves the one that is there.

        :param countries: ``{code: country}`` if they were looked up before
        """
        values = {}
        for number, address in enumerate(command.addresses):
            if address.kind == "contact":
                values |= self.env["retail.received.customer"]._address_values(
                    address, f"/addresses/{number}", countries
                )
                is_unknown = address.region and not values["state_id"]
                if is_unknown and values["country_id"] == customer.country_id.id:
                    del values["state_id"]
        return values

    def _add_addresses(self, customer, command):
        """Add the addresses that the customer has not; return whether there were any."""
        received = self.env["retail.received.customer"]
        has_new = False
        for number, address in enumerate(command.addresses):
            if address.kind in ADDRESS_KINDS:
                _partner, is_new = received._address(customer, address, address.kind, f"/addresses/{number}")
                has_new = has_new or is_new
        return has_new
