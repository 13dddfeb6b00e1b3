"""What Slack sends an app, whichever way it goes: an event, an interaction or a command."""

import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlencode

import msgspec

from bot.local.workspace.nouns import Json

JSON, FORM = "application/json", "application/x-www-form-urlencoded"


class Sort(StrEnum):
    """As the envelopes of Socket Mode name it; a challenge is never in one."""

    EVENT = "events_api"
    INTERACTION = "interactive"
    COMMAND = "slash_commands"
    CHALLENGE = "url_verification"


@dataclass(frozen=True, slots=True)
class Reply:
    """What the app answered; status 0 where no answer came."""

    status: int
    body: bytes = b""
    no_retry: bool = False
    reason: str = ""  # why it failed, in the words of X-Slack-Retry-Reason

    @property
    def accepted(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Json:
        """The answer's content; an empty or plain answer has none."""
        try:
            found = msgspec.json.decode(self.body) if self.body else None
        except msgspec.DecodeError:
            return {"text": self.body.decode("utf-8", "replace")}
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Retry:
    """Which try this is, 1 being the first repetition, and why."""

    number: int
    reason: str


@dataclass(slots=True)
class Parcel:
    """One delivery and every reply it got."""

    sort: Sort
    payload: Json
    replies: list[Reply] = field(default_factory=list)

    def body(self) -> tuple[str, bytes]:
        """Content type and bytes, as the request URL gets them."""
        if self.sort in {Sort.EVENT, Sort.CHALLENGE}:
            return JSON, msgspec.json.encode(self.payload)
        fields = self.payload if self.sort is Sort.COMMAND else {"payload": msgspec.json.encode(self.payload)}
        return FORM, urlencode(fields).encode()


def request(parcel: Parcel, secret: str, retry: Retry | None) -> tuple[Mapping[str, str], bytes]:
    """Headers and body of one try, signed at this moment."""
    kind, body = parcel.body()
    stamp = str(int(time.time()))
    digest = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": kind,
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={digest}",
    }
    if retry is not None:
        headers |= {"X-Slack-Retry-Num": str(retry.number), "X-Slack-Retry-Reason": retry.reason}
    return headers, body
