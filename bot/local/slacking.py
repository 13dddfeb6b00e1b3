"""Slack on one machine: Socket Mode, a queue in the process, and the worker that Lambda runs elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Self

from bot import workspaces
from bot.app import App
from bot.arriving import place
from bot.local.socketing import Socket, identity
from bot.observability import Telemetry
from bot.working import quoted, workers
from integrations.slack.ingress import Desk
from integrations.slack.interacting import Interactions
from integrations.slack.opening import Opener
from rag_core.backends.local_queue import LocalQueue
from rag_core.domain import NEVER, Deadline
from rag_core.errors import MisconfiguredError
from rag_core.jobs import Job, JobKind

PAUSE = 1.0  # seconds before what failed for now is tried again; doubled with every try
DAY = 24 * 3600.0  # seconds that an ingestion may take


@contextmanager
def answering(app: App, log: IO[str]) -> Iterator[str]:
    """Who we are in Slack, and where, while questions are answered; it ends once what waits is done."""
    settings = app.settings
    installed, app_token = workspaces.installations(app), workspaces.app_token(settings)
    telemetry = Telemetry(stream=log, plain=True, metrics=False)
    with _known(app) as who, LocalJobs(app, telemetry) as queue:
        opener = Opener(lambda payload: installed.token(*place(payload)).token, settings.slack_url)
        desk = Desk(queue, opener, Interactions(lambda: sorted(app.index.sources())))
        with Socket(app_token, desk, telemetry, settings.slack_url):
            yield who


@contextmanager
def _known(app: App) -> Iterator[str]:
    """As whom it answers; where that is several workspaces, with the pages by which they install it."""
    settings = app.settings
    if not settings.slack_client_id:
        found = identity(workspaces.bot_token(settings), settings.slack_url)
        yield f"as @{found['user']} in {found['team']}"
        return
    try:
        from bot.local.installpages import serving
    except ModuleNotFoundError as error:
        raise MisconfiguredError(
            f"several workspaces need {error.name}: install it with pip install 'supportbot[slack,playground]'"
        ) from error
    with serving(workspaces.authorizing(app), settings.port) as address:
        yield f"where it is installed; to install it: {address}, reached through an https address of yours"


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
