"""Object mapping: a remote object and match keys for each subject."""

from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...connectors.base import Provisioner
from ...connectors.items import MatchKeys
from ...connectors.provider import ObjectChoice
from ...tools.cache import cached


class RetailConnector(models.Model):
    _inherit = "retail.connector"

    object_ids = fields.One2many("retail.connector.object", "connector_id", "Object Mapping")
    object_name_choices = fields.Json(compute="_compute_object_name_choices")
    can_set_up = fields.Boolean(compute="_compute_can_set_up")

    # Objects are stored as "provider.object", because two providers may have objects of the same name.

    @api.model
    def _selection_object(self):
        return [
            (f"{code}.{each.name}", each.label)
            for code, provider in self._providers().items()
            for each in provider.objects
        ]

    @api.depends("provider")
    def _compute_object_name_choices(self):
        for connector in self:
            provider = connector._get_provider()
            objects = provider.objects if provider else ()
            connector.object_name_choices = [connector._object_value(each.name) for each in objects]

    @api.depends("provider")
    def _compute_can_set_up(self):
        for connector in self:
            provider = connector._get_provider()
            connector.can_set_up = bool(provider and issubclass(provider.adapter, Provisioner))

    def _object_value(self, name):
        """Return the stored value of an object of the provider."""
        return f"{self.provider}.{name}"

    def _object_of(self, value):
        """Return the :class:`RemoteObject` of a stored value, or None."""
        code, _dot, name = (value or "").partition(".")
        provider = self._get_provider()
        return provider.object(name) if provider and code == provider.code else None

    def _choices(self, subject):
        """Return the stored values of the objects to which a subject can be mapped, the default first."""
        provider = self._get_provider()
        objects = provider.choices().get(subject, ()) if provider else ()
        return [self._object_value(each.name) for each in objects]

    # -- rows --------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        connectors = super().create(vals_list)
        connectors._sync_objects()
        return connectors

    def copy(self, default=None):
        """Choose the same objects and match keys in the copies."""
        copies = super().copy(default)
        for connector, copied in zip(self, copies, strict=True):
            if copied.provider == connector.provider:
                copied._take_choices(connector)
        return copies

    def _take_choices(self, connector):
        chosen = {row.subject: row for row in connector.object_ids}
        for row in self.object_ids:
            if row.subject in chosen:
                names = ("object_name", "key_property", "fallback_key_property")
                row.write({name: chosen[row.subject][name] for name in names})

    def write(self, vals):
        result = super().write(vals)
        if "provider" in vals:
            self._sync_objects()
        return result

    def _sync_objects(self):
        """Create a row for each subject whose objects have match keys, and delete all others."""
        for connector in self.sudo():  # users neither create nor delete rows
            provider = connector._get_provider()
            wanted = [
                subject
                for subject, objects in (provider.choices() if provider else {}).items()
                if any(each.keys for each in objects)
            ]
            connector.object_ids.filtered(
                lambda row, wanted=wanted, connector=connector: (
                    row.subject not in wanted or row.object_name not in connector._choices(row.subject)
                )
            ).unlink()
            present = connector.object_ids.mapped("subject")
            connector.object_ids.create(
                [
                    {
                        "connector_id": connector.id,
                        "sequence": number,
                        "subject": subject,
                        "object_name": connector._choices(subject)[0],
                    }
                    for number, subject in enumerate(wanted, 1)
                    if subject not in present
                ]
            )

    def _adapter_settings(self):
        objects = self._cached_object_choices() if self.id else self._get_object_choices()
        return replace(super()._adapter_settings(), objects=objects)

    @cached("self.id")
    def _cached_object_choices(self):
        """As :meth:`_get_object_choices`: each drain needs them, and they hardly ever change."""
        return self._get_object_choices()

    def _get_object_choices(self):
        """Return ``{subject: ObjectChoice}`` as the admin has chosen."""
        return {row.subject: row._as_choice() for row in self.object_ids}

    def _used_objects(self):
        """Return the :class:`RemoteObject` list of the chosen objects that the connector's events can change."""
        provider = self._get_provider()
        if not provider:
            return []
        fed = self._wanted_event_types()
        chosen = {row.subject: row.object_name for row in self.object_ids}
        used = {chosen.get(subject) or self._choices(subject)[0] for subject in provider.choices()}
        return [
            each
            for each in provider.objects
            if self._object_value(each.name) in used and fed & set(each.event_types)
        ]

    def _wanted_event_types(self):
        """Return the set of event types with an active flow. The outbox overrides this."""
        return set()


class RetailConnectorObject(models.Model):
    _name = "retail.connector.object"
    _description = "Retail Connector Object"
    _inherit = ["retail.checked"]
    _order = "connector_id, sequence, id"
    _rec_name = "subject"
    _check_company_auto = True

    connector_id = fields.Many2one("retail.connector", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="connector_id.company_id", store=True)
    sequence = fields.Integer(default=10)
    subject = fields.Char("Technical Name", required=True, readonly=True)
    label = fields.Char("Odoo Records", compute="_compute_label")
    object_name = fields.Selection(
        "_selection_object",
        "Remote Object",
        required=True,
        help="What these records become in the remote system. A change applies to what is sent from now on.",
    )
    object_choices = fields.Json(compute="_compute_object_choices")
    has_alternatives = fields.Boolean(compute="_compute_object_choices")
    key_property = fields.Char(
        "Match Key",
        compute="_compute_keys",
        precompute=True,
        store=True,
        readonly=False,
        help="The remote property by which a record is found until its remote ID is known.",
    )
    fallback_key_property = fields.Char(
        "Fallback Key",
        compute="_compute_keys",
        precompute=True,
        store=True,
        readonly=False,
        help="A remote property with unique values, for records without a value for the match key. It receives the"
        " Odoo ID of the record. Without it, those records fail.",
    )

    _subject_unique = models.UniqueIndex("(connector_id, subject)")

    @api.model
    def _selection_object(self):
        return self.env["retail.connector"]._selection_object()

    @api.depends("subject")
    def _compute_label(self):
        labels = {
            "customer": self.env._("Customers"),
            "business_customer": self.env._("Business customers"),
            "order": self.env._("Orders"),
            "invoice": self.env._("Invoices"),
        }
        for choice in self:
            choice.label = labels.get(choice.subject, choice.subject)

    @api.depends("subject", "connector_id.provider")
    def _compute_object_choices(self):
        for choice in self:
            choice.object_choices = choice.connector_id._choices(choice.subject)
            choice.has_alternatives = len(choice.object_choices) > 1

    @api.depends("object_name")
    def _compute_keys(self):
        for choice in self:
            remote_object = choice.connector_id._object_of(choice.object_name)
            keys = (remote_object and remote_object.keys) or MatchKeys("")
            choice.key_property = keys.primary
            choice.fallback_key_property = keys.fallback

    @api.constrains("object_name")
    def _check_object_name(self):
        for choice in self:
            if choice.object_name not in choice.connector_id._choices(choice.subject):
                raise ValidationError(
                    self.env._(
                        "%(records)s of %(connector)s cannot become “%(object)s”.",
                        records=choice.label,
                        connector=choice.connector_id.name,
                        object=dict(self._selection_object()).get(choice.object_name, choice.object_name),
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    def _as_choice(self):
        """Return the row as an :class:`ObjectChoice`."""
        keys = MatchKeys((self.key_property or "").strip(), (self.fallback_key_property or "").strip())
        return ObjectChoice(self.object_name.partition(".")[2], keys)
