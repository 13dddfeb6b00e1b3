"""Slack's addresses outside its Web API: where a command's answer goes, and where a file lies.

They come with an event, so each is held against Slack's own hosts, and no redirect is followed: the token, and what a
person is told, go nowhere else. Slack's own hosts are not enough for the token: a remote file's address is whatever
another app says, and one of the Web API's methods would be called as the bot.
"""

import json
import math
import re
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import SplitResult, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from integrations.slack.calling import PATIENCE, LostError, RefusedError, waiting
from rag_core.domain import Deadline
from rag_core.errors import BusyError, RejectedError, UnavailableError

SLACK = "https://slack.com/api/"
SLACKS = re.compile(r"(?:^|\.)slack(?:-gov)?\.com$")
HOOKS = frozenset({"hooks.slack.com", "hooks.slack-gov.com"})
FILES = frozenset({"files.slack.com", "files.slack-gov.com"})
DOWNLOAD = re.compile(r"/files-(?:pri|tmb)(?:/(?!\.(?:\.|/|$))[A-Za-z0-9_.~!$&'()*+,;=:@-]+){2,}")
ESCAPED = re.compile(r"%(?!2[5EeFf]|5[Cc]|[01]|7[Ff])[0-9A-Fa-f]{2}")  # but for a dot, slash, percent sign or control
PLAIN = re.compile(r"[!-~]+")


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """None: what is answered with a redirect is an error."""


class Web:
    """Answers by a response_url, and reads files; `base_url` is that of the Web API."""

    def __init__(self, base_url: str = SLACK) -> None:
        own = urlsplit(base_url)  # a simulated Slack has everything on one host
        self._own = None if SLACKS.search(own.hostname or "") else (own.scheme, own.netloc)
        self._opener = build_opener(_NoRedirect())

    def respond(self, url: str, payload: Mapping[str, Any], deadline: Deadline) -> None:
        """Raises RefusedError where the url is used up or too old, LostError, UnavailableError."""
        if not self._is_hook(_parts(url)):
            raise RejectedError("a response_url that is not Slack's is not answered")
        body = json.dumps(payload).encode()
        self._open(Request(url, body, {"Content-Type": "application/json"}), 1000, deadline)  # noqa: S310 - held above

    def download(self, url: str, token: str, limit: int, deadline: Deadline) -> bytes:
        """The first bytes of a file, `limit` and one more where it is longer."""
        if not self._is_file(_parts(url)):
            raise RejectedError("a file that does not lie with Slack is not read")
        request = Request(url, headers={"Authorization": f"Bearer {token}"})  # noqa: S310 - held above
        return self._open(request, limit + 1, deadline)

    def _open(self, request: Request, limit: int, deadline: Deadline) -> bytes:
        if not deadline.remaining:
            raise UnavailableError("no time is left for another call of Slack")
        try:
            with self._opener.open(request, timeout=math.ceil(min(PATIENCE, deadline.remaining + 1))) as response:
                content: bytes = response.read(limit)
                return content
        except HTTPError as error:
            with error:
                if error.code == 429:
                    after = waiting(dict(error.headers.items()))
                    raise BusyError("Slack is called too often", retry_after=after) from error
                if error.code >= 500:
                    raise LostError(f"Slack answered with an error of its own ({error.code})") from error
                raise RefusedError(f"http_{error.code}") from error
        except (OSError, HTTPException) as error:
            raise LostError(f"Slack did not answer ({type(error).__name__})") from error

    def _is_own(self, url: SplitResult) -> bool:
        return (url.scheme, url.netloc) == self._own

    def _is_hook(self, url: SplitResult) -> bool:
        return self._is_own(url) or (url.scheme == "https" and url.netloc in HOOKS)

    def _is_file(self, url: SplitResult) -> bool:
        there = self._is_own(url) or (url.scheme == "https" and url.netloc in FILES)
        return there and DOWNLOAD.fullmatch(ESCAPED.sub("_", url.path)) is not None


def _parts(url: str) -> SplitResult:
    try:
        if PLAIN.fullmatch(url):
            return urlsplit(url)
    except ValueError:  # such as half an IPv6 address; its message quotes the url
        pass
    raise RejectedError("an address that is none is not called")
