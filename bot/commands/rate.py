"""`supportbot rate`: one person's verdict on one answer."""

import click

from bot.commands import options
from rag_core.domain import REASONS, PersonId, QuestionId

AS = "Who rates; you by default. A second rating replaces the first."


@click.command("rate")
@click.argument("question_id", metavar="ID", callback=options.text)
@click.argument("verdict", type=click.Choice(["helpful", "not-helpful"]))
@click.option("--reason", metavar="[" + "|".join(REASONS) + "]", help="Why it did not help.")
@click.option("--comment", default="", help="In your own words.")
@click.option("--as", "person", metavar="NAME", callback=options.text, help=AS)
@options.home_option
def command(
    question_id: str, verdict: str, reason: str | None, comment: str, person: str | None, home: str | None
) -> None:
    """Record whether the answer ID helped; `supportbot ask` ended with it."""
    rating = options.app(home).rate(
        QuestionId(question_id),
        PersonId(person) if person else options.person(),
        helpful=verdict == "helpful",
        reason=reason or "",
        comment=comment,
    )
    click.echo(f"recorded: {verdict}, by {rating.person}")
