"""How answers are made, by the settings and by what of the month's budget is left.

Over budget the smaller model answers, or the documents are quoted; what is in the cache is given all the same. What was
only quoted is not kept there: in the new month it would stand in the place of an answer.
"""

from typing import TYPE_CHECKING

from bot import aws
from bot.settings import BEDROCK
from rag_core.answering import Answering
from rag_core.budgeting import Mode
from rag_core.grounding import Grounding
from rag_core.ports import AnswerModel, Embedder

if TYPE_CHECKING:
    from bot.app import App
    from rag_core.caching.answers import AnswerCache


def answering(app: "App", built_with: str | None, mode: Mode) -> Answering:
    """Over an index with vectors of the model `built_with`."""
    settings, embedder = app.settings, app.embedders.for_questions(built_with)
    named = _named(app, embedder, mode)
    pays = mode is not Mode.QUOTED
    return Answering(
        app.index,
        embedder,
        named if pays else _quoting(app, embedder),
        Grounding(),
        app.log,
        reranker=aws.reranker(settings) if pays else None,
        rewriter=aws.rewriter(settings) if pays else None,
        guard=app.guard,
        patience=settings.deadline,
        cache=cache(app, named.name, embedder.name if embedder else "", app.guard.name, keeps=pays),
    )


def cache(app: "App", *shaped_by: str, keeps: bool = True) -> "AnswerCache | None":
    """None where an answer costs nothing but its time on this machine."""
    settings = app.settings
    if not (settings.redis_url or settings.answer_model):
        return None
    from importlib.metadata import version

    from rag_core.caching.answers import AnswerCache
    from rag_core.caching.keys import Keys

    keys = Keys(settings.tenant, (*shaped_by, settings.rerank_model, settings.rewrite_model, version("supportbot")))
    return AnswerCache(app.cache, keys, records=app.records if settings.redis_url else None, keeps=keeps)


def _named(app: "App", embedder: Embedder | None, mode: Mode) -> AnswerModel:
    """That the settings name for this mode, or the last one that was paid for: what it left in the cache is given."""
    settings = app.settings
    if not settings.answer_model:
        return _quoting(app, embedder)
    return aws.answer_model(settings, only="" if mode is Mode.FULL else settings.cheaper_model, shared=app.shared)


def _quoting(app: "App", embedder: Embedder | None) -> AnswerModel:
    from rag_core.backends.extractive import ExtractiveAnswerModel
    from rag_core.covering import CoveringModel

    remote = embedder is not None and embedder.name.startswith(BEDROCK)
    model = ExtractiveAnswerModel(None if remote else embedder)  # it compares sentences: not over a network
    return CoveringModel(model, app.index, embedder)
