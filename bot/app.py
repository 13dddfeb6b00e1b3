"""The composition root: settings in, a wired App out.

A backend is imported only in the branch that uses it, so a command pays for what it does.
"""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

from bot.settings import DEFAULT_MODEL, LEXICAL, Settings
from rag_core.answering import Answering
from rag_core.chunking import without_overlap
from rag_core.domain import (
    Audience,
    Chunk,
    DocumentId,
    IngestionRun,
    Outcome,
    PersonId,
    Question,
    QuestionId,
    SourceName,
)
from rag_core.errors import MisconfiguredError
from rag_core.grounding import Grounding
from rag_core.markup import clean
from rag_core.ports import Embedder, FeedbackLog

if TYPE_CHECKING:
    from rag_core.backends.embedded.index import EmbeddedIndex
    from rag_core.ingesting import Progress
    from rag_core.reporting import Report


def build(settings: Settings) -> "App":
    return App(settings)


def _notice(text: str) -> None:
    print(text, file=sys.stderr)


class App:
    """The parts of one home, made when they are first asked for; safe to share between threads once warm."""

    def __init__(self, settings: Settings, notice: Callable[[str], None] = _notice) -> None:
        self.settings, self.home, self._notice = settings, settings.folder, notice
        self._embedders: dict[str, Embedder] = {}
        self._answering: tuple[str | None, Answering] | None = None

    @cached_property
    def log(self) -> FeedbackLog:
        from rag_core.backends.sqlite import SqliteFeedbackLog

        return SqliteFeedbackLog(self.home)

    @cached_property
    def index(self) -> "EmbeddedIndex":
        from rag_core.backends.embedded.index import EmbeddedIndex

        return EmbeddedIndex(self.home)

    @property
    def answering(self) -> Answering:
        """Made anew when an ingestion has changed the embedding model of the index."""
        built_with = self.index.embedding_model
        if self._answering is None or self._answering[0] != built_with:
            self._answering = built_with, self._make_answering(built_with)
        return self._answering[1]

    def _make_answering(self, built_with: str | None) -> Answering:
        from rag_core.backends.extractive import ExtractiveAnswerModel

        embedder = self.question_embedder(built_with)
        return Answering(self.index, embedder, ExtractiveAnswerModel(embedder), Grounding(), self.log)

    def question_embedder(self, built_with: str | None) -> Embedder | None:
        """The model the index was built with; None where words alone must do."""
        wanted = self.settings.embedding_model
        if built_with is None or wanted == LEXICAL:
            return None
        try:
            embedder = self._embedder(wanted or built_with, download=False)
        except MisconfiguredError as error:
            self._notice(f"searching by words only: {error}")
            return None
        if embedder.name != built_with:
            raise MisconfiguredError(
                f"the index was built with the embedding model {built_with}, the setting names {embedder.name}: "
                "ingest again, or set SUPPORTBOT_EMBEDDING_MODEL back"
            )
        return embedder

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
        previous = self.log.answer(follow_up).question.text if follow_up else None
        return Question(QuestionId(token_hex(8)), text, audience, asked_by, channel, datetime.now(UTC), previous)

    def report(self, since: datetime | None = None) -> "Report":
        """Figures over the answers since then, gaps grouped by meaning where the index has vectors."""
        from rag_core.reporting import report

        answers = self.log.answers(since)
        declined = any(answer.outcome is not Outcome.ANSWERED for answer in answers)
        return report(answers, self.question_embedder(self.index.embedding_model) if declined else None)

    def ingest(
        self,
        path: Path,
        *,
        audience: Audience = Audience.PUBLIC,
        base_url: str | None = None,
        full: bool = False,
        progress: "Callable[[Progress], None]" = lambda _: None,
    ) -> IngestionRun:
        from rag_core.backends.embedded.writer import EmbeddedWriter
        from rag_core.backends.folder import FolderSource
        from rag_core.ingesting import Ingestion

        source = FolderSource(path, base_url)
        with EmbeddedWriter(self.home, source.name) as writer:
            embedder = self._passage_embedder(writer.embedding_model)
            run = Ingestion(source, writer, embedder, audience=audience, full=full, progress=progress)
            return run.run()

    def forget(self, source: SourceName) -> int:
        """Remove every document of a source from the index; gives their number."""
        from rag_core.backends.embedded.writer import EmbeddedWriter

        known = self.index.sources()
        if source not in known:
            raise MisconfiguredError(f"nothing was ingested from {source}; there is {', '.join(known) or 'nothing'}")
        with EmbeddedWriter(self.home, source) as writer:
            writer.remove(list(writer.versions()))
            writer.commit(writer.embedding_model)
        return known[source]

    def _passage_embedder(self, built_with: str | None) -> Embedder | None:
        """What an ingestion embeds with: the setting, else what the index has, else the default where it can be had."""
        wanted = self.settings.embedding_model
        if wanted == LEXICAL:
            return None
        try:
            return self._embedder(wanted or built_with or DEFAULT_MODEL, download=True)
        except MisconfiguredError as error:
            if wanted.startswith((".", "/", "~")) or built_with:
                raise MisconfiguredError(
                    f"{error}; set SUPPORTBOT_EMBEDDING_MODEL=none to search by words only"
                ) from error
            self._notice(f"indexing words only: {error}")
            return None

    def _embedder(self, model: str, *, download: bool) -> Embedder:
        if model not in self._embedders:
            from rag_core.backends.fastembed import FastembedEmbedder

            self._embedders[model] = FastembedEmbedder(model, self.home / "models", download=download)
        return self._embedders[model]

    def passages_of(self, document: DocumentId, audience: Audience) -> list[Chunk]:
        """A document as one reads it, for the page that shows a source."""
        return without_overlap(self.index.document(document, audience=audience))
