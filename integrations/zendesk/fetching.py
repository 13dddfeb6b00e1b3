"""Fetch a file that came with a comment: from the account itself, or from where it keeps files.

The sign-in goes to the account alone. Zendesk sends on to a host of its own, by an address that opens by itself:
https://developer.zendesk.com/documentation/api-basics/best-practices/working-with-url-properties/
"""

from urllib.parse import urlsplit

import requests

from integrations.zendesk.addressing import Site
from integrations.zendesk.authorizing import PATIENCE
from integrations.zendesk.refusing import LostError, translated
from rag_core.domain import Deadline
from rag_core.errors import RejectedError, UnavailableError

KEPT_AT = ".zdusercontent.com"
PIECE = 8_192


def fetched(site: Site, url: str, header: str, deadline: Deadline, most: int) -> bytes:
    """Raises RejectedError for an address elsewhere or what is larger; UnavailableError."""
    if urlsplit(url).netloc != site.netloc:
        raise RejectedError("an attachment that is not kept by the account is not fetched")
    found, onward = _get(site.own(url), header, deadline, most)
    if not onward:
        return found
    parts = urlsplit(onward)
    if parts.scheme != "https" or not parts.netloc.endswith(KEPT_AT):
        raise RejectedError("an attachment led to a host that is not Zendesk's")
    return _get(onward, "", deadline, most)[0]


def _get(url: str, header: str, deadline: Deadline, most: int) -> tuple[bytes, str]:
    """What is there, or where it sends on to."""
    connect, read = PATIENCE
    if not deadline.remaining:
        raise UnavailableError("no time is left for a file of Zendesk's")
    timeout = (min(connect, deadline.remaining), min(read, deadline.remaining))
    with requests.Session() as session:
        session.auth = lambda request: _signed(request, header)  # else a .netrc is looked up
        try:
            with session.get(url, timeout=timeout, allow_redirects=False, stream=True) as response:
                if response.is_redirect:
                    return b"", str(response.headers["Location"])
                if response.status_code != 200:
                    raise translated(response.status_code, response.headers, b"")
                return _read(response, deadline, most), ""
        except (requests.RequestException, OSError) as error:
            raise LostError(f"Zendesk did not give a file ({type(error).__name__})") from None


def _read(response: requests.Response, deadline: Deadline, most: int) -> bytes:
    found = b""
    for piece in response.iter_content(PIECE):
        found += piece
        if len(found) > most or not deadline.remaining:
            raise RejectedError("an attachment is larger, or slower, than is worth waiting for")
    return found


def _signed(request: requests.PreparedRequest, header: str) -> requests.PreparedRequest:
    if header:
        request.headers["Authorization"] = header
    return request
