"""The mapping of a connector: its lines, the provider's defaults, the remote's properties, and setting those up."""

from contextlib import suppress
from dataclasses import replace

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError

from ...connectors.asking import ask
from ...connectors.base import Provisioner, SchemaReader
from ...core import field_map
from ...core.errors import RemoteError
from ...schemas import EVENT_TYPES
from ...tools.cache import cached
from ...tools.readable import is_readable

SUGGESTED_TYPES = {"boolean", "char", "date", "datetime", "float", "integer", "monetary", "selection", "text"}


class RetailConnector(models.Model):
    _inherit = "retail.connector"

    field_map_ids = fields.One2many(
        "retail.field.map", "connector_id", "Mapping", context={"active_test": False}
    )
    field_map_defaults_seen = fields.Json(
        readonly=True, copy=False, help="Keys of the default lines that this connector has ever had."
    )
    remote_schema_ids = fields.One2many("retail.remote.schema", "connector_id", "Remote Schemas")
    can_read_properties = fields.Boolean(compute="_compute_can_read_properties")
    properties_read_at = fields.Datetime("Properties Last Read", compute="_compute_properties_read_at")
    field_map_suggestions = fields.Json(compute="_compute_field_map_suggestions")
    wrong_line_count = fields.Integer("Lines with Errors", compute="_compute_wrong_line_count")

    @api.depends("provider")
    def _compute_can_read_properties(self):
        for connector in self:
            provider = connector._get_provider()
            connector.can_read_properties = bool(provider and issubclass(provider.adapter, SchemaReader))

    @api.depends("remote_schema_ids.read_at")
    def _compute_properties_read_at(self):
        for connector in self:
            connector.properties_read_at = min(connector.remote_schema_ids.mapped("read_at"), default=False)

    @api.depends("field_map_ids.check_status", "field_map_ids.active")
    def _compute_wrong_line_count(self):
        for connector in self:
            lines = connector.field_map_ids
            connector.wrong_line_count = len(
                lines.filtered(lambda line: line.active and line.check_status == "wrong")
            )

    @api.depends("provider", "remote_schema_ids.read_at")
    def _compute_field_map_suggestions(self):
        for connector in self:
            provider = connector._get_provider()
            connector.field_map_suggestions = {
                connector._object_value(each.name): connector._suggestions(each)
                for each in (provider.objects if provider else ())
            }

    def _suggestions(self, remote_object):
        """Return the autocompletion of an object's lines: ``{"remote_property" or a source: [[text, label], …]}``."""
        known = self.env["retail.remote.schema"]._known(self._origin, remote_object.name) or {}
        model = self.env[EVENT_TYPES[remote_object.event_types[0]].model]
        paths = dict.fromkeys(
            path for schema in remote_object.fields_schemas() for path in field_map.leaf_paths(schema)
        )
        return {
            "remote_property": [[each.name, each.label] for each in known.values() if not each.is_read_only],
            "canonical": [[path, ""] for path in paths],
            "record": [
                [name, description["string"]]
                for name, description in model.fields_get(attributes=["string", "type"]).items()
                if description["type"] in SUGGESTED_TYPES and is_readable(model, model._fields[name])
            ],
        }

    # -- CRUD --------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        connectors = super().create(vals_list)
        connectors.filtered(lambda connector: not connector.field_map_ids)._add_default_field_maps()
        return connectors

    def write(self, vals):
        if "field_map_defaults_seen" in vals:
            self.env.registry.clear_cache()
        result = super().write(vals)
        if "provider" in vals:
            self._reset_field_maps()
        return result

    # -- actions -----------------------------------------------------------------------------------

    def action_refresh_properties(self):
        """Read the remote's properties again, and check all lines against them."""
        self.ensure_one()
        self.check_access("write")
        try:
            self._refresh_properties()
        except (RemoteError, UserError) as error:
            return self._notify("danger", str(error))
        wrong = self.wrong_line_count
        if wrong:
            message = self.env._("The properties were read. Lines with errors: %(count)s.", count=wrong)
            return self._notify("warning", message)
        if not self.can_read_properties:
            return self._notify(
                "warning",
                self.env._(
                    "%(provider)s cannot be asked for its properties: the mapping is not checked against them.",
                    provider=self._get_provider().label,
                ),
            )
        return self._notify("success", self.env._("The properties were read. All lines are OK."))

    def action_set_up(self):
        """Create what the flows need at the remote, such as properties for match keys, and show the result."""
        self.ensure_one()
        self.check_access("write")
        try:
            made = self._set_up()
        except (RemoteError, UserError) as error:
            return self._notify("danger", str(error))
        if made:
            return self._notify("success", self.env._("Created: %(what)s.", what=", ".join(made)))
        return self._notify("success", self.env._("Everything is already set up."))

    def action_reset_field_maps(self):
        """Replace all lines with the provider's defaults."""
        self.check_access("write")
        self._reset_field_maps()
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_view_field_maps(self):
        """Open a list of all lines, grouped by object."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Mapping of %(connector)s", connector=self.name),
            "res_model": "retail.field.map",
            "views": [
                (self.env.ref("retail_hub.retail_field_map_view_list_all").id, "list"),
                (self.env.ref("retail_hub.retail_field_map_view_kanban").id, "kanban"),
                (False, "form"),
            ],
            "mobile_view_mode": "kanban",
            "domain": [("connector_id", "=", self.id)],
            "context": {
                "active_test": False,
                "default_connector_id": self.id,
                "search_default_used": 1,
                "search_default_group_object": 1,
            },
        }

    def action_test_connection(self):
        action = super().action_test_connection()
        if self.test_succeeded:
            with suppress(RemoteError, UserError):  # the lines show that they are not checked
                self._refresh_properties()
        return action

    # -- business methods --------------------------------------------------------------------------

    def _set_up(self):
        """Set up the remote; return a description of each thing that was created.

        :raise RemoteError: the call failed
        """
        with self._connection() as adapter:
            made = ask(adapter.set_up, self._used_objects()) if isinstance(adapter, Provisioner) else []
        with suppress(RemoteError):  # the lines show that they are not checked
            self._refresh_properties()
        return made

    def _refresh_properties(self):
        """Read the properties of all objects in use, and check their lines.

        :raise RemoteError: the call failed
        """
        for each in self._used_objects():
            remote = self.env["retail.remote.schema"]._read(self, each.name)
            lines = self.field_map_ids.filtered(
                lambda line, name=each.name: line._plain_object_name() == name
            )
            lines._store_check_results(remote, "")

    def _adapter_settings(self):
        field_maps = self._cached_field_maps() if self.id else self._get_field_maps()
        properties = self.env["retail.remote.schema"]._cached_properties(self.id) if self.id else {}
        return replace(super()._adapter_settings(), field_maps=field_maps, remote_properties=properties)

    @cached("self.id")
    def _cached_field_maps(self):
        """Return :meth:`_get_field_maps`, cached: each drain needs them, and they rarely change."""
        return self._get_field_maps()

    def _get_field_maps(self):
        """Return the active lines as a tuple of :class:`FieldMap`; None if the connector has never had any."""
        # As the superuser: the mapping is the same for everybody: drains use it, too.
        lines = self.sudo().field_map_ids
        if not lines and not self.field_map_defaults_seen:
            return None
        return tuple(line._as_line() for line in lines if line.active and line._is_sendable())

    @cached("self.id")
    def _cached_path_authors(self):
        """Return ``{(event type, path): ids of users}``: who chose the Odoo fields that items of an event type need."""
        provider = self._get_provider()
        if self._get_field_maps() is None:  # the provider's own
            chosen = [(line, SUPERUSER_ID) for line in provider.default_field_maps]
        else:
            lines = self.field_map_ids.filtered(lambda line: line.active and line._is_sendable())
            chosen = [(line._as_line(), line._get_author().id) for line in lines]
        authors = {}
        for line, user_id in chosen:
            remote_object = provider.object(line.object)
            for path in field_map.record_paths(line) if remote_object else ():
                for event_type in remote_object.event_types:
                    authors.setdefault((event_type, path), set()).add(user_id)
        return authors

    def _path_authors(self, paths):
        """Return ``{path: users}``: who chose each Odoo field; nobody if no line needs it any more.

        :param paths: (event type, path) of each
        """
        authors = self._cached_path_authors()
        found = {}
        for event_type, path in paths:
            found.setdefault(path, set()).update(authors.get((event_type, path), ()))
        return {path: self.env["res.users"].browse(user_ids) for path, user_ids in found.items()}

    def _add_default_field_maps(self):
        """Create a line for each default of the provider. Lines with errors are marked, not rejected."""
        # As the superuser: users do not write which default a line comes from.
        lines = self.env["retail.field.map"].sudo()
        for connector in self.sudo():  # for the same reason as above
            provider = connector._get_provider()
            defaults = provider.default_field_maps if provider else ()
            lines.create(
                [
                    {
                        "connector_id": connector.id,
                        "sequence": number,
                        **lines._values_of_default(connector, default),
                    }
                    for number, default in enumerate(defaults, 1)
                ]
            )
            connector.field_map_defaults_seen = [default.key for default in defaults]

    def _reset_field_maps(self):
        self.field_map_ids.unlink()
        self._add_default_field_maps()

    def _differences(self):
        """Compare the lines with the provider's defaults.

        :return: a list of (kind, default or None, line or an empty recordset). Kinds: ``new`` (a default without a
            line), ``removed`` (a user deleted the line), ``theirs``, ``yours``, ``both`` (whose change makes them
            differ), ``obsolete`` (a line whose default no longer exists)
        """
        self.ensure_one()
        by_key = {line.default_key: line for line in self.field_map_ids if line.default_key}
        seen = set(self.field_map_defaults_seen or ())
        found = []
        for default in self._get_provider().default_field_maps:
            line = by_key.pop(default.key, self.env["retail.field.map"])
            if not line:
                found.append(("removed" if default.key in seen else "new", default, line))
            elif line._changes(line._values_of_default(self, default)["default_values"]):
                found.append((line._who_changed(default), default, line))
        return found + [("obsolete", None, line) for line in by_key.values()]

    def _take_over(self, default):
        """Create a line from a default, or overwrite the line that came from it."""
        self.check_access("write")
        connector = self.sudo()  # users do not write which default a line comes from
        line = connector.field_map_ids.filtered(lambda each: each.default_key == default.key)
        values = line._values_of_default(connector, default)
        if line:
            line.write(values)
        else:
            keys = [each.key for each in self._get_provider().default_field_maps]
            line.create({"connector_id": self.id, "sequence": keys.index(default.key) + 1, **values})
        connector.field_map_defaults_seen = sorted({*(self.field_map_defaults_seen or ()), default.key})
