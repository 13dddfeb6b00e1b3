"""Choose the embedding model: the setting's, else the index's own, else the default where it can be had."""

from collections.abc import Callable, Sequence
from pathlib import Path

from bot.settings import BEDROCK, DEFAULT_MODEL, LEXICAL, Settings
from rag_core.domain import NEVER, Deadline, Vector
from rag_core.errors import MisconfiguredError, UnavailableError
from rag_core.ports import Cache, Embedder

Make = Callable[[Embedder], Embedder]


class Embedders:
    """Models by name, each loaded once; `notice` is told where words alone must do.

    `shared`: gives what processes tell one another through that one hangs.
    """

    def __init__(
        self,
        settings: Settings,
        notice: Callable[[str], None],
        dressed: Make = lambda bare: bare,
        shared: Callable[[], Cache | None] = lambda: None,
    ) -> None:
        self._settings, self._notice, self._dressed, self._shared = settings, notice, dressed, shared
        self._made: dict[str, Embedder] = {}

    def for_questions(self, built_with: str | None) -> Embedder | None:
        """The model the index was built with; None where words alone must do."""
        wanted = self._settings.embedding_model
        if built_with is None or wanted == LEXICAL:
            return None
        try:
            embedder = self._embedder(wanted or built_with, download=False)
        except (MisconfiguredError, UnavailableError) as error:
            self._notice(f"searching by words only: {error}")
            return None
        return _same(embedder, built_with)

    def loaded(self, built_with: str) -> Embedder:
        """The same, for who must know why there is none. Raises MisconfiguredError or UnavailableError."""
        return _same(self._embedder(self._settings.embedding_model or built_with, download=False), built_with)

    def for_passages(self, built_with: str | None) -> Embedder | None:
        """What an ingestion embeds with."""
        wanted = self._settings.embedding_model
        if wanted == LEXICAL:
            return None
        try:
            return self._embedder(wanted or built_with or DEFAULT_MODEL)
        except (MisconfiguredError, UnavailableError) as error:
            if built_with or (wanted and isinstance(error, MisconfiguredError)):
                raise MisconfiguredError(
                    f"{error}; set SUPPORTBOT_EMBEDDING_MODEL=none to search by words only"
                ) from error
            self._notice(f"indexing words only: {error}")
            return None

    def when_needed(self, built_with: str | None) -> Embedder | None:
        """For a run that only removes: it is loaded when there is something to embed after all."""
        return _WhenNeeded(built_with, lambda: self._embedder(built_with)) if built_with else None

    def _embedder(self, model: str, *, download: bool = True) -> Embedder:
        if model not in self._made:
            self._made[model] = self._dressed(self._load(model, download=download))
        return self._made[model]

    def _load(self, model: str, *, download: bool) -> Embedder:
        if model.startswith(BEDROCK):
            from bot.aws import embedder

            return embedder(self._settings, model, shared=self._shared())
        from rag_core.backends.fastembed import FastembedEmbedder

        return FastembedEmbedder(model, Path(self._settings.folder, "models"), download=download)


def _same(embedder: Embedder, built_with: str) -> Embedder:
    if embedder.name != built_with:
        raise MisconfiguredError(
            f"the index was built with the embedding model {built_with}, the setting names {embedder.name}: "
            "ingest again, or set SUPPORTBOT_EMBEDDING_MODEL back"
        )
    return embedder


class _WhenNeeded:
    """An embedder that knows its name and loads its model with the first text: most removals never get there."""

    def __init__(self, name: str, load: Callable[[], Embedder]) -> None:
        self.name, self._load = name, load

    @property
    def dimensions(self) -> int:
        return self._load().dimensions

    def embed_question(self, text: str, *, deadline: Deadline = NEVER) -> Vector:
        return self._load().embed_question(text, deadline=deadline)

    def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        return self._load().embed_passages(texts)
