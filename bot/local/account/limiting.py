"""How often it may be called: the account's requests a minute, and how often tickets may be updated."""

from collections import defaultdict, deque
from collections.abc import Callable
from math import ceil

from bot.local.account.exchanging import RefusalError

MINUTE = 60.0
UPDATES, TICKET_UPDATES, TEN_MINUTES = 100, 30, 600.0
EXPORTS = 10
TOLD = "Rate limit for ticket updates exceeded, please wait before updating this ticket again"


class Limits:
    """Sliding windows; `plan` is the account's requests a minute."""

    def __init__(self, clock: Callable[[], float], plan: int) -> None:
        self.plan, self.updates, self.exports = plan, UPDATES, EXPORTS
        self._clock = clock
        self._calls: defaultdict[object, deque[float]] = defaultdict(deque)

    def request(self) -> dict[str, str]:
        """The headers of every response. Raises RefusalError over the limit."""
        self._take("account", self.plan, MINUTE, {"error": "TooManyRequests", "description": "Too many requests"})
        left = str(self.plan - len(self._calls["account"]))
        return {"X-Rate-Limit": str(self.plan), "X-Rate-Limit-Remaining": left}

    def update(self, user: int, ticket: int) -> None:
        self._take("updates", self.updates, MINUTE, TOLD)
        self._take((user, ticket), TICKET_UPDATES, TEN_MINUTES, TOLD)

    def export(self, user: int) -> None:
        """Of what changed since a time. Raises RefusalError over the limit."""
        told = {"error": "TooManyRequests", "description": "Number of allowed incremental export API requests exceeded"}
        self._take(("exports", user), self.exports, MINUTE, told)

    def told(self, endpoint: str) -> dict[str, str]:
        """What lists say besides."""
        calls = self._calls["account"]
        reset = str(ceil(calls[0] + MINUTE - self._clock())) if calls else "0"
        return {
            "ratelimit-limit": str(self.plan), "ratelimit-remaining": str(self.plan - len(calls)),
            "ratelimit-reset": reset, f"zendesk-ratelimit-{endpoint}": f"total=100; remaining=99; resets={reset}",
        }  # fmt: skip

    def _take(self, key: object, most: int, within: float, told: object) -> None:
        calls, now = self._calls[key], self._clock()
        while calls and calls[0] <= now - within:
            calls.popleft()
        if len(calls) >= most:
            raise RefusalError(429, told, Retry_After=str(ceil(calls[0] + within - now)))
        calls.append(now)
