"""Keep a month to its budget: who runs the bot hears of it in time, and who asks is answered all the same.

What was spent is read from the meter about once a minute by one of all processes, and shared as a record; nobody who
asks waits for it. Days are UTC, and a new month begins with nothing spent.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from secrets import token_hex

import msgspec

from rag_core.errors import SupportBotError
from rag_core.ports import Claims, FeedbackLog, Records

GROUP = "budget"
KEPT = timedelta(days=70)  # a month's record, and that a notice was given
TELLING = timedelta(minutes=5)  # for a notice; who has not told by then is taken to be gone
BETWEEN = timedelta(seconds=60)  # two looks at what was spent
WAITED = 0.2  # seconds that a question waits for such a look
NEAR, SPENT, FAR = 0.8, 1.0, 1.2  # of the budget; beyond the last even the cheaper model is done without


class Mode(StrEnum):
    """How answers are made."""

    FULL = "full"
    CHEAPER = "cheaper"  # by the smaller model
    QUOTED = "quoted"  # from the cache, or in the documents' own sentences: nothing is paid


class Spending(msgspec.Struct, frozen=True):
    """What a month's answers took by `at`."""

    month: date  # its first day
    usd: float
    at: datetime

    def share(self, budget: float) -> float:
        return self.usd / budget if budget else 0.0


Notify = Callable[[float, Spending], None]  # a threshold that was passed; raises SupportBotError to be asked again


class Ledger:
    """One month after the other; safe to share between threads. A budget of 0 is none."""

    def __init__(
        self,
        budget: float,
        log: FeedbackLog,
        records: Records,
        claims: Claims,
        *,
        cheaper: bool = False,
        notify: Notify | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`cheaper`: there is a smaller model; without `notify` a notice is left to the other processes."""
        self._budget, self._cheaper, self._notify, self._clock = budget, cheaper, notify, clock
        self._log, self._records, self._claims = log, records, claims
        self._lock = threading.Lock()
        self._due = datetime.min.replace(tzinfo=UTC)
        self._known: Spending | None = None

    @property
    def budget(self) -> float:
        return self._budget

    @property
    def mode(self) -> Mode:
        """For the next answer: by what is known, which a question does not wait long to hear."""
        if not self._budget:
            return Mode.FULL
        if self._begin():
            looking = threading.Thread(target=self._look, name="budget", daemon=True)
            looking.start()
            looking.join(WAITED)
        return self.mode_of(self._known)

    def mode_of(self, spending: Spending | None) -> Mode:
        """Where nothing is known, and in a month that nothing is known of yet, answers are as always."""
        if not self._budget or spending is None or spending.month != self._month():
            return Mode.FULL
        share = spending.share(self._budget)
        if share < SPENT:
            return Mode.FULL
        return Mode.CHEAPER if self._cheaper and share < FAR else Mode.QUOTED

    def spending(self) -> Spending:
        """This month's, as it is shared; from the meter where that is a minute old. Raises UnavailableError."""
        name, now = self._month().isoformat(), self._clock()
        seen = self._records.get(GROUP, name)
        known = msgspec.json.decode(seen.value, type=Spending) if seen else None
        if known and now - known.at < BETWEEN:
            return known
        spent = sum(used.cost_usd for day in self._log.usage(self._month()).values() for used in day)
        found = Spending(self._month(), spent, now)
        self._records.change(GROUP, name, msgspec.json.encode(found), seen=seen, ttl=KEPT)
        return found

    def _month(self) -> date:
        return self._clock().astimezone(UTC).date().replace(day=1)

    def _begin(self) -> bool:
        """One look at a time, but no look for ever: Lambda may freeze the thread that does it, and thaw it or not."""
        with self._lock:
            begins = self._clock() >= self._due
            if begins:
                self._due = self._clock() + BETWEEN
            return begins

    def _look(self) -> None:
        with suppress(SupportBotError):  # what was known counts until it can be told again
            self._known = found = self.spending()
            self._tell(found)

    def _tell(self, spending: Spending) -> None:
        """Once a month and threshold, by one of all; of several that were passed at once only the highest.

        The claim is short until it is told: with a process that is gone in between no notice is lost for the month.
        """
        if self._notify is None:
            return
        passed = [each for each in (SPENT, NEAR) if spending.share(self._budget) >= each]
        me = token_hex(16)
        for place, threshold in enumerate(passed):
            key = f"budget:{spending.month}:{threshold}:{self._budget}"
            if not self._claims.claim(key, ttl=TELLING if place == 0 else KEPT, owner=me) or place > 0:
                continue
            try:
                self._notify(threshold, spending)
            except SupportBotError:
                self._claims.release(key, owner=me)
                raise
            self._claims.claim(key, ttl=KEPT, owner=me)
