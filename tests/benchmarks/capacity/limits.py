"""What others allow, as documented in November 2026, and what the template's sizes set."""

from dataclasses import dataclass, replace
from enum import StrEnum

from bot.estimating.tables import Size
from integrations.zendesk.pacing import PLANS, SHARE, UPDATES, Limit

AGAIN = (1.0, 60.0, 300.0, 3_600.0, 3_600.0, 3_600.0)  # seconds after which Slack delivers what was refused once more
AT_ONCE = 10  # calls that a poller of ones own makes; a thousand more of them a minute
UPDATING = Limit("updates", int(UPDATES * SHARE), 60.0)
REQUESTING = Limit("requests", int(PLANS["enterprise"] * SHARE), 60.0)


class Channel(StrEnum):
    """Where the questions come from."""

    SLACK = "Slack"
    ZENDESK = "Zendesk"
    API = "the API"


@dataclass(frozen=True, slots=True)
class Limits:
    """A minute, where nothing else is said. What no document gives is assumed, and says so."""

    rate: float  # requests of the API a second, and at once
    burst: float
    workers: float
    search_most: float
    warm: int
    account: float = 1_000  # functions at once, in an account and region
    pollers: float = 5  # batches at once that an SQS mapping begins with
    polled: float = 300  # more of them a minute
    polled_most: float = 1_250
    tokens: float = 2_000_000  # of the answer model: assumed, see Service Quotas
    burndown: float = 5  # tokens of the quota that an output token takes
    search_units: float = 2  # to begin with
    search_grows: float = 6  # more of them a minute: assumed
    asleep: float = 0.0  # seconds that the first search waits after a quiet night: 10 to 30
    posts: float = 60  # of Slack's, a channel; a few at once
    posts_at_once: float = 5
    workspace: float = 600  # posts, a workspace: Slack says several hundred
    streams: float = 18  # that we start; Slack's limit is 20
    channels: int = 100  # that the questions come from: assumed
    updates: float = UPDATING.rate * 60  # what we take of the 100 that an account of Zendesk's has
    updates_at_once: float = UPDATING.burst
    requests: float = REQUESTING.rate * 60  # and of the 700 that its plan Enterprise has
    requests_at_once: float = REQUESTING.burst
    patience: float = 20.0  # seconds that a worker of ours waits for a turn, before it puts the job off


def of(size: Size) -> Limits:
    limits = Limits(size.rate, size.burst, size.workers, size.search_units, size.provisioned)
    if not size.pollers:
        return limits
    return replace(limits, pollers=size.pollers * AT_ONCE, polled=1_000, polled_most=size.pollers_most * AT_ONCE)
