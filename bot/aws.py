"""The parts that stand on AWS, made from the settings: the other half of the composition root.

A vendor's library is imported by the part that needs it, so that a command on one machine pays for none.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, unquote

import msgspec

from bot.settings import BEDROCK, EMBEDDING, PREFIX, Settings
from rag_core.calling import Dependency, Patience
from rag_core.domain import SourceName
from rag_core.errors import MisconfiguredError, SupportBotError, UnavailableError
from rag_core.jobs import Job
from rag_core.ports import (
    AnswerModel,
    Bills,
    Budget,
    Cache,
    Claims,
    Embedder,
    FeedbackLog,
    IndexWriter,
    Records,
    Reranker,
    Retriever,
    Rewriter,
)

if TYPE_CHECKING:
    from redis.credentials import CredentialProvider

    from rag_core.backends.bedrock.client import Connection
    from rag_core.backends.bedrock.pricing import Prices
    from rag_core.backends.boto import Service
    from rag_core.backends.dynamodb.client import Table
    from rag_core.backends.opensearch.target import Target
    from rag_core.backends.redis.cache import RedisCache
    from rag_core.backends.redis.connecting import RedisAddress
    from rag_core.backends.sqs import SqsQueue
    from rag_core.resting import Circuit

MAKING = "check AWS_PROFILE, AWS_CONFIG_FILE, the region and SUPPORTBOT_AWS_URL"  # that a client is made of


def identity(settings: Settings) -> str:
    """Who AWS takes us for. Raises MisconfiguredError where there are no credentials, or none that work."""
    from rag_core.backends.boto import Service, translated

    sts, hint = Service("STS"), "sign in (aws sso login, a role, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)"
    asked = _client(sts, "sts", settings.region or "us-east-1", settings)
    with _checked(hint), translated(sts):
        found = asked.get_caller_identity()
    return f"{found['Arn']}, region {settings.region or 'not set'}"


def answer_model(settings: Settings, *, only: str = "", shared: Cache | None = None) -> AnswerModel:
    """`only`: this model and no second one; `shared`: through which processes tell one another that one hangs."""
    from rag_core.backends.bedrock.answering import BedrockAnswerModel, Converse

    converse = Converse(
        model=only or settings.answer_model,
        second_model="" if only else settings.second_model,
        max_tokens=settings.max_tokens,
        effort=settings.effort,
        service_tier=settings.service_tier,
        latency=settings.latency,
        guardrail=settings.guardrail,
        guardrail_version=settings.guardrail_version,
        prices=prices(settings.prices),
    )
    return BedrockAnswerModel(converse, _bedrock(settings), circuits=lambda model: _circuit(settings, model, shared))


def embedder(settings: Settings, model: str, *, shared: Cache | None = None) -> Embedder:
    """`model` as the setting names it, or as the embedder itself does: model, dimensions, precision."""
    from rag_core.backends.bedrock.embedding import BedrockEmbedder, Embedding

    stated = EMBEDDING.fullmatch(model)
    if stated is None:
        raise MisconfiguredError(f"{model!r} is no embedding model: name one as {BEDROCK}<model id>")
    dimensions = int(stated["dimensions"] or settings.embedding_dimensions)
    precision = stated["precision"] or settings.embedding_precision
    embedding = Embedding(stated["model"], dimensions, precision)
    return BedrockEmbedder(embedding, _bedrock(settings), circuit=_circuit(settings, embedding.model, shared))


def _circuit(settings: Settings, model: str, shared: Cache | None) -> "Circuit | None":
    if shared is None:
        return None
    from rag_core.caching.circuits import SharedCircuit

    return SharedCircuit(f"{settings.tenant} {settings.region} {model}", shared)


def reranker(settings: Settings) -> Reranker | None:
    if not settings.rerank_model:
        return None
    from rag_core.backends.bedrock.reranking import BedrockReranker

    return BedrockReranker(settings.rerank_model, _bedrock(settings))


def rewriter(settings: Settings) -> Rewriter | None:
    if not settings.rewrite_model:
        return None
    from rag_core.backends.bedrock.rewriting import BedrockRewriter

    return BedrockRewriter(settings.rewrite_model, _bedrock(settings))


def index(settings: Settings) -> Retriever:
    from rag_core.backends.opensearch.index import OpenSearchIndex

    return OpenSearchIndex(target(settings))


def writer(settings: Settings, source: SourceName) -> IndexWriter:
    from rag_core.backends.opensearch.writer import OpenSearchWriter

    return OpenSearchWriter(target(settings), source)


def cache(settings: Settings) -> "RedisCache":
    from rag_core.backends.redis.cache import RedisCache

    return RedisCache(_redis(settings))


def budget(settings: Settings, own: Budget) -> Budget:
    from rag_core.backends.redis.budget import RedisBudget

    return RedisBudget(_redis(settings), own)


def log(settings: Settings) -> FeedbackLog:
    from rag_core.backends.dynamodb.feedback import DynamoFeedbackLog

    return DynamoFeedbackLog(table(settings), retention=settings.kept)


def claims(settings: Settings) -> Claims:
    from rag_core.backends.dynamodb.claims import DynamoClaims

    return DynamoClaims(table(settings))


def queue(settings: Settings) -> "SqsQueue":
    from rag_core.backends.sqs import Queue, SqsQueue

    return SqsQueue(Queue(settings.queue_url, _region(settings, "SQS"), settings.aws_url or None))


def job(body: str) -> Job:
    """A message of the queue. Raises RejectedError for one that is none of ours."""
    from rag_core.messaging import read

    return read(body)


def bills(settings: Settings) -> Bills:
    from rag_core.backends.cost_explorer import CostExplorerBills

    name, _, value = settings.cost_tag.partition("=")
    with _checked(MAKING):
        return CostExplorerBills(settings.aws_url or None, (name, value) if value else None)


def queue_attributes(settings: Settings, name: str) -> dict[str, str]:
    """Of the queue that the setting `name` names."""
    from rag_core.backends.boto import translated
    from rag_core.backends.sqs import SQS

    names, url = ["ApproximateNumberOfMessages", "RedrivePolicy"], getattr(settings, name)
    asked = _client(SQS, "sqs", settings.region, settings)
    with _checked(f"check {PREFIX}{name.upper()} and the role's right to it"), translated(SQS):
        return dict(asked.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"])


def secret(settings: Settings, name: str) -> str:
    """The text of a secret. Raises MisconfiguredError; UnavailableError when it cannot be read now."""
    from rag_core.backends.boto import Connection, Service, client, codes, translated

    manager = Service("Secrets Manager", temporary=codes("InternalServiceError LimitExceededException"))
    connection = Connection(settings.region, settings.aws_url or None, connect_timeout=2, read_timeout=3)
    asked = client(manager, "secretsmanager", connection)

    def attempt(_seconds: float) -> str:
        with translated(manager, f"the secret {name}"):
            found = asked.get_secret_value(SecretId=name)
        if "SecretString" not in found:
            raise MisconfiguredError(f"the secret {name} holds no text")
        return str(found["SecretString"])

    return Dependency(manager.title, Patience(attempts=2)).call(attempt, timeout=connection.timeout)


def _client(service: "Service", name: str, region: str, settings: Settings) -> Any:
    """For one request that somebody waits for, within the settings' timeouts."""
    from rag_core.backends.boto import Connection, client

    where = Connection(region, settings.aws_url or None, settings.connect_timeout, settings.read_timeout)
    with _checked(MAKING):
        return client(service, name, where)


