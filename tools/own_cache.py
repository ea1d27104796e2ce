"""Reading as a user what Odoo computes, without what others have read before.

The environments of a transaction share one cache. What it has is returned without a check of access, and a value is
computed once for all users: what was computed as the superuser would be returned to everybody.
"""

from contextlib import contextmanager

from odoo.api import Environment


@contextmanager
def own_cache(env, user, **context):
    """Yield an environment of a user in the same database transaction, with a cache of its own.

    It is for reading. All that is read belongs to it: use ids, not its records, outside. What others have in the cache
    stays there, also what a person typed into a form.

    :param context: replaces keys of the context
    """
    env.flush_all()
    cr, shared = env.cr, env.cr.transaction
    cr.transaction = None  # Odoo gives the cursor a new one, with an empty cache
    try:
        yield Environment(cr, user.id, {**env.context, **context})
    finally:
        cr.transaction = shared
