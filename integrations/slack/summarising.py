"""What an admin reads of ingestions: one that waits, one under way, how it ended, and the last of every source.

Names of documents and reasons are others' words: shown as code, in which nothing is markup.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from integrations.slack import escaping
from integrations.slack.messages import Block, Message, context, notice, section, sections
from integrations.slack.needs import Week
from integrations.slack.wording import SHARED_LOG
from rag_core.domain import PersonId, SourceName
from rag_core.runs import IngestionRun, Progress, RunRecord, RunState

WIDTH = 20  # signs of the bar
LISTED = 10  # failures, or sources
FULL, EMPTY = "█", "░"
UNITS = {
    "listing": ("Looking through", "pages"),
    "reading": ("Reading", "documents"),
    "recognising": ("Recognising", "documents"),
    "embedding": ("Embedding", "chunks"),
    "building": ("Building", "parts"),
}
SIGNS = {
    RunState.WAITING: ":hourglass_flowing_sand:",
    RunState.RUNNING: ":arrows_counterclockwise:",
    RunState.DONE: ":white_check_mark:",
    RunState.FAILED: ":x:",
    RunState.CANCELLED: ":octagonal_sign:",
}
HELP = (
    "*What admins can do here*",
    "`/supportbot reingest` reads all documents that changed again, `/supportbot reingest docs` those of one source; "
    "with `--full` every one, changed or not. What answered before answers until the new version is complete.",
    "`/supportbot reingest docs --agree` agrees to the price of recognising scanned pages that a run has named.",
    "`/supportbot status` shows every source and its last run.",
    "`/supportbot cancel` stops what is being read, `/supportbot cancel docs` that of one source. "
    "Nothing is left half-done.",
    "`/supportbot rollback` lets the version before the last run answer again, where one is kept.",
    "`/supportbot gaps` shows what was asked this week and the documents do not answer.",
    "`/supportbot help` shows this.",
    "A source can be named by the last part of its name.",
)


def code(words: str, limit: int = 150) -> str:
    """Others' words as code."""
    return f"`{escaping.escaped(escaping.inert(words, limit).replace('`', chr(39)))}`"


def by(person: PersonId) -> str:
    """One of Slack's people as Slack shows them."""
    channel, _, rest = person.partition(":")
    return escaping.person(rest.rpartition(":")[2]) if channel == "slack" and rest else code(person, 60)


def waiting(source: SourceName, person: PersonId, *, full: bool, reason: str = "") -> Message:
    what = "every document" if full else "what changed"
    why = [context(f"Not yet: {escaping.escaped(escaping.inert(reason, 500))}")] if reason else []
    return notice(
        f"{SIGNS[RunState.WAITING]} {code(source)} waits to be read again ({what}).",
        *why,
        context(f"Asked for by {by(person)}"),
        fallback="Documents wait to be read again.",
    )


def under_way(source: SourceName, person: PersonId, progress: Progress) -> Message:
    """A bar, counts, and the document it is at."""
    doing, unit = UNITS.get(progress.stage, (progress.stage.capitalize(), "steps"))
    share = min(progress.done / progress.total, 1.0) if progress.total else 0.0
    filled = int(share * WIDTH)
    bar = f"`{FULL * filled}{EMPTY * (WIDTH - filled)}` {share:.0%}"
    return Message(
        f"{doing}: {progress.done} of {progress.total} {unit}",
        (
            section(f"{SIGNS[RunState.RUNNING]} {code(source)} is being read again."),
            section(f"{bar}\n{doing}: {progress.done:,} of {progress.total:,} {unit}"),
            context(*([code(progress.name)] if progress.name else []), f"Started by {by(person)}"),
        ),
    )


def ended(run: RunRecord, report_url: str = "") -> Message:
    """The summary: what changed, what failed and why, where to read on."""
    first, small = f"{SIGNS[run.state]} {_outcome(run)}", f"Started by {by(run.by)}, {escaping.date(run.started)}"
    blocks: list[Block] = [section(first)]
    if run.result:
        blocks += sections([_counts(run, run.result), *_failures(run, run.result)])
    where = [escaping.link(report_url, "Open the report")] if report_url else []
    return Message(f"{run.source}: {run.state.value}", (*blocks, context(small, *where)))


