"""`supportbot forget`: the opposite of ingest, and of what was asked, answered and rated."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from bot.commands import options

if TYPE_CHECKING:
    from bot.forgetting import Told

FORMS = "one of: PATH (or a source's NAME), --user ID, --ticket NUMBER"


def _documents(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    return options.documents(context, parameter, value) if value else None


@click.command("forget")
@click.argument("source", required=False, metavar="[PATH | NAME]", callback=_documents)
@click.option("--user", metavar="ID", callback=options.text, help="A person's text and name: U0123ABCD, slack:T1:U1.")
@click.option("--ticket", type=click.IntRange(1), metavar="NUMBER", help="What stands here of a ticket in Zendesk.")
@options.home_option
@options.json_option
def command(source: str | None, user: str | None, ticket: int | None, home: str | None, as_json: bool) -> None:
    """Remove what was ingested, or what a person wrote, or what stands of a ticket. Name one of them.

    PATH, or the NAME of a source: everything that was ingested from there; the documents themselves stay there.

    --user: their questions with the answers, also in the cache; their comments, and their name in ratings and threads.

    --ticket: the drafts made for it with their questions, and the knowledge made of it.

    The counters of each day stay: they name nobody. What cannot be removed from here is said.
    """
    if sum(given is not None for given in (source, user, ticket)) != 1:
        raise click.UsageError(f"name {FORMS}")
    app = options.app(home)
    if source is not None:
        count = app.forget(app.sources.named(app.sources.meant(source)))
        options.print_json({"removed": count}) if as_json else click.echo(f"{count} removed")
        return
    from bot import forgetting

    told = forgetting.person(app, user) if user is not None else forgetting.ticket(app, ticket or 0)
    if as_json:
        options.print_json(asdict(told))
    else:
        click.echo("\n".join(_lines(told)))


def _lines(told: "Told") -> Iterator[str]:
    yield f"{told.of}: {'nothing is kept here' if told.nothing else 'removed'}"
    counted = {
        "answers with their questions, and what was said of them": told.answers,
        "answers whose question carried one of those, or was the same text": told.quoting,
        "ratings have neither name nor comment any more": told.ratings,
        "records of threads, channels or tickets have no name or text any more": told.remembered,
        "documents that were knowledge": told.documents,
    }
    yield from (f"{count:>6} {what}" for what, count in counted.items() if count)
    yield "The counters of each day stay: they name nobody. Not removed, since it is not here:"
    yield from (f"  - {each}" for each in told.left)
