"""Send an answer to the address its caller was configured with, signed.

Never to another one: no redirect is followed, and the address that was looked up and found public is the one that is
connected to, so a name that changes its mind in between leads nowhere.
"""

import hmac
import ssl
import time
from collections.abc import Callable
from functools import cached_property
from http.client import HTTPException
from urllib.parse import urlsplit

from bot.api.callers import Callback
from bot.api.limiting import within
from rag_core.domain import Deadline
from rag_core.errors import RejectedError, UnavailableError
from rag_core.reaching import Pinned, addresses, is_public

TIMEOUT = 5.0  # seconds for all of it
HEADER_TIME, HEADER_SIGNATURE = "Supportbot-Timestamp", "Supportbot-Signature"


def signature(secret: str, timestamp: str, body: bytes) -> str:
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, "sha256").hexdigest()


class Callbacks:
    """Raises UnavailableError for whatever is not taken with a 2xx: the queue tries again.

    `private` lets it call this machine, `context` trust a certificate of one's own: both are for tests alone, and no
    setting reaches them.
    """

    def __init__(
        self,
        *,
        private: bool = False,
        context: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.time,
        timeout: float = TIMEOUT,
    ) -> None:
        self._private, self._given, self._clock, self._timeout = private, context, clock, timeout

    def send(self, to: Callback, body: bytes, deadline: Deadline) -> None:
        soonest = Deadline.within(min(self._timeout, deadline.remaining))
        within(soonest, lambda: self._send(to, body, soonest), grace=0.0)

    def _send(self, to: Callback, body: bytes, deadline: Deadline) -> None:
        address = urlsplit(to.url)
        if address.scheme != "https" or not address.hostname:
            raise RejectedError("a callback goes to https:// only")
        stamp = str(int(self._clock()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "supportbot",
            HEADER_TIME: stamp,
            HEADER_SIGNATURE: f"v1={signature(to.secret, stamp, body)}",
        }
        path = f"{address.path or '/'}{'?' + address.query if address.query else ''}"
        connection = self._connection(address.hostname, address.port or 443, deadline)
        try:
            connection.request("POST", path, body, headers)
            status = connection.getresponse().status
        except (OSError, HTTPException) as error:
            raise UnavailableError(f"the callback could not be sent ({type(error).__name__})") from None
        finally:
            connection.close()
        if not 200 <= status < 300:
            raise UnavailableError(f"the callback was not taken: status {status}")

    def _connection(self, host: str, port: int, deadline: Deadline) -> Pinned:
        try:
            found = addresses(host, port)
        except (OSError, UnicodeError) as error:
            raise UnavailableError(f"the callback's host has no address ({type(error).__name__})") from None
        if not self._private and not all(map(is_public, found)):
            raise UnavailableError("the callback's host has an address that is not public")
        return Pinned(found[0], host, port, max(deadline.remaining, 0.01), self._context)

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return self._given or ssl.create_default_context()
