"""What several commands share: the home, the audience, the app built from them."""

import getpass
import json
from collections.abc import Callable
from typing import Any, TypeVar

import click

from bot.app import App, build
from bot.settings import load
from rag_core.domain import Audience, PersonId
from rag_core.errors import MisconfiguredError

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def home_option(command: Decorated) -> Decorated:
    """--home, which may also stand before the command's name."""
    return click.option("--home", metavar="FOLDER", help="Where all state lives [SUPPORTBOT_HOME].")(command)


def audience_option(text: str) -> Callable[[Decorated], Decorated]:
    choice = click.Choice([audience.value for audience in Audience])
    return click.option("--audience", type=choice, default=Audience.PUBLIC.value, show_default=True, help=text)


json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


def app(home: str | None, port: int | None = None) -> App:
    """The app on the home that was named last: after the command, before it, in the environment, or the default."""
    return build(load(home=home or click.get_current_context().obj, port=port))


def person() -> PersonId:
    """Who sits at this terminal."""
    try:
        return PersonId(getpass.getuser())
    except (OSError, KeyError):  # a container's user without a name
        return PersonId("terminal")


def not_installed(error: ModuleNotFoundError, extra: str) -> MisconfiguredError:
    """What to say when a part is missing that not every installation has."""
    return MisconfiguredError(f"this needs {error.name}: install it with pip install 'supportbot[{extra}]'")


def print_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False))
