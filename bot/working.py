"""The jobs of the queue, each done by whoever does its kind.

What a function is not set up for it does not do, and says so: another one may be.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import msgspec

from bot.app import App
from bot.observability import Telemetry
from rag_core.domain import Deadline
from rag_core.errors import MisconfiguredError
from rag_core.jobs import Job, JobKind
from rag_core.ports import JobQueue
from rag_core.runs import RunRecord

WRITTEN = ("text", "value", "name", "user_name", "title")  # fields of Slack's
SHORT = 20  # characters
HINTS = {
    JobKind.ANSWER: "set SUPPORTBOT_API_CALLERS (docs/api.md)",
    JobKind.SLACK: "set SUPPORTBOT_SLACK_BOT_TOKEN (docs/slack.md)",
    JobKind.ZENDESK: "set SUPPORTBOT_ZENDESK_WEBHOOK_SECRET (docs/zendesk.md)",
    JobKind.ROLLBACK: "the ingest function does them (docs/ingesting.md)",
    JobKind.RUN: "the ingest function does them (docs/ingesting.md)",
    JobKind.COSTS: "it needs SUPPORTBOT_TABLE (docs/aws.md)",
    JobKind.INGEST: "they are begun from Slack: set SUPPORTBOT_SLACK_BOT_TOKEN (docs/slack.md)",
}

Work = Callable[[Job, Deadline, bool], None]  # True: nobody delivers the job again


@dataclass(frozen=True, slots=True)
class Workers:
    """Work; raises UnavailableError for what is to be delivered again."""

    by_kind: Mapping[JobKind, Work] = field(default_factory=dict)

    def __call__(self, job: Job, deadline: Deadline, last: bool) -> None:
        work = self.by_kind.get(job.kind)
        if work is None:
            raise MisconfiguredError(f"this worker is not set up for jobs of the kind {job.kind}: {HINTS[job.kind]}")
        work(job, deadline, last)


def workers(app: App, telemetry: Telemetry, queue: JobQueue | None = None) -> Workers:
    """All that the settings ask for; `queue`: of this process, where there is no other.

    Raises MisconfiguredError for settings that are there and wrong.
    """
    settings, found = app.settings, dict[JobKind, Work]()
    if settings.api_callers:
        found[JobKind.ANSWER] = _answers(app, telemetry)
    if settings.table:
        found[JobKind.COSTS] = _costs(app, telemetry)
    if settings.slack:
        from bot import slack

        made = slack.jobs(app, telemetry, queue)
        found |= {JobKind.SLACK: made.events, JobKind.INGEST: made.ingestions}
    if settings.zendesk:
        from bot import zendesk_core

        found[JobKind.ZENDESK] = zendesk_core.jobs(app, telemetry)
    return Workers(found)


@dataclass(frozen=True, slots=True)
class Ends:
    """Who hears what became of that which the ingest function was asked for, by what the order hands on."""

    run: Callable[[RunRecord, dict[str, str]], None] = lambda *_: None
    rollback: Callable[[str, Mapping[str, str]], None] = lambda *_: None  # why not; empty: it was done


SILENT = Ends()


def ended(app: App, telemetry: Telemetry) -> Ends:
    """Counts a run, and tells whoever asked for it how it ended: in Slack, where that is set up."""
    if not app.settings.slack:
        return Ends(lambda run, _: telemetry.ran(run))
    from bot import slack

    told = slack.jobs(app, telemetry).told

    def tell(run: RunRecord, where: dict[str, str]) -> None:
        telemetry.ran(run)
        told.run(run, where)

    return Ends(tell, told.rollback)


def _answers(app: App, telemetry: Telemetry) -> Work:
    from bot.api import working
    from bot.api.callers import load

    return working.work(app, load(app.settings), telemetry)


def _costs(app: App, telemetry: Telemetry) -> Work:
    """Loaded by the first such job: whoever answers has no need of it."""

    def compare(job: Job, deadline: Deadline, last: bool) -> None:
        from bot import comparing

        comparing.work(app, telemetry)(job, deadline, last)

    return compare


def quoted(job: Job) -> tuple[str, ...]:
    """The texts of a job that no log may show."""
    if job.question:
        return job.question.text, job.question.previous or ""
    return tuple(_texts(job.event)) if job.event else ()


def _texts(event: str) -> Iterator[str]:
    """What a person may have written or is called, and every string too long for an id."""
    try:
        waiting: list[tuple[str, object]] = [("", msgspec.json.decode(event))]
    except msgspec.DecodeError:
        return
    while waiting:
        name, found = waiting.pop()
        if isinstance(found, str) and (name in WRITTEN or len(found) > SHORT):
            yield found
        elif isinstance(found, dict):
            waiting.extend(found.items())
        elif isinstance(found, list):
            waiting.extend((name, each) for each in found)
