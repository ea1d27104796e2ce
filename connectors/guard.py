"""Protection against server-side request forgery: the URL of a connector must not lead into the server's own network.

The guard checks the IP address of the connection, not the URL. So it also covers other spellings of an address
(``2130706433``, ``0x7f.1``, ``[::ffff:127.0.0.1]``) and host names that resolve to one.
"""

import contextlib
import re
import socket
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from ..core.errors import AuthError

HTTP, HTTPS = 80, 443
FIRST_UNPRIVILEGED_PORT = 1024
# Not "globally reachable" in IANA's registries of special-purpose addresses, plus multicast and 6to4 relays.
_NOT_PUBLIC = [
    ip_network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
        "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "168.63.129.16/32",  # Azure's platform services, reachable from Azure machines only
        "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    )
]  # fmt: skip
# All other IPv6 is special: IPv4-mapped, NAT64, unique local, link-local, site-local, multicast, segment routing.
_GLOBAL_UNICAST = ip_network("2000::/3")

_LABELS = re.compile(
    r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\.?"
)
_NUMBER = re.compile(
    r"[0-9-]*|0x[0-9a-f]*"
)  # as the last label: a resolver takes the name for an IPv4 address
_NAME_LENGTH = 253


class Guard:
    """Returns the addresses to which a connection may be made; used by :mod:`.guarded_pool`.

    :param allowed_hosts: host names and addresses, as written in URLs, that are exempt from all checks
    :param resolve: called like :func:`socket.getaddrinfo`
    """

    def __init__(self, allowed_hosts=(), resolve=socket.getaddrinfo):
        self._allowed_hosts = frozenset(map(_plain, allowed_hosts))
        self._resolve = resolve

    def __eq__(self, other):
        """Return whether the other guard allows the same connections."""
        return isinstance(other, Guard) and self._rules == other._rules

    def __hash__(self):
        return hash(self._rules)

    @property
    def _rules(self):
        return self._allowed_hosts, self._resolve

    def __call__(self, host, port, is_secure):
        """Return the distinct IP addresses of a host.

        :raise AuthError: connecting is not allowed; the message is for the admin, and the connector pauses
        """
        self.check(host, port, is_secure)
        found = self._resolve(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(address[0] for *_rest, address in found))
        if not self._allows(host) and not all(map(is_public, addresses)):
            raise _not_public(host)
        return addresses

    def check_url(self, url):
        """Check what a URL says, without a name server.

        :raise AuthError: as when the guard is called
        :raise ValueError: it is no URL
        """
        parts = urlsplit(url)
        host = parts.hostname or ""
        is_secure = parts.scheme == "https"
        if not self._allows(host) and not _is_canonical(host, is_bracketed="[" in parts.netloc):
            raise _refused(f"{host} is neither a host name nor an IP address in its usual form", host)
        self.check(host, parts.port or (HTTPS if is_secure else HTTP), is_secure)

    def check(self, host, port, is_secure):
        """Check what can be known of a host without a name server.

        :raise AuthError: as when it is called
        """
        if self._allows(host):
            return
        _check_port(host, port, is_secure)
        with contextlib.suppress(ValueError):  # a name, not an address
            if not is_public(host.strip("[]")):
                raise _not_public(host)

    def _allows(self, host):
        return _plain(host) in self._allowed_hosts


def _is_canonical(host, is_bracketed):
    """Return whether a host is a name that no resolver takes for an address, or an address as it is usually written."""
    with contextlib.suppress(ValueError):  # a name, not an address
        address = ip_address(host)
        return str(address) == host and "%" not in host and (address.version == 6) == is_bracketed
    try:
        name = host.encode("idna").decode().lower()
    except UnicodeError:
        return False
    labels = None if is_bracketed or len(name) > _NAME_LENGTH else _LABELS.fullmatch(name)
    return bool(labels) and not _NUMBER.fullmatch(labels[1])


def is_public(address):
    """Return whether an IP address (text) is on the public internet."""
    address = ip_address(address.partition("%")[0])
    if address.version == 6 and address not in _GLOBAL_UNICAST:
        return False
    return not any(address in network for network in _NOT_PUBLIC if network.version == address.version)


def _check_port(host, port, is_secure):
    if not is_secure:
        raise _refused("Retail Hub connects over HTTPS only", host)
    if port != HTTPS and port < FIRST_UNPRIVILEGED_PORT:
        raise _refused(f"Retail Hub does not connect to port {port}", host)


def _not_public(host):
    return _refused(
        f"{host} has an address that is not public. Retail Hub connects to the internet only", host
    )


def _refused(what, host):
    return AuthError(
        f"{what}, unless the server's admin allows {host} (allow_hosts in odoo.conf).",
        code="ADDRESS_REFUSED",
    )


def _plain(host):
    return host.strip("[].").lower()
