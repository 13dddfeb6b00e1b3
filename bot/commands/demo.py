"""`supportbot demo`: the playground with a help center of its own, so that there is something to ask."""

import sys
from pathlib import Path

import click

import bot
from bot.app import App
from bot.commands import ask, options, serve
from bot.commands.ingest import shown, summarise
from bot.settings import load
from rag_core.domain import Outcome, PersonId
from rag_core.errors import MisconfiguredError

HELP_CENTER = Path("demo", "help-center")
PUBLISHED = "https://help.larkpost.example"
EXAMPLES = (
    "How many API calls per second does the Growth plan allow?",
    "How do I replace a lost API key?",
    "How long are opens and clicks stored?",
    "How do I warm up a dedicated IP?",
)
CHECKED = (
    "How do I replace a lost API key?",
    "What spam complaint rate is too high?",
    "How do I warm up a dedicated IP?",
)


@click.command("demo")
@click.option("--check", is_flag=True, help="Ask three questions and stop; exit 1 if an answer has no source.")
@options.home_option
@serve.port_option
def command(check: bool, home: str | None, port: int | None) -> None:
    """Ingest the demo help center of the invented Larkpost and open the playground.

    Unless you name a home, it has one of its own: the folder "demo" in your data folder.
    """
    app = options.app(_home(home), port=port)
    try:
        _ingest(app)
    except MisconfiguredError as error:
        if _named(home) or "is of format" not in str(error):
            raise
        for book in app.home.glob("knowledge.sqlite*"):  # an older version's, made anew from the repository
            book.unlink()
        _ingest(app)
    if check:
        cited = [_cites(app, text) for text in CHECKED]
        sys.exit(0 if all(cited) else 1)
    click.echo(f'in a terminal: {sys.argv[0]} --home "{app.home}" ask "{EXAMPLES[0]}"')
    serve.run(app, EXAMPLES)


def _ingest(app: App) -> None:
    with shown(quiet=False) as progress:
        summarise(app.ingest(_help_center(), base_url=PUBLISHED, progress=progress))


def _home(given: str | None) -> str:
    return _named(given) or str(load().folder / "demo")


def _named(given: str | None) -> str:
    return given or click.get_current_context().obj or load().home


def _help_center() -> Path:
    folder = Path(bot.__file__).parents[1] / HELP_CENTER
    if not folder.is_dir():
        raise MisconfiguredError(
            f"there is no {HELP_CENTER} beside the program: it is part of the repository, not of the installed package"
        )
    return folder


def _cites(app: App, text: str) -> bool:
    """Ask, print, and tell whether the answer has a source; not recorded, so that checks don't fill the report."""
    question = app.question(text, asked_by=PersonId("demo"), channel="demo")
    answer = app.answering.reply(question)
    click.echo(f"\n## {text}\n")
    ask.show(answer)
    return answer.outcome is Outcome.ANSWERED and bool(answer.citations)
