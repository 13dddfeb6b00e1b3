"""App Home: what I can do; for admins also how it goes, and how each channel is answered."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from integrations.slack import escaping
from integrations.slack.messages import Block, actions, button, context, header, said, section, sections
from integrations.slack.modals import ChannelSettings, settings_value
from integrations.slack.needs import Week
from integrations.slack.wording import AUDIENCE_LABELS, SHARED_LOG
from rag_core.runs import IngestionRun, RunRecord, RunState

OPEN_SETTINGS = "open_channel_settings"  # action id
BLOCKS = 100  # of a view
GAPS, FAILURES = 5, 5
LONGEST_GAP = 200
CHANNELS = BLOCKS - 40  # everything else takes less than 40
ENDED = {
    RunState.WAITING: "waiting to begin",
    RunState.RUNNING: "running",
    RunState.DONE: "done",
    RunState.FAILED: "failed",
    RunState.CANCELLED: "cancelled",
}

CAN = (
    "*In a channel*: mention me with a question. I answer in the thread, and you can ask on there without a mention.",
    "*In a direct message*: just ask.",
    "*For any message*: choose “Answer this” in its menu. Only you see the draft until you share it.",
    "*Anywhere*: `/support` and your question. Only you see the answer until you share it.",
)
HONEST = (
    "Every answer is a draft from our documents and names its sources. If the documents do not answer a question, "
    "I say so, and you can pass it on to a person."
)
RATE = "Please rate answers with the thumbs beneath them: it shows where the documents need work."


@dataclass(frozen=True, slots=True)
class ForAdmins:
    """What admins see besides."""

    week: Week
    channels: tuple[ChannelSettings, ...] = ()


def home(admin: ForAdmins | None = None) -> dict[str, Any]:
    """The view, for `views.publish`."""
    blocks = [header("What I can do"), *sections([HONEST, "", *(f"• {line}" for line in CAN), "", RATE])]
    if admin:
        blocks += [{"type": "divider"}, *_week(admin.week), *_run(admin.week.last_run), *_channels(admin.channels)]
    return {"type": "home", "blocks": blocks[:BLOCKS]}


def _week(week: Week) -> Iterator[Block]:
    yield header("This week")
    figures = {
        "Questions": f"{week.questions:,}",
        "Answered": _share(week.answered_share),
        "Helpful, of rated answers": _share(week.helpful_share),
    }
    yield section("\n".join(f"*{name}*: {figure}" for name, figure in figures.items()))
    if week.budget:
        yield section(f"*Budget*: {_words(week.budget)}")
    if week.gaps is None:
        yield context(SHARED_LOG)
    elif week.gaps:
        yield section("*Asked, but not in the documents*")
        gaps = (f"{number}. {gap}" for number, gap in enumerate(_shortened(week.gaps), 1))
        yield from (said(gap) for gap in gaps)


def _shortened(gaps: Sequence[str]) -> Iterator[str]:
    return (escaping.inert(gap, LONGEST_GAP) for gap in gaps[:GAPS])


def _run(run: RunRecord | None) -> Iterator[Block]:
    yield header("Last ingestion")
    if run is None:
        yield section("No run is recorded yet: `/supportbot reingest` starts one.")
        return
    yield section("\n".join(_lines(run)))
    if run.result and run.result.failures:
        failures = run.result.failures[:FAILURES]
        yield section(f"*Could not be read*: {run.failed:,}")
        yield from (said(f"{each.document}: {each.reason}") for each in failures)
        if run.failed > len(failures):
            yield context(f"And {run.failed - len(failures):,} more.")


def _lines(run: RunRecord) -> Iterator[str]:
    yield f"*Source*: {_words(run.source)}"
    yield f"*State*: {ENDED[run.state]}{_progress(run)}"
    yield f"*Started*: {escaping.date(run.started)} by {_by(run.by)}"
    if run.took is not None:
        yield f"*Took*: {timedelta(seconds=round(run.took.total_seconds()))}"
    if run.reason:
        yield f"*Why*: {_words(run.reason)}"
    if run.result:
        yield f"*Documents*: {_counts(run, run.result)}"


def _progress(run: RunRecord) -> str:
    return f", {run.done:,} of {run.total:,}" if run.state is RunState.RUNNING and run.total else ""


def _counts(run: RunRecord, result: IngestionRun) -> str:
    found = {
        "written": result.written,
        "unchanged": result.unchanged,
        "removed": result.removed,
        "failed": run.failed,
        "skipped": run.skipped,
    }
    return ", ".join(f"{count:,} {name}" for name, count in found.items())


def _by(person: str) -> str:
    """A person of Slack's as Slack shows them."""
    kind, _, rest = person.partition(":")
    return escaping.person(rest.rpartition(":")[2]) if kind == "slack" and rest else _words(person)


def _channels(channels: Sequence[ChannelSettings]) -> Iterator[Block]:
    yield header("Channels")
    if not channels:
        yield said("No channel has settings of its own: members are answered as the operator decided for all.")
    for settings in channels[:CHANNELS]:
        edit = button("Edit", OPEN_SETTINGS, settings_value(settings), spoken="Edit how this channel is answered")
        yield section(_summary(settings), accessory=edit)
    if len(channels) > CHANNELS:
        rest = len(channels) - CHANNELS
        yield context(f"{rest:,} more have settings that do not fit here: choose the channel after “Add a channel”.")
    yield actions(button("Add a channel", OPEN_SETTINGS, "", spoken="Set how a channel is answered"))


def _summary(settings: ChannelSettings) -> str:
    sources = ", ".join(sorted(settings.sources)) if settings.sources is not None else "all sources"
    automatic = "answers every question" if settings.automatic else "answers when mentioned"
    shown = f"{AUDIENCE_LABELS[settings.audience]}, {_words(sources)}; {automatic}"
    return f"{escaping.channel(settings.channel)}\n{shown}"


def _words(text: str) -> str:
    return escaping.escaped(escaping.inert(text, 500))


def _share(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"
