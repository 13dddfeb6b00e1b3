"""Commands of commands: each one's name and line is known, its module is imported when it is called.

So `ask` does not pay for `ingest`, and a list of commands for none of them.
"""

import importlib
from collections.abc import Mapping
from typing import Any

import click


class Commands(click.Group):
    """`known`: one line by each command's name; `prefix`: of their modules, each of which has a `command`."""

    # ruff: noqa: ARG002 - click's signatures

    def __init__(self, *args: Any, known: Mapping[str, str], prefix: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self._known, self._prefix = known, prefix

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self._known)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._known:
            return None
        command: click.Command = importlib.import_module(f"{self._prefix}{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(self._known.items()))
