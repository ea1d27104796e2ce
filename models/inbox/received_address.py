"""Postal addresses as remote systems describe them: what they mean in Odoo, and which the customer has already."""

from odoo import api, models

from ...core.problem import Problem

# What makes two addresses the same, beside their country and state.
ADDRESS_TEXTS = ("name", "street", "street2", "zip", "city")


class RetailReceivedCustomer(models.AbstractModel):
    _inherit = "retail.received.customer"

    @api.model
    def _address_values(self, address, pointer, countries=None):
        """Return ``{field: value}`` of a postal address.

        :param pointer: its JSON pointer in the request
        :param countries: ``{code: country}`` if they were looked up before
        :raise Problem: there is no such country
        """
        none = self.env["res.country"]
        country = (
            self._country(address, pointer) if countries is None else countries.get(address.country, none)
        )
        return {
            "street": address.street or False,
            "street2": address.street2 or False,
            "city": address.city or False,
            "zip": address.postal_code or False,
            "country_id": country.id,
            "state_id": self._state(country, address.region).id,
        }

    def _state(self, country, region):
        """Return the state or province of a country with this code, or else this name, in any case."""
        wanted = region.casefold()
        by_code = country.state_ids.filtered(lambda each: (each.code or "").casefold() == wanted)
        return (by_code or country.state_ids.filtered(lambda each: each.name.casefold() == wanted))[:1]

    @api.model
    def _region_warnings(self, *addresses, countries=None):
        """Return warnings about the regions that Odoo does not know. None stands for an address that is not given.

        :param countries: ``{code: country}`` if they were looked up before
        """
        none, unknown = self.env["res.country"], []
        for address in (each for each in addresses if each and each.region):
            country = (
                none.search([("code", "=", address.country)], limit=1)
                if countries is None
                else countries.get(address.country, none)
            )
            if not self._state(country, address.region):
                unknown.append(address.region)
        return [self.env._("The region %s is not known.", region) for region in dict.fromkeys(unknown)]

    def _country(self, address, pointer):
        country = self.env["res.country"].search([("code", "=", address.country)], limit=1)
        if address.country and not country:
            raise Problem(
                "invalid-request",
                "A country is not known.",
                errors=[{"pointer": f"{pointer}/country", "detail": "No country has this code."}],
            )
        return country

    @api.model
    def _address(self, customer, address, kind, pointer):
        """Return (the customer's address that is equal to one, or a new one; whether it is new).

        :param kind: the type of a new one
        """
        values = {"name": address.name or False, **self._address_values(address, pointer)}
        for known in customer | customer.child_ids:
            # The customer's own address has the customer's name, which senders may repeat or leave out.
            name = values["name"] or (known == customer and customer.name)
            if _same_address(known, {**values, "name": name}):
                return known, False
        return customer.create({**values, "type": kind, "parent_id": customer.id}), True


def _same_address(partner, values):
    texts = all(_folded(partner[name]) == _folded(values[name]) for name in ADDRESS_TEXTS)
    return texts and all(partner[name].id == values[name] for name in ("country_id", "state_id"))


def _folded(text):
    return " ".join((text or "").split()).casefold()
