"""Answering as a cache sees it."""

import time
from collections.abc import Callable

from rag_core.caching.answers import AnswerCache, ByMeaning, Served
from rag_core.caching.keys import Keys
from rag_core.citing import cite
from rag_core.domain import (
    NEVER,
    Answer,
    Deadline,
    Found,
    IndexVersion,
    Outcome,
    Question,
    Usage,
)
from rag_core.ports import Cache, Records
from tests.fakes.embedder import HashingEmbedder
from tests.making import passage, question

V1, V2 = IndexVersion("1"), IndexVersion("2")
EMBEDDER = HashingEmbedder(256)
REFUNDS = passage("Refunds take thirty days.", "refunds")
SPF = passage("An SPF record is a TXT record.", "spf")


class Desk:
    """Answering as far as a cache sees it: retrieves, asks whether that is known, drafts."""

    def __init__(
        self,
        cache: Cache,
        *,
        tenant: str = "acme",
        model: str = "m",
        reserve: float = 0.5,
        records: Records | None = None,
    ) -> None:
        self.cache = AnswerCache(cache, Keys(tenant, (model,)), reserve=reserve, records=records)
        self.drafts = 0
        self.remembered: IndexVersion | None = None  # where a process is behind
        self.found, self.version, self.outcome = (REFUNDS, SPF), V1, Outcome.ANSWERED
        self.drafting: Callable[[], None] = lambda: None

    def ask(self, asked: Question | str, *, deadline: Deadline = NEVER) -> Served:
        put = question(asked, name=f"q-{time.perf_counter_ns()}") if isinstance(asked, str) else asked

        def make(by_meaning: ByMeaning) -> Answer:
            found = Found(self.found, self.version)
            known = by_meaning(EMBEDDER.embed_question(put.text), found)
            return known or self._draft(put, found)

        return self.cache.answer(put, self.remembered or self.version, make, deadline=deadline)

    def _draft(self, put: Question, found: Found) -> Answer:
        self.drafts += 1
        text = f"Answer {self.drafts}. [1]"
        self.drafting()
        cited = (cite(found.passages[0]),)
        return Answer(
            put.id, self.outcome, text, cited, found.passages, 0.8, {"total": 900.0}, found.version, (Usage("m", 1),)
        )
