"""An ingestion that workers elsewhere do, watched from a terminal: it goes on when nobody watches."""

import time
from collections.abc import Callable
from contextlib import suppress
from secrets import token_hex

import click

from bot import fanning
from bot.app import App
from bot.commands import options
from rag_core.domain import SourceName
from rag_core.errors import CancelledRunError, SupportBotError, UnavailableError
from rag_core.runs import IngestionRun, Progress, RunId, RunRecord, RunState

EVERY = 1.0  # seconds between two looks
WATCHING = "run {} is done by the ingest workers; Ctrl-C stops watching it, not the run (--cancel does)"


def ingest(
    app: App, source: SourceName, *, full: bool, agreed: bool, progress: Callable[[Progress], None]
) -> IngestionRun:
    run = fanning.begin(app, source, options.person(), RunId(token_hex(8)), full=full, agreed=agreed)
    return watched(app, run, progress)


def resume(app: App, source: SourceName, *, agreed: bool, progress: Callable[[Progress], None]) -> IngestionRun:
    with fanning.steps(app) as steps:
        run = steps.resume(source, options.person(), agreed=agreed)
    return watched(app, run, progress)


def cancel(app: App, source: SourceName) -> None:
    """Of one process too, wherever that is."""
    if fanning.is_shared(app, source):
        with fanning.steps(app) as steps:
            run = steps.cancel(source, options.person())
    else:
        run = app.runs.cancel(source, options.person())
    told = "will not begin" if run.state.over else "stops after what it is at; nothing of it will be visible"
    click.echo(f"the ingestion of {source} {told}")


def watched(app: App, run: RunRecord, progress: Callable[[Progress], None]) -> IngestionRun:
    """Until it has ended, as one that this process did."""
    click.echo(WATCHING.format(run.id), err=True)
    while True:
        with suppress(UnavailableError):  # the run does not hang on who watches it
            found = app.runs.find(run.source, run.id)
            if found is None or found.state.over:
                return _ended(found)
            if found.total:
                progress(Progress(found.stage, found.done, found.total, found.current))
        time.sleep(EVERY)


def _ended(run: RunRecord | None) -> IngestionRun:
    if run is None:
        raise SupportBotError("another run has taken its place: supportbot status --history tells of both")
    if run.state is RunState.CANCELLED:
        raise CancelledRunError(f"{run.cancelled_by} cancelled it: nothing was changed")
    if run.result is None:
        raise SupportBotError(f"{run.reason}; supportbot ingest {run.source} --resume goes on from where it was")
    return run.result
