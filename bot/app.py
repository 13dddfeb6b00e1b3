"""The composition root: settings in, a wired App out.

A backend is imported only in the branch that uses it, so a command pays for what it does.
"""

import sys
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

from bot import aws, drafting
from bot.embedding import Embedders
from bot.masking import patterns
from bot.remembering import Remembered, Shared, Stated, overlapping
from bot.settings import Settings
from bot.sources import Sources
from rag_core.answering import Answering
from rag_core.budgeting import Mode
from rag_core.chunking import without_overlap
from rag_core.domain import (
    Audience,
    Chunk,
    DocumentId,
    PersonId,
    Question,
    QuestionId,
    Rating,
    SourceName,
)
from rag_core.errors import MisconfiguredError, RejectedError
from rag_core.guarding.checking import Guard, GuardPolicy
from rag_core.markup import clean
from rag_core.ports import Cache, Claims, Embedder, FeedbackLog, IndexWriter, JobQueue, Records, Retriever
from rag_core.rating import rate
from rag_core.runs import IngestionRun, Progress, RunId

if TYPE_CHECKING:
    from rag_core.budgeting import Ledger
    from rag_core.costing import Costs
    from rag_core.ports import DocumentSource
    from rag_core.reporting import Report
    from rag_core.running import Runs

COMMAND_LINE = PersonId("command line")
NO_WAY_BACK = "the version before held it too, and is gone with it: until the next ingestion there is no rollback"


def build(settings: Settings, *, once: bool = False) -> "App":
    return App(settings, once=once)


def _folder(path: Path, base_url: str | None) -> "DocumentSource":
    from rag_core.backends.folder import FolderSource

    return FolderSource(path, base_url)


def _notice(text: str) -> None:
    print(text, file=sys.stderr)


