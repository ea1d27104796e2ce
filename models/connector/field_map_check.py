"""Checks of mapping lines: whether the value exists, its author may read it, and the remote property takes it."""

from functools import partial

from odoo import api, models
from odoo.exceptions import UserError, ValidationError

from ...core import field_map
from ...core.errors import RemoteError
from ...core.field_map import FieldMapError, Reason, ValueType
from ...tools.readable import is_readable
from .field_map import CHECKED_FIELDS, default_content
from .field_map_values import may_use

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
    _inherit = "retail.field.map"

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
        return any(not self._changes(default_content(default)) for default in defaults)

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
        """Return why the author may not read the line's Odoo fields in any model; an empty text if in one they may."""
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
        status, note = self._check_against_remote(line, kind, remote.get(line.property))
        denials = [self._record_kinds(author, path)[1] for path in field_map.record_paths(line)]
        if status == "ok" and any(denials):
            return "doubt", self._sentence(next(filter(None, denials)).reason)
        return status, note

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

    def _record_kind(self, author, path):
        """Return the :class:`ValueType` of an Odoo field by its path.

        :raise FieldDeniedError: the author may not read it in any model of the object's events
        :raise FieldMapError: no model has the field
        """
        self._check_author(author)
        kinds, denial, problem = self._record_kinds(author, path)
        if not kinds:
            raise denial or problem
        return kinds[0]

    def _record_kinds(self, author, path):
        """Return an Odoo field's kinds in the models that have it and let the author read it, and why in others not.

        :return: (list of :class:`ValueType`, :class:`FieldDeniedError` or None, :class:`FieldMapError` or None)
        """
        reader = self.with_user(author)
        kinds, denial, problem = [], None, None
        for model in dict.fromkeys(name for event_type in self._event_types() for name in event_type.models):
            try:
                kinds.append(self._kind_in_model(reader.env[model], path))
            except FieldDeniedError as error:
                denial = denial or error
            except FieldMapError as error:
                problem = problem or error
        return kinds, denial, problem

    def _check_author(self, author):
        """Check that the author is active and may use the connector's company: what they chose is read as them.

        :raise FieldDeniedError: this is not the case
        """
        # As the superuser: who looks at the line may not be allowed to see its author.
        author, company = author.sudo(), self.connector_id.sudo().company_id
        if may_use(author, company):
            return
        if not author.active:
            raise FieldDeniedError(
                self.env._(
                    "the user who chose the Odoo field, %(user)s, is archived. Choose it again",
                    user=author.name,
                )
            )
        raise FieldDeniedError(
            self.env._(
                "the user who chose the Odoo field, %(user)s, has no access to %(company)s. Choose it again",
                user=author.name,
                company=company.name,
            )
        )

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
