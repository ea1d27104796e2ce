"""Field maps: the mapping lines that fill remote properties, which an admin can change."""

import logging
from dataclasses import asdict
from datetime import date, datetime
from functools import partial

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ...core import field_map
from ...core.errors import RemoteError
from ...core.field_map import FieldMap, FieldMapError, Reason, ValueType
from ...schemas import EVENT_TYPES
from ...tools.readable import is_readable
from ..source.canonical_values import timestamp

_logger = logging.getLogger(__name__)

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
VALUE_TYPES = {
    "boolean": ValueType("boolean", ("true", "false")),
    "char": ValueType("text"),
    "text": ValueType("text"),
    "html": ValueType("text"),
    "selection": ValueType("text"),
    "integer": ValueType("number"),
    "float": ValueType("number"),
    "monetary": ValueType("number"),
    "date": ValueType("date"),
    "datetime": ValueType("datetime"),
}


class FieldDeniedError(FieldMapError):
    """A line names an Odoo field that its author may not read."""


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

    # -- checks ------------------------------------------------------------------------------------

    @api.constrains(*CHECKED_FIELDS)
    def _check_line(self):
        """Reject a line with an error when it is saved, rather than when a record is sent.

        A line that is the same as a default of the provider is marked, not rejected.
        """
        for (connector, object_name), lines in self.grouped(
            lambda line: (line.connector_id, line._plain_object_name())
        ).items():
            remote, reason = lines._remote_properties(connector, object_name)
            wrong = lines._store_check_results(remote, reason, author=self.env.user)
            rejected = wrong.filtered(lambda line: not line._is_provider_default())
            if rejected:
                raise ValidationError("\n".join(line._problem_text() for line in rejected))

    def _is_provider_default(self):
        provider = self.connector_id._get_provider()
        defaults = provider.default_field_maps if provider else ()
        return any(not self._changes(_default_content(default)) for default in defaults)

    def _problem_text(self):
        return self.env._("%(property)s: %(problem)s", property=self.remote_property, problem=self.check_note)

    def _remote_properties(self, connector, object_name):
        """Return (``{name: RemoteProperty}``, reason): None and the reason if the properties are not known.

        Calls the remote if the lines have a property that was not there when the properties were last read.
        """
        schemas = self.env["retail.remote.schema"]
        known = schemas._known(connector, object_name)
        if known is not None and all(line.remote_property in known for line in self):
            return known, ""
        if any(credential.required and not credential.is_set for credential in connector.credential_ids):
            return known, self.env._("Enter the credentials, then click Refresh Properties.")
        try:
            return schemas._read(connector, object_name), ""
        except RemoteError as error:
            return known, error.message
        except UserError as error:
            return known, str(error)

    def _store_check_results(self, remote, reason, author=None):
        """Store the result of checking each line, and return the active lines with an error.

        :param remote: ``{name: RemoteProperty}``; None if not known
        :param reason: why the remote's properties are not known
        :param author: the user who must have read access to the Odoo fields; by default the line's author
        """
        for line in self:
            line._store_check_result(*line._check_result(remote, reason, author or line._get_author()))
        return self.filtered(lambda line: line.active and line.check_status == "wrong")

    def _store_check_result(self, status, note):
        if (self.check_status, self.check_note or "") != (status, note):
            # As the superuser: the result is read-only for users.
            self.sudo().write({"check_status": status, "check_note": note})

    def _get_author(self):
        """Return the user whose access decides; the public user if the author was deleted."""
        return self.author_id or self.create_uid or self.env.ref("base.public_user")

    def _is_sendable(self):
        """Return whether the author may still read the line's Odoo fields. If not, its check says so."""
        self.ensure_one()
        denial = self._denial()
        if denial:
            self._store_check_result("wrong", denial)
        return not denial

    def _denial(self):
        """Return why the author may not read the line's Odoo fields; an empty text if nothing denies it."""
        try:
            for path in field_map.record_paths(self._as_line()):
                self._record_kind(self._get_author(), path)
        except FieldDeniedError as error:
            return self._sentence(error.reason)
        except FieldMapError:
            return ""  # such a line sends nothing
        return ""

    def _check_result(self, remote, reason, author):
        """Return (status, remark) of a line; for the parameters see :meth:`_store_check_results`."""
        self.ensure_one()
        provider = self.connector_id._get_provider()
        line = self._as_line()
        try:
            source = self._source_kind(line, partial(self._record_kind, author))
            kind = field_map.result_type(line, source, provider.transforms)
        except FieldMapError as error:
            return "wrong", self._sentence(error.reason)
        if remote is None:
            return "unchecked", reason or self.env._("The remote system does not list its properties.")
        return self._check_against_remote(line, kind, remote.get(line.property))

    def _source_kind(self, line, record_type):
        """Return the :class:`ValueType` of a line's source, by the first payload schema that has it.

        :raise FieldMapError: no payload has it
        """
        problem = None
        for schema in self._remote_object().fields_schemas():
            try:
                return field_map.source_type(line, schema, record_type)
            except FieldMapError as error:
                problem = problem or error
        raise problem

    def _check_against_remote(self, line, kind, remote):
        if remote is None:
            return "wrong", self.env._("The remote system has no such property.")
        if not line.is_sent:
            return "ok", ""
        if remote.is_read_only:
            return "wrong", self.env._("The property is read-only.")
        problem, doubt = field_map.fits(kind, remote)
        if problem:
            return "wrong", self._sentence(problem)
        return ("doubt", self._sentence(doubt)) if doubt else ("ok", "")

    @api.model
    def _sentence(self, reason):
        text = self._translated(reason)
        return f"{text[:1].upper()}{text[1:]}."

    @api.model
    def _translated(self, reason):
        """Return a :class:`~...core.field_map.Reason` as a text in the user's language; any other value as it is."""
        if not isinstance(reason, Reason):
            return reason
        params = {name: self._translated(value) for name, value in reason.params.items()}
        return self.env._(reason.template, **params)

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

    def _record_kind(self, author, path):
        """Return the :class:`ValueType` of an Odoo field by its path.

        :raise FieldMapError: no model of the object's events has the field, or the author may not read it
        """
        reader = self.with_user(author)
        models_ = dict.fromkeys(
            name for event_type in self._event_types() for name in (event_type.model, *event_type.more_models)
        )
        problem = None
        for model in models_:
            try:
                return self._kind_in_model(reader.env[model], path)
            except FieldMapError as error:
                problem = problem or error
        raise problem

    def _kind_in_model(self, model, path):
        *relations, last = path.split(".")
        is_list = False
        for name in relations:
            field = self._readable_field(model, name, path)
            if not field.relational:
                raise FieldMapError(
                    self.env._("“%(path)s”: %(name)s is not a link to another record", path=path, name=name)
                )
            is_list = is_list or field.type in ("one2many", "many2many")
            model = model.env[field.comodel_name]
        field = self._readable_field(model, last, path)
        if field.relational:
            raise FieldMapError(
                self.env._(
                    "“%(path)s” is a record: choose one of its fields, such as %(path)s.display_name",
                    path=path,
                )
            )
        if field.type == "selection" and not is_list:
            return ValueType("text", tuple(field.get_values(self.env)))
        kind = ValueType("number") if last == "id" else VALUE_TYPES.get(field.type)
        if kind is None:
            raise FieldMapError(
                self.env._("“%(path)s”: fields of type %(type)s cannot be sent", path=path, type=field.type)
            )
        return ValueType("list") if is_list else kind

    def _readable_field(self, model, name, path):
        """Return a field of the model, if the user may name it.

        Otherwise a line could send values that its author has no access to.

        :raise FieldMapError: there is no such field
        :raise FieldDeniedError: the user may not read it, or only some groups may
        """
        field = model._fields.get(name)
        if field is None:
            raise FieldMapError(
                self.env._(
                    "“%(path)s”: %(model)s has no field %(name)s",
                    path=path,
                    model=model._description,
                    name=name,
                )
            )
        if not is_readable(model, field):
            raise FieldDeniedError(
                self.env._(
                    "“%(path)s”: you are not allowed to read %(name)s of %(model)s",
                    path=path,
                    name=name,
                    model=model._description,
                )
            )
        return field

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
        return {**_default_content(self._as_line()), "active": self.active}

    def _changes(self, content):
        """Return the names of the values that differ from such content, as a set."""
        own = self._content()
        return {name for name, value in content.items() if own.get(name) != value}

    def _who_changed(self, default):
        """Return whose change makes the line differ from its default: ``theirs`` (provider), ``yours`` or ``both``."""
        taken = self.default_values or {}
        is_theirs = any(taken.get(name) != value for name, value in _default_content(default).items())
        is_yours = bool(self._changes(taken))
        return "both" if is_theirs and is_yours else "theirs" if is_theirs else "yours"

    @api.model
    def _values_of_default(self, connector, default):
        """Return the values for creating a line from a default of the connector's provider."""
        content = _default_content(default)
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

    # -- values of the Odoo record -----------------------------------------------------------------

    @api.model
    def _record_values(self, records, paths):
        """Return ``{id: {path: JSON value}}``, or ``{id: exception}`` for records that cannot be read.

        Paths that the model does not have are left out; lines that need them are then not sent. So are paths through
        fields that are limited to groups. Records of other companies count as missing.
        """
        paths = [path for path in paths if _has_path(records, path)]
        values = {}
        for record in records.with_context(lang=None):  # the values must not depend on who sends them
            try:
                values[record.id] = {path: _read(record, path) for path in paths}
            except psycopg2.Error:
                raise
            except Exception as error:  # custom computed fields may raise anything: the other records go on
                _logger.warning("Cannot read the mapped fields of %s", record, exc_info=error)
                values[record.id] = error
        return values


