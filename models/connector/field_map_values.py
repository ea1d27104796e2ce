"""Values of Odoo records that mapping lines name by a path, such as ``parent_id.name``."""

import logging
from datetime import date, datetime

import psycopg2

from odoo import api, models

from ...core.tracebacks import without_values
from ..source.canonical_values import timestamp

_logger = logging.getLogger(__name__)


class RetailFieldMap(models.Model):
    _inherit = "retail.field.map"

    @api.model
    def _record_values(self, records, paths):
        """Return ``{id: {path: JSON value}}``, or ``{id: exception}`` for records that cannot be read.

        Paths that the model does not have are left out; lines that need them are then not sent. So are paths through
        fields that are limited to groups. Records of other companies count as missing.

        :param records: with the language of the connector, so that the values do not depend on who sends them
        """
        paths = [path for path in paths if _has_path(records, path)]
        values = {}
        for record in records:
            try:
                values[record.id] = {path: _read(record, path) for path in paths}
            except psycopg2.Error:
                raise
            except Exception as error:  # custom computed fields may raise anything: the other records go on
                _logger.warning("Cannot read the mapped fields of %s\n%s", record, without_values(error))
                values[record.id] = error
        return values


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
