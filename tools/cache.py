"""A cache for configuration that is the same for all users."""

import functools

from odoo import SUPERUSER_ID
from odoo.tools import ormcache  # noqa: TID251


def cached(*keys):
    """Return a decorator like :class:`odoo.tools.ormcache`, whose values do not depend on the first caller.

    The method runs as the superuser with an empty context, so the caller's user, companies, language and
    ``active_test`` have no influence.

    :param keys: expressions of the method's parameters, such as ``"self.id"``
    """

    def decorate(method):
        @functools.wraps(method)
        def read(self, *args, **kwargs):
            # As the superuser: the first caller's rights must not decide what others get.
            env = self.env(user=SUPERUSER_ID, su=True, context={})
            return method(self.with_env(env), *args, **kwargs)

        return ormcache(*keys)(read)

    return decorate
