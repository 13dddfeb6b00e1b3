"""`supportbot sources`: what can be ingested by its name, and when it is by itself."""

import click

from bot.commands import options
from bot.stated_sources import SourceSetting
from rag_core.domain import Audience
from rag_core.errors import MisconfiguredError


@click.command("sources")
@options.home_option
@click.option("--schedule", metavar="GROUP", help="Make the schedules of this EventBridge Scheduler group so.")
@click.option("--queue", metavar="ARN", help="Of the queue that they write to.")
@click.option("--role", metavar="ARN", help="Of the role that may write there.")
def command(home: str | None, schedule: str | None, queue: str | None, role: str | None) -> None:
    """Show the sources that have a name: where they are, who may read them, when they are read again.

    With --schedule their schedules in AWS become what SUPPORTBOT_SOURCES states; others of the group are removed.
    """
    app = options.app(home)
    for name in app.sources.offered():
        stated = app.sources.stated.get(name, SourceSetting())
        when = f"{stated.schedule} {stated.timezone}" if stated.schedule else "when somebody asks"
        click.echo(f"{name}: {stated.place}, {stated.audience or Audience.PUBLIC}, {when}")
    if schedule is None:
        return
    if not (queue and role):
        raise MisconfiguredError("--schedule needs --queue and --role: the stack's outputs name them")
    from bot import scheduling

    changes = scheduling.keep(app, schedule, queue, role)
    click.echo(f"schedules: {len(changes.made)} made, {len(changes.kept)} kept, {len(changes.removed)} removed")
