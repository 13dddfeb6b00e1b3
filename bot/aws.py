"""The parts that stand on AWS, made from the settings: the other half of the composition root.

A vendor's library is imported by the part that needs it, so that a command on one machine pays for none.
"""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import msgspec

from bot.settings import BEDROCK, Settings
from rag_core.domain import Job, SourceName
from rag_core.errors import MisconfiguredError
from rag_core.ports import (
    AnswerModel,
    Bills,
    Claims,
    Embedder,
    FeedbackLog,
    IndexWriter,
    JobQueue,
    Reranker,
    Retriever,
    Rewriter,
)

if TYPE_CHECKING:
    from rag_core.backends.bedrock.client import Connection
    from rag_core.backends.bedrock.pricing import Prices
    from rag_core.backends.dynamodb.client import Table
    from rag_core.backends.opensearch.target import Target
    from rag_core.backends.redis.cache import RedisCache
    from rag_core.backends.redis.connecting import RedisAddress


def identity(settings: Settings) -> str:
    """Who AWS takes us for. Raises MisconfiguredError where there are no credentials, or none that work."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        config = Config(connect_timeout=settings.connect_timeout, read_timeout=settings.read_timeout)
        region = settings.region or "us-east-1"
        sts = boto3.client("sts", region_name=region, endpoint_url=settings.aws_url or None, config=config)
        return f"{sts.get_caller_identity()['Arn']}, region {settings.region or 'not set'}"
    except (BotoCoreError, ClientError) as error:
        raise MisconfiguredError(
            f"{error}: sign in (aws sso login, a role, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)"
        ) from error


def answer_model(settings: Settings, *, only: str = "") -> AnswerModel:
    """`only`: this model and no second one."""
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
        prices=_prices(settings.prices),
    )
    return BedrockAnswerModel(converse, _bedrock(settings))


def embedder(settings: Settings, model: str) -> Embedder:
    """`model` as the setting names it, or as the embedder itself does: model, dimensions, precision."""
    from rag_core.backends.bedrock.embedding import BedrockEmbedder, Embedding

    name, *stated = model.removeprefix(BEDROCK).split()
    dimensions, precision = stated or (settings.embedding_dimensions, settings.embedding_precision)
    return BedrockEmbedder(Embedding(name, int(dimensions), str(precision)), _bedrock(settings))


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

    return OpenSearchIndex(_target(settings))


def writer(settings: Settings, source: SourceName) -> IndexWriter:
    from rag_core.backends.opensearch.writer import OpenSearchWriter

    return OpenSearchWriter(_target(settings), source)


def cache(settings: Settings) -> "RedisCache":
    from rag_core.backends.redis.cache import RedisCache

    return RedisCache(_redis(settings))


def log(settings: Settings) -> FeedbackLog:
    from rag_core.backends.dynamodb.feedback import DynamoFeedbackLog

    return DynamoFeedbackLog(_table(settings), retention=timedelta(days=settings.retention))


def claims(settings: Settings) -> Claims:
    from rag_core.backends.dynamodb.claims import DynamoClaims

    return DynamoClaims(_table(settings))


def queue(settings: Settings) -> JobQueue:
    from rag_core.backends.sqs import Queue, SqsQueue

    return SqsQueue(Queue(settings.queue_url, _region(settings, "SQS"), settings.aws_url or None))


def job(body: str) -> Job:
    """A message of the queue. Raises RejectedError for one that is none of ours."""
    from rag_core.backends.sqs import read

    return read(body)


def bills(settings: Settings) -> Bills:
    from rag_core.backends.cost_explorer import CostExplorerBills

    name, _, value = settings.cost_tag.partition("=")
    return CostExplorerBills(settings.aws_url or None, (name, value) if value else None)


def queue_state(settings: Settings) -> str:
    """How many jobs wait in the queue."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        sqs = boto3.client("sqs", region_name=settings.region or None, endpoint_url=settings.aws_url or None)
        names = ["ApproximateNumberOfMessages", "RedrivePolicy"]
        found = sqs.get_queue_attributes(QueueUrl=settings.queue_url, AttributeNames=names)["Attributes"]
    except (BotoCoreError, ClientError) as error:
        raise MisconfiguredError(f"{error}: check SUPPORTBOT_QUEUE_URL and the role's right to it") from error
    if "RedrivePolicy" not in found:
        raise MisconfiguredError("the queue has no dead-letter queue: a job that always fails would never end")
    return f"{found['ApproximateNumberOfMessages']} jobs wait"


def _region(settings: Settings, what: str) -> str:
    if not settings.region:
        raise MisconfiguredError(f"{what} needs a region: set AWS_REGION or SUPPORTBOT_REGION")
    return settings.region


def _table(settings: Settings) -> "Table":
    from rag_core.backends.dynamodb.client import Connection, Table

    return Table(settings.table, Connection(_region(settings, "DynamoDB"), settings.aws_url or None))


def _bedrock(settings: Settings) -> "Connection":
    from rag_core.backends.bedrock.client import Connection

    return Connection(
        _region(settings, "Bedrock"), settings.bedrock_url or None, settings.connect_timeout, settings.read_timeout
    )


def _prices(stated: str) -> "Prices":
    from rag_core.backends.bedrock.pricing import Price, Prices

    try:
        text = stated if stated.lstrip().startswith("{") else Path(stated).read_text("utf-8")
        table = msgspec.json.decode(text, type=dict[str, tuple[float, float, float, float]])
    except (OSError, msgspec.DecodeError) as error:
        raise MisconfiguredError(
            f"SUPPORTBOT_PRICES is wrong: {error}; it maps a model id to [input, output, cache read, cache write]"
        ) from error
    return Prices({model: Price(*price) for model, price in table.items()})


def _target(settings: Settings) -> "Target":
    from rag_core.backends.opensearch.target import Engine, Kind, Target

    address = urlsplit(settings.opensearch_url)
    login = (unquote(address.username), unquote(address.password or "")) if address.username else None
    return Target(
        endpoint=f"{address.scheme}://{address.netloc.rpartition('@')[2]}",
        kind=Kind(settings.opensearch_kind),
        alias=settings.opensearch_index,
        region=settings.region if settings.opensearch_signed and not login else None,
        login=login,
        engine=Engine(settings.opensearch_engine) if settings.opensearch_engine else None,
    )


def _redis(settings: Settings) -> "RedisAddress":
    from rag_core.backends.redis.connecting import RedisAddress
    from rag_core.backends.redis.credentials import IamCredentials

    address = urlsplit(settings.redis_url)
    if address.scheme not in ("redis", "rediss") or not address.hostname:
        raise MisconfiguredError("SUPPORTBOT_REDIS_URL is wrong: it reads redis://host:port, or rediss:// with TLS")
    credentials = None
    if settings.redis_user:
        if not (settings.redis_name and settings.region):
            raise MisconfiguredError("signing in to Redis by IAM needs SUPPORTBOT_REDIS_NAME and a region")
        credentials = IamCredentials(
            settings.redis_user, settings.redis_name, settings.region, serverless=settings.redis_serverless
        )
    return RedisAddress(
        host=address.hostname,
        port=address.port or 6379,
        cluster=settings.redis_cluster,
        tls=address.scheme == "rediss",
        credentials=credentials,
    )
