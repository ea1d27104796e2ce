"""Field maps: the mapping lines that fill remote properties, which an admin can change."""

from dataclasses import asdict

from odoo import api, fields, models
from odoo.fields import Domain

from ...core.field_map import FieldMap, FieldMapError
from ...schemas import EVENT_TYPES

LINE_FIELDS = (
    "source",
    "expression",
    "transform",
    "argument",
    "only_on_create",
    "direction",
    "system_of_record",
)
CHECKED_FIELDS = ("connector_id", "object_name", "remote_property", "active", *LINE_FIELDS)
AUTHORED_FIELDS = {"object_name", "source", "expression"}


class RetailFieldMap(models.Model):
    _name = "retail.field.map"
    _description = "Field Mapping"
    _inherit = ["retail.checked"]
    _order = "connector_id, sequence, id"
    _rec_name = "remote_property"

    connector_id = fields.Many2one("retail.connector", required=True, ondelete="cascade", index=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=100)
    object_name = fields.Selection(
        "_selection_object", "Object", required=True, default=lambda self: self._default_object_name()
    )
    object_choices = fields.Json(compute="_compute_choices")
    transform_choices = fields.Json(compute="_compute_choices")
    remote_property = fields.Char(required=True, help="The name of the property in the remote system.")
    remote_label = fields.Char("Label", compute="_compute_remote_label")
    source = fields.Selection(
        [
            ("canonical", "Hub field"),
            ("record", "Odoo field"),
            ("constant", "Fixed text"),
            ("template", "Template"),
        ],
        required=True,
        default="canonical",
        help="Hub field: a field of the event. Odoo field: any field of the record, custom fields included; it is read"
        " when the event is sent. Fixed text: always the same text. Template: text with fields in braces.",
    )
    expression = fields.Char(
        "Field or Text",
        required=True,
        help="Hub field: name.given, emails.0, addresses.invoice.city. Odoo field: x_size, parent_id.name."
        " Template: {name.given} ({odoo.ref}).",
    )
    transform = fields.Selection("_selection_transform", required=True, default="none")
    argument = fields.Char(
        "Details",
        help="Map of values: person=P; company=C; *=other. Date format: %d/%m/%Y (if empty: %Y-%m-%d).",
    )
    only_on_create = fields.Boolean(
        "New Only",
        help="Sent only when the remote record is created or first linked. Later changes there are kept.",
    )
    direction = fields.Selection(
        [("out", "To remote system"), ("in", "To Odoo"), ("both", "Both ways")], required=True, default="out"
    )
    system_of_record = fields.Selection(
        [("odoo", "Odoo"), ("remote", "Remote system")],
        string="System of Record",
        required=True,
        default="odoo",
        help="Whose value wins if both sides changed it.",
    )
    default_key = fields.Char(readonly=True, copy=False)
    default_values = fields.Json(readonly=True, copy=False)
    origin = fields.Selection(
        [("default", "Default"), ("changed", "Changed by you"), ("own", "Added by you")],
        compute="_compute_origin",
    )
    check_status = fields.Selection(
        [("ok", "OK"), ("doubt", "Warning"), ("wrong", "Error"), ("unchecked", "Not checked")],
        "Check",
        readonly=True,
        copy=False,
        default="unchecked",
    )
    check_note = fields.Char("Remark", readonly=True, copy=False)
    author_id = fields.Many2one(
        "res.users",
        readonly=True,
        copy=False,
        help="Who chose the field. The line is sent as long as this user may read it.",
    )

    is_used = fields.Boolean(
        compute="_compute_is_used",
        search="_search_is_used",
        help="The connector sends such objects.",
    )
    field_map_suggestions = fields.Json(related="connector_id.field_map_suggestions", related_sudo=False)

    _property_unique = models.UniqueIndex(
        "(connector_id, object_name, remote_property, (direction = 'in')) WHERE active",
        "There is already a line for this property.",
    )

    @api.model
    def _selection_object(self):
        return self.env["retail.connector"]._selection_object()

    @api.model
    def _selection_transform(self):
        transforms = {}
        for provider in self.env["retail.connector"]._providers().values():
            for name, transform in provider.transforms.items():
                transforms.setdefault(name, transform.label)
        return list(transforms.items())

    @api.depends("connector_id.provider")
    def _compute_choices(self):
        for line in self:
            provider = line.connector_id._get_provider()
            line.object_choices = line.connector_id.object_name_choices or []
            line.transform_choices = list(provider.transforms) if provider else []

    @api.model
    def _default_object_name(self):
        connector = self.env["retail.connector"].browse(self.env.context.get("default_connector_id"))
        choices = connector.object_name_choices or [name for name, _label in self._selection_object()]
        return next(iter(choices), False)

    @api.depends("connector_id", "object_name", "remote_property", "check_status")
    def _compute_remote_label(self):
        known = {}
        for line in self:
            key = (line.connector_id._origin, line._plain_object_name())
            if key not in known:
                known[key] = self.env["retail.remote.schema"]._known(*key) or {}
            remote = known[key].get(line.remote_property)
            line.remote_label = remote.label if remote else False

    @api.depends("default_key", "default_values", *CHECKED_FIELDS)
    def _compute_origin(self):
        for line in self:
            is_default = line.default_key and not line._changes(line.default_values or {})
            line.origin = "own" if not line.default_key else "default" if is_default else "changed"

    @api.depends(
        "object_name",
        "connector_id.object_ids.object_name",
    )
    def _compute_is_used(self):
        for connector, lines in self.grouped("connector_id").items():
            used = {each.name for each in connector._used_objects()}
            for line in lines:
                line.is_used = line._plain_object_name() in used

    def _search_is_used(self, operator, value):
        if operator != "in":
            return NotImplemented
        connectors = (
            self.env["retail.connector"]
            .with_context(active_test=False)
            .search([("field_map_ids", "!=", False)])
        )
        used = Domain.OR(
            Domain("connector_id", "=", connector.id)
            & Domain(
                "object_name",
                "in",
                [connector._object_value(each.name) for each in connector._used_objects()],
            )
            for connector in connectors
        )
        wanted = set(value)
        if wanted == {True, False}:
            return Domain.TRUE
        return used if wanted == {True} else ~used

    # -- CRUD --------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        lines = super().create(vals_list)
        lines._set_author()
        return lines

    def write(self, vals):
        if vals.keys() - {"check_status", "check_note"}:
            self.env.registry.clear_cache()
        result = super().write(vals)
        if AUTHORED_FIELDS & vals.keys():
            self._set_author()
        return result

    def _set_author(self):
        self.sudo().write({"author_id": self.env.uid})  # read-only for users

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    # -- lines and defaults ------------------------------------------------------------------------

    def _as_line(self):
        """Return the line as a :class:`FieldMap`."""
        self.ensure_one()
        return FieldMap(
            object=self._plain_object_name(),
            property=self.remote_property.strip(),
            expression=self.expression if self.source == "constant" else self.expression.strip(),
            source=self.source,
            transform=self.transform,
            argument=self.argument or "",
            only_on_create=self.only_on_create,
            direction=self.direction,
            system_of_record=self.system_of_record,
            key=self.default_key or "",
        )

    def _content(self):
        """Return the values of a line that can be compared with a default: a dict of JSON values."""
        return {**default_content(self._as_line()), "active": self.active}

    def _changes(self, content):
        """Return the names of the values that differ from such content, as a set."""
        own = self._content()
        return {name for name, value in content.items() if own.get(name) != value}

    def _who_changed(self, default):
        """Return whose change makes the line differ from its default: ``theirs`` (provider), ``yours`` or ``both``."""
        taken = self.default_values or {}
        is_theirs = any(taken.get(name) != value for name, value in default_content(default).items())
        is_yours = bool(self._changes(taken))
        return "both" if is_theirs and is_yours else "theirs" if is_theirs else "yours"

    @api.model
    def _values_of_default(self, connector, default):
        """Return the values for creating a line from a default of the connector's provider."""
        content = default_content(default)
        return {
            **{name: content[name] for name in LINE_FIELDS},
            "object_name": connector._object_value(default.object),
            "remote_property": default.property,
            "active": True,
            "default_key": default.key,
            "default_values": content,
        }

    @api.model
    def _describe(self, line):
        """Return a short text that describes where the value of a :class:`FieldMap` comes from."""
        texts = {
            "canonical": line.expression,
            "record": self.env._("Odoo: %(path)s", path=line.expression),
            "constant": f"“{line.expression}”",
            "template": f"“{line.expression}”",
        }
        parts = [texts[line.source]]
        if line.transform != "none":
            label = dict(self._selection_transform()).get(line.transform, line.transform)
            parts.append(f"{label} ({line.argument})" if line.argument else label)
        if line.only_on_create:
            parts.append(self.env._("new only"))
        if line.direction != "out":
            parts.append(dict(self._fields["direction"]._description_selection(self.env))[line.direction])
        return " → ".join(parts)

    def _plain_object_name(self):
        """Return the name of the object without its provider."""
        return (self.object_name or "").partition(".")[2]

    def _remote_object(self):
        """Return the line's :class:`RemoteObject`.

        :raise FieldMapError: the provider has no such object
        """
        found = self.connector_id._object_of(self.object_name)
        if found is None:
            raise FieldMapError(
                self.env._("the provider has no object “%(object)s”", object=self._plain_object_name())
            )
        return found

    def _event_types(self):
        """Return the event types of the line's object. Raises the same error as :meth:`_remote_object`."""
        return [EVENT_TYPES[name] for name in self._remote_object().event_types]


def default_content(line):
    """Return the values of a :class:`FieldMap` that can be compared with those of another: a dict of JSON values."""
    content = {name: value for name, value in asdict(line).items() if name != "key"}
    return {**content, "active": True}
