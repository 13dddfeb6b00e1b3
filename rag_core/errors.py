"""What can go wrong, by what the caller should do about it.

SupportBotError
├── UnavailableError         something we depend on did not answer: try again
│   ├── AlreadyRunningError  somebody else has begun the same: try again when that has ended
│   ├── HeldError            another worker is at it now: look again soon, nothing is wrong
│   ├── AwayError            where it is to be shown is away, so nobody can be told either: it waits until it is back
│   └── BusyError            a limit is reached, and nothing is wrong: come again later, as often as it takes
├── RejectedError            this input will never be accepted: do not try again
│   └── DeniedError          it may not be read: this one alone, or nothing where all are
├── MisconfiguredError       an operator must act first: stop, say what to do
│   └── EmptyError           nothing was ingested yet: that comes first
├── CancelledRunError        a person stopped it: nothing was changed
└── PausedError              the time of this step is over: another goes on from what is noted

Every message says what is wrong and what to do, in words for a person, and quotes no customer text.
"""

from datetime import datetime


class SupportBotError(Exception):
    """Anything this project raises on purpose."""


class UnavailableError(SupportBotError):
    """A dependency did not answer in time or is locked; the same call may succeed later.

    `retry_after`: seconds before which it asked not to be called again.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class AlreadyRunningError(UnavailableError):
    """One at a time: `by` has begun it, as `run`, at `since`."""

    def __init__(self, message: str, *, run: str, by: str, since: datetime) -> None:
        super().__init__(message)
        self.run, self.by, self.since = run, by, since


class HeldError(UnavailableError):
    """Another worker is at the same, who does it or tells why not: two deliveries met, and no operator need hear."""


class AwayError(UnavailableError):
    """What people read an answer in does not answer: who waits there hears nothing before it does."""


class BusyError(UnavailableError):
    """As much as may be asked of a service was asked, and nothing was done: that it waits counts as no try."""


class RejectedError(SupportBotError):
    """The input is unusable as it is; the same call will fail again."""


class DeniedError(RejectedError):
    """The rights that there are do not reach to this input; where they reach to none, an operator must hear of it."""


class MisconfiguredError(SupportBotError):
    """A setting, a path or an installed part is wrong; nothing was changed."""


class EmptyError(MisconfiguredError):
    """There is no index to ask: nothing was ingested, or a setting names another place."""


class CancelledRunError(SupportBotError):
    """An ingestion that a person stopped; what answered before still answers."""


class PausedError(SupportBotError):
    """No time is left for another request, and nothing is wrong: what was read is noted, and another step goes on."""
