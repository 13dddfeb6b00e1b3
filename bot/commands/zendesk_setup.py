"""`supportbot zendesk setup`: the webhook, the trigger and the ticket fields that drafts need."""

import os
import sys
from collections.abc import Mapping
from hmac import compare_digest
from pathlib import Path

import click

from bot import quick
from bot.commands import options
from bot.settings import Settings
from rag_core.errors import MisconfiguredError

SECRET = "SUPPORTBOT_ZENDESK_WEBHOOK_SECRET"  # noqa: S105 - a setting's name
HOLDING = {"confidence": "zendesk_confidence_field", "answer": "zendesk_answer_field"}
UNSHOWN = "the signing secret is not shown where a log may keep it: --secret-file names a file for it"


@click.command("setup")
@options.home_option
@click.option("--fields", is_flag=True, help="Ticket fields too: how sure a draft is, and its number.")
@click.option("--bot-user", type=click.IntRange(1), help="Id of the user the bot signs in as, if that is another.")
@click.option(
    "--secret-file",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Where the signing secret is put, for you alone to read; else it is shown.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Only show what would be done.")
def command(
    home: str | None, fields: bool, bot_user: int | None, secret_file: Path | None, yes: bool, dry_run: bool
) -> None:
    """Make or mend what tells this bot of tickets: a webhook that calls SUPPORTBOT_PUBLIC_URL, and its trigger.

    Shows what it will do, and asks. Done again it changes nothing, or mends what was changed by hand; names that an
    admin has given stay. It needs an admin's sign-in.
    """
    settings = options.app(home).settings
    if not (dry_run or secret_file or settings.zendesk_webhook_secret or sys.stdout.isatty()):
        raise MisconfiguredError(UNSHOWN)
    from bot import provisioning
    from bot.commands import planning

    with planning.signed_in(settings) as (of, me):
        found = provisioning.provisioning(settings, of, bot_user or me)
        steps = found.plan(tuple(HOLDING) if fields else ())
        ids = planning.carried_out(found, steps, yes=yes, dry_run=dry_run)
        if ids is not None:
            _tell_secret(settings, of.signing_secret(ids["webhook"]), secret_file)
            _tell_fields(settings, ids)


def _tell_secret(settings: Settings, secret: str, file: Path | None) -> None:
    """Where the bot has it already it need not be shown again."""
    own = quick.revealed(settings, settings.zendesk_webhook_secret)
    if compare_digest(own.encode(), secret.encode()) and file is None:
        click.echo(f"{SECRET} is the webhook's")
        return
    if file is not None:
        _write(file, secret)
        click.echo(f"the signing secret is in {file}, for you alone to read: set {SECRET} to it")
    elif sys.stdout.isatty():
        click.echo(f"set where the bot runs:\n  {SECRET}={secret}")
    else:
        raise MisconfiguredError(UNSHOWN)
    click.echo("on AWS keep it in Secrets Manager, and set secret:<its id> instead")


def _tell_fields(settings: Settings, ids: Mapping[str, str]) -> None:
    for name, setting in HOLDING.items():
        if name in ids and str(getattr(settings, setting)) != ids[name]:
            click.echo(f"set where the bot runs:\n  SUPPORTBOT_{setting.upper()}={ids[name]}")


def _write(file: Path, secret: str) -> None:
    """Never readable by others, not for a moment; a file that was there is replaced as a whole."""
    made = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
            opened.write(secret)
        made.replace(file)
    finally:
        made.unlink(missing_ok=True)
