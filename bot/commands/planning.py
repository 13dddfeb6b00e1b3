"""A plan as one reads it, and whether to carry it out: what setting up and removing have in common."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import click

from bot.settings import Settings
from integrations.zendesk.administering import Administration
from integrations.zendesk.provisioning import Act, Provisioning, Step
from integrations.zendesk.refusing import ForbiddenError
from rag_core.errors import MisconfiguredError, UnavailableError

ADMIN = (
    "{error}. Webhooks and triggers are an admin's: sign in as one for this command, and with --bot-user name the user "
    "that the bot signs in as where it runs"
)


@contextmanager
def signed_in(settings: Settings) -> Iterator[tuple[Administration, int]]:
    """The account, and the id of the user. Who is no admin is told so."""
    from bot import provisioning, zendesk

    provisioning.check(settings)
    of = provisioning.administration(settings)
    try:
        with zendesk.installed():
            me, role = of.user()
        click.echo(f"{provisioning.account(settings)}, signed in as {role} {me}")
        yield of, me
    except ForbiddenError as error:
        raise MisconfiguredError(ADMIN.format(error=error)) from error


def carried_out(found: Provisioning, steps: Sequence[Step], *, yes: bool, dry_run: bool) -> Mapping[str, str] | None:
    """Shows the plan, asks, and does it: the ids of what is there then; None where it was not to be done.

    Raises MisconfiguredError where there is nobody to ask.
    """
    for step in steps:
        click.echo(_line(step))
    changing = any(step.changes for step in steps)
    if not changing:
        click.echo("nothing to do")
    if dry_run:
        return None
    if changing and not yes and not sys.stdin.isatty():
        raise MisconfiguredError("there is no terminal to ask at: --yes does it, --dry-run only shows it")
    if changing and not yes and not click.confirm("Do this?"):
        click.echo("nothing was changed")
        return None
    try:
        return found.carry_out(steps, lambda step, number: click.echo(f"done: {step.act} {step.kind} {number}"))
    except UnavailableError as error:
        raise UnavailableError(f"{error}; what was done stays, and done again it goes on from there") from error


def _line(step: Step) -> str:
    """Beneath it what differs."""
    about = f"  {step.act:<7} {step.kind} {step.name!r}" + (f" ({step.id})" if step.id else "")
    if step.act is Act.LEAVE:
        return f"{about}: {step.why}"
    differences = ((one.name, f"{one.found} -> {one.wanted}" if one.found else one.wanted) for one in step.differences)
    return "\n".join([about, *(f"          {name}: {said}" for name, said in differences)])
