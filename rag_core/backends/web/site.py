"""Which site is read, and which addresses belong to it.

Of an address only path and query are ever used: the connection goes to the site's own host, whatever an address says.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import quote, urljoin

from rag_core.errors import MisconfiguredError

PORTS = {"http": 80, "https": 443}
# whatever two readers might read in two ways is none: userinfo, backslashes, other letters than ASCII's, blanks
ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<rest>[/?][^#]*)?(?:#.*)?",
    re.IGNORECASE | re.ASCII | re.DOTALL,
)
KEPT = "/?[]@!$&'()*+,;=:%~-._"  # of path and query; all else is escaped
CLIMBS = re.compile(r"/(?:\.|%2e){1,2}(?:/|$)", re.IGNORECASE)  # out of the folder that it seems to stand in
LONGEST = 2_048  # characters, as sitemaps have it
NO_SITE = "{} is no web site's address: it reads https://www.example.com, with a path where only a part is meant"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may take of a site."""

    pages: int = 5_000
    page_bytes: int = 5_000_000
    sitemap_bytes: int = 50_000_000  # each, unpacked: the protocol's own limit
    sitemaps: int = 500
    seconds: float = 3_600.0  # of one run
    pause: float = 1.0  # seconds between two requests; a longer one that robots.txt asks for is kept
    patience: float = 20.0  # seconds for one request


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Site:
    """One host, and the folder of it that is read. Raises MisconfiguredError."""

    url: str
    sitemaps: tuple[str, ...] = ()  # where they are; none: robots.txt says, or it is /sitemap.xml
    scheme: str = field(init=False)
    host: str = field(init=False)
    port: int = field(init=False)
    folder: str = field(init=False)

    def __post_init__(self) -> None:
        found = ADDRESS.fullmatch(self.url)
        if found is None or not ("." in found["host"] or found["host"] == "localhost"):
            raise MisconfiguredError(NO_SITE.format(self.url))
        scheme = found["scheme"].lower()
        for name, value in (
            ("scheme", scheme),
            ("host", found["host"].lower()),
            ("port", int(found["port"] or PORTS[scheme])),
            ("folder", _escaped(found["rest"] or "/").partition("?")[0].rstrip("/")),
        ):
            object.__setattr__(self, name, value)
        for sitemap in self.sitemaps:
            if self.path(sitemap) is None:
                raise MisconfiguredError(f"the sitemap {sitemap} is not on {self.host}: only this host is read")

    def path(self, address: str, base: str = "/") -> str | None:
        """Path and query of an address of this host; None for any other. A relative one stands in the page `base`."""
        try:
            found = ADDRESS.fullmatch(urljoin(self.address(base), address.strip(" \t\r\n")))
        except ValueError:
            return None
        if found is None or found["host"].lower() != self.host:
            return None
        scheme, port = found["scheme"].lower(), int(found["port"] or PORTS[found["scheme"].lower()])
        plain = (scheme, port) == ("http", 80) and (self.scheme, self.port) == (
            "https",
            443,
        )  # read by https all the same
        path = _escaped(found["rest"] or "/")
        if not (plain or (scheme, port) == (self.scheme, self.port)) or len(path) > LONGEST:
            return None
        path = path if path.startswith("/") else f"/{path}"
        return None if CLIMBS.search(path.partition("?")[0]) else path

    def holds(self, path: str) -> bool:
        """Whether it is, or stands below, what is read of the site."""
        return (path.partition("?")[0] + "/").startswith(self.folder + "/")

    def address(self, path: str) -> str:
        """Where a reader finds it."""
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}{path}"


def _escaped(rest: str) -> str:
    return quote(rest, safe=KEPT, errors="replace")
