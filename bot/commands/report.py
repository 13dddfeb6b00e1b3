"""`supportbot report`: what was asked, what helped, what the documents lack."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from bot import presenting
from bot.commands import options
from rag_core.reporting import Report


@click.command("report")
@click.option("--days", type=click.IntRange(1, 36_500), help="Only of the last so many days.")
@click.option("--html", type=click.Path(path_type=Path), metavar="FILE", help="Write one self-contained page.")
@options.home_option
@options.json_option
def command(days: int | None, html: Path | None, home: str | None, as_json: bool) -> None:
    """Show questions, answered and helpful share, the worst answers and the gaps in the documents."""
    since = datetime.now(UTC) - timedelta(days=days) if days else None
    made = options.app(home).report(since)
    if html:
        html.write_text(_page(made), "utf-8")
        click.echo(f"written to {html}", err=True)
    if as_json:
        options.print_json(presenting.report(made))
    elif not html:
        _print(made)


def _page(made: Report) -> str:
    try:
        from bot.local.reportpage import page
    except ModuleNotFoundError as error:
        raise options.not_installed(error, "playground") from error
    return page(made)


def _print(made: Report) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    console.print(f"{made.questions} questions, {_share(made.answered_share)} answered; ", end="")
    console.print(f"{made.ratings} ratings, {_share(made.helpful_share)} helpful")
    if made.worst:
        table = Table("Not helpful", "Reasons", "Question", "Id", title="Worst answers", title_justify="left")
        for record in made.worst:
            against = [rating for rating in record.ratings if not rating.helpful]
            reasons = ", ".join(dict.fromkeys(rating.reason for rating in against if rating.reason))
            table.add_row(str(len(against)), reasons, escape(record.question.text), record.question.id)
        console.print(table)
    if made.gaps:
        table = Table("Asked", "Last", "Documents", "Question", title="Gaps in the documents", title_justify="left")
        for gap in made.gaps:
            touched = "touch on it" if gap.touched else "silent"
            table.add_row(str(len(gap.questions)), str(gap.last_asked), touched, escape(gap.questions[0]))
        console.print(table)


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"
