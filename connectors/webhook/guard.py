"""To which addresses webhooks may be sent: a URL that somebody typed must not lead into the server's own network.

The rule is about the address that a connection is made to, whatever the URL looks like. So it holds for all
ways to write an address (``2130706433``, ``0x7f.1``, ``[::ffff:127.0.0.1]``), and for names that lead to one.
"""

import socket
from ipaddress import ip_address, ip_network

from ...core.errors import AuthError

HTTPS = 443
FIRST_UNPRIVILEGED_PORT = 1024
# What is not "globally reachable" in IANA's registries of special-purpose addresses, multicast, and 6to4 relays.
_NOT_PUBLIC = [
    ip_network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
        "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "168.63.129.16/32",  # Azure's platform, which only its own machines reach
        "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    )
]  # fmt: skip
# IPv6 beyond it is special: IPv4-mapped, NAT64, unique local, link-local, site-local, multicast, segment routing.
_GLOBAL_UNICAST = ip_network("2000::/3")


class Guard:
    """Says which addresses a connection may be made to; see :mod:`..guarded_pool`.

    :param allowed_hosts: names and addresses, as they are in URLs, for which there are no rules
    :param resolve: :func:`socket.getaddrinfo`
    """

    def __init__(self, allowed_hosts=(), resolve=socket.getaddrinfo):
        self._allowed_hosts = frozenset(map(_plain, allowed_hosts))
        self._resolve = resolve

    def __call__(self, host, port, is_secure):
        """Return the addresses of a host, none twice.

        :raise AuthError: in words for the admin, if no connection may be made; the connector then pauses
        """
        is_allowed = _plain(host) in self._allowed_hosts
        if not is_allowed:
            _check_port(host, port, is_secure)
        found = self._resolve(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(address[0] for *_rest, address in found))
        if not is_allowed and not all(map(is_public, addresses)):
            raise _refused(
                f"{host} has an address that is not public. Webhooks are only sent to the internet", host
            )
        return addresses


def is_public(address):
    """Tell whether an IP address (text) belongs to a host on the internet."""
    address = ip_address(address.partition("%")[0])
    if address.version == 6 and address not in _GLOBAL_UNICAST:
        return False
    return not any(address in network for network in _NOT_PUBLIC if network.version == address.version)


def _check_port(host, port, is_secure):
    if not is_secure:
        raise _refused("Webhooks are only sent over HTTPS", host)
    if port != HTTPS and port < FIRST_UNPRIVILEGED_PORT:
        raise _refused(f"Webhooks are not sent to port {port}", host)


def _refused(what, host):
    return AuthError(
        f"{what}, unless the server's admin allows {host} (webhook_allow_hosts in odoo.conf).",
        code="ADDRESS_REFUSED",
    )


def _plain(host):
    return host.strip("[].").lower()
