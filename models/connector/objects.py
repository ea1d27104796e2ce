"""What records become at a remote that has more than one kind of record for them, and what it needs for that."""

from contextlib import suppress
from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ...connectors import ADAPTERS
from ...core.errors import RemoteError


class RetailConnector(models.Model):
    _inherit = "retail.connector"

    order_object = fields.Selection(
        "_selection_order_object",
        "Orders Become",
        compute="_compute_order_object",
        precompute=True,
        store=True,
        readonly=False,
        tracking=True,
        help="What an order is at the remote system. A change counts for what is sent from then on.",
    )
    company_object = fields.Selection(
        "_selection_company_object",
        "Business Customers Become",
        compute="_compute_company_object",
        precompute=True,
        store=True,
        readonly=False,
        tracking=True,
        help="What a customer that is a company is at the remote system. Persons are not concerned.",
    )
    has_set_up = fields.Boolean(compute="_compute_has_set_up")

    @api.model
    def _selection_order_object(self):
        return self._selection_among("order_objects")

    @api.model
    def _selection_company_object(self):
        return self._selection_among("company_objects")

    def _selection_among(self, choice):
        return list(
            {
                each.name: (each.name, each.label)
                for adapter_class in ADAPTERS.values()
                for each in adapter_class.objects
                if each.name in getattr(adapter_class, choice)
            }.values()
        )

    @api.depends("provider")
    def _compute_order_object(self):
        for connector in self:
            connector.order_object = connector._first_choice("order_objects", connector.order_object)

    @api.depends("provider")
    def _compute_company_object(self):
        for connector in self:
            connector.company_object = connector._first_choice("company_objects", connector.company_object)

    def _first_choice(self, choice, present):
        names = getattr(self._get_adapter_class(), choice, ())
        return present if present in names else next(iter(names), False)

    @api.depends("provider")
    def _compute_has_set_up(self):
        for connector in self:
            connector.has_set_up = getattr(connector._get_adapter_class(), "has_set_up", False)

    @api.constrains("provider", "order_object", "company_object")
    def _check_objects(self):
        for connector in self:
            adapter_class = connector._get_adapter_class()
            for chosen, names in (
                (connector.order_object, adapter_class.order_objects),
                (connector.company_object, adapter_class.company_objects),
            ):
                if chosen and chosen not in names:
                    raise ValidationError(
                        self.env._(
                            "%(provider)s has no “%(object)s”.", provider=adapter_class.label, object=chosen
                        )
                    )

    def _adapter_settings(self):
        return replace(
            super()._adapter_settings(),
            order_object=self.order_object or "",
            company_object=self.company_object or "",
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
            return self._notify("success", self.env._("Made: %(what)s.", what=", ".join(made)))
        return self._notify("success", self.env._("Nothing is missing there."))

    def _set_up(self):
        """Return what was made, in words.

        :raise RemoteError: the remote refuses it
        """
        with self._adapter() as adapter:
            made = adapter.set_up(self._used_objects())
        with suppress(RemoteError):  # the lines say that they are not checked
            self._refresh_properties()
        return made

    def _used_objects(self):
        """Return the objects of the provider that the wanted events become, as the admin has chosen."""
        adapter_class = self._get_adapter_class()
        fed = self._wanted_event_types()
        order_object = self._first_choice("order_objects", self.order_object)
        company_object = self._first_choice("company_objects", self.company_object)
        return [
            each
            for each in (adapter_class.objects if adapter_class else ())
            if adapter_class.is_used(each, order_object, company_object) and fed & set(each.event_types)
        ]

    def _wanted_event_types(self):
        """Return the names of the event types that the connector wants (a set); the outbox knows them."""
        return set()
