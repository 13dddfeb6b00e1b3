"""`supportbot report`: what was asked, what helped, what the documents lack."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot import durations, presenting, spending
from bot.commands import options
from rag_core.domain import SourceName
from rag_core.reporting import Channel, Drafts, Gap, Report
from rag_core.tallies import Verdicts

if TYPE_CHECKING:
    from rich.table import Table

PERIOD = re.compile(r"(\d{1,5})([dw])")
LENGTHS = {"d": 1, "w": 7}  # days
MOST_DAYS = 36_500


@click.command("report")
@click.option("--since", metavar="PERIOD", help="Only of a period until now: 7d, 4w, or the day it begins, 2026-01-31.")
@click.option("--days", type=click.IntRange(1, MOST_DAYS), help="Only of the last so many days: 7 is --since 7d.")
@click.option("--html", type=click.Path(path_type=Path), metavar="FILE", help="Write one self-contained page.")
@options.home_option
@options.json_option
def command(since: str | None, days: int | None, html: Path | None, home: str | None, as_json: bool) -> None:
    """Show questions, answered and helpful share, how long answers took, the worst ones, and gaps in the documents.

    Days are UTC, today is the last one. A rating counts for the day its question was asked, and so does what an agent
    sent.
    """
    if since and days:
        raise click.UsageError("--since and --days say the same: give one of them")
    app = options.app(home)
    made = app.report(_first_day(since or (f"{days}d" if days else ""), datetime.now(UTC).date()))
    if html:
        html.write_text(_page(made), "utf-8")
        click.echo(f"written to {html}", err=True)
    if as_json:
        options.print_json(presenting.report(made))
    elif not html:
        _print(made)
        if told := spending.told(app):
            click.echo(told)


def _first_day(period: str, today: date) -> date | None:
    """None for no period; raises BadParameter for one that is not understood or holds no day."""
    if not period:
        return None
    if found := PERIOD.fullmatch(period):
        days = int(found[1]) * LENGTHS[found[2]]
        first = today - timedelta(days=min(days, MOST_DAYS) - 1)
    else:
        first = _day(period)
    if first > today:
        raise click.BadParameter("it begins after today", param_hint="--since")
    return first


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        problem = f"{text!r} is neither a period like 7d or 4w nor a day like 2026-01-31"
        raise click.BadParameter(problem, param_hint="--since") from error


def _page(made: Report) -> str:
    try:
        from bot.local.reportpage import page
    except ModuleNotFoundError as error:
        raise options.not_installed(error, "playground") from error
    return page(made)


def _print(made: Report) -> None:
    from rich.console import Console

    console = Console()
    console.print(f"{made.first} to {made.last} (UTC): {made.questions} questions, ", end="")
    console.print(f"{_share(made.answered_share)} answered; ", end="")
    console.print(f"{made.ratings} ratings, {_share(made.helpful_share)} helpful")
    if made.tokens_per_answer and made.usd_per_answer is not None:
        console.print(_taken(made.tokens_per_answer, made.usd_per_answer))
    for line in durations.told(made.durations):
        console.print(line)
    if made.drafts.compared:
        console.print(_sent(made.drafts))
    if made.shadow.compared:
        console.print(_would_have_been(made.shadow))
    for source, ended in made.ingestions:
        console.print(f"Ingestions of {source}: " + ", ".join(f"{count} {state}" for state, count in ended.items()))
    if made.channels:
        console.print(_channels(made.channels))
    if made.sources:
        console.print(_sources(made.sources))
    if made.worst:
        console.print(_worst(made))
    if made.gaps:
        console.print(_gaps(made.gaps))
        console.print(f"Questions alike in {'meaning' if made.by_meaning else 'words'} are counted together.")


def _taken(tokens: Mapping[str, float], usd: float) -> str:
    read = f" and {tokens['cache_read']:,.0f} from the prompt cache" if tokens["cache_read"] else ""
    took = f"An answered question took {tokens['input']:,.0f} tokens{read}"
    return f"{took}, gave {tokens['output']:,.0f}, and cost {usd:.5f} USD"


def _sent(drafts: Drafts) -> str:
    kept = f" ({_share(drafts.mean_kept)} of the draft kept on average)" if drafts.edited else ""
    return (
        f"{drafts.compared} drafts compared with what agents sent: {drafts.as_is} used as they were, "
        f"{drafts.edited} edited{kept}, {drafts.unused} not used; {_share(drafts.used_share)} used"
    )


def _would_have_been(shadow: Drafts) -> str:
    kept = f" ({_share(shadow.mean_kept)} of the draft on average)" if shadow.edited else ""
    return (
        f"Shadow mode: {shadow.compared} tickets that agents answered would have had a draft; agents wrote the same in "
        f"{shadow.as_is}, part of it in {shadow.edited}{kept}, something else in {shadow.unused}"
    )


def _channels(channels: Sequence[Channel]) -> "Table":
    from rich.table import Table

    table = Table("Channel", "Questions", "Answered", "Ratings", "Helpful", title="By channel", title_justify="left")
    for each in channels:
        said = (f"{each.verdicts.ratings}", _share(each.verdicts.helpful_share))
        table.add_row(each.name, f"{each.questions}", _share(each.answered_share), *said)
    return table


def _sources(sources: Sequence[tuple[SourceName, Verdicts]]) -> "Table":
    from rich.markup import escape
    from rich.table import Table

    table = Table("Source", "Ratings", "Helpful", title="By source", title_justify="left")
    for name, verdicts in sources:
        table.add_row(escape(name), f"{verdicts.ratings}", _share(verdicts.helpful_share))
    return table


def _worst(made: Report) -> "Table":
    from rich.markup import escape
    from rich.table import Table

    table = Table("Not helpful", "Reasons", "Question", "Id", title="Worst answers", title_justify="left")
    for record in made.worst:
        against = [rating for rating in record.ratings if not rating.helpful]
        reasons = ", ".join(dict.fromkeys(rating.reason for rating in against if rating.reason))
        table.add_row(str(len(against)), reasons, escape(record.question.text), record.question.id)
    return table


def _gaps(gaps: tuple[Gap, ...]) -> "Table":
    from rich.markup import escape
    from rich.table import Table

    table = Table("Asked", "Last", "Documents", "Question", title="Gaps in the documents", title_justify="left")
    for gap in gaps:
        touched = "internal ones alone answer" if gap.internal else "touch on it" if gap.touched else "silent"
        table.add_row(str(len(gap.questions)), str(gap.last_asked), touched, escape(gap.questions[0]))
    return table


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"
