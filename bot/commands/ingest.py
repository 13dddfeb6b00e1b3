"""`supportbot ingest`: a folder, or what has a name, in, an index up to date."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath

import click

from bot import fanning, presenting
from bot.app import App
from bot.commands import options, sharing
from rag_core.domain import Audience, SourceName
from rag_core.errors import CancelledRunError
from rag_core.runs import IngestionRun, Progress

EVERY = 500  # documents or chunks between two plain lines
UNITS = {
    "listing": "pages",
    "reading": "documents",
    "recognising": "documents",
    "embedding": "chunks",
    "building": "parts",
}
STOPPED = 130  # as by Ctrl-C


@click.command("ingest")
@click.argument("source", metavar="PATH | NAME", callback=options.documents)
@options.home_option
@click.option(
    "--audience",
    type=click.Choice([audience.value for audience in Audience]),
    help="Of documents that do not state theirs: as the last time, at first public.",
)
@click.option(
    "--base-url",
    metavar="URL",
    callback=options.source,
    help="Where the folder is published: as the last time, at first nowhere, and citations name the files.",
)
@click.option("--full", is_flag=True, help="Read everything again, changed or not.")
@click.option("--resume", is_flag=True, help="Go on with a run of the ingest workers that failed or died.")
@click.option("--cancel", is_flag=True, help="Stop the run that is under way.")
@click.option("--agree", is_flag=True, help="To what recognising scanned pages costs, by the ingest workers.")
@options.json_option
def command(  # noqa: PLR0913, PLR0917 - an option each
    source: str,
    home: str | None,
    audience: str | None,
    base_url: str | None,
    full: bool,
    resume: bool,
    cancel: bool,
    agree: bool,
    as_json: bool,
) -> None:
    """Bring the index up to date with the documents below PATH, or with a source by its NAME.

    Reads Markdown, HTML, plain text, PDF, DOCX and CSV (an FAQ). What disappeared from PATH is removed.
    The former version answers until the new one is complete.

    Names are those of SUPPORTBOT_SOURCES: buckets and web sites; and zendesk, which stands for the Help Center, and for
    solved tickets where SUPPORTBOT_ZENDESK_TICKET_TAG is set. A folder of such a name is ./zendesk.
    """
    app, failed = options.app(home), False
    if cancel:
        for each in app.sources.together(app.sources.meant(source)):
            sharing.cancel(app, app.sources.named(each))
        return
    wanted = app.sources.together(app.sources.meant(source))
    for each in wanted:
        try:
            with shown(quiet=as_json) as progress:
                name = app.sources.named(each)
                if resume:
                    run = sharing.resume(app, name, agreed=agree, progress=progress)
                elif fanning.is_shared(app, each) and not (audience or base_url):
                    run = sharing.ingest(app, name, full=full, agreed=agree, progress=progress)
                else:
                    run = _here(app, each, audience, base_url, full, progress)
        except CancelledRunError as error:
            click.echo(f"supportbot: {error}", err=True)
            sys.exit(STOPPED)
        if as_json:
            options.print_json(presenting.run(run))
        else:
            summarise(run, named=len(wanted) > 1)
        failed = failed or bool(run.failures)
    sys.exit(1 if failed else 0)


def _here(
    app: App,
    source: Path | SourceName,
    audience: str | None,
    base_url: str | None,
    full: bool,
    progress: Callable[[Progress], None],
) -> IngestionRun:
    return app.ingest(
        source,
        by=options.person(),
        audience=Audience(audience) if audience else None,
        base_url=base_url,
        full=full,
        progress=progress,
    )


@contextmanager
def shown(*, quiet: bool) -> Iterator[Callable[[Progress], None]]:
    """A bar on a terminal, now and then a line elsewhere."""
    if quiet:
        yield lambda _: None
    elif not sys.stderr.isatty():
        yield _line
    else:
        with _bar() as progress:
            yield progress


def _line(progress: Progress) -> None:
    if progress.done % EVERY == 0 or progress.done == progress.total:
        click.echo(f"{progress.stage}: {progress.done} of {progress.total} {UNITS[progress.stage]}", err=True)


@contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description:<11}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, TextColumn("{task.fields[name]}"), console=Console(stderr=True)) as bar:
        tasks = {stage: bar.add_task(stage, visible=False, total=None, name="") for stage in UNITS}
        yield lambda p: bar.update(
            tasks[p.stage], completed=p.done, total=p.total, name=escape(p.name[-40:]), visible=True
        )


def summarise(run: IngestionRun, *, named: bool = False) -> None:
    click.echo(
        (f"{run.source}: " if named else "")
        + f"{run.written} written, {run.unchanged} unchanged, {run.removed} removed, {len(run.failures)} failed "
        f"in {run.seconds:.1f} s; {run.chunks} chunks in the index, "
        + (f"vectors by {PurePath(run.embedding_model).name}" if run.embedding_model else "words only")
    )
    if run.skipped:
        kinds = Counter(PurePath(name).suffix or "no ending" for name in run.skipped)
        counts = ", ".join(f"{kind} {count}" for kind, count in kinds.most_common())
        click.echo(f"{len(run.skipped)} skipped, of a format that is not read here: {counts}")
    for failure in run.failures:
        click.echo(f"failed: {failure.document}: {failure.reason}", err=True)
