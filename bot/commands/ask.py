"""`supportbot ask`: a question in, an answer out."""

import re

import click

from bot import presenting
from bot.commands import options
from rag_core.domain import Answer, Audience, Outcome, QuestionId

ESCAPE = re.compile(r"\\([\\*\[\]<~`|_])")


@click.command("ask")
@click.argument("text")
@options.home_option
@options.audience_option("On whose behalf: public readers see public documents only.")
@click.option(
    "--follow-up", metavar="ID", callback=options.text, help="The id of the answer that this question follows up on."
)
@options.json_option
def command(text: str, home: str | None, audience: str, follow_up: str | None, as_json: bool) -> None:
    """Ask TEXT; the answer names its sources, and its id is what `supportbot rate` takes."""
    app = options.app(home, once=True)
    question = app.question(
        text,
        audience=Audience(audience),
        asked_by=options.person(),
        channel="terminal",
        follow_up=QuestionId(follow_up) if follow_up else None,
    )
    answer = app.answering.answer(question)
    if as_json:
        options.print_json(presenting.answer(answer))
    else:
        show(answer)
        click.echo(f"\n{answer.outcome} · confidence {answer.confidence:.2f} · id {answer.question_id}")


def show(answer: Answer) -> None:
    """The text and its sources; Markdown's escapes mean nothing on a terminal."""
    click.echo(ESCAPE.sub(r"\1", answer.text))
    if answer.not_covered:
        click.echo(f"\nNot answered here: {answer.not_covered}")
    if not answer.complete:
        click.echo("\n(The answer was cut short; what is shown has its sources.)")
    if answer.citations:
        click.echo("\nSources" if answer.outcome is Outcome.ANSWERED else "\nNearest pages")
    for number, citation in enumerate(answer.citations, 1):
        click.echo(f"  [{number}] {citation.title}\n      {citation.url}")
