"""What several commands share: the home, the audience, the app built from them."""

import getpass
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from bot.app import App, build
from bot.settings import load
from rag_core.domain import Audience, PersonId
from rag_core.errors import MisconfiguredError
from rag_core.markup import clean

NOBODY = "terminal"
Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def home_option(command: Decorated) -> Decorated:
    """--home, which may also stand before the command's name."""
    return click.option("--home", metavar="FOLDER", help="Where all state lives [SUPPORTBOT_HOME].")(command)


def audience_option(text: str) -> Callable[[Decorated], Decorated]:
    choice = click.Choice([audience.value for audience in Audience])
    return click.option("--audience", type=choice, default=Audience.PUBLIC.value, show_default=True, help=text)


json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


def app(home: str | None, port: int | None = None, *, once: bool = False) -> App:
    """The app on the home that was named last: after the command, before it, in the environment, or the default.

    `once`: for a command that asks, and ends.
    """
    return build(load(home=home or click.get_current_context().obj, port=port), once=once)


def text(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """The callback of an id or a name: bytes that are no text do not get in."""
    if value and not clean(value):
        raise click.BadParameter("it is no text", context, parameter)
    return clean(value) if value else value


def source(context: click.Context, parameter: click.Parameter, value: Path | str | None) -> Path | str | None:
    """The callback of a folder that is ingested, and of its address: both are kept, as they are, as text."""
    try:
        str(value.resolve() if isinstance(value, Path) else value).encode()
    except UnicodeEncodeError as error:
        raise click.BadParameter("it is no text in UTF-8", context, parameter) from error
    return value


def documents(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """The callback of what is ingested: a folder, or the name of what is none."""
    source(context, parameter, Path(value))
    return value


def person() -> PersonId:
    """Who sits at this terminal."""
    try:
        return PersonId(clean(getpass.getuser()) or NOBODY)
    except (OSError, KeyError):  # a container's user without a name
        return PersonId(NOBODY)


def not_installed(error: ModuleNotFoundError, extra: str) -> MisconfiguredError:
    """What to say when a part is missing that not every installation has."""
    return MisconfiguredError(f"this needs {error.name}: install it with pip install 'supportbot[{extra}]'")


def print_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False))