@contextmanager
def _checked(hint: str) -> Iterator[None]:
    """An operator is told what to do, and which address did not answer."""
    try:
        yield
    except UnavailableError as error:
        raise MisconfiguredError(
            f"{error}; if that stays, check SUPPORTBOT_AWS_URL and the network: {error.__cause__}"
        ) from error
    except SupportBotError as error:
        raise MisconfiguredError(f"{error}: {hint}") from error


def _region(settings: Settings, what: str) -> str:
    if not settings.region:
        raise MisconfiguredError(f"{what} needs a region: set AWS_REGION or SUPPORTBOT_REGION")
    return settings.region


def table(settings: Settings) -> "Table":
    from rag_core.backends.dynamodb.client import Connection, Table

    return Table(settings.table, Connection(_region(settings, "DynamoDB"), settings.aws_url or None))


def _bedrock(settings: Settings) -> "Connection":
    from rag_core.backends.bedrock.client import Connection

    return Connection(
        _region(settings, "Bedrock"), settings.bedrock_url or None, settings.connect_timeout, settings.read_timeout
    )


def prices(stated: str) -> "Prices":
    from rag_core.backends.bedrock.pricing import Price, Prices

    try:
        text = stated if stated.lstrip().startswith("{") else Path(stated).read_text("utf-8")
        table = msgspec.json.decode(text, type=dict[str, tuple[float, float, float, float]])
    except (OSError, UnicodeError, msgspec.DecodeError) as error:
        raise MisconfiguredError(
            f"SUPPORTBOT_PRICES is wrong: {error}; it maps a model id to [input, output, cache read, cache write]"
        ) from error
    return Prices({model: Price(*price) for model, price in table.items()})


def target(settings: Settings) -> "Target":
    from rag_core.backends.opensearch.target import Engine, Kind, Target

    address = settings.address("opensearch_url")
    login = (unquote(address.username), unquote(address.password or "")) if address.username else None
    return Target(
        endpoint=f"{address.scheme}://{address.netloc.rpartition('@')[2]}",
        kind=Kind(settings.opensearch_kind),
        alias=settings.opensearch_index,
        region=settings.region if settings.opensearch_signed and not login else None,
        login=login,
        engine=Engine(settings.opensearch_engine) if settings.opensearch_engine else None,
        parameters=settings.engine_parameters,
        patience=settings.deadline,
    )


def _redis(settings: Settings) -> "RedisAddress":
    from rag_core.backends.redis.connecting import RedisAddress

    address = settings.address("redis_url")
    return RedisAddress(
        host=address.hostname or "",
        port=address.port or 6379,
        cluster=settings.redis_cluster,
        tls=address.scheme == "rediss",
        credentials=_redis_login(settings, address),
    )


def _redis_login(settings: Settings, address: SplitResult) -> "CredentialProvider | None":
    """By IAM, else by what the URL states."""
    from redis.credentials import UsernamePasswordCredentialProvider

    from rag_core.backends.redis.credentials import IamCredentials

    if settings.redis_user:
        if not (settings.redis_name and settings.region):
            raise MisconfiguredError("signing in to Redis by IAM needs SUPPORTBOT_REDIS_NAME and a region")
        return IamCredentials(
            settings.redis_user, settings.redis_name, settings.region, serverless=settings.redis_serverless
        )
    if not address.password:
        return None
    return UsernamePasswordCredentialProvider(unquote(address.username or ""), unquote(address.password))


def records(settings: Settings) -> Records:
    from rag_core.backends.dynamodb.records import DynamoRecords

    return DynamoRecords(table(settings), longest=settings.kept)
