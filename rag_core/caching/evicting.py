"""Take back what did not help, also where the cache is away as somebody says so.

A rating neither waits for the cache nor fails by it: what could not be forgotten is put on record, and every process
that answers from the cache reads that record every few seconds, and catches up before it answers.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from rag_core.caching.keys import Keys, Place
from rag_core.domain import QuestionId
from rag_core.errors import SupportBotError
from rag_core.ports import Cache, Records

BETWEEN = 5.0  # seconds between two looks at the record: so long another process may go on giving the answer
WAITED = 0.2  # seconds that a question waits for such a look; a store that is slower is left to end it by itself
AT_ONCE = 20  # evictions that one question catches up with
GONE = b""  # decodes as no answer; read back, it proves that the answer is no longer there
MOMENT = timedelta(seconds=2)


class Evictions:
    """Those of one tenant; safe to share between threads. Without records only those that succeed at once."""

    def __init__(
        self,
        cache: Cache,
        keys: Keys,
        records: Records | None,
        *,
        ttl: timedelta,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cache, self._keys, self._records, self._ttl, self._clock = cache, keys, records, ttl, clock
        self._lock = threading.Lock()
        self._looking, self._due = False, float("-inf")

    def evict(self, question_id: QuestionId) -> None:
        """Forget the answer this question was given, for everyone: now, or once the cache can be reached."""
        link = self._keys.question(question_id)
        if not self._forget(link) and self._records:
            with suppress(SupportBotError):  # the rating is on record: it must not fail by what follows from it
                self._records.put(self._keys.evictions, link, b"1", ttl=self._ttl)

    def catch_up(self) -> None:
        """With what could not be forgotten at once; called before the cache is asked."""
        if self._records and self._begin():
            looking = threading.Thread(target=self._look, args=[self._records], name="evictions", daemon=True)
            looking.start()
            looking.join(WAITED)

    def _begin(self) -> bool:
        with self._lock:
            begins = not self._looking and self._clock() >= self._due
            self._looking = self._looking or begins
            return begins

    def _look(self, records: Records) -> None:
        due = self._clock() + BETWEEN
        try:
            with suppress(SupportBotError):
                waiting = [link for link, _ in records.list(self._keys.evictions, limit=AT_ONCE)]
                due = float("-inf") if waiting else due  # looked at again until nothing waits
                for link in waiting:
                    if self._forget(link):
                        records.remove(self._keys.evictions, link)
        finally:
            with self._lock:
                self._looking, self._due = False, due

    def _forget(self, link: str) -> bool:
        """Whether it is gone. The cache tells nobody that it is away, so what was written is read back."""
        here = f"{link}:here"
        self._cache.put({here: GONE}, ttl=MOMENT)
        stem, heard = self._cache.get([link, here])
        if heard is None:
            return False
        if stem is None:  # this question's answer was never in the cache, or is no longer
            return True
        place = Place(stem.decode(errors="replace"))
        self._cache.put({place.answer: GONE, place.shared: GONE}, ttl=MOMENT)
        return self._cache.get([place.answer, place.shared]) == [GONE, GONE]
