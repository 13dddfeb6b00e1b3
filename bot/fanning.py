"""Ingestions by many workers, wired: the queue, what is staged, and the steps over them.

None where the settings name no queue for them: then who is asked to ingest does it alone.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from bot import aws
from bot.app import App
from bot.recognition import recognition
from bot.remembering import Stated
from bot.settings import Settings
from rag_core.domain import PersonId, SourceName
from rag_core.errors import RejectedError
from rag_core.runs import RunId, RunRecord

if TYPE_CHECKING:
    from rag_core.backends.sqs import SqsQueue
    from rag_core.fanning.plans import Opened, Parts
    from rag_core.fanning.steps import Steps
    from rag_core.ports import Assembly, Embedder, Staging

UNSTATED = "{} is a folder: ingest it on the machine where it is, or state it as a source (docs/ingesting.md)"
ALONE = "there is no queue of workers here: set SUPPORTBOT_INGEST_QUEUE_URL (docs/ingesting.md)"
Ended = Callable[[RunRecord, dict[str, str]], None]


def is_shared(app: App, source: object) -> bool:
    """Whether workers elsewhere do it: there is a queue for that, and they can read it."""
    return bool(app.settings.ingest_queue_url) and source in app.sources.offered()


def steps(app: App, ended: Ended = lambda *_: None) -> "Steps":
    """Raises RejectedError where there are none."""
    if not app.settings.ingest_queue_url:
        raise RejectedError(ALONE)
    from rag_core.fanning.steps import Steps

    return Steps(app.runs, _parts(app), ended=ended)


def begin(
    app: App,
    source: SourceName,
    by: PersonId,
    run: RunId,
    *,
    full: bool = False,
    agreed: bool = False,
    more: dict[str, str] | None = None,
) -> RunRecord:
    """Raises RejectedError for what no worker can read, AlreadyRunningError."""
    if source not in app.sources.offered():
        raise RejectedError(UNSTATED.format(source))
    with steps(app) as found:
        return found.begin(source, by, run=run, full=full, agreed=agreed, more=more)


def queue(app: App) -> "SqsQueue":
    from rag_core.backends.sqs import Queue, SqsQueue

    settings = app.settings
    return SqsQueue(Queue(settings.ingest_queue_url, settings.region, settings.aws_url or None))


def staging(settings: Settings) -> "Staging":
    from rag_core.backends.s3_staging import Place, S3Staging

    return S3Staging(Place(settings.staging_bucket, settings.region, settings.aws_url or None))


def assembly(app: App) -> "Assembly":
    from rag_core.backends.opensearch.assembly import OpenSearchAssembly

    if not app.settings.opensearch_url:
        raise RejectedError("only an index on OpenSearch keeps the version before: set SUPPORTBOT_OPENSEARCH_URL")
    return OpenSearchAssembly(aws.target(app.settings))


def roll_back(app: App, once: str) -> str:
    """The version before answers again; once more for the same `once` says the same. Raises RejectedError."""
    from rag_core.backends.opensearch.versions import named_at
    from rag_core.reverting import roll_back

    def note(version: str) -> None:
        app.runs.rolled_back(named_at(app.settings.opensearch_index, version))

    version = roll_back(assembly(app), app.records, once, note)
    app.announce()
    return version


def _parts(app: App) -> "Parts":
    from rag_core.backends.dynamodb.countdown import DynamoCountdown
    from rag_core.fanning.plans import Parts

    settings = app.settings
    return Parts(
        app.records,
        staging(settings),
        DynamoCountdown(aws.table(settings)),
        queue(app),
        assembly(app),
        lambda source: _opened(app, source),
        lambda built_with: _embedder(app, built_with),
        lambda _: app.announce(),
        recognition(settings, app.records),
    )


def _opened(app: App, source: SourceName) -> "Opened":
    from rag_core.fanning.plans import Opened

    stated: Stated = app.stated(source)
    return Opened(app.sources.of(source, stated), stated.audience)


def _embedder(app: App, built_with: str | None) -> "Embedder | None":
    found = app.embedders.for_passages(built_with)
    if found is None or not app.settings.embedding_quota:
        return found
    from bot.pacing import budget
    from rag_core.fanning.pacing import PacedEmbedder

    return PacedEmbedder(found, budget(app.settings), app.settings.embedding_quota)
