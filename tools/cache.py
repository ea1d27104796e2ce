"""Caching what the configuration says, the same for everybody who asks."""

import functools

from odoo import SUPERUSER_ID
from odoo.tools import ormcache  # noqa: TID251


def cached(*keys):
    """Return a decorator like :class:`odoo.tools.ormcache`, for what must not depend on who asks first.

    The method runs as the superuser with an empty context: the user, the companies, the language and ``active_test`` of
    the caller have no influence.

    :param keys: expressions of the method's parameters, such as ``"self.id"``
    """

    def decorate(method):
        @functools.wraps(method)
        def read(self, *args, **kwargs):
            env = self.env(user=SUPERUSER_ID, su=True, context={})
            return method(self.with_env(env), *args, **kwargs)

        return ormcache(*keys)(read)

    return decorate
