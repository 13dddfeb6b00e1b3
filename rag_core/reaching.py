"""Connect over HTTP to a public address, and to the very one that was looked at.

A name is looked up once: one that changes its mind between the look and the connection leads nowhere. No proxy of the
environment comes between.
"""

import socket
import ssl
from http.client import HTTPConnection, HTTPSConnection
from ipaddress import IPv6Address, ip_address, ip_network

GIVEN = ip_network("2000::/3")


def addresses(host: str, port: int) -> list[str]:
    """Of a name, as this machine is told. Raises OSError, UnicodeError."""
    return [str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def is_public(address: str) -> bool:
    """Of IPv6 only what is given to networks: no form of it that carries an IPv4 address."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address) and (found not in GIVEN or found.sixtofour or found.teredo):
        return False
    return found.is_global and not found.is_multicast


class Pinned(HTTPSConnection):
    """Connects to one address, and takes nobody for the host but who has its certificate."""

    def __init__(self, address: str, host: str, port: int, timeout: float, context: ssl.SSLContext) -> None:
        super().__init__(host, port, timeout=timeout, context=context)
        self._address, self._trust, self._patience = address, context, timeout

    def connect(self) -> None:
        self.sock = plain = socket.create_connection((self._address, self.port), self._patience)
        try:
            self.sock = self._trust.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise


class PinnedPlain(HTTPConnection):
    """The same without TLS, where nobody can tell who answers."""

    def __init__(self, address: str, host: str, port: int, timeout: float) -> None:
        super().__init__(host, port, timeout=timeout)
        self._address, self._patience = address, timeout

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), self._patience)
