"""Is everything there that an answer needs: one line each, and what to do about what is not.

Every check does what an answer does, once and as small as it goes: a permission that is granted but does not work, an
index of other dimensions, a model that is not enabled in the region are found here rather than by a customer.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from secrets import token_hex

from bot import aws, cost_doctoring
from bot.app import App
from bot.embedding import Embedders
from bot.settings import BEDROCK, LEXICAL, PREFIX, SECRET, Settings
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
from rag_core.errors import EmptyError, MisconfiguredError, SupportBotError, UnavailableError

PATIENCE = 15.0  # seconds for one check
PAGE = Document(
    DocumentId("doctor"), SourceName("doctor"), "Greeting", "https://doctor.example/", Audience.PUBLIC, Fingerprint("1")
)
MODEL = (  # what to do where Bedrock refuses one
    "check {setting}, the region, the model access in the Bedrock console and, with an inference profile, that the "
    "role may use the profile and the model in each of its regions"
)
TABLE = (
    "check SUPPORTBOT_TABLE, the region, and that the role may GetItem, PutItem, UpdateItem, DeleteItem and Query on it"
)
INDEX = "check SUPPORTBOT_OPENSEARCH_URL, _KIND and _INDEX"
KEPT_IN = {  # settings that may name a secret, by the check that reads it
    "callers of the API": ("api_callers",),
    "Slack bot token": ("slack_bot_token",),
    "Slack app token": ("slack_app_token",),
    "Slack signing secret": ("slack_signing_secret",),
    "Slack installations": ("slack_client_secret", "slack_encryption_key"),
    "Zendesk": ("zendesk_client_secret", "zendesk_token"),
    "Zendesk secret": ("zendesk_webhook_secret",),
    "Zendesk sidebar": ("zendesk_app_secret",),
}
PASSAGE = Passage(Chunk(PAGE, 0, (), PAGE.url, "The greeting of the house is hello."), 1.0)


class Unused(str):
    """What a check says of a part that the settings do not name."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: `text` says what is there, or what is wrong and what to do.

    What is not set up is no failure: `used` is False, and `text` says what it would give. `empty`: it is not well only
    because nothing was ingested yet.
    """

    name: str
    well: bool
    text: str
    seconds: float
    used: bool = True
    empty: bool = False


def examine(app: App) -> Iterator[Finding]:
    """Every check that the settings ask for, in the order an answer meets them."""
    for name, check in _checks(app):
        started, empty = time.perf_counter(), False
        try:
            text, well = check(), True
        except SupportBotError as error:
            text, well = f"{error}{_secrets(app.settings, name, str(error))}", False
            empty = isinstance(error, EmptyError)
        yield Finding(name, well, text, time.perf_counter() - started, used=not isinstance(text, Unused), empty=empty)


def _checks(app: App) -> Iterator[tuple[str, Callable[[], str]]]:
    settings = app.settings
    if settings.uses_aws or settings.textract or settings.cost_tag or _has_bucket(app):
        yield "credentials", lambda: _credentials(settings)
    yield "index", lambda: _index(app)
    yield "embedding model", lambda: _embedder(app)
    optional: tuple[tuple[str, str, Callable[[], str]], ...] = (
        (settings.answer_model, "answer model", lambda: _answer_model(app, settings.answer_model, "ANSWER_MODEL")),
        (
            settings.second_model,
            "second answer model",
            lambda: _answer_model(app, settings.second_model, "SECOND_MODEL"),
        ),
        (
            settings.cheaper_model,
            "cheaper answer model",
            lambda: _answer_model(app, settings.cheaper_model, "CHEAPER_MODEL"),
        ),
        (settings.rewrite_model, "rewriting model", lambda: _rewriter(app)),
        (settings.rerank_model, "reranking model", lambda: _reranker(app)),
        (settings.redis_url, "cache", lambda: _cache(app)),
        (settings.masked, "patterns to mask", lambda: f"read, as {app.guard.name}"),
    )
    yield from ((name, check) for stated, name, check in optional if stated)
    yield "answers and ratings", lambda: _log(app)
    yield from cost_doctoring.checks(app)
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
        from bot import zendesk_doctoring

        yield from zendesk_doctoring.checks(settings)
    if settings.sources:
        from bot import source_doctoring

        yield from source_doctoring.checks(app)
    if settings.queue_url:
        from bot import aws_doctoring

        yield "queue", lambda: aws_doctoring.queue(settings, "queue_url")
    if settings.ingest_queue_url or settings.staging_bucket or settings.textract:
        from bot import ingest_doctoring

        yield from ingest_doctoring.checks(app)


@contextmanager
def _advised(advice: str) -> Iterator[None]:
    """What to do is said behind what is wrong, unless that names a setting by itself."""
    try:
        yield
    except SupportBotError as error:
        if not advice or PREFIX in str(error):
            raise
        patience = "if that stays, " if isinstance(error, UnavailableError) else ""
        kind = EmptyError if isinstance(error, EmptyError) else MisconfiguredError
        raise kind(f"{error}; {patience}{advice}") from error


def _secrets(settings: Settings, check: str, wrong: str) -> str:
    """What to do where a setting's secret cannot be read; nothing where that is not what is wrong."""
    names = [name for name in KEPT_IN.get(check, ()) if getattr(settings, name).strip().startswith(SECRET)]
    if not names or not ("Secrets Manager" in wrong or "the secret " in wrong):
        return ""
    named = " and ".join(f"{PREFIX}{name.upper()}" for name in names)
    return f"; check {named}, and that the role may secretsmanager:GetSecretValue"


