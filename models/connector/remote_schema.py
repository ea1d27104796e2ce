"""Remote schemas: the properties of a remote system's objects, cached until they are read again."""

from dataclasses import asdict

from odoo import api, fields, models

from ...connectors.asking import ask
from ...connectors.base import SchemaReader
from ...connectors.provider import RemoteProperty, bounded_properties
from ...core.errors import TransientError
from ...tools.cache import cached


def _properties(adapter, object_name):
    return bounded_properties(adapter.remote_properties(object_name) or ())


class RetailRemoteSchema(models.Model):
    _name = "retail.remote.schema"
    _description = "Properties of a Remote System"
    _inherit = ["retail.checked"]
    _order = "connector_id, object_name"

    connector_id = fields.Many2one("retail.connector", required=True, ondelete="cascade", index=True)
    object_name = fields.Char("Object", required=True)
    properties = fields.Json(required=True)
    read_at = fields.Datetime("Last Read", required=True)

    _object_unique = models.UniqueIndex("(connector_id, object_name)")

    # -- CRUD --------------------------------------------------------------------------------------

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

    # -- business methods --------------------------------------------------------------------------

    @api.model
    def _known(self, connector, object_name):
        """Return ``{name: RemoteProperty}`` as last read; None if it was never read, or the user may not see it."""
        schema = self.search(
            [("connector_id", "=", connector.id), ("object_name", "=", object_name)], limit=1
        )
        return schema._properties_by_name() if schema else None

    @cached("connector_id")
    def _cached_properties(self, connector_id):
        """Return ``{object: {name: RemoteProperty}}`` of a connector, cached: each drain needs them."""
        schemas = self.search([("connector_id", "=", connector_id)])
        return {schema.object_name: schema._properties_by_name() for schema in schemas}

    def _properties_by_name(self):
        found = (RemoteProperty(**{**each, "options": tuple(each["options"])}) for each in self.properties)
        return {each.name: each for each in found}

    @api.model
    def _read(self, connector, object_name):
        """Read an object's properties from the remote, store them, and return them as :meth:`_known` does.

        Returns None if the adapter cannot read properties.

        :raise RemoteError: the call failed, or its response names no properties
        """
        with connector._connection() as adapter:
            if not isinstance(adapter, SchemaReader):
                return None
            found = ask(_properties, adapter, object_name)
        if not found:  # what is known stays: without properties, every line would be wrong
            message = self.env._("%(name)s named no properties of its records.", name=connector.name)
            raise TransientError(message, code="NO_PROPERTIES")
        values = {"properties": [asdict(each) for each in found], "read_at": fields.Datetime.now()}
        # As the superuser: what the remote says is read-only for users.
        schema = self.sudo().search(
            [("connector_id", "=", connector.id), ("object_name", "=", object_name)], limit=1
        )
        if schema:
            schema.write(values)
        else:
            schema.create({"connector_id": connector.id, "object_name": object_name, **values})
        return {each.name: each for each in found}
