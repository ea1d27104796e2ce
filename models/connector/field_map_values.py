"""Values of Odoo records that mapping lines name by a path, such as ``parent_id.name``."""

import logging
from contextlib import suppress
from datetime import date, datetime

import psycopg2

from odoo import api, models
from odoo.exceptions import AccessError

from ...core.tracebacks import without_values
from ...tools.own_cache import own_cache
from ...tools.readable import is_readable
from ..source.canonical_values import timestamp

_logger = logging.getLogger(__name__)


class UnreadableError(Exception):
    """A path leads to a record or value that the author of a line may not read."""


class RetailFieldMap(models.Model):
    _inherit = "retail.field.map"

    @api.model
    def _record_values(self, records, authors):
        """Return ``{id: {path: JSON value}}``, or ``{id: exception}`` for records that cannot be read.

        Paths that the model does not have are left out; lines that need them are then not sent. So are paths through
        fields that are limited to groups, and those that an author may not read: a field, or a related record of this
        one record. Records of other companies count as missing.

        Fields with a column are read for all records at once. Computed fields without one are computed as each author:
        see :class:`_Reader`.

        :param records: with the language of the connector, so that the values do not depend on who sends them
        :param authors: ``{path: the users who chose it}``; all of them must have access
        """
        readers = {user: _Reader(user, records.env) for users in authors.values() for user in users}
        paths = {}
        for path, users in authors.items():
            if users and all(readers[user].has_path(records, path) for user in users):
                paths[path] = [readers[user] for user in users]
        values = {}
        for record in records:
            try:
                values[record.id] = _values(record, paths)
            except psycopg2.Error:
                raise
            except Exception as error:  # custom computed fields may raise anything: the other records go on
                _logger.warning("Cannot read the mapped fields of %s\n%s", record, without_values(error))
                values[record.id] = error
        return values


class _Reader:
    """What the author of a line may read in the companies of an environment. The result of each check is kept."""

    def __init__(self, user, env):
        # As the superuser: a drain may run as anybody.
        user = user.sudo()
        company = env.company
        others = set(company._retail_usable_ids()) & set(user.company_ids.ids) - {company.id}
        self._user = user
        self._context = {"allowed_company_ids": [company.id, *sorted(others)]}
        self._may_use_company = may_use(user, company)
        self._checked = {}  # model: {id: whether it may be read}
        self._computed = {}  # (model, field): {id: its value, or the exception}

    def has_path(self, records, path):
        """Return whether the model has the path, and the user may name each of its fields."""
        if not self._may_use_company:
            return False
        model = records.browse().with_user(self._user)
        for name in path.split("."):
            field = model._fields.get(name) if model is not None else None
            if field is None or not is_readable(model, field):
                return False
            model = model.env[field.comodel_name] if field.relational else None
        return True

    def may_read(self, records):
        """Return whether the user may read all of the records. Checks those that were prefetched with them, too."""
        checked = self._checked.setdefault(records._name, {})
        if not checked.keys() >= set(records._ids):
            unknown = {*records._ids, *records._prefetch_ids} - checked.keys()
            batch = records.browse(unknown).with_user(self._user).with_context(**self._context)
            readable = set(batch._filtered_access("read")._ids)
            checked.update((id_, id_ in readable) for id_ in unknown)
        return all(checked[id_] for id_ in records._ids)

    def computed(self, record, name):
        """Return the value of a computed field as the user sees it; of relations, the ids.

        :raise UnreadableError: the user may not read the record, or what the value is computed from
        """
        found = self._computed.setdefault((record._name, name), {})
        if record.id not in found:
            found.update(self._compute(record, name))
        value = found[record.id]
        if isinstance(value, AccessError):
            raise UnreadableError from value
        if isinstance(value, Exception):
            raise value
        return value

    def _compute(self, record, name):
        """Return ``{id: value or exception}`` of a field for the records that were prefetched with this one, too."""
        self.may_read(record)
        readable = self._checked[record._name]
        ids = dict.fromkeys((record.id, *record._prefetch_ids))
        found = {id_: AccessError("") for id_ in ids if not readable.get(id_)}
        with own_cache(record.env, self._user, **self._context) as env:
            for each in env[record._name].browse(id_ for id_ in ids if readable.get(id_)):
                found[each.id] = _outcome(each, name)
        return found

    def prefetch_ids(self, model, name):
        """Return the ids of all records to which a computed relation leads, as far as it was computed."""
        values = self._computed[model, name].values()
        return tuple(dict.fromkeys(id_ for value in values if isinstance(value, tuple) for id_ in value))


