"""Slack on one machine: Socket Mode, a queue in the process, and the worker that Lambda runs elsewhere."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Self

from bot import workspaces
from bot.app import App
from bot.local.socketing import Socket, identity
from bot.observability import Telemetry
from bot.working import quoted, workers
from integrations.slack.ingress import Desk
from integrations.slack.interacting import Interactions
from integrations.slack.opening import Opener
from rag_core.backends.local_queue import LocalQueue
from rag_core.domain import NEVER, Deadline
from rag_core.jobs import Job, JobKind

PAUSE = 1.0  # seconds before what failed for now is tried again; doubled with every try
DAY = 24 * 3600.0  # seconds that an ingestion may take


@contextmanager
def answering(app: App, log: IO[str]) -> Iterator[Mapping[str, str]]:
    """Who we are in Slack, while questions are answered; it ends once what waits is done."""
    settings = app.settings
    token, app_token = workspaces.bot_token(settings), workspaces.app_token(settings)
    who = identity(token, settings.slack_url)
    telemetry = Telemetry(stream=log, plain=True, metrics=False)
    with LocalJobs(app, telemetry) as queue:
        sources = Interactions(lambda: sorted(app.index.sources()))
        desk = Desk(queue, Opener(lambda _: token, settings.slack_url), sources)
        with Socket(app_token, desk, telemetry, settings.slack_url):
            yield who


class LocalJobs:
    """JobQueue of this process, and who does every kind of job that the settings ask for; a context manager.

    Ingestions have a queue of their own: minutes long, they would hold every worker while questions wait.
    """

    def __init__(self, app: App, telemetry: Telemetry) -> None:
        self._settings, self._telemetry = app.settings, telemetry
        tries = app.settings.deliveries
        self._questions = LocalQueue(self._do, self._failed, tries=tries, pause=PAUSE)
        self._ingestions = LocalQueue(self._do, self._failed, workers=1, tries=tries, pause=PAUSE)
        self._work = workers(app, telemetry, self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ingestions.close()
        self._questions.close()

    def send(self, job: Job, *, deadline: Deadline = NEVER) -> None:
        queue = self._ingestions if job.kind is JobKind.INGEST else self._questions
        queue.send(job, deadline=deadline)

    def _do(self, job: Job, last: bool) -> None:
        seconds = DAY if job.kind is JobKind.INGEST else self._settings.deadline
        self._work(job, Deadline.within(seconds), last)

    def _failed(self, job: Job, error: Exception) -> None:
        self._telemetry.failed("job failed", error, quoted(job), job_id=job.id)
