"""One request at a time to one host, never faster than is polite, and never to another.

The host is looked up for each connection, refused where it is not public, and connected to by the address that was
looked at. Redirects are followed within the host. What is too large, too slow or endless is refused.
"""

import math
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from socket import SHUT_RDWR
from typing import NoReturn

from rag_core.backends.web.site import Limits, Site
from rag_core.calling import Dependency, Patience
from rag_core.errors import MisconfiguredError, PausedError, RejectedError, UnavailableError
from rag_core.reaching import Pinned, PinnedPlain, addresses, is_public

AGENT = "supportbot"
REDIRECTS, MOST_REDIRECTS = (301, 302, 303, 307, 308), 5
BUSY = 429
ACCEPTED = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.1"
PIECE = 65_536
DAY = 86_400.0  # seconds: a host may ask for more than any number can hold
GZIP = b"\x1f\x8b"
PATIENCE = Patience(first_wait=1.0, longest_wait=10.0, most_asked=60.0, spare_retries=5.0, failures=15)
TOO_SLOW = (
    "{} asks for {:g} s between two requests, longer than a worker has: ingest it where there is no queue of them"
)
PRIVATE = "{} leads to an address that is not public: a site within a private network is not read"


@dataclass(frozen=True, slots=True)
class Response:
    """What the host said in the end; names of headers in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    path: str  # after redirects


class Fetcher:
    """Of one run over one site. All raise UnavailableError, RejectedError, MisconfiguredError, PausedError.

    `private` lets it call this machine, `context` trust a certificate of one's own: both are for tests alone, and no
    setting reaches them.
    """

    def __init__(
        self,
        site: Site,
        limits: Limits,
        *,
        private: bool = False,
        context: ssl.SSLContext | None = None,
        patience: Patience = PATIENCE,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._site, self._limits, self._private, self._trust = site, limits, private, context
        self._clock, self._sleep = clock, sleep
        self._dependency = Dependency(site.host, patience, clock=clock, sleep=sleep)
        self._pause, self._next, self._end = limits.pause, 0.0, clock() + limits.seconds
        self._until, self._idle = math.inf, True

    def go_on(self, spent: float, pause: float, seconds: float) -> None:
        """Of a run that others have spent time on, and keep asking for at most so many seconds."""
        now = self._clock()
        self._until, self._end = now + seconds, now + self._limits.seconds - spent
        if spent:  # whoever was here last may have left just now
            self.slow_down(pause)
            self._next = now + self._pause

    @property
    def spent(self) -> float:
        """Seconds, of the run."""
        return self._clock() + self._limits.seconds - self._end

    @property
    def pause(self) -> float:
        return self._pause

    def slow_down(self, pause: float) -> None:
        self._pause = max(self._pause, pause)

    def get(
        self,
        path: str,
        *,
        most: int,
        headers: Mapping[str, str] | None = None,
        may: Callable[[str], bool] = lambda _: True,
    ) -> Response:
        """`most` bytes of it, unpacked; `may`: which paths may be asked for, those that it redirects to as well."""
        for _ in range(MOST_REDIRECTS + 1):
            here = path
            response = self._dependency.call(
                lambda seconds, here=here: self._asked(here, most, headers or {}, seconds),  # type: ignore[misc]
                timeout=self._limits.patience,
            )
            if response.status not in REDIRECTS:
                return response
            path = self._followed(here, response.headers.get("location", ""), may)
        raise RejectedError(f"it redirects more than {MOST_REDIRECTS} times")

    def _followed(self, path: str, location: str, may: Callable[[str], bool]) -> str:
        target = self._site.path(location, path)
        if target is None:
            raise RejectedError(f"it redirects to an address that is not on {self._site.address('')}")
        if not may(target):
            raise RejectedError("it redirects to a page that robots.txt asks not to read")
        return target

    def _asked(self, path: str, most: int, headers: Mapping[str, str], seconds: float) -> Response:
        self._wait()
        connection = self._connection(seconds)
        ended = threading.Event()

        def end() -> None:
            """A host that drips keeps every single wait short, and goes on for ever."""
            ended.set()
            if connection.sock is not None:
                with suppress(OSError):
                    connection.sock.shutdown(SHUT_RDWR)

        watch = threading.Timer(seconds, end)
        watch.daemon = True
        watch.start()
        try:
            asked = {"User-Agent": AGENT, "Accept": ACCEPTED, "Accept-Encoding": "gzip", **headers}
            connection.request("GET", path, headers=asked)
            with connection.getresponse() as response:
                return self._read(response, path, most, ended)
        except (OSError, HTTPException, ValueError) as error:  # ValueError: a socket that was closed beneath
            self._unreached(error, ended)
        finally:
            watch.cancel()
            connection.close()

    def _read(self, response: HTTPResponse, path: str, most: int, ended: threading.Event) -> Response:
        status, headers = response.status, {name.lower(): value for name, value in response.getheaders()}
        if status == BUSY or status >= 500:
            asked = headers.get("retry-after", "")
            raise UnavailableError(
                f"{self._site.host} answered {status}",
                retry_after=min(float(asked), DAY) if asked.isdecimal() else None,
            )
        body = bytearray()
        while status == 200 and (piece := response.read(PIECE)):
            body += piece
            if len(body) > most:
                raise RejectedError(f"it is larger than {most / 10**6:g} MB")
        if ended.is_set() or (status == 200 and response.length):
            raise HTTPException("cut off")
        return Response(status, headers, unpacked(bytes(body), most), path)

    def _unreached(self, error: Exception, ended: threading.Event) -> NoReturn:
        reason = "it took too long" if ended.is_set() else type(error).__name__
        raise UnavailableError(f"{self._site.host} cannot be read now ({reason})") from error

    def _wait(self) -> None:
        now = self._clock()
        begin = max(now, self._next)
        if begin >= self._end:
            raise MisconfiguredError(
                f"reading {self._site.host} takes longer than {self._limits.seconds / 60:g} minutes, with "
                f"{self._pause:g} s between two pages: allow more `minutes`, or name a part of the site"
            )
        if begin + self._limits.patience > self._until:
            raise MisconfiguredError(TOO_SLOW.format(self._site.host, self._pause)) if self._idle else PausedError()
        self._idle = False
        if begin > now:
            self._sleep(begin - now)
        self._next = begin + self._pause

    def _connection(self, seconds: float) -> HTTPConnection:
        site = self._site
        try:
            found = addresses(site.host, site.port)
        except (OSError, UnicodeError) as error:
            raise UnavailableError(f"{site.host} has no address ({type(error).__name__}): check its name") from error
        if not self._private and not all(map(is_public, found)):
            raise MisconfiguredError(PRIVATE.format(site.host))
        if site.scheme == "http":
            return PinnedPlain(found[0], site.host, site.port, seconds)
        self._trust = self._trust or ssl.create_default_context()
        return Pinned(found[0], site.host, site.port, seconds, self._trust)


def unpacked(body: bytes, most: int) -> bytes:
    """What was sent as gzip, or is a file of it, and both; never more than `most`. Raises RejectedError."""
    for _ in range(2):
        if not body.startswith(GZIP):
            return body
        packed = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            body = packed.decompress(body, most + 1)
        except zlib.error as error:
            raise RejectedError("it is damaged (gzip)") from error
        if len(body) > most:
            raise RejectedError(f"unpacked it is larger than {most / 10**6:g} MB")
        if not packed.eof:
            raise RejectedError("it is cut off (gzip)")
    return body