def _outcome(record, name):
    """Return the value of a computed field, of relations the ids; or the exception: the other records go on."""
    try:
        value = record[name]
    except psycopg2.Error:
        raise
    except Exception as error:
        return error
    return value._ids if record._fields[name].relational else value


def may_use(user, company):
    """Return whether lines of a user are sent to remotes of a company.

    :param user: with full access
    """
    return user._is_superuser() or (user.active and company in user.company_ids)


def _values(record, paths):
    """Return ``{path: JSON value}`` of a record, without unreadable values. ``paths``: ``{path: readers}``."""
    values = {}
    for path, readers in paths.items():
        with suppress(UnreadableError):
            values[path] = _read(record, path, readers)
    return values


def _read(record, path, readers):
    *relations, last = path.split(".")
    is_list = False
    for name in relations:
        is_list = is_list or record._fields[name].type in ("one2many", "many2many")
        record = _related(record, name, readers)
    if is_list:
        values = (_plain(each, last, readers) for each in record)
        return sorted(
            (value for value in values if value is not None), key=str
        )  # a stable order is no change
    return _plain(record, last, readers) if record else None


def _related(records, name, readers):
    """Return the related records, if the readers may read all of them."""
    if records._fields[name].store:
        found = records[name]
    else:
        found = [_value(record, name, readers) for record in records]
        comodel = records.env[records._fields[name].comodel_name]
        found = found[0] if len(found) == 1 else comodel.union(*found)
    found = _of_company(found)
    if not all(reader.may_read(found) for reader in readers):
        raise UnreadableError
    return found


def _value(record, name, readers):
    """Return the value of a field, if the readers may read what it is made of.

    Odoo reads a related field, such as ``parent_name``, as the superuser: here it is read as the path it stands for.
    """
    field = record._fields[name]
    if field.store or not record:
        return record[name]
    if field.inherited:
        parent, _dot, last = field.related.partition(".")
        return _value(record[parent], last, readers)  # a part of the record
    if field.related:
        *relations, last = field.related.split(".")
        for each in relations:
            found = _related(record, each, readers)
            record = next(
                iter(found), found
            )  # as Odoo does; other than a slice, it is prefetched with the others
        return _value(record, last, readers)
    value, *others = (reader.computed(record, name) for reader in readers)
    if any(other != value for other in others):
        raise UnreadableError  # each author may see a part of it only
    if not field.relational:
        return value
    found = record.env[field.comodel_name].browse(value)
    return found.with_prefetch(readers[0].prefetch_ids(record._name, name) or value)


def _of_company(records):
    """Return those of the records that the companies of the environment may use. They are prefetched together."""
    usable = set(records.env.company._retail_usable_ids())
    if records._name == "res.company":
        return records.browse(id_ for id_ in records._ids if id_ in usable).with_prefetch(
            records._prefetch_ids
        )
    name = "company_ids" if "company_ids" in records._fields else "company_id"
    if name not in records._fields or records._fields[name].comodel_name != "res.company":
        return records
    found = records.filtered(lambda record: not record[name] or usable.intersection(record[name].ids))
    return found.with_prefetch(records._prefetch_ids)


def _plain(record, name, readers):
    """Return the value of a field as a JSON value; None if it is empty."""
    value = _value(record, name, readers)
    if isinstance(value, datetime):
        return timestamp(value)
    if isinstance(value, date):
        return value.isoformat()
    if value is False and record._fields[name].type != "boolean":
        return None
    return value if isinstance(value, (bool, int, float)) else str(value)
