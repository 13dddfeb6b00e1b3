"""Is everything there that an answer needs: one line each, and what to do about what is not.

Every check does what an answer does, once and as small as it goes: a permission that is granted but does not work, an
index of other dimensions, a model that is not enabled in the region are found here rather than by a customer.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from bot import aws
from bot.app import App
from bot.settings import LEXICAL
from rag_core.domain import (
    Audience,
    Chunk,
    Deadline,
    Document,
    DocumentId,
    Fingerprint,
    Passage,
    PersonId,
    Question,
    QuestionId,
    SourceName,
)
from rag_core.errors import MisconfiguredError, SupportBotError, UnavailableError

PATIENCE = 15.0  # seconds for one check
PAGE = Document(
    DocumentId("doctor"), SourceName("doctor"), "Greeting", "https://doctor.example/", Audience.PUBLIC, Fingerprint("1")
)
PASSAGE = Passage(Chunk(PAGE, 0, (), PAGE.url, "The greeting of the house is hello."), 1.0)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: `text` says what is there, or what is wrong and what to do."""

    name: str
    well: bool
    text: str
    seconds: float


def examine(app: App) -> Iterator[Finding]:
    """Every check that the settings ask for, in the order an answer meets them."""
    for name, check in _checks(app):
        started = time.perf_counter()
        try:
            text, well = check(), True
        except SupportBotError as error:
            text, well = str(error), False
        yield Finding(name, well, text, time.perf_counter() - started)


def _checks(app: App) -> Iterator[tuple[str, Callable[[], str]]]:
    settings = app.settings
    if settings.uses_aws:
        yield "credentials", lambda: aws.identity(settings)
    yield "index", lambda: _index(app)
    yield "embedding model", lambda: _embedder(app)
    if settings.answer_model:
        yield "answer model", lambda: _answer_model(app, settings.answer_model)
    if settings.second_model:
        yield "second answer model", lambda: _answer_model(app, settings.second_model)
    if settings.rewrite_model:
        yield "rewriting model", lambda: _rewriter(app)
    if settings.rerank_model:
        yield "reranking model", lambda: _reranker(app)
    if settings.redis_url:
        yield "cache", lambda: _cache(app)
    yield "answers and ratings", lambda: _log(app)
    if settings.api_callers:
        yield "callers of the API", lambda: _callers(app)
    if settings.slack or settings.slack_app_token or settings.slack_signing_secret:
        try:
            from bot import slack_doctoring
        except ModuleNotFoundError as error:  # the SDK, which not every installation has
            missing = MisconfiguredError(f"this needs {error.name}: install it with pip install 'supportbot[slack]'")
            yield "Slack", partial(_fail, missing)
        else:
            yield from slack_doctoring.checks(app)
    if settings.zendesk_subdomain:
        from bot import zendesk

        yield "Zendesk", lambda: zendesk.check(settings)
    if settings.queue_url:
        yield "queue", lambda: aws.queue_state(settings)


def _index(app: App) -> str:
    documents = sum(app.index.sources().values())
    where = app.settings.opensearch_url.rpartition("@")[2] or str(app.home)  # a URL may hold a password
    return f"{documents} documents in {where}, {app.index.embedding_model or 'words only'}"


def _embedder(app: App) -> str:
    if app.settings.embedding_model == LEXICAL:
        return "none is wanted: words only"
    built_with = app.index.embedding_model
    if built_with is None:
        return "the index has no vectors: words only"
    embedder = app.embedders.loaded(built_with)
    vector = embedder.embed_question("hello", deadline=Deadline.within(PATIENCE))
    app.index.search("hello", vector, audience=Audience.PUBLIC, limit=1, deadline=Deadline.within(PATIENCE))
    return f"{embedder.name}, {len(vector)} dimensions, as in the index"


def _answer_model(app: App, model: str) -> str:
    draft = aws.answer_model(app.settings, only=model).draft(
        _question("What is the greeting of the house?"), [PASSAGE], deadline=Deadline.within(PATIENCE)
    )
    if not draft.statements:
        raise UnavailableError(f"{model} answered without a citation: choose a model that cites search results")
    return f"{model} answers and cites, {sum(usage.output_tokens for usage in draft.usage)} tokens"


def _rewriter(app: App) -> str:
    rewriter = aws.rewriter(app.settings)
    if rewriter is None:
        return "none"
    question = _question("And of the garden?", previous="What is the greeting of the house?")
    return f"{app.settings.rewrite_model} wrote {len(rewriter.rewrite(question))} characters"


def _reranker(app: App) -> str:
    reranker = aws.reranker(app.settings)
    if reranker is None:
        return "none"
    reranker.rank("greeting", [PASSAGE, PASSAGE], deadline=Deadline.within(PATIENCE))
    return f"{app.settings.rerank_model} ranks"


def _cache(app: App) -> str:
    cache, key = aws.cache(app.settings), "doctor"
    cache.warm(PATIENCE)
    cache.put({key: b"here"}, ttl=timedelta(seconds=10))
    if cache.get([key]) != [b"here"]:
        raise UnavailableError(
            f"{app.settings.redis_url.rpartition('@')[2]} does not keep what it is given: check its address, the "
            "security group and the sign-in; answers are given without a cache meanwhile"
        )
    return f"{app.settings.redis_url.rpartition('@')[2]} keeps and gives back"


def _log(app: App) -> str:
    days = app.log.tally(datetime.now(UTC).date())
    return f"{sum(sum(day.outcomes.values()) for day in days)} questions today"


def _callers(app: App) -> str:
    from bot.api.callers import load

    load(app.settings)
    return "their keys can be read"


def _fail(error: Exception) -> str:
    raise error


def _question(text: str, previous: str | None = None) -> Question:
    return Question(
        QuestionId("doctor"), text, Audience.PUBLIC, PersonId("doctor"), "doctor", datetime.now(UTC), previous
    )
