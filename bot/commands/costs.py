"""`supportbot costs`: the tokens that were metered beside what AWS charged, day by day."""

from datetime import UTC, date, datetime, timedelta

import click

from bot import presenting
from bot.commands import options
from bot.commands.estimating import show, use_options
from bot.comparing import explained, usd
from rag_core.costing import Costs
from rag_core.errors import UnavailableError

DAYS = 30
EARLIEST, LATEST = date(2006, 1, 1), date(9998, 12, 31)  # AWS is no older, and no calendar ends with a bill


@click.command("costs")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="First day, UTC; 30 days ago by default.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="Last day, counted; today by default.")
@click.option("--metered", is_flag=True, help="Only what was metered: no bill is asked for, which costs a cent a day.")
@click.option("--estimate", is_flag=True, help="Instead: what an installation would cost, on paper, line by line.")
@use_options
@options.home_option
@options.json_option
def command(
    first: datetime | None,
    last: datetime | None,
    metered: bool,
    estimate: bool,
    home: str | None,
    as_json: bool,
    **use: float | str | None,
) -> None:
    """Show what the answers cost, by day, model and AWS service.

    Metered: tokens by the price table in the settings, known at once. Charged: by Cost Explorer, up to a day late.

    With --estimate: what each size of the template would cost, from list prices; nothing is asked of AWS.
    """
    if estimate:
        if first or last or metered:
            raise click.UsageError("--estimate is about no days: leave --from, --to and --metered out")
        show(home, use, as_json=as_json)
        return
    if stated := [name for name, value in use.items() if value is not None]:
        raise click.UsageError(f"--{stated[0].replace('_', '-')} goes with --estimate")
    _show_spent(first, last, metered, home, as_json=as_json)


def _show_spent(
    first: datetime | None, last: datetime | None, metered: bool, home: str | None, *, as_json: bool
) -> None:
    today = datetime.now(UTC).date()
    until = last.date() if last else today
    if not EARLIEST <= until <= LATEST:
        raise click.UsageError(f"--to is a day between {EARLIEST} and {LATEST}")
    since = first.date() if first else until - timedelta(days=DAYS - 1)
    if since > until:
        raise click.UsageError("--from is after --to")
    app = options.app(home)
    made = app.costs(since, until, charged=False)  # by itself: what is down then is the log, and nothing can be shown
    if app.settings.uses_aws and not metered:
        try:
            made = app.costs(since, until, charged=True)
        except UnavailableError as error:
            click.echo(f"{error}; what was metered is shown", err=True)
    if as_json:
        options.print_json(presenting.costs(made))
    else:
        _print(made, since, until)


def _print(made: Costs, first: date, last: date) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    per_answer = made.metered_per_answer
    console.print(
        f"{first} to {last} (UTC): {usd(made.metered)} metered"
        + (f", {usd(per_answer)} an answer" if per_answer is not None else "")
        + (f"; {usd(sum(made.charged.values()))} charged" if made.charged else "")
    )
    if not made.days:
        console.print("Nothing was asked and nothing charged.")
        return
    table = Table("Day", "Questions", "Answered", "Metered", "Charged", "By model")
    for day in made.days:
        models = ", ".join(f"{usage.model} {usd(usage.cost_usd)}" for usage in day.usage)
        charged = usd(sum(day.charged.values())) if day.charged else "-"
        table.add_row(str(day.day), str(day.questions), str(day.answered), usd(day.metered), charged, models)
    console.print(table)
    for service, total in made.charged.items():
        console.print(f"{usd(total):>12}  {service}")
    for line in explained(made):
        console.print(line)
