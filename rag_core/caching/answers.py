"""Answers that need not be made: asked before in the same words, asked before in others, being made for somebody else.

Served is only what the one who asks may see and what the documents still say: both stand in the key.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from random import uniform

from rag_core.caching.evicting import Evictions
from rag_core.caching.keeping import Kept, decode, encode, failed
from rag_core.caching.keys import Keys, Place
from rag_core.caching.meaning import NEAR, Meanings, Recent, quantised
from rag_core.caching.sharing import Flights, take
from rag_core.caching.wording import Wording, apart
from rag_core.domain import (
    NEVER,
    Answer,
    Cached,
    Citation,
    Deadline,
    Found,
    IndexVersion,
    Outcome,
    Passage,
    Question,
    QuestionId,
    Vector,
)
from rag_core.errors import MisconfiguredError, RejectedError
from rag_core.ports import Cache, Records

KEPT = timedelta(days=1)
SHARED = timedelta(seconds=2)  # what is not kept is shared for so long with who asked at the same time
ANNOUNCED = timedelta(seconds=5)  # as long as a process remembers a version: one read later may be of a newer index
RESERVE = 5.0  # seconds before the deadline at which one stops waiting for another's draft
SHORTEST, LONGEST = 0.02, 0.2  # seconds between two looks at whether it is there
STANDING = 8  # among so many of the best a cited passage must still be found, or where it stood then
NOWHERE = 1000  # the rank of what is not found

ByMeaning = Callable[[Vector | None, Found], Answer | None]
Make = Callable[[ByMeaning], Answer]  # drafts, unless what it has retrieved is known to have an answer


def _readable(answer: Answer, question: Question) -> bool:
    return all(each.chunk.document.may_be_shown(question.audience, question.sources) for each in answer.passages)


@dataclass(frozen=True, slots=True)
class Served:
    """An answer and how it came; None: it was made for this question."""

    answer: Answer
    how: Cached | None
    place: Place


class AnswerCache:
    """The cached answers of one tenant; safe to share between threads."""

    def __init__(
        self,
        cache: Cache,
        keys: Keys,
        *,
        records: Records | None = None,
        ttl: timedelta = KEPT,
        near: float = NEAR,
        reserve: float = RESERVE,
        keeps: bool = True,
    ) -> None:
        """`records`: for what is to be forgotten while the cache is away; none where it never is.

        `keeps`: False where what is made now is not to be given later.
        """
        self._keeps = keeps
        self._cache, self._keys, self._ttl, self._reserve = cache, keys, ttl, reserve
        self._meanings = Meanings(cache, ttl=ttl, near=near)
        self._flights: Flights[Served] = Flights(reserve)
        self._evictions = Evictions(cache, keys, records, ttl=ttl)

    def answer(self, question: Question, version: IndexVersion, make: Make, *, deadline: Deadline = NEVER) -> Served:
        """The answer under the version of the index read as the question came; raises what `make` raises."""
        started = time.perf_counter()
        self._evictions.catch_up()
        place = self._keys.place(question, self._announced() or version)
        served, own = self._flights.fly(place.stem, lambda: self._lead(question, place, make, deadline), deadline)
        how = served.how if own else served.how or Cached.SHARED
        answer = served.answer
        if how and not _readable(answer, question):  # its key has seen to it; a second wall costs nothing
            return Served(make(lambda _vector, _found: None), None, place)
        if how and answer.outcome is Outcome.ANSWERED:  # so that a rating of this question finds what it was given
            self._cache.put({self._keys.question(question.id): served.place.stem.encode()}, ttl=self._ttl)
        if how and (how is not Cached.MEANING or not own):
            spent = round((time.perf_counter() - started) * 1000, 2)
            answer = replace(answer, timings_ms={"cache": spent, "total": spent})
        return Served(replace(answer, question_id=question.id, usage=() if how else answer.usage), how, served.place)

    def announce(self, version: IndexVersion) -> None:
        """A new version answers from now on: heard at once by processes that still remember the one before."""
        self._cache.put({self._keys.version: version.encode()}, ttl=ANNOUNCED)

    def _announced(self) -> IndexVersion | None:
        (said,) = self._cache.get([self._keys.version])
        return None if said is None else IndexVersion(said.decode(errors="replace"))

    def evict(self, question_id: QuestionId) -> None:
        """Forget the answer this question was given, for everyone who would be given it; never raises."""
        self._evictions.evict(question_id)

    def _lead(self, question: Question, place: Place, make: Make, deadline: Deadline) -> Served:
        """For all threads of this process that ask the same."""
        known = self._look(place)
        while known is None:
            lease = take(self._cache, place.lease)
            if lease is not None:
                with lease:  # another may have landed since we looked
                    return self._look(place) or self._make(question, place, make)
            known = self._wait(place, deadline)
            if known is None and deadline.remaining <= self._reserve:
                return self._make(question, place, make)
        return known

    def _wait(self, place: Place, deadline: Deadline) -> Served | None:
        """What another process makes; None once it has let go, or there is no time left to wait."""
        pause = SHORTEST
        while deadline.remaining > self._reserve:
            time.sleep(pause * uniform(0.7, 1.3))  # noqa: S311
            pause = min(pause * 1.5, LONGEST)
            *_, lease = values = self._cache.get([place.answer, place.shared, place.lease])
            if known := self._known(place, *values[:2]):
                return known
            if lease is None:
                return None
        return None

    def _look(self, place: Place) -> Served | None:
        return self._known(place, *self._cache.get([place.answer, place.shared]))

    def _known(self, place: Place, answer: bytes | None, shared: bytes | None) -> Served | None:
        """Raises what the one who drafted met with."""
        for value, how in ((answer, Cached.EXACT), (shared, Cached.SHARED)):
            kept = decode(value, place.stem)
            if kept and kept.raised:
                raise kept.raised
            if kept and kept.answer and self._still_stands(kept, kept.answer):
                return Served(kept.answer, how, Place(kept.origin or place.stem))
        return None

    def _still_stands(self, kept: Kept, answer: Answer) -> bool:
        """What is shared here but lies elsewhere was taken back there, if it was."""
        if kept.origin in ("", kept.stem):
            return True
        (value,) = self._cache.get([Place(kept.origin).answer])
        there = decode(value, kept.origin)
        return bool(there and there.answer and there.answer.question_id == answer.question_id)

    def _make(self, question: Question, place: Place, make: Make) -> Served:
        asked = _Asked(question)
        try:
            answer = make(lambda vector, found: self._by_meaning(asked, vector, found))
        except (RejectedError, MisconfiguredError) as error:  # which others would meet with too
            self._cache.put({place.shared: encode(failed(place.stem, error))}, ttl=SHARED)
            raise
        if asked.known:
            self._share(place, answer, asked.known)
            return Served(answer, Cached.MEANING, asked.known)
        kept = self._keep(asked, answer) if self._keeps and _is_whole(answer) else None
        if kept != place:  # others wait at this place: it declined, or the index has changed meanwhile
            self._share(place, answer, kept or place)
        return Served(answer, None, kept or place)

    def _share(self, place: Place, answer: Answer, origin: Place) -> None:
        self._cache.put({place.shared: encode(Kept(place.stem, answer, origin=origin.stem))}, ttl=SHARED)

    def _keep(self, asked: "_Asked", answer: Answer) -> Place:
        """Under the version it was made from, which may be newer than the one that was asked for."""
        question, version = asked.question, answer.index_version
        place = self._keys.place(question, version)
        source = {self._keys.question(question.id): place.stem.encode()}
        self._cache.put(source, ttl=self._ttl)  # first: an answer that none can take back must not be there
        self._cache.put({place.answer: encode(Kept(place.stem, answer))}, ttl=self._ttl)
        if asked.vector is not None and not question.previous:
            wording = asked.wording
            recent = Recent(place.stem, wording.decisive, tuple(wording.terms), quantised(asked.vector))
            self._meanings.keep(self._keys.recent(question, version), recent)
        return place

    def _by_meaning(self, asked: "_Asked", vector: Vector | None, found: Found) -> Answer | None:
        """An answer to a question that means the same, if what it cites is still what is found.

        None for a follow-up: what it means depends on two texts.
        """
        asked.vector = vector
        if vector is None or asked.question.previous:
            return None
        near = self._meanings.near(self._keys.recent(asked.question, found.version), vector, asked.wording.decisive)
        places = [Place(recent.stem) for recent in near]
        values = self._cache.get([place.answer for place in places])
        for recent, place, value in zip(near, places, values, strict=True):
            kept = decode(value, place.stem)
            answer = kept.answer if kept else None
            if (
                answer
                and _stands(answer, found.passages)
                and not apart(recent.terms, asked.wording.terms, [*found.passages, *answer.passages])
            ):
                asked.known = place
                return answer
        return None


class _Asked:
    """A question on its way to an answer, and what is learnt of it."""

    def __init__(self, question: Question) -> None:
        self.question, self.wording = question, Wording.of(question.text)
        self.vector: Vector | None = None
        self.known: Place | None = None


def _is_whole(answer: Answer) -> bool:
    """What was cut off, or made without one of its parts, is nobody's answer an hour later."""
    return answer.outcome is Outcome.ANSWERED and answer.complete and not answer.degraded


def _stands(answer: Answer, passages: Iterable[Passage]) -> bool:
    """Whether of each source the answer cites a passage is found now, unchanged and no lower than it could be read."""
    now = {_identity(passage): rank for rank, passage in enumerate(passages)}
    return bool(answer.citations) and all(
        any(
            now.get(_identity(passage), NOWHERE) < max(STANDING, rank + 1)
            for rank, passage in enumerate(answer.passages)
            if _is_of(passage, citation)
        )
        for citation in answer.citations
    )


def _is_of(passage: Passage, citation: Citation) -> bool:
    document = passage.chunk.document
    return (document.source, document.id, passage.chunk.url) == (citation.source, citation.document_id, citation.url)


def _identity(passage: Passage) -> tuple[object, ...]:
    chunk = passage.chunk
    return chunk.document.source, chunk.document.id, chunk.document.fingerprint, chunk.ordinal, chunk.text