def _default_content(line):
    content = {name: value for name, value in asdict(line).items() if name != "key"}
    return {**content, "active": True}


def _has_path(records, path):
    model = records
    for name in path.split("."):
        field = model._fields.get(name) if model is not None else None
        if field is None or field.groups:
            return False
        model = records.env[field.comodel_name] if field.relational else None
    return True


def _read(record, path):
    *relations, last = path.split(".")
    is_list = False
    for name in relations:
        is_list = is_list or record._fields[name].type in ("one2many", "many2many")
        record = _of_company(record[name])
    if is_list:
        values = (_plain(each, last) for each in record)
        return sorted(
            (value for value in values if value is not None), key=str
        )  # a stable order is no change
    return _plain(record, last) if record else None


def _of_company(records):
    """Return those of the records that the company of the environment may use."""
    usable = set(records.env.company._retail_lineage())
    name = "company_ids" if "company_ids" in records._fields else "company_id"
    if name not in records._fields or records._fields[name].comodel_name != "res.company":
        return records
    return records.filtered(lambda record: not record[name] or usable.intersection(record[name].ids))


def _plain(record, name):
    """Return the value of a field as a JSON value; None if it is empty."""
    value = record[name]
    if isinstance(value, datetime):
        return timestamp(value)
    if isinstance(value, date):
        return value.isoformat()
    if value is False and record._fields[name].type != "boolean":
        return None
    return value if isinstance(value, (bool, int, float)) else str(value)
