"""How often the account may be called, and which of its limits a request counts for.

The limits are the account's: the agents' other apps and integrations live from the same ones, and what we take they
lack. So a share is taken, and in no minute more. https://developer.zendesk.com/api-reference/introduction/rate-limits/
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from rag_core.ports import Budget  # its module costs a start what it does not need

PLANS = {"team": 200, "growth": 400, "professional": 400, "enterprise": 700, "enterprise-plus": 2_500}  # a minute
SHARE = 0.6  # of what the account has
UPDATES, EXPORTS = 100, 10  # a minute, of tickets and of incremental exports
TICKET_UPDATES = 27  # in ten minutes, of one ticket by one user: 30, which are ours alone, less what arrives bunched
MINUTE = 60.0
TICKET = re.compile(r"/api/v2/tickets/([0-9]+)(?:/tags)?(?:\.json)?")
EXPORT = re.compile(r"/api/v2/(?:help_center/)?incremental/.*")


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` in any `seconds`: a quarter at once, the others evenly."""

    name: str
    most: int
    seconds: float

    @property
    def burst(self) -> int:
        return max(self.most // 4, 1)

    @property
    def rate(self) -> float:
        return (self.most - self.burst) / self.seconds


class Pace:
    """Of one account, whoever calls it; safe to share between threads."""

    def __init__(
        self, budget: "Budget", account: str, plan: str, *, share: float = SHARE, minute: float = MINUTE
    ) -> None:
        """`minute`: in seconds, which a simulated account may make shorter."""
        self._budget, self._account, self._minute = budget, account, minute
        self._requests = self._limit("requests", PLANS[plan] * share)
        self._updates, self._exports = self._limit("updates", UPDATES * share), self._limit("exports", EXPORTS * share)

    def limits(self, method: str, url: str) -> Iterator[Limit]:
        """Those that a request counts for, the scarcest first."""
        path = urlsplit(url).path
        if EXPORT.fullmatch(path):
            yield self._exports
        ticket = TICKET.fullmatch(path) if method != "GET" else None
        if ticket:
            yield self._limit(f"ticket:{ticket[1]}", TICKET_UPDATES, minutes=10)
            yield self._updates
        yield self._requests

    def take(self, limit: Limit) -> float:
        """0, or the seconds after which to ask again."""
        return self._budget.take(f"{{zendesk:{self._account}}}:{limit.name}", rate=limit.rate, burst=limit.burst)

    def _limit(self, name: str, most: float, minutes: int = 1) -> Limit:
        return Limit(name, int(most), minutes * self._minute)