class App:
    """The parts of one home, made when they are first asked for; safe to share between threads once warm.

    `once`: for one command, which ends with its answer.
    """

    def __init__(self, settings: Settings, notice: Callable[[str], None] = _notice, *, once: bool = False) -> None:
        self.settings, self.home, self.notice, self.once = settings, settings.folder, notice, once
        self.embedders = Embedders(settings, notice, self._remembered, lambda: self.shared)
        self._answering: tuple[tuple[str | None, Mode], Answering] | None = None

    @cached_property
    def log(self) -> FeedbackLog:
        if self.settings.table:
            return aws.log(self.settings)
        from rag_core.backends.sqlite.feedback import SqliteFeedbackLog

        return SqliteFeedbackLog(self.home, retention=self.settings.kept)

    @cached_property
    def claims(self) -> Claims:
        if self.settings.table:
            return aws.claims(self.settings)
        from rag_core.backends.sqlite.claims import SqliteClaims

        return SqliteClaims(self.home)

    @cached_property
    def records(self) -> Records:
        if self.settings.table:
            return aws.records(self.settings)
        from rag_core.backends.sqlite.records import SqliteRecords

        return SqliteRecords(self.home, longest=self.settings.kept)

    @cached_property
    def runs(self) -> "Runs":
        """Every ingestion, on record."""
        from rag_core.running import Runs

        return Runs(self.records)

    @cached_property
    def sources(self) -> Sources:
        """What can be ingested."""
        return Sources(self.settings, lambda: self.records, _folder)

    @property
    def _remembered_sources(self) -> Remembered | Shared:
        """What was said of each: of this home, or of the installation where that has no home."""
        return Shared(self.records) if self.settings.table else Remembered(self.home)

    @cached_property
    def queue(self) -> JobQueue | None:
        """Of work that is done elsewhere; None where there is no elsewhere."""
        return aws.queue(self.settings) if self.settings.queue_url else None

    @cached_property
    def index(self) -> Retriever:
        return self._index()

    def _index(self) -> Retriever:
        if self.settings.opensearch_url:
            return aws.index(self.settings)
        from rag_core.backends.embedded.index import EmbeddedIndex

        return EmbeddedIndex(self.home)

    @cached_property
    def cache(self) -> Cache:
        if self.settings.redis_url:
            return aws.cache(self.settings)
        from rag_core.backends.memory import MemoryCache

        return MemoryCache()

    @property
    def shared(self) -> Cache | None:
        """The same where other processes have it too."""
        return self.cache if self.settings.redis_url else None

    @cached_property
    def guard(self) -> Guard:
        hosts = frozenset(host.strip() for host in self.settings.allowed_hosts.split(",") if host.strip())
        return Guard(GuardPolicy(allowed_hosts=hosts, patterns=patterns(self.settings.masked)))

    @property
    def answering(self) -> Answering:
        """Made anew when an ingestion has changed the embedding model of the index, or the budget is spent."""
        made_for = self.index.embedding_model, self.ledger.mode if self.settings.monthly_budget else Mode.FULL
        if self._answering is None or self._answering[0] != made_for:
            self._answering = made_for, drafting.answering(self, *made_for)
        return self._answering[1]

    @cached_property
    def ledger(self) -> "Ledger":
        """What the month may cost, and has."""
        from bot.spending import ledger

        return ledger(self)

    def _remembered(self, embedder: Embedder) -> Embedder:
        """Texts that any process has embedded are not embedded again."""
        if not self.settings.redis_url:
            return embedder
        from rag_core.caching.embeddings import CachedEmbedder

        return CachedEmbedder(embedder, self.cache)

    def question(
        self,
        text: str,
        *,
        audience: Audience = Audience.PUBLIC,
        asked_by: PersonId,
        channel: str,
        follow_up: QuestionId | None = None,
    ) -> Question:
        """A new question; `follow_up` is the id of the one before it. Raises RejectedError when there is none such."""
        text = clean(text)
        before = self.log.answer(follow_up).question if follow_up else None
        if before and before.audience not in audience.may_read:
            raise RejectedError("the question that this one follows up on was asked for other readers: ask anew")
        previous = before.text if before else None
        return Question(QuestionId(token_hex(8)), text, audience, asked_by, channel, datetime.now(UTC), previous)

    def rate(
        self, question_id: QuestionId, person: PersonId, *, helpful: bool, reason: str = "", comment: str = ""
    ) -> Rating:
        """Record it; an answer that did not help is given to nobody else from a cache. Raises RejectedError."""
        return rate(
            self.log,
            question_id,
            person,
            helpful=helpful,
            reason=reason,
            comment=comment,
            clock=lambda: datetime.now(UTC),
            forget=self.evict,
        )

    def report(self, since: date | None = None, *, closely: bool = True) -> "Report":
        """Of the questions since that day; `closely`: also of ingestions, and of what internal documents answer."""
        from bot.reporting import reported

        return reported(self, since, closely=closely)

    def costs(self, first: date, last: date, *, charged: bool) -> "Costs":
        """Of the days from `first` to `last`; `charged`: with what AWS has billed, asked for once a day."""
        from rag_core.caching.bills import DailyBills
        from rag_core.costing import costs

        settings = self.settings
        bills = DailyBills(aws.bills(settings), self.records, settings.cost_tag) if charged else None
        return costs(self.log, bills, first, last)

    def ingest(
        self,
        source: Path | SourceName,
        *,
        by: PersonId = COMMAND_LINE,
        run: RunId | None = None,
        audience: Audience | None = None,
        base_url: str | None = None,
        full: bool = False,
        progress: Callable[[Progress], None] = lambda _: None,
    ) -> IngestionRun:
        """What is not said now was said the last time: `audience` and `base_url` hold until others are named.

        On record as what `by` began; `run` is its id where it was asked for before. One at a time a source.
        """
        from rag_core.ingesting import Ingestion

        remembered, name = self._remembered_sources, self.sources.named(source)
        stated = self.stated(name, audience, base_url)
        documents = self.sources.of(source, stated)

        def ingest(tell: Callable[[Progress], None]) -> IngestionRun:
            with self.writer(name) as writer:
                for other in overlapping(name, self.ingested()):
                    self.notice(f"{other} was ingested too: what both hold is found twice (supportbot forget {other})")
                embedder = self.embedders.for_passages(writer.embedding_model)
                done = Ingestion(documents, writer, embedder, audience=stated.audience, full=full, progress=tell).run()
            remembered.keep(name, stated)
            self.announce()
            return done

        return self.runs.record(name, by, ingest, run=run, full=full, progress=progress)

    def stated(self, source: SourceName, audience: Audience | None = None, base_url: str | None = None) -> Stated:
        """What holds of a source: what is said now, or was said the last time."""
        return self.sources.agreed(source, self._remembered_sources.of(source), audience, base_url)

    def forget(self, source: SourceName, only: DocumentId | None = None) -> int:
        """Remove every document of a source from the index, or one of them, for good; gives how many there were."""
        known = self.index.sources()
        with self.writer(source) as writer:
            ids = [each for each in writer.versions() if only in (None, each)]
            kept = writer.forget(only)
            if kept:
                self.notice(NO_WAY_BACK)
            if not (ids or kept or only):
                there = ", ".join(known) or "nothing"
                raise MisconfiguredError(f"nothing was ingested from {source}; there is {there}")
            if ids:
                writer.commit(self.embedders.when_needed(writer.embedding_model))
        if only is None:
            self._remembered_sources.keep(source, None)
            self.sources.forgotten(source)
        self.announce()
        return (len(ids) or int(kept)) if only else known.get(source, 0)

    def evict(self, question_id: QuestionId) -> None:
        """Nobody is given this question's answer from a cache again."""
        if cache := drafting.cache(self):
            cache.evict(question_id)

    def announce(self) -> None:
        """Tell every process that shares the cache which version of the index answers from now on."""
        if self.settings.redis_url and (cache := drafting.cache(self)):
            cache.announce(self._index().version)  # not as this process remembers it

    def writer(self, source: SourceName) -> IndexWriter:
        if self.settings.opensearch_url:
            return aws.writer(self.settings, source)
        from rag_core.backends.embedded.writer import EmbeddedWriter

        return EmbeddedWriter(self.home, source)

    def ingested(self) -> Mapping[SourceName, int]:
        """What is ingested; nothing where there is no index yet."""
        try:
            return self.index.sources()
        except MisconfiguredError:
            return {}

    def passages_of(self, source: SourceName, document: DocumentId, audience: Audience) -> list[Chunk]:
        """A document as one reads it, for the page that shows a source."""
        return without_overlap(self.index.document(source, document, audience=audience))
