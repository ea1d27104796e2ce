"""``customer.upsert`` of many new customers at once: they are looked up, created and linked together."""

from collections import Counter

from odoo import models
from odoo.tools.mail import email_normalize

from ...schemas.commands.customer import CustomerResultV1
from .command import Applied


class CustomerUpsert(models.AbstractModel):
    _inherit = "retail.command.customer.upsert"

    def _together(self, commands, sender):
        """Return the positions of the new customers of whom nobody has the identifier or the email address yet."""
        ids = Counter(each.external_id for each in commands)
        emails = Counter(email_normalize(each.email) for each in commands if each.email)
        known, taken = self._known_ids(ids, sender), self._taken(emails)
        codes = {address.country for each in commands for address in each.addresses} - {None}
        countries = set(self._countries(codes))
        return [
            position
            for position, each in enumerate(commands)
            if each.name is not None
            and ids[each.external_id] == 1
            and each.external_id not in known
            and emails[email_normalize(each.email)] <= 1
            and email_normalize(each.email) not in taken
            and all(
                address.kind == "contact" and address.country in {None, *countries}
                for address in each.addresses
            )
        ]

    def _known_ids(self, external_ids, sender):
        # As the superuser: links to remote records and tombstones are the hub's own.
        env = sender.connector.env
        domain = [
            ("connector_id", "=", sender.connector.id),
            ("res_model", "=", "res.partner"),
            ("remote_id", "in", list(external_ids)),
        ]
        linked = env["retail.binding"].search(domain).mapped("remote_id")
        return {*linked, *env["retail.tombstone"]._buried_ids(sender.connector, "res.partner", external_ids)}

    def _taken(self, emails):
        if not emails:
            return set()
        # As the superuser: whoever has the address, also users and customers of other companies, is a case of its own.
        partners = self.env["res.partner"].sudo().with_context(active_test=False)
        found = partners.search_fetch([("email_normalized", "in", list(emails))], ["email_normalized"])
        return set(found.mapped("email_normalized"))

    def _countries(self, codes):
        """Return ``{code: country}``."""
        found = self.env["res.country"].search_fetch([("code", "in", list(codes))], ["code"])
        return {country.code: country for country in found}

    def _apply_together(self, commands, sender):
        """Create new customers; return a list of :class:`~.command.Applied`.

        :param commands: as :meth:`_together` has chosen them
        """
        received = self.env["retail.received.customer"]
        countries = self._countries({a.country for each in commands for a in each.addresses} - {None})
        vals_list, warnings = [], []
        for command in commands:
            values, remarks = received._given_values(command)
            for address in command.addresses:
                values |= received._address_values(address, "", countries)
            vals_list.append(received._new_values(values))
            warnings.append(remarks + received._region_warnings(*command.addresses))
        customers = received._customers().create(vals_list)
        links = zip(customers, ((each.external_id, each.occurred_at) for each in commands), strict=True)
        received._link_all(sender, [(customer, *named) for customer, named in links])
        for customer, command in zip(customers, commands, strict=True):
            received._set_consent(customer, command.consent)
        return [
            Applied(
                CustomerResultV1(
                    id=str(customer.id),
                    external_id=command.external_id,
                    outcome="created",
                    warnings=tuple(remarks),
                ),
                customer,
                True,
            )
            for customer, command, remarks in zip(customers, commands, warnings, strict=True)
        ]