def _outcome(run: RunRecord) -> str:
    if run.state is RunState.DONE:
        some = f", but {_many(run.failed, 'document')} could not be read" if run.failed else ""
        return f"{code(run.source)} is up to date{some}."
    if run.state is RunState.CANCELLED:
        return f"{code(run.source)}: {by(run.cancelled_by or run.by)} cancelled it. What answered before still answers."
    return f"{code(run.source)} could not be read again: {escaping.escaped(escaping.inert(run.reason, 1_000))}"


def _counts(run: RunRecord, result: IngestionRun) -> str:
    counts = {"written": result.written, "unchanged": result.unchanged, "removed": result.removed, "failed": run.failed}
    counts |= {"skipped": run.skipped} if run.skipped else {}
    told = ", ".join(f"*{count:,}* {what}" for what, count in counts.items())
    return f"{told} in {result.seconds:,.1f} s; {_many(result.chunks, 'chunk')} in the index"


def _failures(run: RunRecord, result: IngestionRun) -> Iterator[str]:
    for failure in result.failures[:LISTED]:
        yield f"• {code(failure.document)}: {escaping.escaped(escaping.inert(failure.reason, 200))}"
    if run.failed > LISTED:
        yield f"… and {_many(run.failed - LISTED, 'more document')}"


def status(
    sources: Mapping[SourceName, int],
    public: Mapping[SourceName, int],
    runs: Sequence[RunRecord],
    as_of: datetime | None,
) -> Message:
    """Every source with its last run; `public`: how many of its documents everybody may read."""
    last = {run.source: run for run in runs}
    shown = list(dict.fromkeys([*(run.source for run in runs if not _forgotten(run, sources)), *sources]))
    if not shown:
        return notice("Nothing is ingested yet: run `supportbot ingest FOLDER` where the documents are.")
    counts = {source: (sources.get(source, 0), public.get(source, 0)) for source in shown}
    lines = [line for source in shown[:LISTED] for line in _status(source, *counts[source], last.get(source))]
    if len(shown) > LISTED:
        lines.append(f"… and {_many(len(shown) - LISTED, 'more source')}")
    fresh = f"What I know is from {escaping.date(as_of)}." if as_of else "When I last read it is not on record."
    return Message("What is ingested, and the last runs", (*sections(lines), context(fresh)))


def _status(source: SourceName, documents: int, public: int, run: RunRecord | None) -> Iterator[str]:
    readers = f", {public:,} public and {documents - public:,} internal" if documents else ""
    yield f"*{code(source)}*: {_many(documents, 'document')}{readers}"
    if run is None:
        return
    told = f"{SIGNS[run.state]} {run.state.value}, started by {by(run.by)} {escaping.date(run.started)}"
    if not run.state.over and run.total:
        told += f": {run.done:,} of {run.total:,} {UNITS.get(run.stage, ('', 'steps'))[1]}"
    if run.cancelled_by:
        told += f", cancelled by {by(run.cancelled_by)}"
    if run.result:
        told += f": {run.result.written:,} written, {run.result.removed:,} removed, {run.failed:,} failed"
    yield told
    if run.reason:
        yield f"   {escaping.escaped(escaping.inert(run.reason, 300))}"


def gaps(week: Week) -> Message:
    if week.gaps is None:
        return notice(SHARED_LOG)
    if not week.gaps:
        return notice("No gaps this week: nothing was asked that the documents do not answer.")
    lines = [f"• {escaping.escaped(escaping.inert(gap, 300))}" for gap in week.gaps[:LISTED]]
    return Message(
        "What the documents do not answer", (section("*Asked this week, and not answered*"), *sections(lines))
    )


def rolling_back(person: PersonId) -> Message:
    return notice(
        f"{SIGNS[RunState.WAITING]} The version before will answer again.", context(f"Asked for by {by(person)}")
    )


def rolled_back(why_not: str = "") -> Message:
    if why_not:
        return notice(f"{SIGNS[RunState.FAILED]} Not rolled back: {escaping.escaped(escaping.inert(why_not, 1_000))}.")
    return notice("The version before answers now. `/supportbot rollback` once more brings the present one back.")


def already(source: SourceName, person: PersonId, since: datetime) -> str:
    return f"{code(source)} is being read again already: {by(person)} started it {escaping.date(since)}."


def _forgotten(run: RunRecord, sources: Mapping[SourceName, int]) -> bool:
    """Once read, and removed since."""
    return run.state is RunState.DONE and run.source not in sources


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
