"""Slack's parts, made from the settings: what the adapter takes of the product, and the worker of its jobs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot import spending
from bot.app import App
from bot.channels import Product
from bot.observability import Telemetry
from bot.settings import Settings
from integrations.slack.access import SlackAccess
from integrations.slack.needs import CHANNEL, OnStage, OnText, Week
from integrations.slack.quotas import SlackQuotas
from rag_core.domain import (
    Answer,
    Audience,
    Deadline,
    Question,
    SourceName,
)
from rag_core.ports import JobQueue

if TYPE_CHECKING:
    from bot.ingest_job import Told
    from bot.working import Work
    from integrations.slack.commanding import Commanding

GAPS = 5  # that App Home names


class SlackCore(Product):
    """Core; safe to share between threads."""

    def __init__(self, app: App, telemetry: Telemetry) -> None:
        super().__init__(app, telemetry, CHANNEL)

    def answer(self, question: Question, *, on_stage: OnStage, on_text: OnText, deadline: Deadline) -> Answer:
        answer = self._app.answering.answer(question, on_stage=on_stage, on_text=on_text, deadline=deadline)
        self._telemetry.answered(answer, channel=CHANNEL)
        return answer

    def knowledge_as_of(self) -> datetime | None:
        return self._app.runs.knowledge_as_of()

    def week(self) -> Week:
        report = self._app.report(datetime.now(UTC).date() - timedelta(days=6), closely=False)
        gaps = tuple(gap.questions[0] for gap in report.gaps[:GAPS] if gap.questions)
        last = next(iter(self._app.runs.latest()), None)
        shown = None if _is_shared(self._app.settings) else gaps
        budget = spending.told(self._app)
        return Week(report.questions, report.answered_share, report.helpful_share, shown, last, budget)

    def sources(self, audience: Audience) -> Mapping[SourceName, int]:
        return self._app.index.sources(audience=audience)


@dataclass(frozen=True, slots=True)
class SlackJobs:
    """What is done for Slack: its events, and the ingestions that admins ask for there."""

    events: "Work"
    ingestions: "Work"
    told: "Told"  # of what the ingest function did


def jobs(app: App, telemetry: Telemetry, queue: JobQueue | None = None) -> SlackJobs:
    """`queue`: of this process, where there is no other.

    Raises MisconfiguredError; UnavailableError when a secret cannot be read now.
    """
    from bot import ingest_job, workspaces, zendesk
    from integrations.slack.calling import Pace, Slack
    from integrations.slack.identifying import Identities
    from integrations.slack.listening import SlackWorker
    from integrations.slack.silencing import quiet

    settings, core, allowed = app.settings, SlackCore(app, telemetry), access(app)
    installed, pace = workspaces.installations(app), Pace()
    identities = Identities(installed, settings.slack_url)

    def calls(team: str, deadline: Deadline) -> Slack:
        from slack_sdk import WebClient

        who = identities.of(team, None)
        client = WebClient(who.token, base_url=settings.slack_url, retry_handlers=[], logger=quiet())
        return Slack(client, deadline, bot_user=who.bot_user, bot=who.bot, pace=pace)

    worker = SlackWorker(
        core,
        installed,
        allowed,
        quotas=SlackQuotas(app.cache, person=settings.slack_person_quota, workspace=settings.slack_workspace_quota),
        commands=_commands(app, core, allowed, queue),
        desk=zendesk.desk(settings),
        humans=settings.slack_humans,
        base_url=settings.slack_url,
        pace=pace,
    )
    return SlackJobs(
        lambda job, deadline, last: worker.work(job.event or "", deadline, last, job.enqueued_at),
        ingest_job.work(app, calls, settings.report_url, telemetry.ran),
        ingest_job.Told(calls, settings.report_url),
    )


def _is_shared(settings: Settings) -> bool:
    """Whether several workspaces ask: the log does not tell one's questions from another's."""
    named = settings.slack_workspaces.replace(",", " ").split()
    return bool(settings.slack_client_id) and (len(named) != 1 or named[0].startswith("E"))


def access(app: App) -> SlackAccess:
    return SlackAccess(app.records, members=Audience(app.settings.slack_audience), admins=app.settings.slack_admins)


def _commands(app: App, core: SlackCore, allowed: SlackAccess, queue: JobQueue | None) -> "Commanding | None":
    """None where there is no queue to begin an ingestion by."""
    from bot.ingest_job import SlackIngestions
    from integrations.slack.commanding import Commanding
    from integrations.slack.fetching import Web
    from integrations.slack.turns import Turns

    carrying = queue or app.queue
    if carrying is None:
        return None
    ingestions = SlackIngestions(app, carrying, survives=queue is None)
    respond = Web(app.settings.slack_url).respond
    return Commanding(ingestions, Turns(app.records, app.claims), core.week, allowed, respond)
