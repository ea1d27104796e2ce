"""Connection pools that connect only to addresses which a guard has checked.

The name is resolved once, by the guard, and the connection is made to what it returned: a name server that
changes its answer between the check and the connection gains nothing. The ``Host`` header, the name in the TLS
handshake and the check of the certificate are those of the name, as ever.
"""

import socket

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, LocationParseError, NewConnectionError

MAX_ADDRESSES = 4  # that are tried for one connection


def pool_classes(guard):
    """Return urllib3's ``{scheme: class of pool}`` with that guard.

    :param guard: called with host, port and whether TLS is used; returns a list of IP addresses, or raises a
        :class:`~..core.errors.RemoteError`, :class:`socket.gaierror` or :class:`UnicodeError`
    """
    return {
        "http": _pool_class(HTTPConnectionPool, guard, False),
        "https": _pool_class(HTTPSConnectionPool, guard, True),
    }


def _pool_class(pool, guard, is_secure):
    members = {"guard": staticmethod(guard), "is_secure": is_secure}
    connection = type("GuardedConnection", (_Guarded, pool.ConnectionCls), members)
    return type("GuardedPool", (pool,), {"ConnectionCls": connection})


class _Guarded:
    """Mixed into a connection of urllib3, whose ``_dns_host`` is what it connects to."""

    _dns_host: str
    timeout: float

    def _new_conn(self):
        name, timeout = self._dns_host, self.timeout
        addresses = self._addresses()[:MAX_ADDRESSES]
        try:
            self.timeout = timeout / len(addresses)
            for address in addresses:
                self._dns_host = address
                try:
                    sock = super()._new_conn()
                except (NewConnectionError, ConnectTimeoutError):
                    if address == addresses[-1]:
                        raise
                    continue
                sock.settimeout(timeout)
                return sock
        finally:
            self._dns_host, self.timeout = name, timeout
        raise AssertionError("unreachable")

    def _addresses(self):
        try:
            return self.guard(self.host, self.port, self.is_secure)
        except socket.gaierror as error:
            raise NewConnectionError(self, "the name is not known") from error
        except UnicodeError:
            raise LocationParseError(self.host) from None
