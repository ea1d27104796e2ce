"""Connection pools that limit the time of a call, and connect only to addresses that a guard has checked.

The guard resolves the host name once, and the connection goes to an address that it returned. So DNS rebinding (an
answer that changes between the check and the connection) has no effect. The ``Host`` header, SNI and the certificate
check still use the host name.

The time-out of a socket only limits the wait for the next byte. Here one deadline covers the whole call: name lookup,
connection, request and response.
"""

import contextlib
import functools
import socket
import threading
import time
from concurrent.futures import Future
from http.client import RemoteDisconnected
from ipaddress import ip_address

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, LocationParseError, NewConnectionError

from .strict_response import StrictResponse

MAX_ADDRESSES = 4  # attempted per connection


def any_address(host, port, _is_secure):
    """Return the addresses of a host name: a guard that allows all of them.

    :raise socket.gaierror: unknown host name
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(sockaddr[0] for *_kind, sockaddr in found))


def pool_classes(guard, call_seconds):
    """Return ``{scheme: pool class}`` for urllib3, with connections that the guard checks.

    :param guard: takes the host, the port, and whether TLS is used. It returns a list of IP addresses, or raises a
        :class:`~..core.errors.RemoteError`, :class:`socket.gaierror` or :class:`UnicodeError`
    :param call_seconds: the maximum duration of one call
    """
    return {
        "http": _pool_class(HTTPConnectionPool, guard, call_seconds, False),
        "https": _pool_class(HTTPSConnectionPool, guard, call_seconds, True),
    }


def _pool_class(pool, guard, call_seconds, is_secure):
    members = {"guard": staticmethod(guard), "call_seconds": call_seconds, "is_secure": is_secure}
    connection = type("GuardedConnection", (_Guarded, pool.ConnectionCls), members)
    return type("GuardedPool", (pool,), {"ConnectionCls": connection})


class KeptConnectionClosed(RemoteDisconnected):
    """A connection that had served another call was closed before the response to this one began."""


class _Guarded:
    """A mixin for urllib3's connections, which connect to their ``_dns_host``."""

    _dns_host: str
    timeout: float
    deadline: float | None = None  # of the call that is being made
    responses = 0  # on the present connection

    def request(self, *args, **options):
        self.deadline = time.monotonic() + self.call_seconds
        with self._kept_connection():
            return super().request(*args, **options)

    def getresponse(self):
        with self._kept_connection():
            response = super().getresponse()
        self.responses += 1
        return response

    @contextlib.contextmanager
    def _kept_connection(self):
        try:
            yield
        except ConnectionError as error:
            if not self.responses:
                raise
            raise KeptConnectionClosed(str(error)) from error

    def send(self, data):
        if self.sock is not None:
            self.sock.settimeout(max(self.deadline - time.monotonic(), 0.001))
        return super().send(data)

    @property
    def response_class(self):
        return functools.partial(StrictResponse, deadline=self.deadline)

    def _new_conn(self):
        name, timeout = self._dns_host, self.timeout
        self.responses = 0
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
        look_up = functools.partial(self.guard, self._dns_host, self.port, self.is_secure)
        try:
            return look_up() if _is_address(self._dns_host) else _within(self.timeout, look_up)
        except TimeoutError:
            raise ConnectTimeoutError(self, "the name lookup timed out") from None
        except socket.gaierror as error:
            raise NewConnectionError(self, "unknown host name") from error
        except UnicodeError:
            raise LocationParseError(self.host) from None


def _is_address(host):
    """Return whether a host is an IP address, which no name server is asked for."""
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _within(seconds, function):
    """Call ``function()`` in a thread, and return its result or raise its exception: name lookups have no time-out.

    :raise TimeoutError: it takes longer than ``seconds``; its thread goes on until it ends
    """
    future: Future = Future()

    def run():
        try:
            future.set_result(function())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True, name="retail_hub name lookup").start()
    return future.result(timeout=seconds)
