"""`supportbot status`: what this home holds, and what was last done to it."""

from collections.abc import Iterator, Mapping

import click

from bot import presenting, spending
from bot.app import App
from bot.commands import options
from rag_core.domain import Audience, SourceName
from rag_core.errors import MisconfiguredError
from rag_core.recording import NAMED as RECORDED
from rag_core.runs import RunRecord, RunState

NAMED = 10  # documents that failed, of a run


@click.command("status")
@options.home_option
@click.option("--history", is_flag=True, help="Show the last runs of each source, not only the latest.")
@options.json_option
def command(home: str | None, history: bool, as_json: bool) -> None:
    """Show the sources that were ingested, their last run, and how they are searched."""
    app = options.app(home)
    try:
        sources, model = app.index.sources(), app.index.embedding_model
        public = app.index.sources(audience=Audience.PUBLIC)
    except MisconfiguredError:
        if not _runs(app):
            raise
        sources, public, model = {}, {}, None  # the first ingestion is under way, or has failed
    runs = _runs(app)
    shown = [each for run in runs for each in (app.runs.history(run.source) if history else [run])]
    if as_json:
        found = {"home": str(app.home), "sources": sources, "public": public, "embedding_model": model}
        budget = spending.told(app)
        options.print_json(
            found | ({"budget": budget} if budget else {}) | {"runs": [presenting.record(run) for run in shown]}
        )
        return
    click.echo(f"home: {app.home}")
    for source in dict.fromkeys([*sources, *(run.source for run in runs if not _removed(run))]):
        click.echo(f"{sources.get(source, 0):>6} documents from {source}{_readers(source, sources, public)}")
        for run in shown:
            if run.source == source:
                click.echo(f"       {' '.join(_told(run))}")
                for line in _failures(app, run):
                    click.echo(f"         {line}")
    if sources:
        click.echo(f"search: {f'words and vectors by {model}' if model else 'words only'}")
    if told := spending.told(app):
        click.echo(f"budget: {told}")


def _readers(source: SourceName, sources: Mapping[SourceName, int], public: Mapping[SourceName, int]) -> str:
    internal = sources.get(source, 0) - public.get(source, 0)
    return f", {internal} of them internal" if internal else ""


def _runs(app: App) -> list[RunRecord]:
    """A home that nothing was ever ingested into is not made by looking at it."""
    return app.runs.latest() if app.settings.table or app.home.is_dir() else []


def _removed(run: RunRecord) -> bool:
    """What was forgotten since."""
    return run.state is RunState.DONE


def _told(run: RunRecord) -> Iterator[str]:
    yield f"{run.state} {'' if run.state.over else 'since '}{run.started.astimezone():%Y-%m-%d %H:%M} by {run.by}"
    if run.state is RunState.RUNNING and run.total:
        yield f"({run.stage}: {run.done} of {run.total})"
    if run.cancelled_by:
        yield f"(cancelled by {run.cancelled_by})"
    if run.result:
        yield (
            f"in {run.result.seconds:.1f} s: {run.result.written} written, {run.result.unchanged} unchanged, "
            f"{run.result.removed} removed, {run.failed} failed"
        )
    if run.reason:
        yield f"because {run.reason}"


def _failures(app: App, run: RunRecord) -> Iterator[str]:
    """The latest run of a source names fewer than are on record of it."""
    if run.result is None or not run.failed:
        return
    whole = app.runs.find(run.source, run.id) if run.failed > len(run.result.failures) else run
    named = whole.result.failures[:NAMED] if whole and whole.result else ()
    for failure in named:
        yield f"failed: {failure.document}: {failure.reason}"
    if run.failed > len(named):
        yield f"and {run.failed - len(named):,} more: supportbot status --history --json names the first {RECORDED}"
