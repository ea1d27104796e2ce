"""Remote schemas: the properties of a remote system's objects, cached until they are read again."""

from dataclasses import asdict

from odoo import api, fields, models

from ...connectors.base import SchemaReader
from ...connectors.provider import RemoteProperty


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

    @api.model
    def _known(self, connector, object_name):
        """Return ``{name: RemoteProperty}`` as last read; None if it was never read, or the user may not see it."""
        schema = self.search(
            [("connector_id", "=", connector.id), ("object_name", "=", object_name)], limit=1
        )
        if not schema:
            return None
        found = (RemoteProperty(**{**each, "options": tuple(each["options"])}) for each in schema.properties)
        return {each.name: each for each in found}

    @api.model
    def _read(self, connector, object_name):
        """Read an object's properties from the remote, store them, and return them as :meth:`_known` does.

        Returns None if the adapter cannot read properties.

        :raise RemoteError: the call failed
        """
        with connector._connection() as adapter:
            if not isinstance(adapter, SchemaReader):
                return None
            found = adapter.remote_properties(object_name)
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
