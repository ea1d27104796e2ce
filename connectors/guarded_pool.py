"""Connection pools that connect only to addresses that a guard has checked.

The guard resolves the host name once, and the connection goes to an address that it returned. So DNS rebinding (an
answer that changes between the check and the connection) has no effect. The ``Host`` header, SNI and the certificate
check still use the host name.
"""

import socket

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, LocationParseError, NewConnectionError

MAX_ADDRESSES = 4  # attempted per connection


def pool_classes(guard):
    """Return ``{scheme: pool class}`` for urllib3, with connections that the guard checks.

    :param guard: takes the host, the port, and whether TLS is used. It returns a list of IP addresses, or raises a
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
    """A mixin for urllib3's connections, which connect to their ``_dns_host``."""

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
            raise NewConnectionError(self, "unknown host name") from error
        except UnicodeError:
            raise LocationParseError(self.host) from None
