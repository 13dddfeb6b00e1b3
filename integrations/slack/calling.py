"""Call Slack's Web API: wait where it asks to, and never do twice what must not be done twice.

The SDK's own retries are off: after a lost response they repeat a post that was made.
"""

import math
import re
import threading
import time
from collections.abc import Callable, Mapping
from copy import copy
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from slack_sdk.errors import SlackApiError

from rag_core.domain import Deadline
from rag_core.errors import AwayError, BusyError, MisconfiguredError, RejectedError, UnavailableError
from rag_core.resting import Circuit

if TYPE_CHECKING:
    from slack_sdk import WebClient
    from slack_sdk.web import SlackResponse

PATIENCE = 10.0  # seconds for one call
AFTER = 2.0  # seconds that a call may go on after the deadline; a turn's claim outlives that
APOLOGY = 4.0  # seconds to say that there is no answer, however late it is; a turn's claim outlives most of it
LEFT = 3.0  # seconds that a wait must leave of the time there is
TRIES = 3  # of what may be repeated
UNNAMED = 1.0  # seconds to wait where Slack does not say how long
LEAST = 0.1  # where it says none at all; twice as long each time
SECONDS = re.compile(r"\d{1,6}(?:\.\d{1,6})?", re.ASCII)
OFTEN = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
UNSURE = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
TOKEN = frozenset(
    {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "org_login_required"}
)
PACED = frozenset({"chat_postMessage", "chat_postEphemeral", "chat_startStream"})  # about one a second and channel


class RefusedError(RejectedError):
    """Slack refused a call; `code` is its word for why."""

    def __init__(self, code: str) -> None:
        super().__init__(f"Slack refused: {code}")
        self.code = code


class LostError(AwayError):
    """It cannot be told whether Slack did what it was asked for."""


class Pace:
    """Spaces what is posted in one channel; this process's part of the limit, Slack's 429 says the rest."""

    def __init__(self, interval: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._interval, self._clock = interval, clock
        self._next: dict[str, float] = {}
        self._lock = threading.Lock()

    def wait(self, channel: str, longest: float) -> float:
        """Seconds until this post's turn, which is taken. Raises BusyError where that is too long."""
        with self._lock:
            now = self._clock()
            self._next = {each: at for each, at in self._next.items() if at > now}
            at = self._next.get(channel, now)
            if at - now > longest:
                raise BusyError("too much is being posted in this channel", retry_after=at - now)
            self._next[channel] = at + self._interval
            return at - now


class Slack:
    """One workspace's Web API while one event is worked on."""

    def __init__(
        self,
        client: "WebClient",
        deadline: Deadline,
        *,
        bot_user: str,
        bot: str = "",
        pace: Pace | None = None,
        circuit: Circuit | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.client, self.deadline, self.bot_user, self.bot = client, deadline, bot_user, bot
        self._pace, self._circuit, self._sleep = pace or Pace(), circuit or Circuit(), sleep

    def afresh(self) -> "Slack":
        """The same with a little time of its own where none is left: enough to say so."""
        until = Deadline(max(self.deadline.at, Deadline.within(APOLOGY).at))
        afresh = copy(self)
        afresh.deadline = until
        return afresh

    def call(self, method: "Callable[..., SlackResponse]", **arguments: Any) -> dict[str, Any]:
        for tried in range(1, TRIES + 1):
            try:
                return self.once(method, **arguments)
            except LostError:
                if tried == TRIES:
                    raise
                self._sleep(min(0.2 * 2**tried, self.deadline.remaining))
        raise AssertionError

    def once(self, method: "Callable[..., SlackResponse]", **arguments: Any) -> dict[str, Any]:
        if method.__name__ in PACED:
            self._sleep(self._pace.wait(arguments["channel"], self.deadline.remaining - LEFT))
        least = LEAST
        while True:
            try:
                return self.now(method, **arguments)
            except LostError:
                raise
            except UnavailableError as error:
                if error.retry_after is None:
                    raise
                wait = max(error.retry_after, least)
                if wait > self.deadline.remaining - LEFT or self._circuit.open:
                    raise
                self._sleep(wait)
                least *= 2

    def now(self, method: "Callable[..., SlackResponse]", **arguments: Any) -> dict[str, Any]:
        """As `once`, without waiting: UnavailableError says after how long to come again."""
        if not self.deadline.remaining:
            raise UnavailableError("no time is left for another call of Slack")
        if rests := self._circuit.rests():
            raise BusyError("Slack has failed again and again: it is left alone for now", retry_after=rests)
        self.client.timeout = math.ceil(min(PATIENCE, self.deadline.remaining + AFTER - 1))
        try:
            response = method(**arguments)
        except SlackApiError as error:
            raise self._told(_translated(error)) from None  # the SDK's own message quotes the whole response
        except (OSError, HTTPException) as error:
            raise self._told(LostError(f"Slack did not answer ({type(error).__name__})")) from error
        self._circuit.answered()
        data = response.data
        if not isinstance(data, dict):
            raise LostError("Slack answered with something else than JSON")
        return data

    def _told(self, error: Exception) -> Exception:
        """The same, once it is noted whether Slack was there for us."""
        if isinstance(error, LostError | BusyError):
            self._circuit.failed()
        else:
            self._circuit.answered()
        return error


def _translated(error: SlackApiError) -> Exception:
    response = error.response
    data = response.data if isinstance(response.data, dict) else {}
    code = str(data.get("error", ""))
    if response.status_code == 429 or code in OFTEN:
        return BusyError("Slack is called too often", retry_after=waiting(response.headers))
    if response.status_code >= 500 or code in UNSURE or not code or " " in code:  # words: a page instead of JSON
        return LostError(f"Slack answered with an error of its own ({response.status_code})")
    if code in TOKEN:
        return MisconfiguredError(f"Slack does not accept the bot's token ({code}): install the app again")
    return RefusedError(code)


def waiting(headers: Mapping[str, Any]) -> float:
    """Seconds that Slack asks to wait, never none."""
    for name, value in headers.items():
        if name.lower() == "retry-after":
            first = str(value[0] if isinstance(value, list) and value else value)
            return max(float(first), LEAST) if SECONDS.fullmatch(first) else UNNAMED
    return UNNAMED
