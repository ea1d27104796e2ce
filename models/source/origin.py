"""The origin of changes: the connector whose system asked for them. What it caused itself is not sent to it."""

from contextlib import contextmanager
from weakref import WeakKeyDictionary

# By cursor, not in a context: a context may be sent by clients, and is not that of a field that is computed later.
_origins = WeakKeyDictionary()


@contextmanager
def changes_from(cr, connector_id):
    """Note that the changes within the block come from the system of a connector. They are captured before it ends.

    :param connector_id: None for changes that Odoo makes because of others
    """
    before = _origins.get(cr)
    _origins[cr] = connector_id
    try:
        yield
        cr.flush()
    finally:
        _origins[cr] = before


def origin_of(cr):
    """Return the id of the connector whose system causes the changes of this moment; None for all others."""
    return _origins.get(cr)
