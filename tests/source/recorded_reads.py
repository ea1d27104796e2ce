"""Which stored fields a piece of code reads, through all relations and computed fields."""

from contextlib import contextmanager
from unittest.mock import patch

from odoo.fields import Field


@contextmanager
def recorded_reads(env):
    """Yield a set, which fills with the ``(model, field)`` of each stored field that the block reads of a record.

    Values that are computed anew are followed to the stored fields that they are made of.
    """
    env.flush_all()
    env.invalidate_all()
    reads: set[tuple[str, str]] = set()
    with _patched_getters(reads):
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
        if records is not None and field.store and records._ids:
            reads.add((field.model_name, field.name))
        return getter(field, records, owner)

    return get


def _classes(field_class):
    yield field_class
    for subclass in field_class.__subclasses__():
        yield from _classes(subclass)
