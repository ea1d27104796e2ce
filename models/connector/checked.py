"""What a user may change: checked after each change by the models that inherit this mixin.

A record rule looks at a record before it is written, not after, and at no record that it is linked to. A field that is
declared read-only is so on screens only. Whatever the hub itself changes for a user, it writes as the superuser.
"""

import re

from odoo import api, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import NO_ACCESS
from odoo.models import MAGIC_COLUMNS

OWN_MODELS = "retail."
DEFAULT = "default_"
UNSTORABLE = re.compile(r"[\0\ud800-\udfff]")


class RetailChecked(models.AbstractModel):
    _name = "retail.checked"
    _description = "Retail Hub: Checked Changes"

    @api.model
    def default_get(self, fields):
        """Return the defaults. Of closed fields, what users set in a context or as a default does not count."""
        set_by_users = self.env["ir.default"]._get_model_defaults(self._name).keys() | {
            key.removeprefix(DEFAULT) for key in self.env.context if key.startswith(DEFAULT)
        }
        closed = {name for name in set_by_users.intersection(fields) if self._is_closed(name)}
        defaults = super().default_get([name for name in fields if name not in closed])
        own = {name: self._fields[name].default for name in closed if self._fields[name].default}
        return {**defaults, **{name: default(self) for name, default in own.items()}}

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_storable(vals)
        if self.env.su:
            return super().create(vals_list)
        self._check_not_closed({name for vals in vals_list for name in vals})
        records = super().create(vals_list)
        records._check_links(self._fields)  # all of them: some may have come from the context
        return records

    def write(self, vals):
        self._check_storable(vals)
        if "connector_id" in vals:
            self._check_same_connector(vals["connector_id"])
        if self.env.su:
            return super().write(vals)
        self._check_not_closed(vals)
        result = super().write(vals)
        self.check_access("write")
        self._check_links(vals)
        return result

    def _check_storable(self, vals):
        """Refuse texts that PostgreSQL cannot store, in words.

        :raise ValidationError: a text has a NUL or half of a character
        """
        for name, value in vals.items():
            if isinstance(value, str) and UNSTORABLE.search(value):
                raise ValidationError(
                    self.env._(
                        "%(field)s has a character that cannot be stored. Enter the text again.",
                        field=self._fields[name]._description_string(self.env)
                        if name in self._fields
                        else name,
                    )
                )

    def _check_not_closed(self, names):
        """Refuse what only the hub itself writes.

        :raise AccessError: one of the fields is read-only
        """
        closed = sorted(name for name in names if self._is_closed(name))
        if closed:
            raise AccessError(
                self.env._(
                    "These fields of %(model)s cannot be changed: %(fields)s.",
                    model=self._description,
                    fields=", ".join(closed),
                )
            )

    def _is_closed(self, name):
        """Return whether users do not write the field."""
        field = self._fields.get(name)
        if field is None or not field.store or name in MAGIC_COLUMNS:
            return False
        return field.readonly or field.groups == NO_ACCESS

    def _check_links(self, names):
        """Check that the user may read the hub's records to which these fields link.

        :raise AccessError: one of them belongs to another company, or to another user
        """
        # As the superuser, since a link to what the user may not read would be left out.
        records = self.sudo().with_context(active_test=False)
        for name in names:
            field = self._fields.get(name)
            if field is None or not field.store or field.type not in ("many2one", "many2many"):
                continue
            if field.comodel_name.startswith(OWN_MODELS) and (linked := records.mapped(name)):
                linked.with_env(self.env).check_access("read")

    def _check_same_connector(self, connector_id):
        """Refuse to move a part of a connector to another connector.

        :raise UserError: it would move
        """
        if any(record.connector_id.id != connector_id for record in self):
            raise UserError(
                self.env._(
                    "%(model)s: the connector cannot be changed. Create a new record for the other connector.",
                    model=self._description,
                )
            )
