"""What Zendesk says no with, in our words.

Its own are not quoted: they repeat what was sent.
"""

import json
import re
from collections.abc import Mapping

from rag_core.errors import AwayError, BusyError, MisconfiguredError, RejectedError, SupportBotError, UnavailableError

UNNAMED = 1.0  # seconds to wait where Zendesk does not say how long
WORD = re.compile(r"[A-Za-z_ ]{1,60}")
SIGN_IN = (
    "Zendesk does not accept the sign-in: check SUPPORTBOT_ZENDESK_CLIENT_ID and _CLIENT_SECRET, or _EMAIL and _TOKEN"
)
PERMIT = "check the scopes of the OAuth client, and the role of its user"
# of a redirect, or a page instead of JSON: an account that was renamed, or never was
NOBODY = "there is no Zendesk at this address: check SUPPORTBOT_ZENDESK_SUBDOMAIN"


class LostError(AwayError):
    """It cannot be told whether Zendesk did what it was asked for."""


class ConflictError(UnavailableError):
    """Somebody else has changed it, or is at it now: look again before anything is repeated."""


class ForbiddenError(MisconfiguredError):
    """Zendesk knows who asks, and does not permit it."""


class RefusedError(RejectedError):
    """Zendesk refused a call; `code` is its word for why."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"Zendesk refused ({status}): {code or 'without a word'}")
        self.status, self.code = status, code


class MissingError(RefusedError):
    """What was asked for is not there (any more)."""


def translated(status: int, headers: Mapping[str, str], content: bytes) -> SupportBotError:
    """Of a response that is no success."""
    if status == 429:
        return BusyError("Zendesk is called too often", retry_after=waiting(headers))
    if status >= 500:
        after = waiting(headers) if "Retry-After" in headers else None
        return LostError(f"Zendesk answered with an error of its own ({status})", retry_after=after)
    code = code_of(content)
    if status == 409:
        return ConflictError(f"somebody else is at the same in Zendesk ({code})")
    if status == 403:
        return ForbiddenError(f"Zendesk does not permit this ({code or 'without a word'}): {PERMIT}")
    if status < 400 or status == 401 or not code:
        return MisconfiguredError(SIGN_IN if status == 401 else NOBODY)
    return MissingError(status, code) if status == 404 else RefusedError(status, code)


def waiting(headers: Mapping[str, str]) -> float:
    """Seconds that Zendesk asks to wait."""
    stated = str(headers.get("Retry-After", ""))
    return float(stated) if stated.replace(".", "", 1).isdigit() else UNNAMED


def code_of(content: bytes) -> str:
    """The word of an error, where it is a word; some are an object with a title, and those of webhooks are a list."""
    try:
        told = json.loads(content)
        error = told["error"] if "error" in told else told["errors"][0]["code"]
    except (ValueError, KeyError, TypeError, IndexError):
        return ""
    stated = error.get("title", "") if isinstance(error, dict) else error
    return stated if isinstance(stated, str) and WORD.fullmatch(stated) else "unnamed"