def _credentials(settings: Settings) -> str:
    found = aws.identity(settings)
    if not settings.region:
        raise MisconfiguredError(f"{found}: it is needed, set SUPPORTBOT_REGION or AWS_REGION")
    return found


def _index(app: App) -> str:
    with _advised(INDEX if app.settings.opensearch_url else ""):
        documents = sum(app.index.sources().values())
        model = app.index.embedding_model
    where = app.settings.opensearch_url.rpartition("@")[2] or str(app.home)  # a URL may hold a password
    return f"{documents} documents in {where}, {model or 'words only'}"


def _embedder(app: App) -> str:
    if app.settings.embedding_model == LEXICAL:
        return "none is wanted: words only"
    try:
        built_with = app.index.embedding_model
    except EmptyError:
        if not app.settings.embedding_model.startswith(BEDROCK):
            raise
        built_with = None
    if built_with is None:
        return _embedder_to_come(app.settings)
    wanted = app.settings.embedding_model or built_with
    with _advised(MODEL.format(setting="SUPPORTBOT_EMBEDDING_MODEL") if wanted.startswith(BEDROCK) else ""):
        embedder = Embedders(app.settings, lambda _: None).loaded(built_with)  # not the app's, which has a cache
        vector = embedder.embed_question("hello", deadline=Deadline.within(PATIENCE))
    app.index.search("hello", vector, audience=Audience.PUBLIC, limit=1, deadline=Deadline.within(PATIENCE))
    return f"{embedder.name}, {len(vector)} dimensions, as in the index"


def _embedder_to_come(settings: Settings) -> str:
    """That the next ingestion embeds with; one on this machine is fetched by that."""
    if not settings.embedding_model.startswith(BEDROCK):
        return "the index has no vectors: words only"
    with _advised(MODEL.format(setting="SUPPORTBOT_EMBEDDING_MODEL")):
        embedder = aws.embedder(settings, settings.embedding_model)
        vector = embedder.embed_question("hello", deadline=Deadline.within(PATIENCE))
    return f"{embedder.name}, {len(vector)} dimensions; the index has no vectors until the next ingestion: words only"


def _answer_model(app: App, model: str, setting: str) -> str:
    guardrail = ", and SUPPORTBOT_GUARDRAIL with bedrock:ApplyGuardrail on it" if app.settings.guardrail else ""
    with _advised(MODEL.format(setting=PREFIX + setting) + guardrail):
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
    with _advised(MODEL.format(setting="SUPPORTBOT_REWRITE_MODEL")):
        written = rewriter.rewrite(question, deadline=Deadline.within(PATIENCE))
    return f"{app.settings.rewrite_model} wrote {len(written)} characters"


def _reranker(app: App) -> str:
    reranker = aws.reranker(app.settings)
    if reranker is None:
        return "none"
    with _advised(MODEL.format(setting="SUPPORTBOT_RERANK_MODEL and bedrock:Rerank")):
        reranker.rank("greeting", [PASSAGE, PASSAGE], deadline=Deadline.within(PATIENCE))
    return f"{app.settings.rerank_model} ranks"


def _cache(app: App) -> str:
    cache, key = aws.cache(app.settings), "doctor"
    cache.warm(PATIENCE)
    cache.put({key: b"here"}, ttl=timedelta(seconds=10))
    if cache.get([key]) != [b"here"]:
        raise UnavailableError(
            f"{app.settings.redis_url.rpartition('@')[2]} does not keep what it is given: check "
            "SUPPORTBOT_REDIS_URL, _CLUSTER, the sign-in and the security group; answers are given without a cache "
            "meanwhile"
        )
    return f"{app.settings.redis_url.rpartition('@')[2]} keeps and gives back"


def _log(app: App) -> str:
    """What an answer does: it reads, and writes; a claim that ends by itself is the smallest write there is."""
    settings = app.settings
    if settings.queue_url and not settings.table:
        raise MisconfiguredError(
            "with SUPPORTBOT_QUEUE_URL others answer, and without SUPPORTBOT_TABLE each function keeps its answers in "
            "an SQLite file of its own, where nobody finds them: set SUPPORTBOT_TABLE"
        )
    with _advised(TABLE if settings.table else ""):
        days = app.log.tally(datetime.now(UTC).date())
        key, owner = f"doctor:{token_hex(8)}", token_hex(8)
        if not app.claims.claim(key, ttl=timedelta(minutes=1), owner=owner):
            raise UnavailableError("a claim that nobody else has made was not granted")
        app.claims.release(key, owner=owner)
    found = f"{sum(sum(day.outcomes.values()) for day in days)} questions today, can be written"
    if not settings.table:
        return found
    from bot import aws_doctoring

    return f"{found}, {aws_doctoring.endings(settings)}"


def _has_bucket(app: App) -> bool:
    return any(hasattr(each, "bucket") for each in app.sources.stated.values())


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
