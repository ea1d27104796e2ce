"""What records become at a remote that has more than one kind of record for them, and what it needs for that."""

from contextlib import suppress
from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ...connectors.base import Provisioner
from ...connectors.items import MatchKeys
from ...connectors.provider import ObjectChoice
from ...core.errors import RemoteError


class RetailConnector(models.Model):
    _inherit = "retail.connector"

    order_object = fields.Selection(
        "_selection_order_object",
        "Orders",
        compute="_compute_order_object",
        precompute=True,
        store=True,
        readonly=False,
        tracking=True,
        help="What orders become in the remote system. A change applies to what is sent from now on.",
    )
    company_object = fields.Selection(
        "_selection_company_object",
        "Business Customers",
        compute="_compute_company_object",
        precompute=True,
        store=True,
        readonly=False,
        tracking=True,
        help="What customers that are companies become in the remote system.",
    )
    can_set_up = fields.Boolean(compute="_compute_can_set_up")

    @api.model
    def _selection_order_object(self):
        return self._selection_among("order")

    @api.model
    def _selection_company_object(self):
        return self._selection_among("business_customer")

    def _selection_among(self, subject):
        return list(
            {
                each.name: (each.name, each.label)
                for provider in self._providers().values()
                for each in provider.choices().get(subject, ())
            }.values()
        )

    @api.depends("provider")
    def _compute_order_object(self):
        for connector in self:
            connector.order_object = connector._first_choice("order", connector.order_object)

    @api.depends("provider")
    def _compute_company_object(self):
        for connector in self:
            connector.company_object = connector._first_choice("business_customer", connector.company_object)

    def _choices(self, subject):
        provider = self._get_provider()
        return [each.name for each in provider.choices().get(subject, ())] if provider else []

    def _first_choice(self, subject, present):
        names = self._choices(subject)
        return present if present in names else next(iter(names), False)

    @api.depends("provider")
    def _compute_can_set_up(self):
        for connector in self:
            provider = connector._get_provider()
            connector.can_set_up = bool(provider and issubclass(provider.adapter, Provisioner))

    @api.constrains("provider", "order_object", "company_object")
    def _check_objects(self):
        for connector in self:
            for subject, chosen in connector._chosen().items():
                if chosen and chosen not in connector._choices(subject):
                    label = connector._get_provider().label
                    raise ValidationError(
                        self.env._("%(provider)s has no “%(object)s”.", provider=label, object=chosen)
                    )

    def _chosen(self):
        return {"order": self.order_object, "business_customer": self.company_object}

    def _adapter_settings(self):
        return replace(
            super()._adapter_settings(),
            objects={
                subject: ObjectChoice(name, self._get_provider().object(name).keys or MatchKeys(""))
                for subject, name in self._chosen().items()
                if name
            },
        )

    # -- set-up ------------------------------------------------------------------------------------

    def action_set_up(self):
        """Make at the remote what the flows need, such as the properties by which records are found."""
        self.ensure_one()
        self.check_access("write")
        try:
            made = self._set_up()
        except (RemoteError, UserError) as error:
            return self._notify("danger", str(error))
        if made:
            return self._notify("success", self.env._("Created: %(what)s.", what=", ".join(made)))
        return self._notify("success", self.env._("Everything is already set up."))

    def _set_up(self):
        """Return what was made, in words.

        :raise RemoteError: the remote refuses it
        """
        with self._connection() as adapter:
            made = adapter.set_up(self._used_objects()) if isinstance(adapter, Provisioner) else []
        with suppress(RemoteError):  # the lines say that they are not checked
            self._refresh_properties()
        return made

    def _used_objects(self):
        """Return the objects of the provider that the wanted events become, as the admin has chosen."""
        provider = self._get_provider()
        if not provider:
            return []
        fed = self._wanted_event_types()
        chosen = self._chosen()
        used = {self._first_choice(subject, chosen.get(subject)) for subject in provider.choices()}
        return [each for each in provider.objects if each.name in used and fed & set(each.event_types)]

    def _wanted_event_types(self):
        """Return the names of the event types that the connector wants (a set); the outbox knows them."""
        return set()
