"""``customer.upsert`` of many customers at once: they are looked up, created or changed, and linked together."""

from collections import Counter

from odoo import models
from odoo.fields import Domain
from odoo.tools.mail import email_normalize

from .foreign import own_of
from .received_customer import changed_values


class CustomerUpsert(models.AbstractModel):
    _inherit = "retail.command.customer.upsert"

    def _together(self, commands, sender):
        """Return the positions of the plain cases.

        They are new customers of whom nobody has the identifier or the email address yet, and changes of customers who
        keep their email address. No new one has the address of a changed one, and none gets a second address.
        """
        ids = Counter(each.external_id for each in commands)
        emails = Counter(email_normalize(each.email) for each in commands if each.email)
        buried, taken = self._buried_ids(ids, sender), self._taken(emails)
        insiders = self._taken(emails, self.env["retail.received.customer"]._insiders())
        links, countries = self._links(ids, sender), self._countries(commands)
        known = self._changeable(links, sender)

        def is_plain(command):
            if ids[command.external_id] > 1 or command.external_id in buried:
                return False
            if any(a.kind != "contact" or a.country not in {None, *countries} for a in command.addresses):
                return False
            email = email_normalize(command.email)
            if command.external_id in links:
                customer = known.get(command.external_id)
                return customer is not None and _keeps_email(customer, command) and email not in insiders
            return command.name is not None and emails[email] <= 1 and email not in taken

        return [position for position, each in enumerate(commands) if is_plain(each)]

    def _buried_ids(self, external_ids, sender):
        # As the superuser: tombstones are the hub's own.
        tombstones = sender.connector.env["retail.tombstone"]
        return set(tombstones._buried_ids(sender.connector, "res.partner", external_ids))

    def _links(self, external_ids, sender):
        """Return ``{external id: links}`` of those that the caller knows."""
        # As the superuser: links to remote records are the hub's own.
        domain = [
            ("connector_id", "=", sender.connector.id),
            ("res_model", "=", "res.partner"),
            ("remote_id", "in", list(external_ids)),
        ]
        return sender.connector.env["retail.binding"].search(domain).grouped("remote_id")

    def _changeable(self, links, sender):
        """Return ``{external id: customer}`` of those whom the client may change.

        :param links: ``{external id: links}``
        """
        received = self.env["retail.received.customer"]
        ids = {external_id: link.res_id for external_id, link in links.items() if len(link) == 1}
        customers = own_of(received._customers().browse(ids.values()).exists())
        customers -= customers.filtered_domain(received._insiders())
        own = {customer.id: customer for customer in customers}
        return {external_id: own[res_id] for external_id, res_id in ids.items() if res_id in own}

    def _taken(self, emails, domain=Domain.TRUE):
        """Return those of the email addresses that partners of a domain have."""
        if not emails:
            return set()
        # As the superuser: whoever has the address, also users and customers of other companies, is a case of its own.
        partners = self.env["res.partner"].sudo().with_context(active_test=False)
        wanted = Domain("email_normalized", "in", list(emails)) & domain
        found = partners.search_fetch(wanted, ["email_normalized"])
        return set(found.mapped("email_normalized"))

    def _countries(self, commands):
        """Return ``{code: country}`` of all addresses."""
        codes = {address.country for each in commands for address in each.addresses} - {None}
        found = self.env["res.country"].search_fetch([("code", "in", list(codes))], ["code"])
        return {country.code: country for country in found}

    def _apply_together(self, commands, sender):
        """Create or change customers; return a list of :class:`~.command.Applied`.

        :param commands: as :meth:`_together` has chosen them
        """
        links, countries = (
            self._links([each.external_id for each in commands], sender),
            self._countries(commands),
        )
        known = self._changeable(links, sender)
        applied = {
            each.external_id: self._change(each, known[each.external_id], links[each.external_id], countries)
            for each in commands
            if each.external_id in known
        }
        new = [each for each in commands if each.external_id not in known]
        applied |= self._create_all(new, countries, sender)
        return [applied[each.external_id] for each in commands]

    def _create_all(self, commands, countries, sender):
        """Create customers; return ``{external id: Applied}``."""
        received = self.env["retail.received.customer"]
        vals_list, warnings = [], []
        for command in commands:
            values, remarks = received._given_values(command)
            for address in command.addresses:
                values |= received._address_values(address, "", countries)
            vals_list.append(received._as_kept(received._new_values(values), self.env["res.partner"]))
            warnings.append(remarks + received._region_warnings(*command.addresses, countries=countries))
        customers = received._customers().create(vals_list)
        received._link_all(
            sender,
            [
                (customer, each.external_id, each.occurred_at)
                for customer, each in zip(customers, commands, strict=True)
            ],
        )
        for customer, command in zip(customers, commands, strict=True):
            received._set_consent(customer, command.consent)
        return {
            command.external_id: self._applied(command, customer, "created", remarks)
            for customer, command, remarks in zip(customers, commands, warnings, strict=True)
        }

    def _change(self, command, customer, link, countries):
        received = self.env["retail.received.customer"]
        if received._is_superseded(link, command):
            return self._applied(command, customer, "superseded", [])
        values, warnings = received._given_values(command)
        values = received._as_kept(values | self._own_address(customer, command, countries), customer)
        changed = changed_values(customer, values)
        customer.write(changed)
        received._note_state(link, command)
        has_consent = received._set_consent(customer, command.consent)
        outcome = "updated" if changed or has_consent else "unchanged"
        warnings += received._region_warnings(*command.addresses, countries=countries)
        return self._applied(command, customer, outcome, warnings)


def _keeps_email(customer, command):
    if "email" not in command.model_fields_set:
        return True
    return (email_normalize(command.email) or False) == customer.email_normalized
