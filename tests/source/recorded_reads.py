"""Which stored fields a piece of code reads, and of which records: through relations, computed fields and searches."""

from collections import defaultdict
from contextlib import contextmanager
from unittest.mock import patch

from odoo.fields import Domain, Field
from odoo.models import BaseModel


@contextmanager
def recorded_reads(env):
    """Yield ``{(model, field): ids}``, which fills with the stored fields that the block reads of records.

    Values that are computed anew are followed to the stored fields that they are made of. A search reads the fields of
    its domain and of its groups: of the records that it finds.
    """
    env.flush_all()
    env.invalidate_all()
    reads = defaultdict(set)
    with _patched_getters(reads), _patched_searches(reads):
        yield reads


@contextmanager
def _patched_getters(reads):
    patches = [
        patch.object(field_class, "__get__", _recording(field_class.__dict__["__get__"], reads))
        for field_class in _classes(Field)
        if "__get__" in field_class.__dict__
    ]
    for each in patches:
        each.start()
    try:
        yield
    finally:
        for each in reversed(patches):
            each.stop()


def _recording(getter, reads):
    def get(field, records, owner=None):
        if records is not None and field.store:
            reads[field.model_name, field.name].update(id_ for id_ in records._ids if id_)
        return getter(field, records, owner)

    return get


def _classes(field_class):
    yield field_class
    for subclass in field_class.__subclasses__():
        yield from _classes(subclass)


@contextmanager
def _patched_searches(reads):
    search, read_group = BaseModel._search, BaseModel._read_group

    def searching(self, domain, *args, **options):
        query = search(self, domain, *args, **options)
        found = self.browse(list(query)) if not query.is_empty() else self.browse()
        is_tested = options.get("active_test", True) and self.env.context.get("active_test", True)
        if self._active_name and is_tested:
            domain = Domain(domain) & Domain(self._active_name, "=", True)
        _record_domain(found, Domain(domain), reads)
        return query

    def grouping(self, domain, groupby=(), aggregates=(), *args, **options):
        found = self.search(domain)
        for spec in (*groupby, *aggregates):
            _record_path(found, spec.partition(":")[0], reads)
        return read_group(self, domain, groupby, aggregates, *args, **options)

    with (
        patch.object(BaseModel, "_search", searching),
        patch.object(BaseModel, "_read_group", grouping),
    ):
        yield


def _record_domain(records, domain, reads):
    for condition in domain.iter_conditions():
        last = _record_path(records, condition.field_expr, reads)
        if condition.operator in ("any", "not any", "any!", "not any!") and isinstance(
            condition.value, Domain
        ):
            _record_domain(last, condition.value, reads)


def _record_path(records, path, reads):
    """Record the reading of a path, such as ``product_id.name``, and return the records to which it leads."""
    for name in path.split("."):
        field = records._fields.get(name)
        if field is None:
            break
        if field.store:
            reads[records._name, name].update(records._ids)
        if not field.relational:
            break
        records = records.sudo().with_context(active_test=False)[name]
    return records
